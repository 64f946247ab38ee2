"""The clock of the machine steps, as a Pi's does that has no battery and hears of the time late."""

from pathlib import Path

import pytest

from tests.chaos.conftest import Record, Stage
from tests.chaos.scene import Plan

pytestmark = [pytest.mark.broker, pytest.mark.model]


def libfaketime() -> Path:
    """Return the library that makes up a time for the process that loads it first (Debian: faketime)."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.skip("no libfaketime: `sudo apt-get install faketime`")
    return found[0]


def test_a_clock_that_steps_changes_nothing_but_the_time_stamps(
    stage: Stage, record: Record, learned: Path, chaos_messages: int, tmp_path: Path
) -> None:
    """A day on, two days back, and right again: one connection, nothing twice, order and ids hold."""
    step = tmp_path / "step"
    step.write_text("+0\n")
    environment = {
        "LD_PRELOAD": str(libfaketime()),
        "FAKETIME_TIMESTAMP_FILE": str(step),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    plan = Plan(messages=chaos_messages, state=learned, environment=environment)
    with stage("clock steps by days, 3 times", plan) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        for point, offset in zip(scene.points(3), ("+1d", "-1d", "+0"), strict=True):
            scene.wait_answered(point)
            step.write_text(f"{offset}\n")
        books = record(scene.settle())

    assert books.faults() == []
    assert (books.inputs, books.duplicates, books.out_of_order, books.connections) == (chaos_messages, 0, 0, 1)
    assert len(scene.consumer.days) == 3
