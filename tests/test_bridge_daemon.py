"""What a daemon that was started as users start it says of itself, and what it does when it is asked."""

import hashlib
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import edge
from edge.config.options import HttpOptions
from edge.monitoring import webserver
from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto, free_port
from tests.bridging import Stranger, stranger
from tests.running import leave, serving

pytestmark = [pytest.mark.broker, pytest.mark.model]

BASE = "edge/test/bridge"
TEXT = "temperature 21.4 C, humidity 48 %"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a mosquitto that runs."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with mosquitto.running(folder) as running:
        yield running


@pytest.fixture
def asker(broker: Mosquitto) -> Iterator[Stranger]:
    """Give a client that hears what the daemon says of itself."""
    with stranger(broker, f"{BASE}/#") as client:
        yield client


def test_the_model_that_serves_is_named(
    tmp_path: Path, broker: Mosquitto, model_path: Path, asker: Stranger
) -> None:
    """By the sha256 of its file, and by how its weights are stored; the program by its version."""
    with serving(tmp_path, broker, model_path):
        found = asker.told(f"{BASE}/info")

    assert found["version"] == edge.__version__
    assert found["model"] == {
        "file": str(model_path),
        "sha256": hashlib.sha256(model_path.read_bytes()).hexdigest(),
        "quantization": "Q4_0",
        "prompt_contract": "edge-1",
    }
    assert list(found["schemas"]) == ["greenhouse", "kept"]
    assert found["config"]["bridge"] == {"requests": False, "logging": True}


def test_requests_reach_the_model_and_the_configuration(
    tmp_path: Path, broker: Mosquitto, model_path: Path, asker: Stranger
) -> None:
    """A text is read, a broken file is refused with its fault, the log tells more when it is asked to."""
    with serving(tmp_path, broker, model_path, "--set", "bridge.requests=true") as (_, process):
        asker.say(f"{BASE}/request/extract", {"route": "greenhouse", "text": TEXT})
        read = asker.told(f"{BASE}/response/extract")
        asker.say(f"{BASE}/request/log_level", {"level": "debug"})
        asker.told(f"{BASE}/response/log_level")
        with (tmp_path / "edge.yaml").open("a", encoding="utf-8") as file:
            file.write("    retain: 7\n")
        asker.say(f"{BASE}/request/reload", {"transaction": "r"})
        line, refused = asker.told(f"{BASE}/logging"), asker.told(f"{BASE}/response/reload")
        _, log = leave(process)

    fault = refused["error"]
    assert (read["status"], read["data"]["reading"]) == ("ok", {"temperature": 21.4, "humidity": 48})
    assert re.fullmatch(r".*edge\.yaml:\d+:5: .*retain.*", fault)
    assert (refused["status"], refused["transaction"]) == ("error", "r")
    assert line == {"level": "error", "message": f"reload_refused why={fault}", "route": None}
    assert f"reload_refused why={fault}" in log


def test_figures_can_be_fetched(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """A reading is one in the metrics, and the model has worked for it."""
    port = free_port()
    options = ("--set", "http.enabled=true", "--set", f"http.port={port}")
    with serving(tmp_path, broker, model_path, *options) as (client, _):
        client.publish("raw/greenhouse/bench", TEXT)
        client.reading("readings/greenhouse/bench")
        client.publish("raw/greenhouse/bench", TEXT)
        client.reading("readings/greenhouse/bench", after=len(client.heard))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as opened:
            text = opened.read().decode()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=30) as opened:
            ready = opened.read()

    figures = dict(re.findall(r"^(edge_engine_\w+|edge_ready) (\S+)$", text, flags=re.MULTILINE))
    assert ready == b"ready\n"
    assert figures["edge_ready"] == "1.0"
    assert float(figures["edge_engine_tokens_total"]) > float(figures["edge_engine_calls_total"]) > 0
    assert re.search(r'^edge_messages_total\{outcome="read",route="greenhouse"\} [12]\.0$', text, re.MULTILINE)
    assert f'quantization="Q4_0",version="{edge.__version__}"' in text


def test_the_address_is_free_again_when_the_daemon_has_left(
    tmp_path: Path, broker: Mosquitto, model_path: Path
) -> None:
    """SIGTERM ends the server with the daemon: another one may have the port at once."""
    port = free_port()
    options = ("--set", "http.enabled=true", "--set", f"http.port={port}")
    with serving(tmp_path, broker, model_path, *options) as (_, process):
        assert webserver.serve_or_none(HttpOptions(port=port), {}) is None
        code, log = leave(process)
    after = webserver.serve_or_none(HttpOptions(port=port), {})

    assert (code, "http_not_served" in log) == (0, False)
    assert after is not None
    after.close()
