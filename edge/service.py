"""Owns the door to systemd: readiness, the watchdog, and where log lines go.

Knows nothing of what the daemon does. Without systemd every call is harmless.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from systemd import daemon, journal

LOG_LEVELS = ("debug", "info", "warning", "error")
_LOGGER = "edge"
_MICROSECONDS = 1_000_000


def notify(*states: str) -> None:
    """Tell the service manager, as in `notify("READY=1", "STATUS=waiting")`; does nothing outside a service."""
    daemon.notify("\n".join(states))


def notify_reloading() -> None:
    """Tell the service manager that a reload has begun; READY=1 ends it (sd_notify(3))."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")


def watchdog_interval_s() -> float | None:
    """Return how often the service manager wants a sign of life, at the latest; None where it wants none."""
    limit_us = os.environ.get("WATCHDOG_USEC", "")
    return int(limit_us) / _MICROSECONDS if limit_us.isdigit() else None


class Watchdog:
    """The sign of life that the service manager waits for; where it waits for none, nothing is sent.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._every_s = (watchdog_interval_s() or 0.0) / 2
        self._clock = clock
        self._fed_at_s = clock()

    def feed(self) -> None:
        """Give the sign of life, if it is time."""
        if self._every_s and self._clock() - self._fed_at_s >= self._every_s:
            self._fed_at_s = self._clock()
            notify("WATCHDOG=1")


def state_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for what must outlive the process: the service manager's, else that of the user.

    >>> [str(state_directory({name: "/x"})) for name in ("STATE_DIRECTORY", "XDG_STATE_HOME")]
    ['/x', '/x/edge']
    """
    if given := environment.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])  # systemd.exec(5): several are joined with colons
    home = environment.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(home).expanduser() / "edge"


def log_to_journal_or_stderr(level: str) -> None:
    """Send log lines to the journal, if stderr leads there, else to stderr with a time stamp."""
    if _is_journal():
        handler: logging.Handler = journal.JournalHandler(SYSLOG_IDENTIFIER="edge")
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.getLogger(_LOGGER).handlers = [handler]
    set_log_level(level)


def set_log_level(level: str) -> None:
    """Log from a level on, one of LOG_LEVELS."""
    logging.getLogger(_LOGGER).setLevel(level.upper())


@contextmanager
def also_logging_to(handler: logging.Handler) -> Iterator[None]:
    """Let another handler have the lines of the log, too, for as long as the block lasts."""
    logging.getLogger(_LOGGER).addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger(_LOGGER).removeHandler(handler)


def _is_journal() -> bool:
    """Whether stderr is the stream that systemd connected to the journal (JOURNAL_STREAM, systemd.exec(5))."""
    try:
        stderr = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{stderr.st_dev}:{stderr.st_ino}"
