"""Owns a consumer within a machine: Debian's mosquitto_sub, which hears all topics and remembers. Sends as well.

Knows nothing of readings.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.system.machine import PATIENCE_S, Machine

if TYPE_CHECKING:
    import subprocess

_SEPARATOR = "\t"


class Listener:
    """Hears what is said on the broker of a machine while that is up; the broker keeps what it misses.

    Args:
        machine: has mosquitto's clients, and a broker.
        heard: a file for what it hears.
    """

    def __init__(self, machine: Machine, heard: Path) -> None:
        self._machine = machine
        self._heard = heard
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Listen. To be called again after the machine was off."""
        session = ("--id", "listener", "--disable-clean-session", "--qos", "1", "-V", "5", "-x", "3600")
        shown = ("-F", f"%t{_SEPARATOR}%p", "-t", "#")
        self._process = self._machine.start("mosquitto_sub", *session, *shown, output=self._heard)

    def stop(self) -> None:
        """Listen no more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def say(self, topic: str, *texts: str) -> None:
        """Publish texts at QoS 1, one after the other."""
        self._machine.ask(
            "mosquitto_pub", "-q", "1", "-t", topic, "-l", text="".join(f"{text}\n" for text in texts)
        )

    def hear(self, topic: str, *, after: int, count: int = 1, patience_s: float = PATIENCE_S) -> Sequence[str]:
        """Return what comes on a topic once it is so much, without the first `after` that were heard there."""
        self._machine.wait_until(
            lambda: len(self.heard(topic)) >= after + count, f"{count} on {topic}", patience_s=patience_s
        )
        return self.heard(topic)[after:]

    def heard(self, topic: str) -> Sequence[str]:
        """Return all that was heard on a topic."""
        lines = self._heard.read_text(encoding="utf-8").splitlines()
        said = (line.partition(_SEPARATOR) for line in lines)
        return [payload for each, _, payload in said if each == topic]
