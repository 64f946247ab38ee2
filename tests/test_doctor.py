"""`edge doctor` as people use it: every check in its line, what to do, and the exit codes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.verbs.mosquitto import Mosquitto, free_port
from tests.running import CONFIG, serving
from tests.secure import started

CHECKS = (
    *("configuration", "broker", "rights", "model", "processor", "state", "disk", "service", "daemon"),
    *("temperature", "power", "memory", "memory limit", "clock", "versions"),
)
MODEL_MISSING = "none.gguf: No such file or directory (model.path)"


def written(folder: Path, port: int, model: Path | str = "none.gguf") -> Path:
    """Return the file of a configuration."""
    file = folder / "edge.yaml"
    file.write_text(CONFIG.format(port=port, model=model, protocol="5"), encoding="utf-8")
    return file


def doctor(folder: Path, *arguments: str) -> tuple[int, list[str], str]:
    """Look with the configuration and the state directory of a folder; return exit code, lines, and stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "edge", "doctor", "--config", folder / "edge.yaml", "--state", folder, *arguments],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "TERM": "dumb"},
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def checks(lines: list[str]) -> dict[str, str]:
    """Return the status of each check, by its name."""
    found = (re.match(r"(ok|warn|FAIL|skip) +(\w+(?: \w+)?)  ", line) for line in lines)
    return {match[2]: match[1] for match in found if match is not None}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a broker that runs."""
    (tmp_path / "mosquitto").mkdir()
    with started(Mosquitto(tmp_path / "mosquitto")) as made:
        yield made


@pytest.mark.broker
@pytest.mark.model
def test_a_daemon_that_has_all_it_needs(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """Beside a running daemon, nothing fails, and the daemon does not notice."""
    with serving(tmp_path, broker, model_path) as (client, _):
        code, lines, errors = doctor(tmp_path)
        client.publish("raw/greenhouse/bench", "temperature 21.4 C, humidity 48 %")
        reading = client.reading("readings/greenhouse/bench")

    found = checks(lines)
    assert (code, errors) == (0, "")
    assert tuple(found) == CHECKS
    assert [found[name] for name in ("configuration", "broker", "rights", "model", "state", "daemon")] == [
        "ok"
    ] * 6
    assert f"ok    configuration  {tmp_path}/edge.yaml, 2 routes" in lines
    assert "ok    daemon         runs, and answers" in lines
    assert any(
        re.fullmatch(r"ok    model          \S+, 77\.6 MB, .*, loads, contract edge-1", each) for each in lines
    )
    assert re.fullmatch(r"15 checks: \d+ ok, \d+ warn, 0 FAIL, \d+ skip", lines[-1])
    assert reading == {"temperature": 21.4, "humidity": 48}


def test_what_fails_is_told_with_what_to_do(tmp_path: Path) -> None:
    """A broker that is away and a model that is missing are two failures; the rest is looked at all the same."""
    written(tmp_path, free_port())

    code, lines, errors = doctor(tmp_path)

    found = checks(lines)
    assert (code, errors) == (1, "")
    assert (found["broker"], found["model"], found["configuration"]) == ("FAIL", "FAIL", "ok")
    assert tuple(found) == tuple(name for name in CHECKS if name != "rights")
    place = next(number for number, line in enumerate(lines) if line.startswith("FAIL  model"))
    assert lines[place].endswith(MODEL_MISSING)
    assert lines[place + 1].startswith("      -> install it again: ")


def test_a_broken_configuration_does_not_end_the_rest(tmp_path: Path) -> None:
    """Its faults stand at the end, as `edge check` shows them, and the exit code is that of `edge check`."""
    file = written(tmp_path, 1883)
    file.write_text(file.read_text().replace("payload_bytes: 1000", "payload_bytes: none"))

    code, lines, errors = doctor(tmp_path, "--quick")

    found = checks(lines)
    assert code == 78
    assert lines[:3] == [
        f"FAIL  configuration  {file}: a fault, shown at the end",
        "      -> mend it; `edge check` looks again",
        "skip  broker         the configuration does not say where it is",
    ]
    assert {"disk", "memory", "clock", "versions"} <= set(found)
    assert errors == f'{file}:5:25: limits.payload_bytes: expected an integer from 1 to 1048576, got "none"\n'


def test_warnings_of_the_configuration_are_no_failures(tmp_path: Path) -> None:
    """They are those of `edge check`."""
    written(tmp_path, free_port())

    _, lines, _ = doctor(tmp_path, "--quick", "--set", "mqtt.in_flight=2000")

    assert lines[0].startswith("ok    configuration  ")
    assert lines[1].startswith("warn  configuration  ")
    assert "mqtt.in_flight" in lines[1]


def test_all_of_it_as_json(tmp_path: Path) -> None:
    """One list, for programs; the exit code is the same."""
    written(tmp_path, free_port())

    code, lines, _ = doctor(tmp_path, "--json", "--quick")

    found = json.loads("\n".join(lines))
    assert code == 1
    assert [each["check"] for each in found] == [name for name in CHECKS if name != "rights"]
    assert {tuple(each) for each in found} == {("check", "status", "found", "hint")}
    assert found[0] == {
        "check": "configuration",
        "status": "ok",
        "found": f"{tmp_path}/edge.yaml, 2 routes",
        "hint": "",
    }


def test_a_file_of_secrets_is_never_shown(tmp_path: Path) -> None:
    """Nor is what stands in it, when it cannot be used."""
    written(tmp_path, 1883)
    word = tmp_path / "word"
    word.write_text("hidden\nwords\n")
    word.chmod(0o600)

    code, lines, errors = doctor(
        tmp_path, "--quick", "--set", "mqtt.username=edge", "--set", f"mqtt.password_file={word}"
    )

    problem = "mqtt.password_file: expected the password alone on one line, got several lines"
    assert code == 1
    assert f"FAIL  broker         {word}: {problem}" in lines
    assert "hidden" not in "\n".join(lines) + errors
