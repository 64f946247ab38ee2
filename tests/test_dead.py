"""`edge dead` with the whole daemon: what was rejected becomes a reading once the configuration is mended."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto
from tests.client import PATIENCE_S, Client, connected
from tests.running import daemon, leave

pytestmark = [pytest.mark.broker, pytest.mark.model]

MENDED = ("--set", "routes[0].fields.temperature.optional=true")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a mosquitto that runs."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with mosquitto.running(folder) as running:
        yield running


@pytest.fixture
def client(broker: Mosquitto) -> Iterator[Client]:
    """Give a client that hears all."""
    with connected(broker.port, name="client") as client:
        yield client


def edge(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a verb on the daemon's state directory; return its exit code, stdout and stderr."""
    command = [sys.executable, "-m", "edge", *arguments, "--state", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10 * PATIENCE_S)
    return done.returncode, done.stdout, done.stderr


def listed(folder: Path) -> list[dict[str, Any]]:
    """Return the dead letters."""
    code, out, err = edge(folder, "dead", "list", "--json")
    assert (code, err) == (0, "")
    found: list[dict[str, Any]] = json.loads(out)
    return found


def kept(folder: Path, count: int) -> list[dict[str, Any]]:
    """Return the dead letters once there are so many: the daemon keeps them when the broker has confirmed them."""
    deadline_s = time.monotonic() + PATIENCE_S
    while len(found := listed(folder)) < count:
        assert time.monotonic() < deadline_s, f"expected {count} dead letters, got {len(found)}"
    return found


def heard(client: Client, topic: str, count: int) -> list[Any]:
    """Return the JSON of the first messages on a topic."""
    found: list[Any] = []
    after = 0
    while len(found) < count:
        message = client.hear(topic, after=after)
        after = next(number for number, each in enumerate(client.heard, start=1) if each is message)
        found.append(json.loads(message.payload))
    return found


def online(client: Client) -> None:
    """Wait until the daemon is there."""
    while client.hear("edge/test/status", after=len(client.heard)).payload != b"online":
        pass


def test_a_mended_configuration_reads_what_was_rejected(
    tmp_path: Path, broker: Mosquitto, client: Client, model_path: Path
) -> None:
    """The letter outlives the daemon; read again, it is a reading with its old id, and gone from the list."""
    with daemon(tmp_path, broker.port, model_path) as process:
        online(client)
        client.publish("raw/greenhouse/bench", "RH=48%")
        rejected = client.reading("edge/test/dead/greenhouse")
        running = kept(tmp_path, 1)
        leave(process)
    stopped = listed(tmp_path)
    with daemon(tmp_path, broker.port, model_path, *MENDED):
        online(client)
        read = edge(tmp_path, "dead", "replay", rejected["id"][:8])
        reading = client.reading("readings/greenhouse/bench")
        left = listed(tmp_path)

    assert [(each["id"], each["reason"], each["excerpt"]) for each in running] == [
        (rejected["id"], "missing", "RH=48%")
    ]
    assert stopped == running
    assert read == (
        0,
        f"{rejected['id'][:12]}  reading on readings/greenhouse/bench\n1 of 1 dead letter became readings\n",
        "",
    )
    assert (reading, left) == ({"humidity": 48}, [])


def test_what_is_rejected_again_stays(tmp_path: Path, broker: Mosquitto, client: Client, model_path: Path) -> None:
    """Each message gets an answer again, a dead letter on the broker; the verb's exit code says so."""
    with daemon(tmp_path, broker.port, model_path):
        online(client)
        client.publish("raw/greenhouse/a", "RH=48%")
        client.publish("raw/greenhouse/b", b"\xff")
        client.publish("raw/greenhouse/c", b"x" * 5000)
        letters = kept(tmp_path, 3)
        code, out, _ = edge(tmp_path, "dead", "replay", "--all")
        published = heard(client, "edge/test/dead/greenhouse", 5)
        (half,) = (letter["id"] for letter in letters if letter["reason"] == "missing")
        shown = edge(tmp_path, "dead", "show", half, "--payload")
        purged = edge(tmp_path, "dead", "purge", "--all", "--reason", "oversize")
        left = listed(tmp_path)

    told = sorted(line.split("  ", 1)[1] for line in out.splitlines()[:-1])
    assert code == 1
    assert told == [
        "not read: only the first 4096 of 5000 bytes are kept",
        "rejected: missing: temperature: the schema requires it, and the text does not state it",
        "rejected: not_utf8: expected UTF-8, got byte 0xff at offset 0",
    ]
    assert out.splitlines()[-1] == "0 of 3 dead letters became readings"
    assert sorted(each["reason"] for each in published[:3]) == ["missing", "not_utf8", "oversize"]
    assert sorted(each["reason"] for each in published[3:]) == ["missing", "not_utf8"]
    assert shown == (0, "RH=48%", "")
    assert purged == (0, "purged 1 dead letter\n", "")
    assert sorted(each["reason"] for each in left) == ["missing", "not_utf8"]


def test_one_daemon_a_folder(tmp_path: Path, broker: Mosquitto, client: Client, model_path: Path) -> None:
    """A second daemon on the folder is told who is there; after kill -9 of the first, the next one serves."""
    with daemon(tmp_path, broker.port, model_path) as first:
        online(client)
        with daemon(tmp_path, broker.port, model_path) as second:
            _, log = second.communicate(timeout=PATIENCE_S)
        first.kill()
        first.wait()
        with daemon(tmp_path, broker.port, model_path):
            online(client)
            spool = edge(tmp_path, "spool", "status")

    assert second.returncode == 1
    assert log == (
        f"edge: {tmp_path}: another daemon uses this state directory (process {first.pid}); stop it, or give "
        "each its own with STATE_DIRECTORY or XDG_STATE_HOME\n"
    )
    assert spool == (0, "no spool: spool.enabled is false, or its file cannot be used, and the log says why\n", "")
