"""Owns rows that tests make by hand."""

from edge_bench.row import Row
from edge_bench.suite import Failure, Results, Step


def row(kind: str, messages_per_s: float, *, concurrency: int = 8, turn: int = 1, p50_ms: float = 10.0) -> Row:
    """Return a row of so many messages a second."""
    return Row(
        kind=kind,
        turn=turn,
        concurrency=concurrency,
        messages=100,
        duration_s=100 / messages_per_s,
        percentiles_ms=(p50_ms,) * 99,
        exact=0.9,
        fed_tokens=5000,
        decode_calls=70,
        choices=2000,
        peak_rss_mb=250.0,
        command=f"python -m edge_bench {kind} --turn {turn}",
        notes={"build": "AVX2 = 1"},
    )


RESULTS = Results(
    rows=(
        row("engine", 9.0),
        row("engine", 5.0, concurrency=1, p50_ms=200.0),
        row("llama-server", 6.0),
        row("llama-server", 2.5, concurrency=1, p50_ms=400.0),
        row("llama-cpp-python", 1.5, concurrency=1, p50_ms=700.0),
        row("engine", 8.0, turn=0),
        Row(kind="engine", variant="without draft", turn=0, concurrency=8, messages=100, duration_s=20.0),
        Row(kind="roofline", figures={"messages_per_s": 10.0}),
    ),
    failures=(
        Failure(step=Step(group="warm", turn=2, arguments=("warm",)), why="Traceback\nEdgeError: no broker"),
    ),
)
