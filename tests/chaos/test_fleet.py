"""Two daemons that share the load of one mosquitto."""

from pathlib import Path

import pytest

from tests.chaos.conftest import FAULTS, Record, Stage
from tests.chaos.scene import Plan

pytestmark = [pytest.mark.broker, pytest.mark.model]


def test_one_of_two_daemons_is_killed_and_nothing_is_lost(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """With a share group each message goes to one of the two; what a dead one was given waits for its return."""
    plan = Plan(messages=chaos_messages, state=learned, mqtt="share_group: pis", is_quick=True)
    with stage(f"two daemons share, one killed, {FAULTS} times", plan) as scene:
        other = scene.another("second")
        scene.daemon.start()
        scene.wait_connected(0)
        other.start()
        scene.wait_connected(1)
        scene.publisher.send(scene.messages)
        for number, point in enumerate(scene.points(FAULTS, within=(0.1, 0.6)), start=2):
            scene.wait_answered(point)
            other.kill()
            other.start()
            scene.wait_connected(number)
        books = record(scene.settle())
        codes = scene.daemon.terminate(), other.terminate()

    assert books.faults() == []
    assert books.inputs == chaos_messages
    assert codes == (0, 0)
    assert all("readings=" in daemon.log for daemon in (scene.daemon, other))
