"""Owns the check of the clock: readings say when their text came, and certificates hold for a time.

Knows nothing of who sets the clock.
"""

from datetime import datetime
from pathlib import Path

from edge.doctor.finding import Finding, fail, ok, warn
from edge.doctor.programs import Ask

FIRST_YEAR = 2025  # this program is not older
_SET = "`sudo timedatectl set-ntp true` sets it by the network; a Pi 5 takes a battery for its clock"
_SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")


def is_synchronized(ask: Ask, mark: Path = _SYNCHRONIZED) -> bool | None:
    """Return whether the clock is set by the network; None where nobody knows."""
    said = (ask(["timedatectl", "show", "--property=NTPSynchronized", "--value"]) or "").strip()
    if said in {"yes", "no"}:
        return said == "yes"
    return True if mark.exists() else None


def judge(now: datetime, *, is_synchronized: bool | None) -> Finding:
    """Return whether the time is right, as far as that can be told."""
    shown = f"{now:%Y-%m-%d %H:%M} UTC"
    if now.year < FIRST_YEAR:
        return fail("clock", f"{shown} cannot be right", _SET)
    if is_synchronized is None:
        return ok("clock", f"{shown}; whether the network sets it is not known")
    if not is_synchronized:
        return warn("clock", f"{shown}, not set by the network", _SET)
    return ok("clock", f"{shown}, set by the network")
