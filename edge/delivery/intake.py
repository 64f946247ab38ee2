"""Owns how inputs come in: by way of the spool where there is one, straight to work where there is none.

Knows nothing of the broker and of answers. A spool that fails is done without, and tried again now and then;
meanwhile an input is acknowledged after its answer, as it is without a spool.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.config.options import WhenFull
from edge.delivery import spool as spools
from edge.delivery.spool import Spool
from edge.errors import EdgeError
from edge.literal import JSON
from edge.message import Message

log = logging.getLogger(__name__)

RETRY_S = 10.0  # until a spool that failed is tried again
TIDY_S = 1.0  # between writes that only delete what was answered
SAY_S = 60.0  # between two lines in the log about dropped inputs


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What one turn of the main loop brings: which messages to begin, and which are safe on disk."""

    begun: list[Message] = field(default_factory=list)
    stored: list[Message] = field(default_factory=list)


class Intake:
    """The way in.

    Args:
        open_spool: opens the spool, and raises EdgeError where it cannot; None for none.
        is_storing: whether inputs go to the spool; if not, only what is left there is taken from it.
        window: how many messages of the spool may be in hand.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        open_spool: Callable[[], Spool] | None,
        *,
        is_storing: bool,
        when_full: WhenFull,
        window: int,
        clock: Callable[[], float],
    ) -> None:
        self._open_spool = open_spool
        self._is_storing = is_storing
        self._when_full = when_full
        self._window = window
        self._clock = clock
        self._spool: Spool | None = None
        self._retry_at_s = clock()
        self._tidied_at_s = clock()
        self._said_at_s: float | None = None
        self._trouble: str | None = None
        self._arrived: list[Message] = []
        self._taken = 0  # messages of the spool that are in hand
        self.counts: Counter[str] = Counter()

    def arrive(self, message: Message) -> None:
        """Take an input that has just come; `turn` says what becomes of it."""
        self._arrived.append(message)

    def turn(self, *, may_begin: bool = True) -> Turn:
        """Store what has arrived, and return what is to be done.

        Args:
            may_begin: whether work may begin; if not, inputs are only stored.
        """
        if self._open_spool is None:
            begun, self._arrived = self._arrived, []
            return Turn(begun=begun)
        try:
            spool = self._opened()
            if spool is not None:
                stored = self._store(spool) if self._is_storing else []
                return Turn(stored=stored, begun=self._begin(spool, may_begin=may_begin))
        except EdgeError as error:
            self._give_up(error)
        begun, self._arrived = self._arrived, []
        self.counts["unspooled"] += len(begun)
        return Turn(begun=begun)

    def answered(self, message: Message) -> None:
        """Note that a message of the spool has its answer."""
        if message.row and self._spool is not None:
            self._spool.answered(message)
            self._taken -= 1

    def status(self) -> JSON:
        """Return what waits in the spool; None where there is none, or where it does not work."""
        if self._spool is None or self._trouble is not None:
            return None
        try:
            return self._spool.status()
        except EdgeError as error:
            self._give_up(error)
            return None

    def close(self) -> None:
        """Write what is still to be written."""
        if self._spool is not None:
            self._spool.close()

    def _opened(self) -> Spool | None:
        """Return the spool, opened again if that is due; None while it is done without."""
        if self._spool is None or self._trouble is not None:
            if self._clock() < self._retry_at_s:
                return None
            if self._spool is None:
                assert self._open_spool is not None
                self._spool = self._open_spool()
            self._spool.store(())
            self._trouble = None
            log.info("spool_open messages=%d", self._spool.count)
        return self._spool

    def _store(self, spool: Spool) -> list[Message]:
        """Put on disk what has room there; the rest goes on waiting, or is shed where nobody else keeps it."""
        stored: list[Message] = []
        waiting: list[Message] = []
        size_bytes = 0
        for message in self._arrived:
            needed_bytes = size_bytes + spools.size(message)
            if not waiting and self._has_room(spool, needed_bytes):
                stored.append(message)
                size_bytes = needed_bytes
            elif message.qos:
                waiting.append(message)
            else:
                self.counts["shed"] += 1
                self._say("inputs_shed why=the spool is full, and they came at QoS 0")
        is_tidy_time = self._clock() - self._tidied_at_s >= TIDY_S
        if stored or is_tidy_time:
            spool.store(stored)
            self._tidied_at_s = self._clock()
        self._arrived = waiting
        return stored

    def _has_room(self, spool: Spool, size_bytes: int) -> bool:
        """Return whether so much fits, after making room if that is the policy."""
        if not spool.has_room(size_bytes) and self._when_full is WhenFull.DROP_OLDEST:
            dropped = spool.drop_oldest(size_bytes)
            self.counts["spool_dropped"] += len(dropped)
            if dropped:
                self._say(
                    f"spool_dropped count={len(dropped)} why=the spool is full, and its policy is drop_oldest"
                )
        return spool.has_room(size_bytes)

    def _begin(self, spool: Spool, *, may_begin: bool) -> list[Message]:
        free = self._window - self._taken
        taken = spool.take(free) if may_begin and free > 0 and spool.has_more else []
        self._taken += len(taken)
        if self._is_storing:
            return taken
        begun, self._arrived = [*taken, *self._arrived], []
        return begun

    def _give_up(self, error: EdgeError) -> None:
        """Go on without the spool for a while."""
        self.counts["spool_failures"] += 1
        self._retry_at_s = self._clock() + RETRY_S
        if str(error) != self._trouble:
            log.error(
                "spool_unavailable why=%s hint=inputs are acknowledged after their answers until it is back", error
            )
        self._trouble = str(error)

    def _say(self, line: str) -> None:
        """Log a line that may come with each message, now and then."""
        if self._said_at_s is None or self._clock() - self._said_at_s >= SAY_S:
            self._said_at_s = self._clock()
            log.warning(line)
