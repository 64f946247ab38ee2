"""Delivery as its users see it: what survives a kill, a filter that is taken out, what the daemon says of it."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.delivery import spool as spools
from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto
from tests.client import PATIENCE_S, connected
from tests.running import daemon, leave, serving

pytestmark = [pytest.mark.broker, pytest.mark.model]

SPOOL = ("--set", "spool.enabled=true", "--set", "shapes.enabled=false")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a mosquitto that runs."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with mosquitto.running(folder) as running:
        yield running


def spooled(folder: Path) -> int:
    """Return how many messages have ever been put on disk."""
    with closing(sqlite3.connect(folder / spools.FILE)) as connection:
        (tables,) = connection.execute(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'"
        ).fetchone()
        rows = connection.execute("SELECT seq FROM sqlite_sequence").fetchall() if tables else []
    return int(rows[0][0]) if rows else 0


def test_with_a_spool_inputs_survive_daemon_and_broker(
    tmp_path: Path, broker: Mosquitto, model_path: Path
) -> None:
    """Killed with a backlog on disk, and with a broker that forgets everything, the daemon answers all of it."""
    with serving(tmp_path, broker, model_path, *SPOOL) as (client, process):
        for number in range(20, 40):
            client.publish(f"raw/greenhouse/{number}", f"T={number}.5C RH={number}%")
        deadline_s = time.monotonic() + PATIENCE_S
        while spooled(tmp_path) < 20:
            assert time.monotonic() < deadline_s, "not all was spooled"
        process.kill()
        process.wait()
    broker.stop()
    answered = {message.topic for message in client.heard if message.topic.startswith("readings/")}
    left = spools.status(tmp_path)["messages"]
    broker.start()
    with connected(broker.port, name="later") as later, daemon(tmp_path, broker.port, model_path, *SPOOL):
        assert isinstance(left, int)
        for number in range(left):
            message = later.hear(f"readings/greenhouse/{39 - number}")
            answered.add(message.topic)

    assert left > 0
    assert answered == {f"readings/greenhouse/{number}" for number in range(20, 40)}


def test_a_filter_taken_out_of_the_configuration_is_ended(
    tmp_path: Path, broker: Mosquitto, model_path: Path
) -> None:
    """The session at the broker outlives the daemon; the old filter does not outlive its route."""
    with serving(tmp_path, broker, model_path) as (client, process):
        leave(process)
    config = tmp_path / "edge.yaml"
    config.write_text(config.read_text().replace("raw/greenhouse/+", "new/greenhouse/+"))
    with (
        connected(broker.port, name="client") as client,
        daemon(tmp_path, broker.port, model_path, is_config_new=False) as process,
    ):
        while client.hear("edge/test/status", after=len(client.heard)).payload != b"online":
            pass
        client.publish("new/greenhouse/a", "T=21.4C RH=48%")
        client.hear("readings/greenhouse/a")  # the broker has answered what came before it
        client.publish("raw/greenhouse/a", "T=11.1C RH=11%")
        client.publish("new/greenhouse/b", "T=22.4C RH=48%")
        client.hear("readings/greenhouse/b")
        _, log = leave(process)

    assert "dead_letters=" not in log
    assert " readings=2" in log


def test_the_health_data_are_retained(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """Who comes later finds how things stand, with what the broker says of itself."""
    with serving(tmp_path, broker, model_path, "--set", "health.every_s=1") as (client, _):
        client.publish("raw/greenhouse/a", "T=21.4C RH=48%")
        client.hear("readings/greenhouse/a")
        deadline_s = time.monotonic() + PATIENCE_S
        health: dict[str, Any] = {"mqtt": {}}
        while health["mqtt"].get("published") != 1:
            assert time.monotonic() < deadline_s, f"no such health: {health}"
            health = json.loads(client.hear("edge/test/bridge/health", after=len(client.heard)).payload)
        with connected(broker.port, name="later", topics=("edge/test/bridge/+",)) as later:
            retained = json.loads(later.hear("edge/test/bridge/health").payload)

    assert (health["mqtt"]["connected"], health["mqtt"]["queue_in"]) == (True, 0)
    assert health["spool"] is None
    assert health["routes"]["greenhouse"] == retained["routes"]["greenhouse"]
    assert isinstance(health["broker"]["dropped"], int)


def test_a_reading_refused_to_the_end_becomes_a_dead_letter(tmp_path: Path, model_path: Path) -> None:
    """The message is answered and acknowledged, so that no wrong access rule stops everything else."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    rules = folder / "acl"
    rules.write_text("topic read #\ntopic write raw/#\ntopic write edge/#\ntopic write clients/#\n")
    rules.chmod(0o644)
    broker = Mosquitto(folder, settings=f"acl_file {rules}")
    broker.start()
    try:
        with serving(tmp_path, broker, model_path) as (client, process):
            client.publish("raw/greenhouse/bench", "T=21.4C RH=48%")
            letter = client.reading("edge/test/dead/greenhouse")
            code, log = leave(process)
    finally:
        broker.stop()

    assert (letter["reason"], letter["detail"]) == (
        "publish_refused",
        "the broker refuses readings/greenhouse/bench: Not authorized",
    )
    assert code == 0
    assert "unanswered" not in log


def test_two_daemons_with_one_client_id(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """They take the session from each other; the log says what to look for."""
    other = tmp_path / "other"
    other.mkdir()
    with serving(tmp_path, broker, model_path) as (_, first), daemon(other, broker.port, model_path):
        assert first.stderr is not None
        line = next(line for line in first.stderr if "connections_short" in line)

    assert line.endswith("hint=does another client have this client id (mqtt.client_id)?\n")


def test_two_daemons_on_one_state_directory(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """The second one leaves, and says what to do."""
    with (
        serving(tmp_path, broker, model_path),
        daemon(tmp_path, broker.port, model_path, "--set", "mqtt.client_id=other") as second,
    ):
        _, log = second.communicate(timeout=PATIENCE_S)

    assert second.returncode == 1
    assert f"edge: {tmp_path}: another daemon uses this state directory" in log
