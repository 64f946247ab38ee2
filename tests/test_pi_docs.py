"""What docs/raspberry-pi.md says, held against the program, the model and a real mosquitto."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import __main__ as command_line
from edge import config
from edge.config.options import Config, Limits
from edge.extraction.extractor import Extractor
from edge.verbs import tryout
from edge.verbs.mosquitto import Mosquitto
from edge_bench import __main__ as bench_line
from tests.made import NOON

DOCS = Path(__file__).parent.parent / "docs"
FOLDER = DOCS / "raspberry-pi"
PAGE = (DOCS / "raspberry-pi.md").read_text(encoding="utf-8")
SKETCH = (FOLDER / "esp32-dht22/esp32-dht22.ino").read_text(encoding="utf-8")
PASSWORD = "correct horse battery"  # noqa: S105 - of a broker of the tests


def blocks(language: str) -> list[str]:
    """Return what stands in the page's fences of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def typed() -> list[str]:
    """Return the command lines of the page; one whose quotes are open goes on in the next line."""
    found: list[str] = []
    is_open = False
    for line in (line for block in blocks("console") for line in block.splitlines()):
        if is_open:
            found[-1] += f"\n{line}"
        elif line.startswith("$ "):
            found.append(line.removeprefix("$ "))
        is_open = bool(found) and found[-1].count("'") % 2 == 1
    return found


def ours() -> list[list[str]]:
    """Return the arguments of each command line of ours; those in the text and in tables where they have some."""
    inline = re.findall(r"`((?:sudo )?edge [a-z]+ [^`]+|sudo edge [a-z]+)`", PAGE)
    words = [shlex.split(line) for line in [*typed(), *inline] if re.match(r"(sudo )?edge ", line)]
    return [line[line.index("edge") + 1 :] for line in words]


def trials() -> list[tuple[str, str, str]]:
    """Return the trials that the page shows: route, text, and what is said below."""
    found = []
    for block in blocks("console"):
        for route, text, said in re.findall(r"^\$ edge try --route (\w+) '([^']*)'\n(.*)$", block, re.MULTILINE):
            found.append((route, text, said))
    return found


@pytest.fixture(scope="module")
def whole() -> Config:
    """Return the configuration that the page ends with."""
    return config.load(FOLDER / "edge.yaml", hostname="pi")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a broker with the lines of the page, and its users."""
    (lines,) = blocks("conf")
    passwords = tmp_path / "passwords"
    for number, user in enumerate(("edge", "sensors", "viewer")):
        new = ["-c"] if number == 0 else []
        subprocess.run(["mosquitto_passwd", *new, "-b", passwords, user, PASSWORD], check=True)
    broker = Mosquitto(tmp_path)
    shown = lines.replace("1883", str(broker.port)).replace("/etc/mosquitto/passwords", str(passwords))
    (tmp_path / "mosquitto.conf").write_text(f"user root\n{shown}", encoding="utf-8")
    broker.start()
    yield broker
    broker.stop()


def test_every_command_line_parses() -> None:
    """Each verb and option of the page is one of the program."""
    lines = ours()
    for line in lines:
        command_line.parser().parse_args(line)

    assert {line[0] for line in lines} >= {"check", "doctor", "try", "dead", "shapes"}


def test_every_bench_is_one() -> None:
    """What the page has measured on a Pi is a row of the bench, with options of it."""
    lines = re.findall(r"`\$BENCH ([^`]*)`", PAGE)

    for line in lines:
        bench_line.parser().parse_args(line.replace("$MODEL", "--model model.gguf").split())

    assert len(lines) == 5


def test_the_routes_are_those_of_the_file(whole: Config) -> None:
    """What the page tells to write is the file beside it, in parts."""
    file = (FOLDER / "edge.yaml").read_text(encoding="utf-8")
    shown = blocks("yaml")

    assert [block for block in shown if block.rstrip() not in file] == []
    assert sum(block.count("- name:") for block in shown) == len(list(whole.routes))


def test_the_first_file_is_whole(tmp_path: Path) -> None:
    """The first block is a configuration by itself, with one route."""
    path = tmp_path / "edge.yaml"
    path.write_text(blocks("yaml")[0], encoding="utf-8")

    read = config.load(path, hostname="pi")

    assert [route.name for route in read.routes] == ["climate"]
    assert read.mqtt.username == "edge"


def test_a_broken_edit_is_told_as_the_page_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The fault that the page shows is that of a bound which is a word, in its first file."""
    path = tmp_path / "edge.yaml"
    path.write_text(blocks("yaml")[0].replace("maximum: 100", "maximum: hundred"), encoding="utf-8")

    with pytest.raises(SystemExit):
        command_line.main(["check", "--config", str(path)])

    assert capsys.readouterr().err.replace(str(path), "/etc/edge/edge.yaml") in PAGE


