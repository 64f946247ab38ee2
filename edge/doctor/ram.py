"""Owns the checks of memory: whether there is enough, and whether the kernel holds the unit's limit.

Knows nothing of the daemon but the bound that it sets itself.
"""

from dataclasses import dataclass
from pathlib import Path

from edge.doctor.finding import Finding, ok, skip, warn

_KB_PER_MB = 1000
_USUAL_PART = 2  # the bound is twice what a daemon takes
_LINE = "/boot/firmware/cmdline.txt"
_ENABLE = "cgroup_enable=memory"


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """What is known of the memory, in MB.

    Attributes:
        swaps: what is swapped to.
        is_counted: whether the kernel counts what a service takes, without which it limits nothing.
        is_asked: whether the kernel was told to.
    """

    total_mb: int
    available_mb: int
    swaps: tuple[str, ...] = ()
    is_counted: bool = True
    is_asked: bool = False


def look(proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> Memory:
    """Return what the kernel says of this machine's memory."""
    pairs = (line.partition(":") for line in _text(proc / "meminfo").splitlines())
    figures = {name: int(rest.split()[0]) for name, _, rest in pairs}  # in kB
    return Memory(
        total_mb=figures["MemTotal"] // _KB_PER_MB,
        available_mb=figures["MemAvailable"] // _KB_PER_MB,
        swaps=tuple(line.split()[0] for line in _text(proc / "swaps").splitlines()[1:]),
        is_counted=is_counted(sys / "fs/cgroup"),
        is_asked=_ENABLE in _text(proc / "cmdline").split(),
    )


def is_counted(cgroups: Path) -> bool:
    """Return whether the memory controller is there, of the one hierarchy or of the old kind."""
    return "memory" in _text(cgroups / "cgroup.controllers").split() or (cgroups / "memory").is_dir()


def judge(memory: Memory, *, limit_mb: int, is_running: bool) -> list[Finding]:
    """Return whether the memory suffices, and who bounds what the daemon takes.

    Args:
        memory: what there is.
        limit_mb: the daemon's own bound.
        is_running: whether a daemon has its part already.
    """
    return [_room(memory, limit_mb // _USUAL_PART, is_running=is_running), _bound(memory, limit_mb)]


def _room(memory: Memory, needed_mb: int, *, is_running: bool) -> Finding:
    swaps = f", swap on {', '.join(memory.swaps)}" if memory.swaps else ""
    found = f"{memory.available_mb} of {memory.total_mb} MB free{swaps}"
    if not is_running and memory.available_mb < needed_mb:
        hint = f"edge takes about {needed_mb} MB; `ps aux --sort=-rss | head` shows who takes the rest"
        return warn("memory", found, hint)
    return ok("memory", found)


def _bound(memory: Memory, limit_mb: int) -> Finding:
    own = f"edge leaves by itself at {limit_mb} MB (limits.memory_mb)"
    if memory.is_counted:
        return ok("memory limit", f"the kernel holds the unit's MemoryMax; {own}")
    found = f"the kernel does not count memory, so the unit's MemoryMax does nothing; {own}"
    if memory.is_asked:
        hint = f"{_ENABLE} is set, and the kernel does not heed it: `sudo apt full-upgrade`, then reboot"
    else:
        hint = f"to have the kernel hold it, too: add {_ENABLE} to the one line of {_LINE}, then reboot"
    return warn("memory limit", found, hint)


def unknown(error: Exception) -> list[Finding]:
    """Return that the kernel says nothing that can be read."""
    return [skip("memory", f"/proc and /sys do not say: {error}")]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
