"""What the daemon says of itself below `<base_topic>/bridge`: info, health, lines of the log."""

import dataclasses
import hashlib
import json
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import config
from edge.bridge import info
from edge.bridge.loglines import EVERY_S, MOST_AT_ONCE, LogLines
from edge.event import Logged, Reload
from edge.generation import Generation
from edge.literal import dumps
from edge.pipeline import Pipeline
from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto
from tests import made
from tests.bridging import CONFIG, PROGRAM, served, stranger

log = logging.getLogger("edge.test_bridge")

SECRETS = """
base_topic: edge/pi
mqtt:
  username: u5er
  password_file: secrets/pa55word
  protocol: 3.1.1
  tls: {ca: ca.pem, certificate: own.crt, key: k3y.pem}
routes:
  - name: tank
    subscribe: [raw/tank/+, raw/tanks/+]
    publish: readings/tank/{1}
    constants: {site: barn, floor: 2.50}
    timestamps: rfc3339
    timezone: Europe/Berlin
    text: $.raw
    fields: {level: {type: number, unit: cm}}
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a mosquitto that runs."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with mosquitto.running(folder) as running:
        yield running


def generation(folder: Path, text: str) -> Generation:
    """Return what is in force under a configuration, read and without a model."""
    (folder / "edge.yaml").write_text(text, encoding="utf-8")
    found = config.load(folder / "edge.yaml", hostname="pi")
    pipeline = Pipeline(
        extractor=made.ScriptedExtractor(""),
        routes=found.routes,
        prepared={},
        limits=found.limits,
        base_topic=found.base_topic,
    )
    return Generation(config=found, waiting=("mqtt.port",), prepared={}, shapes={}, pipeline=pipeline, cache=None)


def test_the_information_names_program_model_and_schemas(tmp_path: Path) -> None:
    """Whoever looks from afar knows what serves there, and whether a restart or a reload is due."""
    found = info.document(PROGRAM, generation(tmp_path, SECRETS), reload_error="edge.yaml:1:1: no")

    assert (found["version"], found["restart_required"], found["reload_error"]) == (
        "1.2.3",
        ["mqtt.port"],
        "edge.yaml:1:1: no",
    )
    assert found["model"] == {
        "file": "/usr/share/edge/model.gguf",
        "sha256": "ab" * 32,
        "quantization": "Q4_0",
        "prompt_contract": "edge-1",
    }
    schema = b'{"type":"object","properties":{"level":{"type":"number","unit":"cm"}},"required":["level"]}'
    assert found["schemas"] == {"tank": hashlib.sha256(schema).hexdigest()}
    assert {"os", "arch", "python"} <= set(found)


def test_the_information_holds_the_configuration_and_no_secret(tmp_path: Path) -> None:
    """All options with their values, and nothing that says who logs in, with what, or where that is kept."""
    found = info.effective(generation(tmp_path, SECRETS).config)

    assert found["mqtt"] == {
        "host": "localhost",
        "port": 1883,
        "protocol": "3.1.1",
        "client_id": "edge-pi",
        "tls": {"ca": str(tmp_path / "ca.pem"), "certificate": str(tmp_path / "own.crt")},
        "keepalive_s": 30,
        "session_expiry_s": 604800,
        "in_flight": 64,
        "waiting_qos0": 1000,
        "share_group": None,
        "broker_statistics": True,
    }
    assert dumps(found["routes"]) == (
        '[{"name":"tank","subscribe":["raw/tank/+","raw/tanks/+"],"publish":"readings/tank/{1}","fields":["level"],'
        '"retain":false,"shapes":true,"units":"convert","timestamps":"rfc3339","timezone":"Europe/Berlin","dayfirst":false,'
        '"min_confidence":0.0,"encoding":"utf-8","text":"$.raw","split":null,'
        '"constants":{"site":"barn","floor":2.50},"meta":false,'
        '"homeassistant":{"enabled":true,"name":null,"area":null,"expire_after_s":null}}]'
    )
    assert [word for word in ("u5er", "pa55word", "k3y") if word in dumps(found)] == []
    assert [field.name for field in dataclasses.fields(config.options.Config)] == list(found)


@pytest.mark.broker
def test_a_name_that_is_no_utf_8_harms_nobody(tmp_path: Path, broker: Mosquitto) -> None:
    """Names of files are bytes to Linux; what stands for them in a fault is published as an escape."""
    with served(tmp_path, broker) as daemon, stranger(broker, "edge/t/bridge/info") as client:
        client.hear("edge/t/bridge/info")
        daemon.config_file = tmp_path / os.fsdecode(b"gone\xff")
        daemon.events.put(Reload())

        found = client.told("edge/t/bridge/info")["reload_error"]

    assert found == f"{daemon.config_file}: cannot read it: No such file or directory"


@pytest.mark.broker
def test_the_information_is_there_for_who_comes_later(tmp_path: Path, broker: Mosquitto) -> None:
    """It is retained, and so are the health data; a line of the log is not."""
    with served(tmp_path, broker), stranger(broker, "edge/t/bridge/logging", name="early") as early:
        log.warning("spool_dropped route=tank why=full")
        assert early.told("edge/t/bridge/logging")["route"] == "tank"
        with stranger(broker, "edge/t/bridge/#") as late:
            found, health = late.hear("edge/t/bridge/info"), late.hear("edge/t/bridge/health")
            log.error("later route=x/y")
            line = late.hear("edge/t/bridge/logging")

    assert (found.retain, json.loads(found.payload)["version"]) == (True, "1.2.3")
    assert (health.retain, json.loads(health.payload)["process"]) == (True, {"memory_mb": 312})
    assert json.loads(line.payload) == {"level": "error", "message": "later route=x/y", "route": None}
    assert not line.retain


@pytest.mark.broker
def test_the_log_stays_here_where_that_is_wanted(tmp_path: Path, broker: Mosquitto) -> None:
    """`bridge: {logging: false}` keeps every line from the broker."""
    text = CONFIG.replace("requests: true", "requests: true, logging: false")
    with served(tmp_path, broker, text), stranger(broker, "edge/t/bridge/+", "edge/t/bridge/response/+") as late:
        log.error("something")
        late.say("edge/t/bridge/request/health_check")
        late.hear("edge/t/bridge/response/health_check")

        assert "edge/t/bridge/logging" not in late.heard_topics()


@dataclasses.dataclass
class Heard:
    """Lines of the log that were handed on, by a clock that the test moves."""

    lines: list[Logged] = dataclasses.field(default_factory=list)
    now_s: float = 0.0

    def attached(self) -> LogLines:
        """Return what hands them on."""
        return LogLines(self.lines.append, clock=lambda: self.now_s)


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Give what hears the lines of this module's logger."""
    made = Heard()
    handler = made.attached()
    log.addHandler(handler)
    yield made
    log.removeHandler(handler)


