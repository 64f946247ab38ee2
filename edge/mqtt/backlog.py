"""Owns the judgement whether inputs come faster than they are answered, and says so before any is dropped.

Knows nothing of the broker's client. mosquitto keeps 1,000 messages for a client (`max_queued_messages`) and then
drops silently; the only signs are a window that stays full, and what the broker publishes of itself below
`$SYS/broker/` (mosquitto(8)): how many messages it stores for whomever, and how many it has dropped.
"""

import logging
from collections.abc import Callable

from edge.literal import JSON

log = logging.getLogger(__name__)

STORED, RETAINED, DROPPED = "store/messages/count", "retained messages/count", "publish/messages/dropped"
MANY = 500  # messages that wait at the broker: half of what mosquitto keeps for a client
FULL_S = 60.0  # a window that is full for so long says enough, also where the broker gives no figures
SAY_AGAIN_S = 600.0


class Backlog:
    """What waits at the broker.

    Args:
        window: how many messages the broker sends ahead of their acknowledgements.
        clock: monotonic seconds.
    """

    def __init__(self, *, window: int, clock: Callable[[], float]) -> None:
        self._window = window
        self._clock = clock
        self._figures: dict[str, int] = {}
        self._full_since_s: float | None = None
        self._said_at_s: float | None = None

    def hear(self, name: str, value: int) -> None:
        """Take a figure that the broker publishes of itself; what it dropped since the last one is logged."""
        before = self._figures.get(name)
        self._figures[name] = value
        if name == DROPPED and before is not None and value > before:
            log.warning(
                "broker_dropped count=%d total=%d what=messages for any of its clients "
                "hint=raise max_queued_messages in mosquitto.conf, or enable the spool",
                value - before,
                value,
            )

    def forget(self) -> None:
        """Forget the figures: the next connection may be to a broker that has started over."""
        self._figures.clear()
        self._full_since_s = None

    @property
    def waiting(self) -> int | None:
        """How many messages the broker keeps for all of its clients; None where it does not say."""
        if STORED not in self._figures or RETAINED not in self._figures:
            return None
        return max(0, self._figures[STORED] - self._figures[RETAINED])

    @property
    def status(self) -> dict[str, JSON]:
        """What the health data say of it."""
        return {"waiting": self.waiting, "dropped": self._figures.get(DROPPED)}

    def look(self, unacknowledged: int) -> None:
        """Note how much of the window is in use, and warn when it has been too much for too long."""
        if unacknowledged < self._window:
            self._full_since_s = None
            return
        now_s = self._clock()
        if self._full_since_s is None:
            self._full_since_s = now_s
        full_s = now_s - self._full_since_s
        is_much = self.waiting is not None and self.waiting >= MANY
        was_said = self._said_at_s is not None and now_s - self._said_at_s < SAY_AGAIN_S
        if (is_much or full_s >= FULL_S) and not was_said:
            self._said_at_s = now_s
            log.warning(
                "backlog waiting_at_broker=%s window_full_s=%.0f why=inputs come faster than they are answered "
                "hint=mosquitto drops what exceeds max_queued_messages (1000): raise it, or enable the spool",
                "unknown" if self.waiting is None else self.waiting,
                full_s,
            )
