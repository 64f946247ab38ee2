"""Owns how much memory a process holds, as Linux tells it. Knows nothing of what the process does."""

import re
from dataclasses import dataclass
from pathlib import Path

_KIB_PER_MB = 1000 / 1.024


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """What a process has in memory now, and had at most since it started; in MB of a million bytes."""

    rss_mb: float
    peak_rss_mb: float


def of_process(pid: int | str = "self") -> Memory:
    """Return the memory of a process; raise OSError where it is gone."""
    return parse(Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))


def parse(status: str) -> Memory:
    r"""Return the memory that /proc/PID/status tells of.

    >>> parse("VmHWM:\t  250000 kB\nVmRSS:\t  125000 kB\n")
    Memory(rss_mb=128.0, peak_rss_mb=256.0)
    """
    kibibytes = {name: int(size) for name, size in re.findall(r"^(Vm\w+):\s+(\d+) kB$", status, re.MULTILINE)}
    return Memory(
        rss_mb=round(kibibytes["VmRSS"] / _KIB_PER_MB, 1), peak_rss_mb=round(kibibytes["VmHWM"] / _KIB_PER_MB, 1)
    )
