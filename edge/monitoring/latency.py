"""Owns how long messages took: a histogram of all since the start, and the percentiles of the latest.

Knows nothing of messages and of how the figures are shown.
"""

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
LATEST = 512  # durations that percentiles are of


@dataclass(frozen=True, kw_only=True, slots=True)
class Durations:
    """How long things took.

    Attributes:
        counts: how many took at most `BOUNDS_S[k]` seconds and more than the bound before; the last: beyond.
        sum_s: of all of them together.
        p50_s: what half of the latest kept below; None where there are none.
        p95_s: likewise, what 95 of 100 kept below.
    """

    counts: tuple[int, ...]
    sum_s: float
    p50_s: float | None
    p95_s: float | None


class Latency:
    """Durations, as they come.

    >>> latency = Latency()
    >>> for duration_s in (0.002, 0.2, 400.0):
    ...     latency.add(duration_s)
    >>> found = latency.durations
    >>> sum(found.counts), found.counts[1], found.counts[-1], found.p50_s, found.p95_s
    (3, 1, 1, 0.2, 400.0)
    """

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._sum_s = 0.0
        self._latest: deque[float] = deque(maxlen=LATEST)

    def add(self, duration_s: float) -> None:
        """Note one more."""
        self._counts[bisect_left(BOUNDS_S, duration_s)] += 1
        self._sum_s += duration_s
        self._latest.append(duration_s)

    @property
    def durations(self) -> Durations:
        """What is known so far."""
        latest = sorted(self._latest)
        return Durations(
            counts=tuple(self._counts),
            sum_s=self._sum_s,
            p50_s=_percentile(latest, 50),
            p95_s=_percentile(latest, 95),
        )


def _percentile(ordered: list[float], percent: int) -> float | None:
    """Return the smallest value that so many of a hundred do not exceed; None of nothing.

    >>> _percentile([1.0, 2.0, 3.0, 4.0], 50)
    2.0
    """
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None
