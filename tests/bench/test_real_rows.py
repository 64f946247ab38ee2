"""A few real messages through the engine, the echo and the daemon: that rows are measured, not how fast."""

from pathlib import Path

import pytest

from edge_bench import ours, over_mqtt, row, workload


@pytest.mark.model
def test_the_engine_row_counts_what_it_took(model_path: Path) -> None:
    """Every message is answered, and its tokens, calls and choices are counted."""
    measured = ours.measure(model=model_path, messages=workload.load(4), concurrency=2)

    assert (measured.kind, measured.concurrency, measured.messages) == ("engine", 2, 4)
    assert len(measured.percentiles_ms) == 99
    assert min(measured.fed_tokens or 0, measured.decode_calls or 0, measured.choices or 0) > 4
    assert row.loads(row.dumps(measured)) == measured


@pytest.mark.broker
def test_the_echo_answers_every_message() -> None:
    """More messages than the window holds, each answered once."""
    measured = over_mqtt.echoed(count=200)

    assert (measured.kind, measured.messages, measured.figures["unanswered_or_dead"]) == ("echo", 200, 0)


@pytest.mark.model
@pytest.mark.broker
def test_the_daemon_row_is_the_daemon_of_a_user(model_path: Path) -> None:
    """It becomes ready, reads, leaves, and tells how many readings and dead letters there were."""
    measured = over_mqtt.cold(model=model_path, messages=workload.load(2))

    assert (measured.name, measured.messages) == ("daemon, 16 at a time, cold", 2)
    assert (
        measured.figures["readings"] + measured.figures.get("dead_letters", 0) == 4
    )  # none is said of no dead letter
    assert measured.figures["ready_s"] > 0
