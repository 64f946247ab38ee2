"""Owns the checks of the service: what systemd says of it, and whether the daemon answers.

Knows nothing of what the daemon does.
"""

from collections.abc import Mapping
from pathlib import Path

from edge.control import control, desk
from edge.control.control import ControlError
from edge.doctor import programs
from edge.doctor.finding import Finding, fail, ok, skip, warn
from edge.doctor.programs import Ask

NAME = "edge.service"
_ASKED = ("LoadState", "ActiveState", "SubState", "UnitFileState", "NRestarts", "Result", "ExecMainStatus")
_ANSWER_S = 10.0
_CONFIG = "78"  # EX_CONFIG, after which the unit is not started again
_JOURNAL = "`sudo journalctl -u edge -n 50` says why"


def look(ask: Ask, booted: Path = programs.BOOTED) -> Mapping[str, str] | None:
    """Return what systemd says of the unit, by name (systemctl(1), show); None where no systemd runs."""
    said = ask(["systemctl", "show", NAME, f"--property={','.join(_ASKED)}"]) if booted.exists() else None
    if said is None:
        return None
    pairs = (line.partition("=") for line in said.splitlines())
    return {name: value for name, _, value in pairs}


def judge(unit: Mapping[str, str] | None) -> Finding:
    """Return how the service does."""
    if unit is None:
        return skip("service", "no systemd runs here")
    if unit.get("LoadState") != "loaded":
        return warn("service", f"no {NAME} is installed", "the Debian package or packaging/install.sh brings it")
    if unit.get("ActiveState") == "failed" or unit.get("SubState") == "auto-restart":
        return _ended(unit)
    state, start = unit.get("ActiveState"), unit.get("UnitFileState") or "not enabled"
    if state != "active" or start != "enabled":
        return warn("service", f"{state}, {start}", "`sudo systemctl enable --now edge`")
    if (restarts := unit.get("NRestarts", "0")) != "0":
        times = "once" if restarts == "1" else f"{restarts} times"
        return warn("service", f"active, enabled, restarted {times} since it was started", _JOURNAL)
    return ok("service", "active, enabled, no restarts")


def _ended(unit: Mapping[str, str]) -> Finding:
    """Return that the daemon ended by itself, and how."""
    if unit.get("ExecMainStatus") == _CONFIG:
        hint = "`edge check` says what is wrong with it; then `sudo systemctl restart edge`"
        return fail("service", "failed: its configuration cannot be used", hint)
    return fail("service", f"failed: {unit.get('Result')}, exit code {unit.get('ExecMainStatus')}", _JOURNAL)


def ask_daemon(folder: Path, unit: Mapping[str, str] | None) -> Finding:
    """Return whether a daemon answers on its socket.

    Args:
        folder: its state directory.
        unit: what systemd says of it.
    """
    try:
        answer = control.ask(folder, {"verb": desk.SPOOL}, timeout_s=_ANSWER_S)
    except ControlError as error:
        if isinstance(error.__cause__, PermissionError):
            return skip("daemon", f"this user may not ask it ({folder})", "`sudo edge doctor`")
        return fail("daemon", str(error), f"`sudo systemctl restart edge`; {_JOURNAL}")
    if answer is not None:
        return ok("daemon", "runs, and answers")
    if unit is not None and unit.get("ActiveState") == "active":
        found = f"the service is active, but nothing answers in {folder}"
        return warn("daemon", found, f"{_JOURNAL}; is its state directory another one (--state)?")
    return skip("daemon", f"none runs on {folder}")
