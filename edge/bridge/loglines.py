"""Owns which lines of the log go to the broker: warnings and errors, not too many, none twice in a row.

Knows nothing of MQTT. The log bears no text of devices above its level `debug`, and only messages are taken, not
what tracebacks say.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.event import Logged
from edge.literal import JSON

MOST_AT_ONCE = 10
EVERY_S = 10.0  # behind those, one in so many seconds
MOST_CHARS = 1000
_ROUTE = re.compile(r"(?:^| )route=([A-Za-z0-9_-]{1,64})(?= |$)")


class LogLines(logging.Handler):
    """Hands lines of the log on. Any thread may log; the library lets one at a time in.

    Args:
        tell: takes each line; may be called in any thread.
        clock: monotonic seconds.
    """

    def __init__(self, tell: Callable[[Logged], None], *, clock: Callable[[], float]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell
        self._clock = clock
        self._room = float(MOST_AT_ONCE)
        self._room_at_s = clock()
        self._latest = ""
        self._suppressed = 0
        self._deaf_to: int | None = (
            None  # a thread: what it logs while it publishes a line would go round for ever
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line on, if it is its turn."""
        if threading.get_ident() == self._deaf_to:
            return
        message = record.getMessage()[:MOST_CHARS]
        if message == self._latest:
            return
        self._refill()
        if self._room < 1:
            self._suppressed += 1
            return
        self._room -= 1
        self._latest = message
        suppressed, self._suppressed = self._suppressed, 0
        self._tell(Logged("error" if record.levelno >= logging.ERROR else "warning", message, suppressed))

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """Take no line that this thread logs meanwhile."""
        self._deaf_to = threading.get_ident()
        try:
            yield
        finally:
            self._deaf_to = None

    def _refill(self) -> None:
        now_s = self._clock()
        self._room = min(float(MOST_AT_ONCE), self._room + (now_s - self._room_at_s) / EVERY_S)
        self._room_at_s = now_s


def document(line: Logged) -> dict[str, JSON]:
    """Return a line as it is published.

    >>> document(Logged("warning", "shape_dropped route=tank shape=1f2e"))
    {'level': 'warning', 'message': 'shape_dropped route=tank shape=1f2e', 'route': 'tank'}
    """
    found = _ROUTE.search(line.message)
    told: dict[str, JSON] = {
        "level": line.level,
        "message": line.message,
        "route": found[1] if found else None,
    }
    return told | {"suppressed": line.suppressed} if line.suppressed else told
