"""Owns the bound on this process's memory: the kernel of a Raspberry Pi does not heed the unit's MemoryMax.

Knows nothing of what takes the memory, and of what is done when it is too much.
"""

import os
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 10.0  # above the bound for so long, it is no peak any more
BYTES_PER_MB = 1_000_000
_BASE_MB = 600  # twice what a daemon takes with the usual model beside its KV cache
_MB_PER_CELL = 0.045  # twice what a token takes in the KV cache of a SmolLM2-135M, in f16


def usual_limit_mb(context_tokens: int) -> int:
    """Return the bound where the configuration leaves it to the program.

    >>> usual_limit_mb(4096)
    784
    """
    return _BASE_MB + round(_MB_PER_CELL * context_tokens)


def resident_bytes(statm: Path = Path("/proc/self/statm")) -> int:
    """Return what this process has in memory (proc(5): the second figure, in pages)."""
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


class MemoryGuard:
    """Looks whether the process stays within its bound.

    >>> now = [0.0]
    >>> guard = MemoryGuard(100, clock=lambda: now[0], resident=lambda: 200_000_000)
    >>> guard.excess_mb(), now.append(now.pop() + PATIENCE_S), guard.excess_mb()
    (None, None, 200)

    Args:
        limit_mb: millions of bytes.
        clock: monotonic seconds.
        resident: what the process has in memory, in bytes.
    """

    def __init__(
        self, limit_mb: int, *, clock: Callable[[], float], resident: Callable[[], int] = resident_bytes
    ) -> None:
        self.limit_mb = limit_mb
        self._clock = clock
        self._resident = resident
        self._above_since_s: float | None = None

    @property
    def resident_bytes(self) -> int:
        """What the process has in memory."""
        return self._resident()

    def excess_mb(self) -> int | None:
        """Return what the process has, in MB, where that has been too much for a while; else None."""
        resident_bytes = self._resident()
        if resident_bytes <= self.limit_mb * BYTES_PER_MB:
            self._above_since_s = None
            return None
        if self._above_since_s is None:
            self._above_since_s = self._clock()
        is_lasting = self._clock() - self._above_since_s >= PATIENCE_S
        return round(resident_bytes / BYTES_PER_MB) if is_lasting else None
