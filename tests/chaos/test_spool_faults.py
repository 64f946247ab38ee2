"""The spool: killed with a backlog on disk, its broker killed as well, its disk full, its disk read-only."""

import shutil
from pathlib import Path

import pytest

from tests.chaos.conftest import FAULTS, Record, Stage
from tests.chaos.disk import limit_files, small_disk
from tests.chaos.patience import wait_until
from tests.chaos.scene import Plan, Scene

pytestmark = [pytest.mark.broker, pytest.mark.model]

SPOOL = "spool: {enabled: true, max_mb: 64}"
UNAVAILABLE = "spool_unavailable why="
DISK_MB = 2


def wait_backlog(scene: Scene) -> None:
    """Wait until the daemon has acknowledged most messages, of which some have no answer yet."""
    witness = scene.proxy.witness
    wait_until(
        lambda: len(witness.settled) >= scene.plan.messages * 0.9,
        what="most messages to be on disk",
        details=scene.details,
    )


def test_a_daemon_that_is_killed_with_a_backlog_on_disk_loses_nothing(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """The broker has its acknowledgements and knows nothing any more; the disk does."""
    plan = Plan(messages=chaos_messages, state=learned, sections=SPOOL, is_unbounded=True)
    with stage(f"daemon killed with a backlog in the spool, {FAULTS} times", plan) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        wait_backlog(scene)
        unanswered = len(scene.proxy.witness.settled) - scene.consumer.answered
        for number in range(1, FAULTS + 1):
            scene.daemon.kill()
            scene.daemon.start()
            scene.wait_connected(number)
        books = record(scene.settle())

    assert books.faults(has_spool=True) == []
    assert books.inputs == chaos_messages
    assert unanswered > 0
    assert books.early > 0


def test_a_spool_remembers_what_the_broker_forgets(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """Daemon and broker are killed together, and the broker keeps nothing: what was acknowledged is answered."""
    plan = Plan(messages=chaos_messages, state=learned, sections=SPOOL, is_unbounded=True)
    with stage("daemon and broker killed, spool, no persistence", plan) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        wait_backlog(scene)
        scene.daemon.kill()
        kept = set(scene.proxy.witness.settled)
        scene.broker.kill()
        scene.broker.start()
        wait_until(lambda: scene.consumer.is_connected, what="the consumer to come back")
        scene.daemon.start()
        books = record(scene.settle(may_broker_lose=True))

    assert books.faults(has_spool=True, has_other_ids=True) == []
    assert kept - scene.proxy.witness.answered == set()


def test_a_disk_that_fills_up_turns_the_spool_off_and_on_again(
    stage: Stage, record: Record, learned: Path, chaos_messages: int, tmp_path: Path
) -> None:
    """A full disk is said in the log, the daemon acknowledges after its answers as without a spool, and heals."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_disk(folder, size_mb=DISK_MB) as disk:
        shutil.copytree(learned, folder, dirs_exist_ok=True)
        plan = Plan(messages=chaos_messages, sections=SPOOL, state_folder=folder)
        with stage("disk full under the spool", plan) as scene:
            scene.daemon.start()
            scene.wait_connected(0)
            scene.publisher.send(scene.messages)
            full, mended = scene.points(2)
            scene.wait_answered(full)
            disk.fill()
            scene.wait_answered(mended)
            scene.daemon.wait_for(UNAVAILABLE)
            disk.free()
            books = record(scene.settle())

    assert books.faults(has_spool=True) == []
    assert books.inputs == chaos_messages


def test_files_that_may_not_grow_turn_the_spool_off_and_on_again(
    stage: Stage, record: Record, learned: Path, chaos_messages: int
) -> None:
    """A limit of the process has the same end as a full disk."""
    with stage(
        "file size limit under the spool", Plan(messages=chaos_messages, state=learned, sections=SPOOL)
    ) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        full, mended = scene.points(2)
        scene.wait_answered(full)
        limit_files(scene.daemon.process_id, 0)
        scene.wait_answered(mended)
        scene.daemon.wait_for(UNAVAILABLE)
        limit_files(scene.daemon.process_id, None)
        books = record(scene.settle())

    assert books.faults(has_spool=True) == []
    assert books.inputs == chaos_messages


def test_a_disk_that_is_read_only_turns_the_spool_off_and_on_again(
    stage: Stage, record: Record, learned: Path, chaos_messages: int, tmp_path: Path
) -> None:
    """A daemon that starts on a read-only disk serves without a spool; its backlog there is answered later."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_disk(folder, size_mb=DISK_MB * 4) as disk:
        shutil.copytree(learned, folder, dirs_exist_ok=True)
        plan = Plan(messages=chaos_messages, sections=SPOOL, state_folder=folder)
        with stage("disk read-only under the spool", plan) as scene:
            scene.daemon.start()
            scene.wait_connected(0)
            scene.publisher.send(scene.messages)
            scene.wait_answered(scene.points(1)[0])
            scene.daemon.kill()
            disk.freeze()
            scene.daemon.start()
            scene.daemon.wait_for(UNAVAILABLE)
            scene.wait_connected(1)
            disk.thaw()
            books = record(scene.settle())

    assert books.faults(has_spool=True) == []
    assert books.inputs == chaos_messages
