"""More at QoS 0 than the daemon can take: no broker holds that back."""

import re
from pathlib import Path

import pytest

from tests.chaos.conftest import Record, Stage
from tests.chaos.scene import Plan

pytestmark = [pytest.mark.broker, pytest.mark.model]

WAITING = 20
GROWTH_KB = 64_000


def resident_kb(process_id: int) -> int:
    """Return how much memory a process has."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def test_a_flood_at_qos_0_is_shed_by_number_and_the_memory_stays(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """What comes at QoS 0 beyond `waiting_qos0` is shed, counted and said; everything else is answered."""
    plan = Plan(
        messages=chaos_messages,
        state=learned,
        mqtt=f"waiting_qos0: {WAITING}",
        is_slow=True,
        is_unbounded=True,
        qos=0,
    )
    with stage(f"flood at QoS 0, {WAITING} may wait", plan) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        before_kb = resident_kb(scene.daemon.process_id)
        scene.publisher.send(scene.messages)
        scene.wait_sent()
        scene.settle(may_broker_lose=True)
        growth_kb = resident_kb(scene.daemon.process_id) - before_kb
        assert scene.daemon.terminate() == 0
        shed = int(re.findall(r"stopped .*\bshed=(\d+)", scene.daemon.log)[0])
        books = record(scene.close_books(shed=shed))

    assert books.faults() == []
    assert books.shed > 0
    assert books.lost_by_broker == books.dropped
    assert "inputs_shed count=" in scene.daemon.log
    assert growth_kb < GROWTH_KB
