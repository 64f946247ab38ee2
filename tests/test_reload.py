"""A running daemon takes up another configuration: at once, whole or not at all, and nothing is lost."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.verbs.mosquitto import Mosquitto
from tests.client import connected
from tests.running import CONFIG, daemon, leave, serving

pytestmark = [pytest.mark.broker, pytest.mark.model]

CELLAR = """\
  - name: cellar
    subscribe: raw/cellar
    publish: readings/cellar
    fields:
      humidity: {type: number, unit: "%"}
"""
TEXT = "temperature 21.4 C, humidity 48 %"
DEAD = "edge/test/dead/_unrouted"


def edit(folder: Path, broker: Mosquitto, model: Path, *, old: str = "", new: str = "", more: str = "") -> None:
    """Write the configuration with one place of it replaced, and something added."""
    text = CONFIG.format(port=broker.port, model=model, protocol="5")
    assert old in text
    (folder / "edge.new").write_text(text.replace(old, new) + more, encoding="utf-8")
    (folder / "edge.new").replace(folder / "edge.yaml")  # as editors do: never half of it


def reload(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Ask the daemon of a state directory to reload, as a user does."""
    command = [sys.executable, "-m", "edge", "reload", "--state", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a broker that runs."""
    (tmp_path / "mosquitto").mkdir()
    fresh = Mosquitto(tmp_path / "mosquitto")
    fresh.start()
    yield fresh
    fresh.stop()


def test_a_new_route_serves_without_a_restart(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """`edge reload` returns when the new route is in force; the old one goes on."""
    with serving(tmp_path, broker, model_path) as (client, process):
        edit(tmp_path, broker, model_path, more=CELLAR)
        done = reload(tmp_path)
        client.publish("raw/cellar", TEXT)
        cellar = client.reading("readings/cellar")
        client.publish("raw/greenhouse/bench", TEXT)
        greenhouse = client.reading("readings/greenhouse/bench")
        code, log = leave(process)

    assert (done.returncode, done.stdout, done.stderr) == (0, "reloaded, 3 routes\n", "")
    assert cellar == {"humidity": 48}
    assert greenhouse == {"temperature": 21.4, "humidity": 48}
    assert (code, log.count("connected epoch")) == (0, 1)


def test_a_hangup_reloads_and_tells_the_service_manager(
    tmp_path: Path, broker: Mosquitto, model_path: Path
) -> None:
    """Between RELOADING=1 and READY=1 systemd shows `reloading`; MONOTONIC_USEC is what notify-reload asks for."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        with (
            connected(broker.port, name="client") as client,
            daemon(tmp_path, broker.port, model_path, notify=str(tmp_path / "notify")) as process,
        ):
            assert client.hear("edge/test/status").payload == b"online"
            edit(tmp_path, broker, model_path, more=CELLAR)
            process.send_signal(signal.SIGHUP)
            said = [manager.recv(1000).decode()]
            while "RELOADING=1" not in said[-1]:
                said.append(manager.recv(1000).decode())
            said.append(manager.recv(1000).decode())
            while said[-1] == "WATCHDOG=1":
                said.append(manager.recv(1000).decode())
            client.publish("raw/cellar", TEXT)
            assert client.reading("readings/cellar") == {"humidity": 48}

    assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", next(each for each in said if "RELOADING" in each))
    assert said[-1] == "READY=1\nSTATUS=reloaded, 3 routes"


