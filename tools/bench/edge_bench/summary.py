"""Owns the figures by which the program is judged: from rows to ratios, each beside its target.

Knows nothing of how rows are measured. A ratio is taken within one turn, because a machine's speed drifts; of the
turns the median is quoted, with the least and the most.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from edge_bench.row import Row

OURS, LIBRARY, SERVER = "engine", "llama-cpp-python", "llama-server"
BUSY, FULL = 8, 16  # clients at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A figure that is wanted: its name, what it says, and the bound on it."""

    name: str
    says: str
    bound: float
    is_at_most: bool = False


TARGETS = (
    Target(
        name="cold_vs_llama_cpp_python", says="cold, 8 at a time: messages/s, in llama-cpp-python's", bound=4.5
    ),
    Target(name="cold_vs_llama_server", says="cold, 8 at a time: messages/s, in llama-server's best", bound=1.2),
    Target(name="alone_p50_vs_llama_cpp_python", says="alone: llama-cpp-python's median, in ours", bound=3.5),
    Target(name="alone_p50_vs_llama_server", says="alone: llama-server's median, in ours", bound=1.5),
    Target(name="roofline_share", says="16 at a time: share of the roofline", bound=0.8),
    Target(name="warm_messages_per_s", says="warm, whole daemon: messages/s", bound=2000.0),
    Target(name="warm_vs_echo", says="warm, whole daemon: messages/s, in the bare echo's", bound=0.5),
    Target(name="stream_vs_llama_server", says="stream of formats: messages/s, in llama-server's", bound=50.0),
    Target(name="rss_mb", says="resident while serving, MB", bound=300.0, is_at_most=True),
    Target(name="ready_s", says="from start to ready, 3 routes, s", bound=2.0, is_at_most=True),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A figure over the turns: the median, the least and the most."""

    value: float
    low: float
    high: float


def figures(rows: Sequence[Row]) -> dict[str, Figure | None]:
    """Return each figure by the name of its target; None where its rows are missing.

    >>> def row(kind: str, messages: int) -> Row:
    ...     return Row(kind=kind, concurrency=8, messages=messages, duration_s=10.0)
    >>> figures([row("engine", 90), row("llama-server", 60)])["cold_vs_llama_server"]
    Figure(value=1.5, low=1.5, high=1.5)
    """
    by_name: dict[str, Callable[[Sequence[Row]], float | None]] = {
        "cold_vs_llama_cpp_python": lambda turn: _ratio(_speed(turn, OURS, BUSY), _speed(turn, LIBRARY)),
        "cold_vs_llama_server": lambda turn: _ratio(_speed(turn, OURS, BUSY), _speed(turn, SERVER)),
        "alone_p50_vs_llama_cpp_python": lambda turn: _ratio(_p50_ms(turn, LIBRARY), _p50_ms(turn, OURS)),
        "alone_p50_vs_llama_server": lambda turn: _ratio(_p50_ms(turn, SERVER), _p50_ms(turn, OURS)),
        "roofline_share": lambda turn: _ratio(
            _speed(turn, OURS, FULL), _own(turn, "roofline", "", "messages_per_s")
        ),
        "warm_messages_per_s": lambda turn: _speed(turn, "daemon", variant="warm"),
        "warm_vs_echo": lambda turn: _ratio(_speed(turn, "daemon", variant="warm"), _speed(turn, "echo")),
        "stream_vs_llama_server": lambda turn: _ratio(
            _speed(turn, "daemon", variant="stream"), _speed(turn, SERVER, variant="stream")
        ),
        "rss_mb": lambda turn: max(
            (row.rss_mb for row in turn if row.kind == "daemon" and row.rss_mb), default=None
        ),
        "ready_s": lambda turn: _own(turn, "ready", "", "ready_s"),
    }
    turns = [[row for row in rows if row.turn == turn] for turn in sorted({row.turn for row in rows})]
    return {name: _over(filter(None, map(measure, turns))) for name, measure in by_name.items()}


def is_reached(target: Target, figure: Figure) -> bool:
    """Return whether the median of a figure is within its bound."""
    return figure.value <= target.bound if target.is_at_most else figure.value >= target.bound


def accuracy(rows: Sequence[Row]) -> dict[str, float]:
    """Return JSONExact of the workload, of us and of the peers, the mean over rows.

    >>> accuracy([Row(kind="engine", exact=0.9), Row(kind="llama-server", exact=0.7), Row(kind="echo")])
    {'engine': 0.9, 'llama-server': 0.7}
    """
    found = {
        kind: [row.exact for row in rows if row.kind == kind and not row.variant and row.exact is not None]
        for kind in (OURS, LIBRARY, SERVER)
    }
    return {kind: round(sum(shares) / len(shares), 4) for kind, shares in found.items() if shares}


def _over(values: Iterable[float]) -> Figure | None:
    found = [round(value, 3) for value in values]
    return Figure(value=round(median(found), 3), low=min(found), high=max(found)) if found else None


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _speed(rows: Sequence[Row], kind: str, concurrency: int | None = None, *, variant: str = "") -> float | None:
    """Return messages a second of a kind; the best of its concurrencies where none is named."""
    return max(
        (
            row.messages_per_s
            for row in rows
            if row.kind == kind
            and row.variant == variant
            and concurrency in (None, row.concurrency)
            and row.messages_per_s
        ),
        default=None,
    )


def _p50_ms(rows: Sequence[Row], kind: str) -> float | None:
    return next(
        (row.percentile_ms(50) for row in rows if (row.kind, row.variant, row.concurrency) == (kind, "", 1)), None
    )


def _own(rows: Sequence[Row], kind: str, variant: str, figure: str) -> float | None:
    return next((row.figures.get(figure) for row in rows if (row.kind, row.variant) == (kind, variant)), None)
