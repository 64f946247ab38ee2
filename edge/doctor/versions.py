"""Owns what a report of trouble begins with: the board, the system, and the versions of what is at work.

Knows nothing of what they mean; nothing here is judged.
"""

import platform
from importlib import metadata
from pathlib import Path

import edge
from edge.doctor import heat
from edge.doctor.finding import Finding, ok

_LIBRARIES = ("llama-cpp-python", "llguidance", "paho-mqtt")


def look(broker: str | None, sys: Path = Path("/sys")) -> Finding:
    """Return the versions; broker is what the broker says of itself, None where it says nothing."""
    libraries = (f"{name} {metadata.version(name)}" for name in _LIBRARIES)
    parts = [
        *(f"edge {edge.__version__}", f"Python {platform.python_version()}", *libraries),
        *(broker or "broker unknown", _system(), heat.board(sys) or platform.machine()),
    ]
    return ok("versions", ", ".join(parts))


def _system() -> str:
    """Return what the system calls itself (os-release(5))."""
    try:
        said = platform.freedesktop_os_release()
    except OSError:
        return platform.system()
    return said["PRETTY_NAME"]
