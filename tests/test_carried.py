"""What a route says of texts and readings beside its schema, through the real daemon and the real model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.verbs import mosquitto
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
"""


@pytest.fixture
def client(tmp_path: Path, model_path: Path) -> Iterator[Client]:
    """Give a client of a broker on which the daemon is online."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with mosquitto.running(folder) as broker, connected(broker.port, name="client") as client:
        (tmp_path / "edge.yaml").write_text(CONFIG.format(port=broker.port, model=model_path), encoding="utf-8")
        with daemon(tmp_path, broker.port, model_path, is_config_new=False):
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
