"""Owns the reading of dead letters once more: which are under way, and what has become of each.

Knows nothing of who asked, and of how a message is read. A letter whose message becomes a reading is forgotten; of
one that is rejected again, the new letter takes the place of the old where dead letters are kept; where parts are
rejected, theirs do.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edge.answer import DEAD_DETAIL_CHARS, Answer
from edge.dead.deadletters import DeadLetters
from edge.errors import EdgeError
from edge.literal import JSON
from edge.message import Message

MOST_IN_THE_AIR = 32
DEADLINE_S = 120.0  # until one request is answered, done or not

READING, REJECTED, NOT_READ, UNDER_WAY, NOT_TRIED = "reading", "rejected", "not_read", "under_way", "not_tried"


@dataclass(kw_only=True, slots=True, eq=False)
class _Run:
    """One request.

    Attributes:
        outcomes: by id, in the order asked for; None for one that is not done.
    """

    outcomes: dict[str, dict[str, JSON] | None]
    deadline_s: float
    finished: Callable[[list[JSON]], None]
    waiting: deque[str] = field(default_factory=deque)


class Rereads:
    """The dead letters that are being read again. For the main thread.

    Args:
        dead: where they are kept; the rejections that come are put there by who publishes them.
        reread: lets a message be read and its answer be published, and gives the answer once the broker has
            confirmed it, in the main thread.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        dead: DeadLetters,
        reread: Callable[[Message, Callable[[Answer], None]], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dead = dead
        self._reread = reread
        self._clock = clock
        self._runs: list[_Run] = []
        self._in_the_air: set[str] = set()
        self._is_advancing = False

    def start(self, ids: Sequence[str], finished: Callable[[list[JSON]], None]) -> None:
        """Read letters again; what became of each is given once all are done, or at the deadline."""
        known = dict.fromkeys(ids)
        run = _Run(
            outcomes=dict(known),
            deadline_s=self._clock() + DEADLINE_S,
            finished=finished,
            waiting=deque(known),
        )
        self._runs.append(run)
        self._advance()

    def tick(self) -> None:
        """Answer the requests whose time is up; what is in the air for them stays there."""
        now_s = self._clock()
        for run in [each for each in self._runs if each.deadline_s <= now_s]:
            for letter_id in run.waiting:
                self._note(run, letter_id, {"outcome": NOT_TRIED})
            for letter_id in [each for each, outcome in run.outcomes.items() if outcome is None]:
                self._note(run, letter_id, {"outcome": UNDER_WAY})
            run.waiting.clear()
            self._finish(run)

    def _advance(self) -> None:
        """Let as many letters be read as may be in the air, request by request."""
        if self._is_advancing:  # an answer that came at once; the loop below goes on with it
            return
        self._is_advancing = True
        try:
            for run in self._runs:
                while run.waiting and len(self._in_the_air) < MOST_IN_THE_AIR:
                    self._begin(run, run.waiting.popleft())
        finally:
            self._is_advancing = False
        for run in [each for each in self._runs if None not in each.outcomes.values()]:
            self._finish(run)

    def _begin(self, run: _Run, letter_id: str) -> None:
        if letter_id in self._in_the_air:  # for another request: its outcome will be this one's, too
            return
        self._in_the_air.add(letter_id)
        try:
            self._reread(self._message(letter_id), lambda answer: self._done(letter_id, answer))
        except EdgeError as error:
            self._in_the_air.discard(letter_id)
            self._note(run, letter_id, {"outcome": NOT_READ, "detail": str(error)})

    def _message(self, letter_id: str) -> Message:
        """Return the message of a letter.

        Raises:
            EdgeError: the letter is not kept any more, or not all of its payload.
        """
        letter = self._dead.find(letter_id)
        if letter is None:
            raise EdgeError("it is not kept any more")
        return letter.message()

    def _done(self, letter_id: str, answer: Answer) -> None:
        if letter_id not in self._in_the_air:
            return
        self._in_the_air.discard(letter_id)
        outcome: dict[str, JSON] = {"outcome": READING, "topic": answer.publication.topic}
        if answer.rejected is None or answer.message.id != letter_id:  # the parts of a message have their own
            self._dead.forget(letter_id)
        if answer.rejected is not None:
            detail = answer.rejected.detail[:DEAD_DETAIL_CHARS]
            outcome = {"outcome": REJECTED, "reason": str(answer.rejected.reason), "detail": detail}
        for run in self._runs:
            if letter_id in run.outcomes and letter_id not in run.waiting:
                self._note(run, letter_id, outcome)
        self._advance()

    def _note(self, run: _Run, letter_id: str, outcome: dict[str, JSON]) -> None:
        run.outcomes[letter_id] = {"id": letter_id, **outcome}

    def _finish(self, run: _Run) -> None:
        self._runs.remove(run)
        self._dead.flush()
        run.finished([outcome for outcome in run.outcomes.values() if outcome is not None])
