"""What a route says of texts and readings beside its schema, through the real daemon and the real model."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto
from tests.client import Client, connected
from tests.running import daemon

pytestmark = [pytest.mark.broker, pytest.mark.model]

CONFIG = """
base_topic: edge/test
mqtt: {{host: 127.0.0.1, port: {port}, client_id: edge-test}}
model: {{path: {model}}}
routes:
  - name: old
    subscribe: raw/old
    publish: readings/old
    encoding: latin-1
    text: $.message
    constants: {{site: barn, floor: 2}}
    fields: {{temperature: {{type: number, unit: °C}}}}
  - name: kept
    subscribe: raw/kept
    publish: readings/kept
    units: keep
    meta: true
    fields: {{temperature: {{type: number, unit: °C}}}}
  - name: sure
    subscribe: raw/sure
    publish: readings/sure
    min_confidence: 1
    fields: {{temperature: {{type: number, unit: °C}}}}
  - name: logger
    subscribe: raw/logger
    publish: readings/logger/{{device.id}}
    text: $.log
    split: lines
    meta: true
    fields: {{temperature: {{type: number, unit: °C}}}}
"""


@pytest.fixture
def broker(tmp_path: Path, model_path: Path) -> Iterator[Mosquitto]:
    """Give a broker, and a configuration for it."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with mosquitto.running(folder) as running:
        (tmp_path / "edge.yaml").write_text(CONFIG.format(port=running.port, model=model_path), encoding="utf-8")
        yield running


@pytest.fixture
def client(tmp_path: Path, broker: Mosquitto, model_path: Path) -> Iterator[Client]:
    """Give a client of a broker on which the daemon is online."""
    with (
        connected(broker.port, name="client") as client,
        daemon(tmp_path, broker.port, model_path, is_config_new=False),
    ):
        assert client.hear("edge/test/status").payload == b"online"
        yield client


def test_an_old_device_behind_json_in_fahrenheit(client: Client) -> None:
    """Encoding, place and unit are the route's matter; a replay says the same as the model; constants follow."""
    heard = []
    for number in range(5):  # from the fourth on without the model
        before = len(client.heard)
        client.publish("raw/old", f'{{"message":"Temp. {68 + number}.0 °F"}}'.encode("latin-1"))
        heard.append(client.reading("readings/old", after=before))

    assert [each["temperature"] for each in heard] == [20.0, 20.556, 21.111, 21.667, 22.222]
    assert {(each["site"], each["floor"]) for each in heard} == {("barn", 2)}
    client.publish("raw/old", b"Temp. 68.0 \xb0F")
    letter = client.reading("edge/test/dead/old")
    assert letter["reason"] == "no_text"
    assert letter["detail"] == "expected JSON with text at $.message, got what is not JSON"


def test_a_reading_that_tells_its_source(client: Client) -> None:
    """`meta` has what the properties have, and units may be kept."""
    client.publish("raw/kept", "Temp. 68.0 °F")

    reading = client.reading("readings/kept")
    assert reading["temperature"] == 68.0
    assert set(reading["meta"]) == {"id", "source-topic", "received-at", "confidence"}
    assert reading["meta"]["source-topic"] == "raw/kept"
    assert 0 < float(reading["meta"]["confidence"]) <= 1


def test_a_reading_that_is_not_sure_enough(client: Client) -> None:
    """The dead letter says which value, and how sure the model was."""
    client.publish("raw/sure", "of 21 22 23 it is not clear which, 24 C perhaps, or 25 C")

    letter = client.reading("edge/test/dead/sure")
    assert letter["reason"] == "low_confidence"
    assert "expected a confidence of at least 1, got 0." in letter["detail"]


def test_a_log_of_lines_from_a_device_that_names_itself(client: Client) -> None:
    """Each line has its own answer, on the topic of its device; the broken one takes no other with it."""
    client.publish(
        "raw/logger", '{"device":{"id":"cellar 2/+"},"log":"Temp. 21.4 °C\\n\\nno news\\nTemp. 70.0 °F\\n"}'
    )

    first = client.reading("readings/logger/cellar 2__")
    letter = client.reading("edge/test/dead/logger")
    before = next(n for n, each in enumerate(client.heard) if each.topic.startswith("readings/logger"))
    third = client.reading("readings/logger/cellar 2__", after=before + 1)
    assert [(each["temperature"], each["meta"]["part"]) for each in (first, third)] == [(21.4, "1"), (21.111, "3")]
    assert (letter["part"], letter["reason"]) == (2, "missing")
    assert letter["payload"] == '{"device":{"id":"cellar 2/+"},"log":"no news"}'
    client.publish("raw/logger", '{"device":{},"log":"Temp. 21.4 °C"}')
    nowhere = client.hear("edge/test/dead/logger", after=len(client.heard))
    assert b'"reason":"no_topic"' in nowhere.payload


def test_a_kill_amid_the_lines_of_a_message(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """The next daemon answers all of them, the ones that were answered before under the ids that they had."""
    count, topic = 30, "readings/logger/7"
    texts = "\\n".join(
        f"Temp. {number}.5 °C{'!' * number}" for number in range(1, count + 1)
    )  # no two wordings alike
    with connected(broker.port, name="client") as client:
        with daemon(tmp_path, broker.port, model_path, is_config_new=False) as process:
            assert client.hear("edge/test/status").payload == b"online"
            client.publish("raw/logger", f'{{"device":{{"id":7}},"log":"{texts}"}}')
            client.hear(topic)
            process.kill()
            process.wait()
        with daemon(tmp_path, broker.port, model_path, is_config_new=False):
            found: list[dict[str, Any]] = []
            while sum("redelivered" in each["meta"] for each in found) < count:
                client.hear(topic, after=len(client.heard))
                found = [json.loads(each.payload) for each in client.heard if each.topic == topic]

    before = [each for each in found if "redelivered" not in each["meta"]]
    again = [each for each in found if "redelivered" in each["meta"]]
    assert [each["temperature"] for each in again] == [number + 0.5 for number in range(1, count + 1)]
    assert [each["meta"]["part"] for each in again] == [str(number) for number in range(1, count + 1)]
    assert len({each["meta"]["id"] for each in again}) == count
    assert before
    assert [each["meta"]["id"] for each in before] == [each["meta"]["id"] for each in again][: len(before)]
