"""Owns what the machine says of itself: how busy it is, and how hot.

Knows nothing of the daemon. What a machine does not say is None.
"""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """How the machine is.

    Attributes:
        load: how many threads ran or waited to run, on average of the last minute.
        temperature_c: of its hottest part that has a thermometer.
    """

    load: float | None
    temperature_c: float | None


def look(sys: Path = Path("/sys")) -> Machine:
    """Return how the machine is now."""
    return Machine(load=_load(), temperature_c=temperature_c(sys))


def temperature_c(sys: Path) -> float | None:
    """Return the temperature of the hottest part that has a thermometer; None where nothing has one."""
    shown = [_text(zone / "temp").strip() for zone in (sys / "class/thermal").glob("thermal_zone*")]
    return max((int(each) / 1000 for each in shown if each.lstrip("-").isdigit()), default=None)


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def _text(path: Path) -> str:
    """Return the text of a file; empty where it cannot be read: a sensor may be off."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
