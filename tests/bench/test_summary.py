"""From rows to figures: ratios within turns, the median over turns, each beside its target."""

from edge_bench import summary
from edge_bench.row import Row
from edge_bench.summary import Figure
from tests.bench.rows import RESULTS, row


def test_a_ratio_is_taken_within_a_turn_and_the_median_is_quoted() -> None:
    """A machine that doubles its speed between turns changes no ratio."""
    rows = [row("engine", 9.0), row("llama-server", 6.0)]
    rows += [row("engine", 18.0, turn=2), row("llama-server", 12.0, turn=2)]
    rows += [row("engine", 8.0, turn=3), row("llama-server", 8.0, turn=3)]

    assert summary.figures(rows)["cold_vs_llama_server"] == Figure(value=1.5, low=1.0, high=1.5)


def test_a_peer_counts_with_its_best_concurrency() -> None:
    """The server's fastest row is what we are compared with."""
    rows = [row("engine", 9.0), row("llama-server", 6.0), row("llama-server", 10.0, concurrency=16)]

    assert summary.figures(rows)["cold_vs_llama_server"] == Figure(value=0.9, low=0.9, high=0.9)


def test_alone_compares_medians_of_one_client() -> None:
    """How many times faster a message alone is."""
    found = summary.figures(RESULTS.rows)

    assert found["alone_p50_vs_llama_cpp_python"] == Figure(value=3.5, low=3.5, high=3.5)
    assert found["alone_p50_vs_llama_server"] == Figure(value=2.0, low=2.0, high=2.0)


def test_the_other_figures_come_from_their_own_rows() -> None:
    """Roofline, warm, echo, stream, memory and readiness."""
    warm = Row(kind="daemon", variant="warm", messages=3000, duration_s=1.0, rss_mb=280.0)
    streamed = Row(kind="daemon", variant="stream", messages=300, duration_s=1.0, rss_mb=290.0)
    server = Row(kind="llama-server", variant="stream", messages=6, duration_s=1.0)
    rows = [warm, streamed, server, row("echo", 4000.0), row("engine", 8.0, concurrency=16)]
    rows += [
        Row(kind="roofline", figures={"messages_per_s": 10.0}),
        Row(kind="ready", figures={"ready_s": 1.5}),
    ]
    found = {name: figure.value for name, figure in summary.figures(rows).items() if figure}

    assert found == {
        "roofline_share": 0.8,
        "warm_messages_per_s": 3000.0,
        "warm_vs_echo": 0.75,
        "stream_vs_llama_server": 50.0,
        "rss_mb": 290.0,
        "ready_s": 1.5,
    }


def test_figures_without_rows_are_none() -> None:
    """What was not measured is said to be so, not zero."""
    assert set(summary.figures([]).values()) == {None}
    assert list(summary.figures([])) == [target.name for target in summary.TARGETS]


def test_a_bound_is_from_below_or_from_above() -> None:
    """Fast is at least, memory is at most."""
    targets = {target.name: target for target in summary.TARGETS}
    figure = Figure(value=300.0, low=1.0, high=900.0)

    assert summary.is_reached(targets["rss_mb"], figure)
    assert not summary.is_reached(targets["warm_messages_per_s"], figure)
