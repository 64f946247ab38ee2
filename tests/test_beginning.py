"""`edge init`: a new file with a route, tried at once."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from edge import config
from edge.__main__ import main
from edge.config.options import Mqtt, Protocol
from edge.errors import BrokerError, EdgeError
from edge.extraction.extractor import Extractor
from edge.verbs import beginning, mosquitto, samples
from edge.verbs.mosquitto import Mosquitto
from edge.verbs.samples import Samples
from tests import client
from tests.made import ScriptedExtractor

LINE = "T=21.4C batt low"
PAGE = """\
# Proposed by `edge init` from 1 text of a device. It is yours now: edit names, units and types, and
# delete what you do not need. A field that is not in each message needs `optional: true`.
#   edge check --config tank.yaml
#   edge try --config tank.yaml --route tank 'another text'
#   edge test --config tank.yaml
# Then put the route into /etc/edge/edge.yaml, and `edge reload`.
routes:
  - name: tank
    subscribe: "raw/+/tank"
    publish: "readings/tank/{1}"
    fields:
      temperature: {type: number, unit: °C}
      battery: {type: string}
    tests:                                          # what the labels say; for `edge test`
      - name: text 1
        input: "T=21.4C batt low"
        expect: {temperature: 21.4, battery: low}
"""


def begin(folder: Path, *texts: str, script: str) -> int:
    """Write a proposal into tank.yaml of a folder and try it with a scripted model."""

    @contextmanager
    def scripted(*_: object, **__: object) -> Iterator[Extractor]:
        yield ScriptedExtractor(script)

    return beginning.run(
        Samples(texts=texts),
        name="tank",
        subscribe=None,
        file=folder / "tank.yaml",
        model=lambda: Path("none.gguf"),
        open_extractor=scripted,
    )


def left(*arguments: str | Path) -> int | str | None:
    """Run the command line and return how it left."""
    with pytest.raises(SystemExit) as exit_:
        main([str(each) for each in arguments])
    return exit_.value.code


def test_a_file_is_proposed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--print` it is all of standard output, and no file is written."""
    code = left("init", "--print", "--no-try", "--name", "tank", "--topic", "raw/+/tank", LINE)

    assert (code, capsys.readouterr().out) == (0, PAGE)
    assert list(tmp_path.iterdir()) == []


def test_the_texts_are_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the model reads what the labels say, the reading is all that is shown."""
    code = begin(tmp_path, LINE, script='{"temperature":21.4,"battery":"low"}')

    assert code == 0
    assert capsys.readouterr().out == (
        f"wrote {tmp_path}/tank.yaml: route tank with 2 fields\n\n{LINE}\n"
        '  {"temperature":21.4,"battery":"low"}\n1 text tried, 0 without a reading\n'
    )
    assert [route.name for route in config.load(tmp_path / "tank.yaml", hostname="pi").routes] == ["tank"]


def test_what_the_model_sees_otherwise_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By field, beside the reading."""
    code = begin(tmp_path, LINE, script='{"temperature":21.4,"battery":"batt"}')

    assert code == 0
    assert 'look at battery: expected "low", got "batt"\n' in capsys.readouterr().out


