"""Owns what is known of the connection to the broker: whether there is one, why not, and who disturbs it.

Knows nothing of what is said over it. What goes on for long, as a broker that is away for a night, is told once.
"""

import logging
from collections.abc import Callable

from edge import service
from edge.mqtt.backlog import Backlog
from edge.mqtt.events import Connected, Disconnected
from edge.mqtt.rivalry import Rivalry

log = logging.getLogger(__name__)


class Contact:
    """The connection, as events tell of it.

    Attributes:
        is_connected: whether there is one now.
        connections: how many there have been.
        backlog: what the broker says of itself.

    Args:
        window: how many messages the broker sends ahead of their acknowledgements.
        clock: monotonic seconds.
    """

    def __init__(self, *, window: int, clock: Callable[[], float]) -> None:
        self.is_connected = False
        self.connections = 0
        self.backlog = Backlog(window=window, clock=clock)
        self._rivalry = Rivalry(clock=clock)
        self._trouble: str | None = None  # why there is none, as last said

    @property
    def trouble(self) -> str | None:
        """Why there is no connection; None where there is one."""
        return None if self.is_connected else self._trouble or "the first attempt is under way"

    def connected(self, event: Connected) -> None:
        """Note that a connection stands."""
        self.connections += 1
        self.is_connected, self._trouble = True, None
        self._rivalry.connected()
        log.info("connected epoch=%d session=%s", event.epoch, "kept" if event.is_same_session else "new")
        service.notify("STATUS=connected")

    def disconnected(self, event: Disconnected) -> None:
        """Note that there is none; attempts that fail for the same reason are one line in the log.

        Raises:
            TakenOver: as `Rivalry.disconnected`.
        """
        self.is_connected = False
        self.backlog.forget()
        if event.why != self._trouble:
            self._trouble = event.why
            log.info("disconnected why=%s", event.why)
            service.notify(f"STATUS=waiting for the broker: {event.why}")
        self._rivalry.disconnected(is_takeover=event.is_takeover)
