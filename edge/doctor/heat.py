"""Owns the checks of temperature and power supply: what makes a Raspberry Pi slow, or spoils its card.

Knows nothing of what the daemon does. The firmware's flags are those of `vcgencmd get_throttled`, as the
documentation of Raspberry Pi OS gives them.
"""

from pathlib import Path

from edge.doctor.finding import Finding, fail, ok, skip, warn
from edge.doctor.programs import Ask
from edge.monitoring.machine import temperature_c

HOT_C = 80.0  # from here on, the firmware of a Raspberry Pi slows it down
_COOLING = "give it a fan or a heat sink, and air; `watch vcgencmd measure_temp` shows what helps"
_SUPPLY = "use the power supply made for this board (Pi 5: 27 W, 5 V at 5 A), and its own cable"
_UNASKED = ("the firmware cannot be asked as this user", "`sudo edge doctor`")
_NO_FIRMWARE = ("no Raspberry Pi, so no firmware to ask", "")
_UNDER_VOLTAGE = 1 << 0
_NOW = {1 << 1: "frequency capped", 1 << 2: "throttled", 1 << 3: "slowed by heat"}
_SINCE_BOOT = 16  # the same flags, so many bits up
_DRIVER = "bus/platform/drivers/raspberrypi-firmware"
_MODEL = "firmware/devicetree/base/model"


def look(ask: Ask, sys: Path = Path("/sys")) -> list[Finding]:
    """Return what the thermometer and the firmware say."""
    return [
        judge_temperature(temperature_c(sys)),
        judge_power(flags(ask, sys), is_pi="Raspberry Pi" in board(sys)),
    ]


def board(sys: Path = Path("/sys")) -> str:
    """Return the name of the board; empty where the machine does not say."""
    return _text(sys / _MODEL).strip("\0\n ")


def flags(ask: Ask, sys: Path) -> int | None:
    """Return the flags of the firmware; None where it cannot be asked.

    First by its own program: to read the file, the kernel logs a warning with a stack trace.
    """
    said = ask(["vcgencmd", "get_throttled"])
    shown = [said.partition("=")[2]] if said else [_text(file) for file in (sys / _DRIVER).glob("*/get_throttled")]
    for each in shown:
        try:
            return int(each, 16)
        except ValueError:
            continue
    return None


def judge_temperature(celsius: float | None) -> Finding:
    """Return whether a temperature is one to work at."""
    if celsius is None:
        return skip("temperature", "no thermometer here")
    if celsius >= HOT_C:
        return warn("temperature", f"{celsius:.0f} °C: from {HOT_C:.0f} °C on, a Pi slows itself down", _COOLING)
    return ok("temperature", f"{celsius:.0f} °C")


def judge_power(flags: int | None, *, is_pi: bool) -> Finding:
    """Return whether the supply is strong enough, and nothing slows the board down."""
    if flags is None:
        found, hint = _UNASKED if is_pi else _NO_FIRMWARE
        return skip("power", found, hint)
    if flags & _UNDER_VOLTAGE:
        return fail("power", "under-voltage now", _SUPPLY)
    before = flags >> _SINCE_BOOT
    if before & _UNDER_VOLTAGE:
        return warn("power", "under-voltage since the last boot, not now", _SUPPLY)
    if now := _named(flags):
        return warn("power", f"{now} now", _COOLING)
    if earlier := _named(before):
        return warn("power", f"{earlier} since the last boot, not now", _COOLING)
    return ok("power", "no under-voltage, not throttled since the last boot")


def _named(flags: int) -> str:
    """Return the names of flags.

    >>> _named(0b1100)
    'throttled, slowed by heat'
    """
    return ", ".join(name for bit, name in _NOW.items() if flags & bit)


def _text(file: Path) -> str:
    """Return what a file of the kernel holds; nothing where it is not there, or says nothing now."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
