"""Owns a daemon as a service manager runs it: started, stopped, killed and started again, its log kept.

Knows nothing of messages.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from tests.chaos.patience import wait_until

_TAIL_LINES = 30


class Daemon:
    """`edge run` with one configuration and one state directory.

    Args:
        config: the configuration file.
        state: the state directory, which exists.
        environment: more variables.
    """

    def __init__(self, config: Path, state: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self.config = config
        self.state = state
        self._environment = {**os.environ, "STATE_DIRECTORY": str(state), **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self.lines: list[str] = []  # of all runs
        self.starts = 0

    def start(self) -> None:
        """Start it; nothing is waited for."""
        assert self._process is None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edge", "run", "--config", str(self.config)],
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
            cwd=self.config.parent,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), name="chaos-log")
        self._reader.start()
        self.starts += 1

    @property
    def process_id(self) -> int:
        """The process id of a daemon that runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def has_left(self) -> bool:
        """Whether it was started and has left by itself since."""
        return self._process is not None and self._process.poll() is not None

    @property
    def log(self) -> str:
        """All that was logged, by all runs."""
        return "".join(list(self.lines))

    def tail(self) -> str:
        """Return the last lines of the log."""
        return "the daemon's log ends with:\n" + "".join(self.lines[-_TAIL_LINES:])

    def wait_for(self, words: str, *, count: int = 1) -> None:
        """Wait until some words stand in the log so many times, all runs together, of a daemon that runs."""

        def is_said() -> bool:
            has_left = self.has_left
            is_so = self.log.count(words) >= count
            assert is_so or not has_left, f"the daemon left before it said {words!r}\n{self.tail()}"
            return is_so

        wait_until(
            is_said,
            what=f"{words!r} in the daemon's log {count} times",
            details=self.tail,
        )

    def kill(self) -> None:
        """End it as a power cut does; do nothing where it does not run."""
        if self._process is not None:
            self._process.kill()
            self._leave()

    def terminate(self) -> int:
        """Ask it to leave, as a service manager does; return its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Wait until it has left by itself; return its exit code."""
        process = self._process
        assert process is not None
        wait_until(lambda: process.poll() is not None, what="the daemon to leave", details=self.tail)
        return self._leave()

    def _leave(self) -> int:
        process, self._process = self._process, None
        assert process is not None
        assert self._reader is not None
        code = process.wait()
        self._reader.join()
        if process.stderr is not None:
            process.stderr.close()
        return code

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        self.lines.extend(process.stderr)
