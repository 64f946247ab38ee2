"""The broker ends, with and without a word, with and without a memory; it refuses, and it overflows."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.conftest import FAULTS, Record, Stage
from tests.chaos.patience import wait_until
from tests.chaos.scene import Plan, Scene

pytestmark = [pytest.mark.broker, pytest.mark.model]

QUEUE = 50
SERVER_BUSY, SERVER_UNAVAILABLE = 0x89, 0x88
SERVER_SHUTTING_DOWN, ADMINISTRATIVE_ACTION = 0x8B, 0x98


def restart(scene: Scene, end: Callable[[], None]) -> None:
    """End the broker under load and start it again; the consumer comes back first, the load last."""
    before = scene.proxy.witness.online
    end()
    scene.is_paused = True
    scene.proxy.refuse()
    scene.broker.start()
    wait_until(lambda: scene.consumer.is_connected, what="the consumer to come back", details=scene.details)
    scene.proxy.allow()
    scene.wait_connected(before)
    scene.write_off()
    scene.is_paused = False


def test_a_broker_that_is_stopped_and_started_forgets_nothing(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """With persistence and a clean stop, sessions and messages survive on disk."""
    plan = Plan(messages=chaos_messages, state=learned, is_persistent=True)
    with stage(f"broker stopped, persistence, {FAULTS} times", plan) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        for point in scene.points(FAULTS):
            scene.wait_answered(point)
            restart(scene, scene.broker.stop)
        books = record(scene.settle())

    assert books.faults(has_other_ids=True) == []
    assert books.lost_by_broker == 0


@pytest.mark.parametrize("is_persistent", [True, False], ids=["persistence", "no persistence"])
def test_what_a_killed_broker_forgets_is_all_that_is_lost(
    stage: Stage, record: Record, learned: Path, chaos_messages: int, *, is_persistent: bool
) -> None:
    """Kill -9: the broker forgets what it had not saved. The daemon loses nothing beyond, and invents nothing."""
    name = f"broker killed, {'' if is_persistent else 'no '}persistence, {FAULTS} times"
    with stage(name, Plan(messages=chaos_messages, state=learned, is_persistent=is_persistent)) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        for point in scene.points(FAULTS):
            scene.wait_answered(point - chaos_messages // 20)
            scene.broker.save()
            scene.wait_answered(point)
            restart(scene, scene.broker.kill)
        books = record(scene.settle(may_broker_lose=True))

    assert books.faults(has_other_ids=True) == []
    assert books.inputs > chaos_messages // 2


def test_a_broker_that_says_why_it_disconnects_is_heard(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """A DISCONNECT with a reason, then CONNACKs that refuse: the log tells both, and the daemon comes back."""
    with stage(
        "broker disconnects with a reason, refuses, 2 times", Plan(messages=chaos_messages, state=learned)
    ) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        reasons = ((SERVER_SHUTTING_DOWN, SERVER_UNAVAILABLE), (ADMINISTRATIVE_ACTION, SERVER_BUSY))
        for number, (point, (last, first)) in enumerate(zip(scene.points(2), reasons, strict=True), start=1):
            scene.wait_answered(point)
            scene.proxy.refuse_with(first)
            scene.proxy.disconnect_with(last)
            scene.wait_connected(number)
        books = record(scene.settle())

    assert books.faults() == []
    assert books.inputs == chaos_messages
    for words in ("Server shutting down", "Administrative action"):
        assert f"disconnected why=the connection ended: {words}" in scene.daemon.log
    for words in ("Server busy", "Server unavailable"):
        assert f"disconnected why=the broker refused: {words}" in scene.daemon.log


def test_a_full_queue_of_the_broker_is_the_broker_s_loss(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """While the daemon is away, the broker keeps `max_queued_messages` for it, and says what it dropped."""
    settings = f"max_queued_messages {QUEUE}\nmax_inflight_messages 0"
    plan = Plan(messages=chaos_messages, state=learned, broker=settings, is_unbounded=True)
    with stage(f"broker's queue full at {QUEUE}", plan) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        assert scene.daemon.terminate() == 0
        scene.publisher.send(scene.messages)
        scene.wait_sent()
        wait_until(lambda: scene.consumer.dropped > 0, what="the broker to say what it dropped")
        time.sleep(1.5)  # sys_interval is 1 s
        scene.daemon.start()
        scene.wait_answered(QUEUE)
        books = record(scene.settle(may_broker_lose=True))

    assert books.faults() == []
    assert books.lost_by_broker == books.dropped == chaos_messages - QUEUE
