"""Owns `edge bench --tune`: which threads and slots serve best on the machine at hand.

Knows nothing of how a row is measured. It looks along one line at a time, threads first, because the two hardly
depend on each other.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from edge.errors import EdgeError
from edge_bench import suite
from edge_bench.suite import Step

SLOTS = (1, 2, 4, 8, 16)
MESSAGES = 48  # of the workload, for each point of the grid
_ENOUGH = 0.97  # of the best: fewer slots with as much are better, since each message then waits for fewer others


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A setting, and what it gave."""

    threads: int
    slots: int
    messages_per_s: float
    p50_ms: float


def run(*, model: Path, limit: int | None) -> int:
    """Measure, print the table and the lines for the configuration; return 0.

    Raises:
        EdgeError: a setting cannot be measured.
    """
    console = Console(highlight=False)
    points = search(
        lambda threads, slots: _measure(model, threads, slots, limit or MESSAGES),
        cores=len(os.sched_getaffinity(0)),
    )
    table = Table("threads", "slots", "messages/s", "p50 ms")
    for point in points:
        table.add_row(str(point.threads), str(point.slots), f"{point.messages_per_s:.2f}", f"{point.p50_ms:.0f}")
    console.print(table)
    chosen = best(points)
    console.print(f"model:\n  threads: {chosen.threads}\n  slots: {chosen.slots}", markup=False)
    return 0


def search(measure: Callable[[int, int], Point], *, cores: int) -> list[Point]:
    """Return the points looked at: all numbers of threads with the usual slots, then all slots with the best.

    >>> def measure(threads: int, slots: int) -> Point:
    ...     return Point(threads=threads, slots=slots, messages_per_s=threads + min(slots, 4), p50_ms=1.0)
    >>> [(point.threads, point.slots) for point in search(measure, cores=2)]
    [(1, 8), (2, 8), (2, 1), (2, 2), (2, 4), (2, 16)]
    """
    usual = SLOTS[3]
    points = [measure(threads, usual) for threads in range(1, cores + 1)]
    threads = max(points, key=lambda point: point.messages_per_s).threads
    return points + [measure(threads, slots) for slots in SLOTS if slots != usual]


def best(points: Sequence[Point]) -> Point:
    """Return the setting to use: the fewest slots among those that are as fast as the fastest, or nearly.

    >>> def point(slots: int, messages_per_s: float) -> Point:
    ...     return Point(threads=2, slots=slots, messages_per_s=messages_per_s, p50_ms=1.0)
    >>> best([point(4, 9.0), point(8, 9.9), point(16, 10.0)]).slots
    8
    """
    fastest = max(point.messages_per_s for point in points)
    return min(
        (point for point in points if point.messages_per_s >= _ENOUGH * fastest), key=lambda point: point.slots
    )


def _measure(model: Path, threads: int, slots: int, messages: int) -> Point:
    arguments = ("engine", "--concurrency", str(max(SLOTS)), "--threads", str(threads), "--slots", str(slots))
    step = Step(group="engine", turn=1, arguments=arguments)
    results = suite.run([step], model=model, program=None, limit=messages, report=lambda *_: None)
    if results.failures:
        raise EdgeError(f"{threads} threads and {slots} slots: {results.failures[0].why}")
    (row,) = results.rows
    return Point(
        threads=threads,
        slots=slots,
        messages_per_s=row.messages_per_s or 0.0,
        p50_ms=row.percentile_ms(50) or 0.0,
    )