def test_a_broken_configuration_is_refused_whole(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """Every fault is told where it stands, the exit code is that of `edge check`, and the old routes serve."""
    with serving(tmp_path, broker, model_path) as (client, process):
        edit(
            tmp_path,
            broker,
            model_path,
            old="payload_bytes: 1000",
            new="payload_bytes: none",
            more=CELLAR.replace("publish: readings/cellar", "publish: readings/#"),
        )
        done = reload(tmp_path)
        client.publish("raw/cellar", TEXT)
        client.publish("raw/greenhouse/bench", TEXT)
        greenhouse = client.reading("readings/greenhouse/bench")
        _, log = leave(process)

    file = tmp_path / "edge.yaml"
    faults = done.stderr.splitlines()[:-1]
    assert done.returncode == 78
    assert faults[0] == f'{file}:5:25: limits.payload_bytes: expected an integer from 1 to 1048576, got "none"'
    assert faults[1].startswith(f"{file}:21:14: routes[2].publish: expected")
    assert done.stderr.splitlines()[-1] == "edge: the configuration from before stays in force"
    assert [f"reload_refused why={fault}" in log for fault in faults] == [True, True]
    assert greenhouse == {"temperature": 21.4, "humidity": 48}
    assert "readings/cellar" not in {message.topic for message in client.heard}


def test_a_route_that_was_taken_out_is_unsubscribed(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """Its messages come no more, and the state directory forgets its filters once the broker has ended them."""
    with serving(tmp_path, broker, model_path) as (client, process):
        edit(tmp_path, broker, model_path, old="[raw/kept, raw/kept/+]", new="raw/kept")
        assert reload(tmp_path).returncode == 0
        client.publish("raw/kept/attic", TEXT)
        client.publish("raw/kept", TEXT)
        client.reading("readings/kept")
        _, log = leave(process)

    known = json.loads((tmp_path / "session.json").read_text())["subscriptions"]
    assert known == ["raw/greenhouse/+", "raw/kept"]
    assert DEAD not in {message.topic for message in client.heard}
    assert "readings=1 " in log


def test_what_needs_a_restart_is_named(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """The rest of the file is in force at once."""
    with serving(tmp_path, broker, model_path) as (client, process):
        edit(tmp_path, broker, model_path, old="client_id: edge-test", new="client_id: other", more=CELLAR)
        done = reload(tmp_path)
        client.publish("raw/cellar", TEXT)
        assert client.reading("readings/cellar") == {"humidity": 48}
        _, log = leave(process)

    assert (done.returncode, done.stdout) == (0, "reloaded, 3 routes\n")
    assert done.stderr == "edge: these take effect when the daemon is restarted: mqtt.client_id\n"
    assert "reload_partial options=mqtt.client_id hint=restart the daemon for these" in log


def test_nothing_is_lost_when_the_configuration_changes_under_load(
    tmp_path: Path, broker: Mosquitto, model_path: Path
) -> None:
    """A schema that changes ten times among sixty messages: each has one answer, under the one or the other."""
    with serving(tmp_path, broker, model_path) as (client, process):
        for number in range(60):
            client.publish(f"raw/greenhouse/{number}", f"temperature {number}.5 C, humidity 48 %")
            if number % 6 == 0:
                is_renamed = number % 12 == 0
                edit(tmp_path, broker, model_path, old="humidity:", new="rh:" if is_renamed else "humidity:")
                process.send_signal(signal.SIGHUP)
        readings = [client.reading(f"readings/greenhouse/{number}") for number in range(60)]
        _, log = leave(process)

    heard = [message.topic for message in client.heard if message.topic.startswith("readings/")]
    assert sorted(heard) == sorted({*heard})
    assert [reading["temperature"] for reading in readings] == [number + 0.5 for number in range(60)]
    assert 2 <= log.count("reloaded routes=2") <= 10  # two signals before the first is taken are one


def test_without_a_daemon_there_is_nothing_to_reload(tmp_path: Path) -> None:
    """The exit code says that no daemon runs, whether or not one ever did."""
    done = reload(tmp_path)

    assert done.returncode == 69
    assert done.stderr == (
        f"edge: {tmp_path}: no daemon runs with this state directory; it reads its configuration when it starts\n"
    )


def test_a_daemon_beyond_its_memory_leaves_with_a_code_of_its_own(
    tmp_path: Path, broker: Mosquitto, model_path: Path
) -> None:
    """With less than it needs, it serves for a while, then leaves and says why."""
    with serving(tmp_path, broker, model_path, "--set", "limits.memory_mb=100") as (client, process):
        client.publish("raw/greenhouse/bench", TEXT)
        assert client.reading("readings/greenhouse/bench") == {"temperature": 21.4, "humidity": 48}
        _, log = process.communicate(timeout=60)

    assert process.returncode == 75
    assert re.search(r"ERROR memory_limit resident_mb=\d+ limit_mb=100\n", log)
    assert re.search(r"edge: expected at most 100 MB of memory, got \d+ MB \(limits\.memory_mb; .*\)\n$", log)
