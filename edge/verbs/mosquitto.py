"""Owns a private mosquitto: a real broker on a free port of this machine, for the demonstration and the tests.

Knows nothing of clients. Nobody from outside can reach it, and it keeps nothing on disk unless asked.
"""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import EdgeError

START_S = 10.0
_ELSEWHERE = "/usr/sbin:/usr/local/sbin"  # where Debian puts it, off the PATH of ordinary users


class Mosquitto:
    """A broker that can be started and stopped several times on the same port, with the same settings.

    Args:
        folder: for its files.
        is_persistent: whether sessions and messages survive a stop.
        settings: more lines for mosquitto.conf.
    """

    def __init__(self, folder: Path, *, is_persistent: bool = False, settings: str = "") -> None:
        self.port = free_port()
        self._folder = folder
        self._is_persistent = is_persistent
        self._settings = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(settings)

    def configure(self, settings: str) -> None:
        """Write other settings, which hold from the next start, some of them from the next `reload`."""
        self._settings.write_text(
            f"listener {self.port} 127.0.0.1\n"
            "user root\n"  # started by root, it would become a user who cannot read our folder; else ignored
            "allow_anonymous true\n"
            f"persistence {'true' if self._is_persistent else 'false'}\n"
            f"persistence_location {self._folder}/\n"
            f"{settings}\n"
        )

    def start(self) -> None:
        """Start the broker and wait until it listens.

        Raises:
            EdgeError: there is no mosquitto on this machine, or it does not start.
        """
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path=_ELSEWHERE)
        if program is None:
            raise EdgeError(
                "mosquitto: expected the program, found none; `sudo apt-get install mosquitto` brings it"
            )
        self._process = subprocess.Popen(  # noqa: S603  # a program of this machine, by its full path
            [program, "-c", str(self._settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline_s = time.monotonic() + START_S
        while not _listens(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                raise EdgeError(f"mosquitto did not start on port {self.port} (exit code {self._process.poll()})")
            time.sleep(0.02)

    def reload(self) -> None:
        """Let the broker read its access rules and passwords again."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def save(self) -> None:
        """Let the broker write sessions and messages to disk now (mosquitto(8): SIGUSR1)."""
        if self._process is not None:
            self._process.send_signal(signal.SIGUSR1)

    def kill(self) -> None:
        """End the broker as a power cut does; do nothing where it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Stop the broker as its service manager would; do nothing where it does not run."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


@contextmanager
def running(folder: Path, *, is_persistent: bool = False) -> Iterator[Mosquitto]:
    """Give a broker that runs as long as the block lasts; its files are in the folder."""
    broker = Mosquitto(folder, is_persistent=is_persistent)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