def test_only_warnings_and_errors_are_handed_on(heard: Heard) -> None:
    """What is level `info` or below may be much, and `debug` may quote texts."""
    log.debug("a text of a device")
    log.info("connected")
    log.warning("shape_dropped route=%s", "tank")
    log.critical("worst")

    assert heard.lines == [Logged("warning", "shape_dropped route=tank"), Logged("error", "worst")]


def test_a_line_is_not_handed_on_twice_in_a_row(heard: Heard) -> None:
    """A trouble that lasts is one line; between others, it is news again."""
    for line in ("a", "a", "b", "a"):
        log.warning(line)

    assert [line.message for line in heard.lines] == ["a", "b", "a"]


def test_a_flood_of_lines_is_cut(heard: Heard) -> None:
    """Some at once, then one each few seconds; the next line says how many were left out."""
    for number in range(MOST_AT_ONCE + 5):
        log.warning("line %d", number)
    heard.now_s = EVERY_S
    log.warning("next")
    log.warning("too early")

    assert len(heard.lines) == MOST_AT_ONCE + 1
    assert heard.lines[-1] == Logged("warning", "next", 5)


def test_a_long_line_is_cut_and_a_traceback_left_out(heard: Heard) -> None:
    """What an exception says may quote a text of a device."""
    try:
        int("a text of a device")
    except ValueError:
        log.exception("x" * 2000)

    assert heard.lines == [Logged("error", "x" * 1000)]


def test_what_publishing_a_line_logs_does_not_go_round(heard: Heard) -> None:
    """The thread that publishes is not heard meanwhile; the others are."""
    (handler,) = log.handlers
    assert isinstance(handler, LogLines)
    with handler.deaf():
        log.warning("cannot publish")
        other = threading.Thread(target=lambda: log.warning("of another thread"))
        other.start()
        other.join()
    log.warning("again")

    assert [line.message for line in heard.lines] == ["of another thread", "again"]
