"""The network between daemon and broker: cut, cut in two, stalled, half gone, slow."""

from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from tests.chaos.conftest import FAULTS, Record, Stage, long_run
from tests.chaos.proxy import Proxy, Way
from tests.chaos.scene import Plan

pytestmark = [pytest.mark.broker, pytest.mark.model]

Fault = Callable[[Proxy], None]
CUTS = 2 * ((FAULTS + 1) // 2)  # as many in each direction
SLOW_BYTES_PER_S = 20_000

CUT: tuple[Fault, ...] = (Proxy.cut,)
CUT_WITHIN: tuple[Fault, ...] = (
    lambda proxy: proxy.cut_within(Way.TO_DAEMON),
    lambda proxy: proxy.cut_within(Way.TO_BROKER),
)


@pytest.mark.parametrize(
    ("name", "faults", "protocol"),
    [
        ("network cut", CUT, "5"),
        ("network cut within a packet", CUT_WITHIN, "3.1.1"),
        pytest.param("network cut", CUT, "3.1.1", marks=long_run),
        pytest.param("network cut within a packet", CUT_WITHIN, "5", marks=long_run),
    ],
)
def test_a_connection_that_breaks_loses_nothing(
    stage: Stage,
    record: Record,
    learned: Path,
    chaos_messages: int,
    name: str,
    faults: tuple[Fault, ...],
    protocol: str,
) -> None:
    """The daemon connects again; what it had in hand is answered there, once for each delivery at most."""
    plan = Plan(messages=chaos_messages, state=learned, mqtt=f'protocol: "{protocol}"')
    with stage(f"{name}, {CUTS} times, MQTT {protocol}", plan) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        for number, (point, fault) in enumerate(zip(scene.points(CUTS), cycle(faults), strict=False), start=1):
            scene.wait_answered(point)
            fault(scene.proxy)
            scene.wait_connected(number)
        books = record(scene.settle())

    assert books.faults() == []
    assert (books.inputs, books.connections) == (chaos_messages, CUTS + 1)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("network stalled beyond the keepalive", Proxy.stall),
        pytest.param("network half open", Proxy.vanish, marks=long_run),
    ],
)
def test_a_line_that_has_fallen_silent_is_given_up(
    stage: Stage, record: Record, learned: Path, chaos_messages: int, name: str, fault: Fault
) -> None:
    """Nobody tells the daemon that its connection is dead; it notices by the keepalive, and connects again."""
    with stage(name, Plan(messages=chaos_messages, state=learned)) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        scene.wait_answered(scene.points(1)[0])
        fault(scene.proxy)
        scene.daemon.wait_for("disconnected why=")
        scene.proxy.allow()
        books = record(scene.settle())

    assert books.faults() == []
    assert books.inputs == chaos_messages


def test_a_slow_line_slows_and_loses_nothing(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """Some of the messages go through a line of 20 kB/s; the connection stands all the time."""
    with stage("network slow", Plan(messages=chaos_messages, state=learned)) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        slow, fast = scene.points(2, within=(0.2, 0.6))
        scene.wait_answered(slow)
        scene.proxy.slow(SLOW_BYTES_PER_S)
        scene.wait_answered(min(fast, slow + 200))
        scene.proxy.allow()
        books = record(scene.settle())

    assert books.faults() == []
    assert (books.inputs, books.duplicates, books.connections) == (chaos_messages, 0, 1)
