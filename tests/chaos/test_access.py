"""Access rules that change: a password that is wrong for a while, a topic that may not be written for a while."""

import subprocess
from pathlib import Path

import pytest

from tests.chaos.conftest import Record, Stage, long_run
from tests.chaos.patience import wait_until
from tests.chaos.scene import Plan, Scene

pytestmark = [pytest.mark.broker, pytest.mark.model]

OPEN = "topic readwrite #\ntopic read $SYS/#\n"
CLOSED = "topic read #\ntopic read $SYS/#\ntopic write raw/#\ntopic write edge/#\n"


def rules(scene: Scene, text: str) -> None:
    """Write the broker's access rules, and let it read them."""
    file = scene.folder / "acl"
    file.write_text(text)
    file.chmod(0o600)
    scene.broker.reload()


def password(folder: Path, text: str) -> None:
    """Write the broker's file of passwords with one user, `edge`."""
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(folder / "passwords"), "edge", text], check=True)


def test_a_password_that_is_wrong_for_a_while_delays_and_loses_nothing(
    stage: Stage, record: Record, learned: Path, chaos_messages: int, tmp_path: Path
) -> None:
    """The daemon says that it is refused and goes on trying; the messages wait until the broker knows it."""
    (tmp_path / "secret").write_text("right\n")
    (tmp_path / "secret").chmod(0o600)
    password(tmp_path, "right")
    plan = Plan(
        messages=chaos_messages,
        state=learned,
        mqtt="username: edge, password_file: secret",
        broker=f"password_file {tmp_path / 'passwords'}",
    )
    with stage("password wrong for a while", plan) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        scene.wait_answered(scene.points(1)[0])
        password(tmp_path, "another")
        scene.broker.reload()
        scene.proxy.cut()
        scene.daemon.wait_for("disconnected why=the broker refused: Not authorized")
        password(tmp_path, "right")
        scene.broker.reload()
        books = record(scene.settle())

    assert books.faults() == []
    assert books.inputs == chaos_messages


def test_readings_that_the_broker_refuses_for_a_while_are_published_then(
    stage: Stage, record: Record, learned: Path, chaos_messages: int, tmp_path: Path
) -> None:
    """Access rules without the readings' topic: the readings wait, and go out when the rules are mended."""
    (tmp_path / "acl").write_text(OPEN)
    plan = Plan(messages=chaos_messages, state=learned, broker=f"acl_file {tmp_path / 'acl'}")
    with stage("readings refused for a while", plan) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        scene.wait_answered(scene.points(1)[0])
        rules(scene, CLOSED)
        scene.daemon.wait_for("publication_refused topic=readings/")
        rules(scene, OPEN)
        books = record(scene.settle())

    assert books.faults() == []
    assert books.inputs == chaos_messages


@long_run
def test_readings_that_the_broker_refuses_for_good_become_dead_letters(
    stage: Stage, record: Record, learned: Path, chaos_messages: int, tmp_path: Path
) -> None:
    """After a few attempts the dead letter says publish_refused; mended rules let the next readings through."""
    (tmp_path / "acl").write_text(CLOSED)
    plan = Plan(messages=chaos_messages, state=learned, broker=f"acl_file {tmp_path / 'acl'}")
    with stage("readings refused for good, then allowed", plan) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        scene.publisher.send(scene.messages)
        wait_until(
            lambda: "publish_refused" in scene.consumer.dead.values(),
            what="a dead letter with the reason publish_refused",
            details=scene.details,
        )
        rules(scene, OPEN)
        books = record(scene.settle())

    assert books.faults() == []
    assert books.inputs == chaos_messages
    assert books.readings > 0