def test_a_text_without_a_reading(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told with its reason, and by the exit code; the file is there to be mended."""
    code = begin(tmp_path, LINE, script='{"temperature":21.4}')

    out = capsys.readouterr().out
    assert code == 1
    assert "rejected: missing: battery: the schema requires it, and the text does not state it\n" in out
    assert out.endswith("1 text tried, 1 without a reading\n")
    assert (tmp_path / "tank.yaml").exists()


def test_an_existing_file_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is asked, and nothing is written."""
    file = tmp_path / "mine.yaml"
    file.write_text("mine", encoding="utf-8")

    code = left("init", "--out", file, "--no-try", LINE)

    assert code == 1
    assert (
        capsys.readouterr().err
        == f"edge: {file}: expected no such file, for none is overwritten; --out names another\n"
    )
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_model_that_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is written by then, and the exit code says that nothing was tried."""
    code = left("init", "--out", tmp_path / "a.yaml", "--model", tmp_path / "none.gguf", LINE)

    assert code == 69
    assert "none.gguf" in capsys.readouterr().err
    assert (tmp_path / "a.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--name", "a b", LINE], '--name: expected letters, digits, - and _, got "a b"'),
        (["--topic", "a/#/b", LINE], '--topic: expected "#" to stand alone at the end, got "a/#/b"'),
        (["--listen", "a+"], '--listen: expected "+" to stand alone between slashes, got "a+"'),
        (["--file", "x.txt", LINE], "TEXT: expected none beside --file or --listen"),
        ([""], "expected a text of your device, got none"),
    ],
)
def test_wrong_options(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is told with what was expected."""
    code = left("init", "--print", "--no-try", *arguments)

    assert (code, capsys.readouterr().err) == (1, f"edge: {message}\n")


@pytest.mark.parametrize("address", ["", ":1883", "pi:0", "pi:65536", "pi:"])
def test_a_wrong_address_of_a_broker(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is wrong usage."""
    assert left("init", "--listen", "x", "--broker", address) == 2
    assert f"--broker: expected HOST or HOST:PORT, got '{address}'" in capsys.readouterr().err


def test_the_lines_of_a_file(tmp_path: Path) -> None:
    """Blank ones and those that were there are passed over."""
    file = tmp_path / "texts"
    file.write_bytes(b"T=1\n\nT=2\r\nT=1\n")

    assert samples.of_file(file, is_whole=False).texts == ("T=1", "T=2")
    assert samples.of_file(file, is_whole=True).texts == ("T=1\n\nT=2\r\nT=1",)


def test_a_line_that_is_no_text(tmp_path: Path) -> None:
    """Its place is told."""
    file = tmp_path / "texts"
    file.write_bytes(b"T=1\nT=2\xc2\xb0C\nT=2\xb0C\n")

    with pytest.raises(EdgeError) as error:
        samples.of_file(file, is_whole=False)

    assert str(error.value) == f"{file}:3: expected UTF-8, got byte 0xb0 at offset 3"


def test_texts_in_latin_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are read as such, by the route, too."""
    file = tmp_path / "texts"
    file.write_bytes(b"T=21.4\xb0C\n")

    code = left("init", "--print", "--no-try", "--file", file)

    page = capsys.readouterr().out
    assert code == 0
    assert "    encoding: latin-1  " in page
    assert '        input: "T=21.4°C"\n' in page
    assert "      temperature: {type: number, unit: °C}\n" in page


def test_a_topic_that_the_route_would_hear_itself_on(capsys: pytest.CaptureFixture[str]) -> None:
    """The daemon's own check tells it, under the name of the file."""
    code = left("init", "--print", "--no-try", "--topic", "readings/#", LINE)

    assert code == 78
    assert capsys.readouterr().err.startswith("readings.yaml:10:14: routes[0].publish: ")


def test_a_text_that_is_too_long() -> None:
    """It is no message of a device."""
    with pytest.raises(EdgeError) as error:
        samples.of_arguments(["T=1", "x" * 65_537])

    assert str(error.value) == "text 2: expected at most 65536 bytes, got 65537"


@pytest.mark.parametrize(
    ("is_whole", "question", "texts"),
    [
        (False, "What does your device print? A text a line; an empty line ends it.\n", ("T=1", "T=2")),
        (True, "What does your device print? One text; Ctrl-D ends it.\n", ("T=1\nT=2\n\nT=3",)),
    ],
)
def test_a_person_is_asked(
    is_whole: bool,
    question: str,
    texts: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nobody gave texts and somebody is there."""
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"T=1\nT=2\n\nT=3\n")))
    asked = StringIO()

    found = samples.of_stdin(is_whole=is_whole, ask=asked)

    assert (asked.getvalue(), found.texts) == (question, texts)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a broker that remembers nothing of other tests."""
    with mosquitto.running(tmp_path) as running:
        yield running


def heard(broker: Mosquitto, topic_filter: str, **options: Any) -> Samples:
    """Return what is heard at a broker in a second."""
    mqtt = Mqtt(host="127.0.0.1", port=broker.port, client_id="edge-t", **options)
    return samples.of_broker(mqtt, topic_filter, seconds=1, password=None, tls=None, say=lambda _: None)


@pytest.mark.broker
def test_listening(broker: Mosquitto) -> None:
    """What the broker keeps comes at once; the filter becomes the route's."""
    with client.connected(broker.port, name="device", topics=()) as device:
        device.publish("raw/a/tank", "T=21.4C", retain=True)
        device.publish("raw/b/tank", "T=19.8C", retain=True)

        found = heard(broker, "raw/+/tank")

    assert (sorted(found.texts), found.topic) == (["T=19.8C", "T=21.4C"], "raw/+/tank")


@pytest.mark.broker
@pytest.mark.parametrize("protocol", Protocol)
def test_listening_to_all_that_there_is(broker: Mosquitto, protocol: Protocol) -> None:
    """One device is found; of several, the user has to name one."""
    with client.connected(broker.port, name="device", topics=()) as device:
        device.publish("raw/a", "T=21.4C", retain=True)
        assert heard(broker, "raw/#", protocol=protocol).topic == "raw/#"
        device.publish("raw/b", "T=21.4C", retain=True)

        with pytest.raises(EdgeError) as error:
            heard(broker, "+/#", protocol=protocol)

    assert "--listen: expected a filter of one kind of device, got messages on" in str(error.value)


@pytest.mark.broker
def test_nothing_is_heard(broker: Mosquitto) -> None:
    """It is told how long was listened."""
    with pytest.raises(EdgeError) as error:
        heard(broker, "raw/none")

    assert str(error.value) == "raw/none: expected a message within 1 s, got none"


def test_no_broker() -> None:
    """Why there is no connection is said."""
    mqtt = Mqtt(host="127.0.0.1", port=mosquitto.free_port(), client_id="edge-t")

    with pytest.raises(BrokerError) as error:
        samples.of_broker(mqtt, "x", seconds=1, password=None, tls=None, say=lambda _: None)

    assert f"127.0.0.1:{mqtt.port}" in str(error.value)


@pytest.mark.broker
def test_from_a_topic_to_a_page(broker: Mosquitto, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a configuration, the broker is named on the command line; the topic names the route."""
    with client.connected(broker.port, name="device", topics=()) as device:
        device.publish("sensors/cellar/raw", "T=21.4C", retain=True)

        code = left(
            *("init", "--print", "--no-try", "--seconds", "1"),
            *("--listen", "sensors/cellar/raw", "--broker", f"127.0.0.1:{broker.port}"),
        )

    page, said = capsys.readouterr()
    assert code == 0
    assert "  - name: cellar\n    subscribe: sensors/cellar/raw\n    publish: readings/cellar\n" in page
    assert said == (
        f"listening on sensors/cellar/raw at 127.0.0.1:{broker.port} for 1 s; Ctrl-C ends it earlier\n"
    )
