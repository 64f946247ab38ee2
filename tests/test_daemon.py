"""`edge run` as its users see it: a real process, a real mosquitto, the real model."""

import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.answer import Publication
from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto
from tests.client import PATIENCE_S, connected
from tests.running import daemon, leave, serving

pytestmark = [pytest.mark.broker, pytest.mark.model]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a mosquitto that runs."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with mosquitto.running(folder) as running:
        yield running


def test_a_text_becomes_a_reading(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """The reading goes to the route's topic, the wildcard filled in, numbers as the text spells them."""
    with serving(tmp_path, broker, model_path) as (client, _):
        client.publish("raw/greenhouse/bench", "T=21.40C RH=48%")

        assert client.hear("readings/greenhouse/bench").payload == b'{"temperature":21.40,"humidity":48}'


@pytest.mark.parametrize(
    ("topic", "payload", "letter"),
    [
        ("raw/greenhouse/a", b"RH=48%", {"reason": "missing", "route": "greenhouse", "payload": "RH=48%"}),
        ("raw/greenhouse/a", b"T=3.6V RH=48%", {"reason": "unit_mismatch"}),
        ("raw/greenhouse/a", b"T=20C RH=148%", {"reason": "schema"}),
        ("raw/greenhouse/a", b"\xff", {"reason": "not_utf8", "payload": "/w==", "encoding": "base64"}),
        ("raw/greenhouse/a", b"T=20C " * 1000, {"reason": "oversize", "length": 6000}),
        ("raw/greenhouse/a", b"", {"reason": "missing", "length": 0}),
    ],
    ids=["missing", "unit", "schema", "not-utf8", "oversize", "empty"],
)
def test_what_is_no_reading_becomes_a_dead_letter(
    tmp_path: Path, broker: Mosquitto, model_path: Path, topic: str, payload: bytes, letter: dict[str, object]
) -> None:
    """A dead letter on `<base>/dead/<route>` says why, and the daemon goes on."""
    with serving(tmp_path, broker, model_path) as (client, process):
        client.publish(topic, payload)

        got = client.reading("edge/test/dead/greenhouse")
        assert letter == {key: got[key] for key in letter}
        assert process.poll() is None


def test_the_first_status_survives_and_the_last_is_said(
    tmp_path: Path, broker: Mosquitto, model_path: Path
) -> None:
    """`online` is retained for those who come later; SIGTERM ends with `offline` and exit code 0."""
    with serving(tmp_path, broker, model_path) as (_, process):
        with connected(broker.port, name="later") as later:
            assert later.hear("edge/test/status").payload == b"online"
            code, _ = leave(process)

            assert later.hear("edge/test/status", after=len(later.heard)).payload == b"offline"
        assert code == 0


def test_the_last_will_speaks_for_a_daemon_that_was_killed(
    tmp_path: Path, broker: Mosquitto, model_path: Path
) -> None:
    """Kill -9 leaves `offline` behind."""
    with serving(tmp_path, broker, model_path) as (client, process):
        process.kill()

        assert client.hear("edge/test/status", after=len(client.heard)).payload == b"offline"


def test_sigterm_finishes_what_is_in_flight(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """Messages that arrived before SIGTERM get their readings before the daemon leaves."""
    with serving(tmp_path, broker, model_path) as (client, process):
        for number in range(5):
            client.publish(f"raw/greenhouse/{number}", f"T=2{number}.5C RH=4{number}%")
        client.hear("readings/greenhouse/0")
        code, _ = leave(process)

        readings = [client.reading(f"readings/greenhouse/{number}")["temperature"] for number in range(5)]
        assert (code, readings) == (0, [20.5, 21.5, 22.5, 23.5, 24.5])


def test_a_message_is_acknowledged_only_after_its_answer(
    tmp_path: Path, broker: Mosquitto, model_path: Path
) -> None:
    """A daemon killed with messages unanswered gets them again at its next start: each has its reading."""
    with serving(tmp_path, broker, model_path) as (client, process):
        for number in range(4):
            client.publish(f"raw/greenhouse/{number}", f"T=2{number}.5C RH=4{number}%")
        process.kill()
        process.wait()
        client.publish("raw/greenhouse/4", "T=24.5C RH=44%")  # while nobody is there
        with daemon(tmp_path, broker.port, model_path):
            readings = [client.reading(f"readings/greenhouse/{number}")["temperature"] for number in range(5)]

    assert readings == [20.5, 21.5, 22.5, 23.5, 24.5]


def test_a_broker_that_comes_later_and_goes_again(tmp_path: Path, model_path: Path) -> None:
    """The daemon waits for its broker for ever, and says `online` on every connection."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = Mosquitto(folder)
    with daemon(tmp_path, broker.port, model_path) as process:
        for name in ("first", "second"):
            broker.start()
            try:
                with connected(broker.port, name=name) as client:
                    assert client.hear("edge/test/status").payload == b"online"
                    client.publish("raw/greenhouse/bench", "T=21.4C RH=48%")

                    assert client.reading("readings/greenhouse/bench") == {"temperature": 21.4, "humidity": 48}
            finally:
                broker.stop()
        assert process.poll() is None


def test_a_retained_reading_and_a_list_of_filters(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """`retain: true` keeps the last reading at the broker; each filter of a list serves the route."""
    with serving(tmp_path, broker, model_path) as (client, _):
        client.publish("raw/kept/cellar", "T=11.5C")
        client.hear("readings/kept")

        with connected(broker.port, name="later", topics=("readings/kept",)) as later:
            assert later.reading("readings/kept") == {"temperature": 11.5}


def test_mqtt_3_1_1(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """The daemon speaks MQTT 3.1.1 to a broker that knows no other."""
    with (
        connected(broker.port, name="client") as client,
        daemon(tmp_path, broker.port, model_path, protocol="3.1.1"),
    ):
        assert client.hear("edge/test/status").payload == b"online"
        client.publish("raw/greenhouse/bench", "T=21.4C RH=48%")

        assert client.reading("readings/greenhouse/bench") == {"temperature": 21.4, "humidity": 48}


def test_no_text_of_a_message_is_logged_above_debug(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """What devices send stays out of the journal, readings and dead letters alike."""
    with serving(tmp_path, broker, model_path) as (client, process):
        client.publish("raw/greenhouse/bench", "T=21.4C RH=48%, Ms Secret was here")
        client.publish("raw/greenhouse/bench", "RH=48%, Ms Secret was here")
        client.hear("edge/test/dead/greenhouse")
        _, log = leave(process)

    assert "Secret" not in log
    assert "ready" in log


def test_each_outcome_is_one_line_at_debug(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """With --log-level debug the log says what became of each message."""
    with (
        connected(broker.port, name="client") as client,
        daemon(tmp_path, broker.port, model_path, "--log-level", "debug") as process,
    ):
        client.hear("edge/test/status")
        client.publish("raw/greenhouse/bench", "T=21.4C RH=48%")
        client.publish("raw/greenhouse/bench", "RH=48%")
        client.hear("edge/test/dead/greenhouse")
        _, log = leave(process)

    outcomes = [line.split(" ", 3)[3] for line in log.splitlines() if "route=greenhouse" in line]
    assert [line.split(" id=")[0] for line in outcomes] == [
        "reading_published route=greenhouse",
        "dead_letter_published route=greenhouse",
    ]


def test_systemd_hears_of_readiness_life_and_end(tmp_path: Path, model_path: Path) -> None:
    """READY comes without a broker, WATCHDOG while all threads live, STOPPING at SIGTERM."""
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(PATIENCE_S)
        with daemon(tmp_path, mosquitto.free_port(), model_path, notify=str(address)) as process:
            heard = []
            while "WATCHDOG=1" not in heard:
                heard += manager.recv(4096).decode().splitlines()
            code, _ = leave(process)
            manager.settimeout(0.1)
            while "STOPPING=1" not in heard:
                heard += manager.recv(4096).decode().splitlines()

    assert heard[:2] == ["READY=1", "STATUS=waiting for the broker"]
    assert code == 0


def test_a_broken_configuration_ends_with_78(tmp_path: Path, model_path: Path) -> None:
    """Systemd does not restart a daemon whose configuration is broken; the fault is on stderr."""
    with daemon(tmp_path, 1883, model_path, "--set", "limits.output_tokens=none") as process:
        _, log = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 78
    assert log == (
        '--set limits.output_tokens=none: limits.output_tokens: expected an integer from 1 to 32768, got "none"\n'
    )


def test_a_password_that_cannot_be_read_ends_with_78(tmp_path: Path, model_path: Path) -> None:
    """A password file that is not there is a fault of the configuration, found before the model is loaded."""
    arguments = ("--set", "mqtt.username=edge", "--set", "mqtt.password_file=none")
    with daemon(tmp_path, 1883, model_path, *arguments) as process:
        _, log = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 78
    assert log.startswith(f"{tmp_path}/none: mqtt.password_file: cannot read the broker's password: ")


def test_a_schema_that_does_not_fit_the_context_ends_with_78(tmp_path: Path, model_path: Path) -> None:
    """Schemas are tried on the model before the daemon subscribes."""
    with daemon(tmp_path, 1883, model_path, "--set", "model.context_tokens=2048") as process:
        _, log = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 78
    assert f"{tmp_path}/edge.yaml: routes[0]: schema of" in log
    assert "expected at most 2048" in log


def test_a_model_that_is_missing_ends_with_69(tmp_path: Path) -> None:
    """A model that is not there is named, with what brings it."""
    with daemon(tmp_path, 1883, tmp_path / "none.gguf") as process:
        _, log = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 69
    assert f"edge: {tmp_path}/none.gguf: expected a GGUF model file, found none; `make model` builds it\n" in log


def test_a_model_of_another_contract_ends_with_69(tmp_path: Path) -> None:
    """The base model itself, whose weights never saw the prompt, is refused before anything is subscribed."""
    base = Path("~/.cache/edge/base/SmolLM2-135M-Instruct.Q4_1.gguf").expanduser()
    if not base.exists():
        pytest.skip("no base model: run `make model`")
    with daemon(tmp_path, 1883, base) as process:
        _, log = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 69
    assert "prompt contract edge-1 or maaza-1 (edge.prompt_contract), got one without a contract" in log


def test_a_dead_letter_holds_all_that_is_known(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """The dead letter is enough to find the message, the reason and the beginning of the payload."""
    with serving(tmp_path, broker, model_path) as (client, _):
        client.publish("raw/greenhouse/bench", "RH=48%")
        letter = json.loads(client.hear("edge/test/dead/greenhouse").payload)

    assert list(letter) == [
        "ts", "id", "topic", "route", "reason", "detail", "payload", "encoding", "length", "sha256",
    ]  # fmt: skip
    assert letter["topic"] == "raw/greenhouse/bench"
    assert letter["detail"] == "temperature: the schema requires it, and the text does not state it"
    assert letter["sha256"] == hashlib.sha256(b"RH=48%").hexdigest()


def test_a_reading_that_the_broker_refuses_is_published_again(tmp_path: Path, model_path: Path) -> None:
    """A refusal is logged with its topic; the message stays unanswered until the broker takes the reading."""
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
            assert process.stderr is not None
            refusal = next(line for line in process.stderr if "publication_refused" in line)
            rules.write_text("topic readwrite #\n")
            broker.reload()

            assert client.reading("readings/greenhouse/bench") == {"temperature": 21.4, "humidity": 48}
    finally:
        broker.stop()
    assert "publication_refused topic=readings/greenhouse/bench attempt=1 why=Not authorized" in refusal


def test_a_property_with_a_byte_order_mark_is_no_end(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """MQTT allows U+FEFF in a user property, which paho alone would answer with a disconnection, for ever."""
    with serving(tmp_path, broker, model_path) as (client, _):
        payload = b"T=21.4C RH=48%"
        odd = Publication(topic="raw/greenhouse/bench", payload=payload, properties={"k": "x\ufeffy"})
        client.broker.publish(odd)

        assert client.reading("readings/greenhouse/bench") == {"temperature": 21.4, "humidity": 48}


def test_a_client_whose_name_is_refused_says_why(tmp_path: Path, model_path: Path) -> None:
    """A broker that lets nobody in without a name is told apart from one that is away."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = Mosquitto(folder, settings="allow_anonymous false")
    broker.start()
    try:
        with daemon(tmp_path, broker.port, model_path) as process:
            assert process.stderr is not None
            line = next(line for line in process.stderr if "disconnected" in line)
    finally:
        broker.stop()

    assert "disconnected why=the broker refused: Not authorized" in line


def test_known_wordings_are_replayed_also_after_a_restart(
    tmp_path: Path, broker: Mosquitto, model_path: Path
) -> None:
    """What three messages taught answers the fourth without the model, and the fifth of the next daemon."""
    learned = [f"T={20 + number}.{number}C RH=4{number}%" for number in range(2, 5)]
    logs, reading = [], b""
    with connected(broker.port, name="client") as client:
        for texts in [*learned, "T=19.7C RH=38%"], ["T=18.50C RH=36%"]:
            with daemon(tmp_path, broker.port, model_path) as process:
                while client.hear("edge/test/status", after=len(client.heard)).payload != b"online":
                    pass
                for text in texts:
                    client.publish("raw/greenhouse/a", text)
                    reading = client.hear("readings/greenhouse/a", after=len(client.heard)).payload
                logs.append(leave(process)[1])

    assert ["hits=1 " in log for log in logs] == [True, True]
    assert reading == b'{"temperature":18.50,"humidity":36}'
