"""The daemon ends, with and without a word, under load."""

import time
from pathlib import Path

import pytest

from tests.chaos.conftest import FAULTS, Record, Stage, long_run
from tests.chaos.patience import wait_until
from tests.chaos.scene import Plan

pytestmark = [pytest.mark.broker, pytest.mark.model]

SESSION_TAKEN_OVER = 0x8E


def test_without_a_fault_everything_is_answered_once_and_in_order(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """The control group: no loss, no copy, and each topic keeps its order."""
    with stage("no fault", Plan(messages=chaos_messages, state=learned)) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        books = record(scene.settle())

    assert books.faults() == []
    assert (books.inputs, books.duplicates, books.out_of_order) == (chaos_messages, 0, 0)
    assert books.connections == 1


def test_a_daemon_that_is_killed_again_and_again_loses_nothing(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """Kill -9 at random points: what was not acknowledged comes again, and the copies bear the same id."""
    with stage(f"daemon killed, {FAULTS} times", Plan(messages=chaos_messages, state=learned)) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        for number, point in enumerate(scene.points(FAULTS), start=1):
            scene.wait_answered(point)
            scene.daemon.kill()
            scene.daemon.start()
            scene.wait_connected(number)
        books = record(scene.settle())

    assert books.faults() == []
    assert books.inputs == chaos_messages


@long_run
def test_a_daemon_that_is_killed_while_it_starts_loses_nothing(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """Kill -9 with a backlog, each time a little later on the way from the start to the first answers."""
    with stage("daemon killed while it starts, 5 times", Plan(messages=chaos_messages, state=learned)) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.daemon.kill()
        scene.publisher.send(scene.messages)
        for pause_s in (0.1, 0.5, 1.0, 1.5, 2.0):
            scene.daemon.start()
            time.sleep(pause_s)
            scene.daemon.kill()
        scene.daemon.start()
        books = record(scene.settle())

    assert books.faults() == []
    assert books.inputs == chaos_messages


def test_a_daemon_that_is_stopped_finishes_and_copies_nothing(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """SIGTERM in the middle of the load: what is in hand is answered and acknowledged, the rest waits."""
    with stage(f"daemon stopped, {FAULTS} times", Plan(messages=chaos_messages, state=learned)) as scene:
        codes = []
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        for number, point in enumerate(scene.points(FAULTS), start=1):
            scene.wait_answered(point)
            codes.append(scene.daemon.terminate())
            scene.daemon.start()
            scene.wait_connected(number)
        books = record(scene.settle())

    assert books.faults() == []
    assert (books.inputs, books.duplicates, books.out_of_order) == (chaos_messages, 0, 0)
    assert codes == [0] * FAULTS


@long_run
def test_two_daemons_of_one_name_are_told_and_lose_nothing(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """They take the session from each other; a log names the client id as the suspect."""
    with stage("two daemons of one client id", Plan(messages=chaos_messages, state=learned)) as scene:
        second = scene.another("daemon", state="second")
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        second.start()
        wait_until(
            lambda: "client id" in scene.daemon.log + second.log,
            what="a word on the client id in a log",
            details=scene.details,
        )
        second.kill()
        if scene.daemon.has_left:
            assert scene.daemon.wait() == 78
            scene.daemon.start()
        books = record(scene.settle())

    assert books.faults() == []
    assert books.inputs == chaos_messages


def test_a_daemon_whose_session_is_taken_over_again_and_again_gives_up(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """A broker that says so four times within a minute ends the daemon with 78, which systemd does not restart."""
    with stage("session taken over, 4 times", Plan(messages=chaos_messages, state=learned)) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        for number in range(1, 5):
            scene.daemon.wait_for("INFO connected epoch=", count=number)
            scene.proxy.disconnect_with(SESSION_TAKEN_OVER)
        code = scene.daemon.wait()
        scene.daemon.start()
        books = record(scene.settle())

    assert books.faults() == []
    assert books.inputs == chaos_messages
    assert code == 78
    assert "one took the session over 4 times within a minute" in scene.daemon.log