@pytest.mark.model
@pytest.mark.parametrize(("route", "text", "said"), trials(), ids=lambda value: value.split("\n")[0])
def test_a_trial_gives_what_the_page_says(
    route: str, text: str, said: str, whole: Config, extractor: Extractor
) -> None:
    """Each text of the page becomes the reading, or the rejection, that stands below it."""
    (asked,) = (each for each in whole.routes if each.name == route)

    trial = tryout.attempt(extractor, asked, text.encode(), Limits(), arrived_at=NOON)

    found = trial.published if trial.reading else f"rejected: {trial.rejected}"
    shown = found[: len(said) - 1] + "…" if said.endswith("…") else found
    assert said == shown


def test_the_sketch_says_what_is_tried() -> None:
    """The text that the ESP32 sends has the form of one that the page tries; so has that of a fault."""
    form, fault = re.search(r'"(T=.*)"', SKETCH), re.search(r'"(the sensor .*)"', SKETCH)
    assert form is not None
    assert fault is not None

    tried = [text for route, text, _ in trials() if route == "climate"]

    assert {form[1] % (21.4, 48.2, -61), fault[1]} <= set(tried)


@pytest.mark.broker
def test_the_thermometers_are_heard(broker: Mosquitto, tmp_path: Path) -> None:
    """The script says what each thermometer shows, and which does not answer, to a broker with passwords."""
    for file, content in {
        "class/thermal/thermal_zone0/temp": "48312\n",
        "bus/w1/devices/28-0000064411f2/temperature": "18625\n",
        "bus/w1/devices/28-0000064411f3/temperature": "",
    }.items():
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text(content)
    (tmp_path / "word").write_text(f"{PASSWORD}\n")
    door = ["-h", "localhost", "-p", str(broker.port), "-u", "viewer", "-P", PASSWORD, "-v", "-q", "1"]
    listening = ["mosquitto_sub", *door, "-i", "viewer", "-c", "-t", "sensors/#"]
    subprocess.run([*listening, "-E"], check=True)  # subscribes and leaves; the broker keeps what comes

    done = script(broker, tmp_path)
    heard = subprocess.run([*listening, "-C", "3", "-W", "30"], capture_output=True, text=True, check=True)

    assert (done.returncode, done.stdout) == (0, "")
    assert heard.stdout.splitlines() == [
        "sensors/thermometer/processor temperature 48.3 °C",
        "sensors/thermometer/28-0000064411f2 temperature 18.6 °C",
        "sensors/thermometer/28-0000064411f3 the sensor does not answer",
    ]


@pytest.mark.broker
def test_the_thermometers_outlive_a_refusal(broker: Mosquitto, tmp_path: Path) -> None:
    """A broker that does not let them in, and one that is away, are told in a line each."""
    (tmp_path / "word").write_text("another\n")

    refused = script(broker, tmp_path)
    broker.stop()
    away = script(broker, tmp_path)

    assert refused.returncode == 0
    assert refused.stdout.startswith(f"thermometers: localhost:{broker.port}: ")
    assert "uthori" in refused.stdout
    assert (away.returncode, away.stdout) == (
        0,
        f"thermometers: localhost:{broker.port}: [Errno 111] Connection refused\n",
    )


def script(broker: Mosquitto, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the script for one round, with the sensors and the password of a folder; return what came of it."""
    door = ["localhost", "--port", str(broker.port), "--password-file", str(folder / "word")]
    return subprocess.run(
        [sys.executable, str(FOLDER / "thermometers.py"), *door, "--every-s", "0", "--system", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
