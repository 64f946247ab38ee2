"""Owns what the steps of a service's life have in common: install it, edit, have it read, look at what it keeps.

Knows nothing of what a step expects. The texts are of the first route of the configuration that is shipped.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.system.conftest import UNIT
from tests.system.listener import Listener
from tests.system.machine import Machine

if TYPE_CHECKING:
    import subprocess

CONFIG = "etc/edge/edge.yaml"
RAW, READINGS = "sensors/greenhouse/bench/raw", "readings/greenhouse/bench"


def install(machine: Machine, package: Path) -> str:
    """Install a package as its users do; return what apt said."""
    place = machine.root / package.name
    place.write_bytes(package.read_bytes())
    done = machine.run("apt-get", "install", "--yes", f"/{package.name}")
    place.unlink()
    assert done.code == 0, done.said
    return done.said


def read(listener: Listener, text: str, *, raw: str = RAW, readings: str = READINGS) -> str:
    """Publish a text; return the reading that comes next."""
    count = len(listener.heard(readings))
    listener.say(raw, text)
    return listener.hear(readings, after=count)[0]


def reading(temperature: str, humidity: int) -> str:
    """Return the reading of a text of the greenhouse, all of which are of a low battery."""
    return f'{{"temperature":{temperature},"humidity":{humidity},"battery":"low"}}'


def say_slowly(machine: Machine, texts: Sequence[tuple[str, int]], *, pause_s: float) -> "subprocess.Popen[bytes]":
    """Start to publish texts of temperatures and humidities, each a pause after the other."""
    lines = "".join(f"T={temperature}C RH={humidity}% batt low\n" for temperature, humidity in texts)
    (machine.root / "root/load").write_text(lines, encoding="ascii")
    sender = (
        f'while read line; do echo "$line"; sleep {pause_s}; done </root/load | mosquitto_pub -q 1 -t {RAW} -l'
    )
    return machine.start("sh", "-c", sender)


def bytes_written(machine: Machine) -> int:
    """Return how many bytes the daemon has had the kernel write to a disk since it was started."""
    counters = machine.ask("cat", f"/proc/{machine.main_process(UNIT)}/io")
    return next(int(line.split()[1]) for line in counters.splitlines() if line.startswith("write_bytes:"))


def files_of(machine: Machine) -> str:
    """Return names, sizes and times of change of whatever a daemon might write, but for logs of others."""
    where = ("/etc", "/usr/lib/edge", "/usr/share/edge", "/var/lib/edge", "/var/log", "/var/tmp")  # noqa: S108
    but = ("(", "-path", "/var/log/journal", "-o", "-path", "/var/log/mosquitto", ")", "-prune", "-o")
    return machine.ask("find", *where, *but, "-printf", "%p %s %T@ %C@\n")


def wait_active(machine: Machine, *, patience_s: float = 60.0) -> int:
    """Wait until the service is up; return its main process."""
    machine.wait_until(lambda: machine.state(UNIT) == "active", f"{UNIT} is active", patience_s=patience_s)
    return machine.main_process(UNIT)


def wait_anew(machine: Machine, process: int) -> int:
    """Wait until another process than that one is up; return it."""
    machine.wait_until(lambda: machine.main_process(UNIT) not in {0, process}, f"{UNIT} was started anew")
    return wait_active(machine)


def edit(machine: Machine, before: str, after: str) -> str:
    """Replace a passage of the configuration; return the configuration as it was."""
    path = machine.root / CONFIG
    text = path.read_text(encoding="utf-8")
    assert before in text, before
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return text


def kept(machine: Machine) -> tuple[list[str], list[str]]:
    """Return what outlives a restart: the shapes that are trusted, and the ids of the dead letters."""
    shapes = json.loads(machine.ask("edge", "shapes", "list", "--json"))
    letters = json.loads(machine.ask("edge", "dead", "list", "--json"))
    return sorted(shape["id"] for shape in shapes if shape["is_trusted"]), [letter["id"] for letter in letters]
