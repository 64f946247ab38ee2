"""When devices are announced to Home Assistant and taken back: a real main loop on a real mosquitto."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import main
from edge.event import Reload
from edge.homeassistant import discovery
from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto
from tests.bridging import CONFIG, Daemon, Stranger, served, stranger
from tests.client import PATIENCE_S

pytestmark = pytest.mark.broker

ENABLED = f"homeassistant: {{{{enabled: true}}}}{CONFIG}"
ONE = ENABLED.replace("raw/tank/+", "raw/tank").replace("readings/tank/{{1}}", "readings/tank")
TANK = "homeassistant/device/edge_t_tank/config"
OWN = "homeassistant/device/edge_t/config"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a broker that remembers nothing of other tests."""
    with mosquitto.running(tmp_path) as running:
        yield running


@pytest.fixture
def house(broker: Mosquitto) -> Iterator[Stranger]:
    """Give a client that hears what Home Assistant hears."""
    with stranger(broker, "homeassistant/#", name="house") as client:
        yield client


def take_up(daemon: Daemon, broker: Mosquitto, text: str) -> None:
    """Let a daemon take up another configuration."""
    daemon.config_file.write_text(text.format(port=broker.port), encoding="utf-8")
    daemon.events.put(Reload())


def components(said: Any) -> list[str]:
    """Return the keys of what a device has."""
    return list(said["components"])


def test_devices_are_announced_when_the_daemon_comes(tmp_path: Path, broker: Mosquitto, house: Stranger) -> None:
    """The daemon's own and that of each route; the broker keeps both for those who come later."""
    with served(tmp_path, broker, ONE):
        assert house.told(OWN)["device"]["name"] == "Edge t"
        assert house.told(TANK)["state_topic"] == "readings/tank"
        with stranger(broker, TANK, name="late") as late:
            assert late.hear(TANK).retain


def test_nothing_is_announced_unless_it_is_wanted(tmp_path: Path, broker: Mosquitto, house: Stranger) -> None:
    """Home Assistant would show devices at once, without asking."""
    with served(tmp_path, broker):
        pass

    assert house.heard_topics() == []


def test_a_start_of_home_assistant_is_answered(tmp_path: Path, broker: Mosquitto, house: Stranger) -> None:
    """All is announced again after a while; its end, and what the broker kept, is no start."""
    with served(tmp_path, broker, ONE):
        house.told(TANK)
        house.say("homeassistant/status", "offline")
        house.say("homeassistant/status", "online")
        assert house.told(TANK)["device"]["name"] == "Tank"


def test_a_new_field_and_one_that_is_gone(tmp_path: Path, broker: Mosquitto, house: Stranger) -> None:
    """What is gone is named with nothing but its platform, then no more."""
    with served(tmp_path, broker, ONE) as daemon:
        house.told(TANK)
        take_up(daemon, broker, ONE.replace("level:", "depth:"))
        first, second = house.told(TANK), house.told(TANK)

    assert (components(first), first["components"]["level"]) == (["depth", "level"], {"platform": "sensor"})
    assert components(second) == ["depth"]


@pytest.mark.parametrize(
    "change", [("name: tank", "name: well"), ("enabled: true", "enabled: false"), ("prefix", "ha")], ids=str
)
def test_a_device_that_is_gone_is_taken_back(
    tmp_path: Path, broker: Mosquitto, house: Stranger, change: tuple[str, str]
) -> None:
    """A route that is gone, or discovery, or its prefix: an empty message takes the place of the old one."""
    before, after = change
    changed = ONE.replace(before, after) if before != "prefix" else ONE.replace("true}}", "true, prefix: ha}}", 1)
    with served(tmp_path, broker, ONE) as daemon:
        house.told(TANK)
        take_up(daemon, broker, changed)
        assert house.hear(TANK).payload == b""


def test_what_is_gone_is_taken_back_after_a_restart(tmp_path: Path, broker: Mosquitto, house: Stranger) -> None:
    """The state directory remembers what was announced."""
    with served(tmp_path, broker, ONE):
        house.told(TANK)
    with served(tmp_path, broker, ONE.replace("name: tank", "name: well")):
        assert house.hear(TANK).payload == b""


def test_a_device_comes_with_its_first_reading(tmp_path: Path, broker: Mosquitto, house: Stranger) -> None:
    """A route whose readings go to many topics has a device for each; they are announced again after a restart."""
    seventh = "homeassistant/device/edge_t_tank_7/config"
    with served(tmp_path, broker, ENABLED):
        house.told(OWN)
        house.say("raw/tank/7", "level 182.5 cm")
        assert house.told(seventh)["device"]["name"] == "Tank 7"
    with served(tmp_path, broker, ENABLED):
        assert house.told(seventh)["state_topic"] == "readings/tank/7"
    with served(tmp_path, broker, ENABLED.replace("readings/tank/{{1}}", "levels/{{1}}")):
        assert house.hear(seventh).payload == b""


def test_topics_cannot_flood_home_assistant(
    tmp_path: Path,
    broker: Mosquitto,
    house: Stranger,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever publishes inputs can make topics; beyond a bound they have readings, and no devices."""
    monkeypatch.setattr(discovery, "MOST_DEVICES", 1)
    with served(tmp_path, broker, ENABLED), stranger(broker, "readings/tank/+", name="reader") as reader:
        for name in ("7", "8", "9"):
            house.say(f"raw/tank/{name}", "level 182.5 cm")
            reader.hear(f"readings/tank/{name}")

    assert [topic for topic in house.heard_topics() if "tank_" in topic] == [
        "homeassistant/device/edge_t_tank_7/config"
    ]
    assert caplog.text.count("homeassistant_devices_refused why=expected readings on at most 1 topics") == 1


def test_a_request_announces_all_again(tmp_path: Path, broker: Mosquitto, house: Stranger) -> None:
    """The answer names the devices; with `forget`, those of single topics wait for their next reading."""
    with served(tmp_path, broker, ENABLED), stranger(broker, "edge/t/bridge/response/+", name="asker") as asker:
        house.told(OWN)
        house.say("raw/tank/7", "level 182.5 cm")
        house.told("homeassistant/device/edge_t_tank_7/config")
        asker.say("edge/t/bridge/request/discovery", b'{"forget":true}')
        answer = asker.told("edge/t/bridge/response/discovery")
        gone = house.hear("homeassistant/device/edge_t_tank_7/config")

    assert answer["data"] == {"enabled": True, "devices": [{"topic": OWN, "entities": 9}]}
    assert gone.payload == b""


def test_the_file_is_not_told_what_the_broker_does_not_know(
    tmp_path: Path, broker: Mosquitto, house: Stranger
) -> None:
    """What was taken back and confirmed is forgotten."""
    with served(tmp_path, broker, ONE) as daemon:
        house.told(TANK)
        take_up(daemon, broker, ONE.replace("enabled: true", "enabled: false"))
        assert house.hear(TANK).payload == b""
        end_s = time.monotonic() + PATIENCE_S
        while (known := json.loads((tmp_path / "homeassistant.json").read_text(encoding="utf-8"))) != {}:
            assert time.monotonic() < end_s, f"expected that all is forgotten, got {known}"
            time.sleep(0.01)


def run(*arguments: str) -> int:
    """Run the program; return its exit code."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


def test_the_verb_shows_what_is_announced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a broker: devices, entities and their classes; or all of it as JSON."""
    file = tmp_path / "edge.yaml"
    file.write_text(ONE.format(port=1), encoding="utf-8")

    assert run("discovery", "show", "--config", str(file)) == 0
    shown = capsys.readouterr().out
    assert "Tank  homeassistant/device/edge_t_tank/config" in shown
    assert "sensor.tank_level  distance, measurement, cm" in shown
    assert run("discovery", "show", "--config", str(file), "--json") == 0
    assert list(json.loads(capsys.readouterr().out)) == [OWN, TANK]

    file.write_text(CONFIG.format(port=1), encoding="utf-8")
    assert run("discovery", "show", "--config", str(file)) == 1
    assert (
        capsys.readouterr().err == "edge: nothing is announced to Home Assistant: homeassistant.enabled is false\n"
    )


def test_the_verb_deletes_what_is_ours(
    tmp_path: Path, broker: Mosquitto, house: Stranger, capsys: pytest.CaptureFixture[str]
) -> None:
    """What others announced stays, also another daemon of this program; a file of what was announced goes, too."""
    others: dict[str, dict[str, Any]] = {
        "homeassistant/device/zigbee/config": {"device": {"identifiers": ["edge_t"]}, "origin": {"name": "Z2M"}},
        "homeassistant/device/edge_t_2/config": {
            "device": {"identifiers": ["edge_t_2"]},
            "origin": {"name": "Edge"},
        },
        "homeassistant/device/broken/config": {"device": 7},
    }
    for topic, payload in others.items():
        house.say(topic, payload, retain=True)
    with served(tmp_path, broker, ONE) as daemon:
        house.told(TANK)

    assert run("discovery", "purge", "--config", str(daemon.config_file), "--state", str(tmp_path)) == 0
    assert capsys.readouterr().out == f"deleted {OWN}\ndeleted {TANK}\n2 devices deleted; no daemon runs\n"
    assert not (tmp_path / "homeassistant.json").exists()
    with stranger(broker, "homeassistant/#", name="after") as after:
        for topic in others:
            assert after.hear(topic).retain
        assert after.heard_topics() == []


def test_the_verb_says_why_the_broker_does_not_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and the exit code of a failure."""
    file, port = tmp_path / "edge.yaml", mosquitto.free_port()
    file.write_text(ONE.format(port=port), encoding="utf-8")

    assert run("discovery", "purge", "--config", str(file), "--state", str(tmp_path)) == 1
    expected = (
        f"edge: no broker answers at 127.0.0.1:{port}: connection refused; does it run, and listen on this port?\n"
    )
    assert capsys.readouterr().err == expected
