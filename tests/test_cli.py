"""The command line as people use it: what goes in, what comes out, and the exit codes."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import edge
from edge import __main__ as command_line
from edge import calls
from edge.dead.deadstore import DeadStore
from edge.delivery.spool import Spool
from edge.errors import ModelError
from edge.shapes.shapestore import ShapeStore
from tests.letters import letter

SCHEMA = '{"type":"object","properties":{"t":{"type":"number","unit":"°C"}},"required":["t"]}'
ROUTES = """
model: {{path: {model}}}
limits: {{payload_bytes: 100}}
routes:
  - name: tank
    subscribe: sensors/tank
    publish: readings/tank
    fields: {{t: {{type: number, unit: °C}}}}
"""


@pytest.fixture
def schema_file(tmp_path: Path) -> Path:
    """Return a schema file that asks for one temperature."""
    path = tmp_path / "schema.json"
    path.write_text(SCHEMA, encoding="utf-8")
    return path


def config_file(folder: Path, model: Path = Path("none.gguf"), more: str = "") -> Path:
    """Return a configuration file with one route, tank."""
    path = folder / "edge.yaml"
    path.write_text(ROUTES.format(model=model) + more, encoding="utf-8")
    return path


def run(*arguments: str | Path, stdin: bytes = b"", home: Path | None = None) -> tuple[int, str, str]:
    """Run the program as a process; return its exit code, stdout and stderr."""
    environment = {**os.environ, **({"HOME": str(home)} if home else {})}
    done = subprocess.run(
        [sys.executable, "-m", "edge", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
        env=environment,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def called(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Run the program in this process; return its exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as exited:
        command_line.main([str(argument) for argument in arguments])
    assert isinstance(exited.value.code, int)
    printed = capsys.readouterr()
    return exited.value.code, printed.out, printed.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("", "edge: error: the following arguments are required: VERB"),
        ("serve", "argument VERB: invalid choice: 'serve'"),
        ("try", "edge try: error: one of the arguments --route --schema is required"),
        ("try --schema a --route b x", "argument --route: not allowed with argument --schema"),
        ("try --schema a x y", "edge: error: unrecognized arguments: y"),
        ("eval", "edge eval: error: one of the arguments CASES.jsonl --edgejson is required"),
        ("eval a --edgejson b", "argument --edgejson: not allowed with argument CASES.jsonl"),
        ("eval a --limit 0", "argument --limit: expected a whole number above 0, got '0'"),
        ("eval a --limit many", "argument --limit: expected a whole number above 0, got 'many'"),
        ("run --log-level loud", "argument --log-level: invalid choice: 'loud'"),
        ("check --port 1", "edge: error: unrecognized arguments: --port 1"),
        ("shapes", "edge shapes: error: the following arguments are required: VERB"),
        ("shapes show tank", "edge shapes show: error: the following arguments are required: SHAPE-ID"),
        ("shapes drop", "edge shapes drop: error: one of the arguments ROUTE --all is required"),
        ("shapes drop tank --all", "argument --all: not allowed with argument ROUTE"),
        ("dead", "edge dead: error: the following arguments are required: VERB"),
        ("dead list --reason late", "argument --reason: invalid choice: 'late'"),
        ("dead show", "edge dead show: error: the following arguments are required: ID"),
        ("dead replay", "edge dead replay: error: one of the arguments ID --all is required"),
        ("dead purge", "edge dead purge: error: one of the arguments ID --all is required"),
        ("dead purge 01234567 --all", "argument --all: not allowed with argument ID"),
        ("spool", "edge spool: error: the following arguments are required: VERB"),
    ],
)
def test_wrong_usage(arguments: str, complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What the command line does not know ends with 2 and a line that says what is wrong."""
    code, out, err = called(capsys, *arguments.split())

    assert (code, out) == (2, "")
    assert complaint in err.splitlines()[-1]


def test_cases_that_cannot_be_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults of a case end with 78 before the model is opened, a run of nothing with 1, no model with 69."""
    nothing = called(capsys, "test", "--config", config_file(tmp_path))
    faulty = called(capsys, "test", "--config", config_file(tmp_path, more="    tests: [{name: dry}]\n"))
    case = "    tests: [{name: dry, input: x, dead: missing}]\n"
    modelless = called(capsys, "test", "--config", config_file(tmp_path, more=case))

    assert [code for code, _, _ in (nothing, faulty, modelless)] == [1, 78, 69]
    assert faulty[2] == (
        f'{tmp_path}/edge.yaml:9:13: routes[0].tests[0]: expected the key "input"\n'
        f'{tmp_path}/edge.yaml:9:13: routes[0].tests[0]: expected either "expect" or "dead", got neither\n'
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version is that of the package."""
    assert called(capsys, "--version") == (0, f"edge {edge.__version__}\n", "")


def test_check(tmp_path: Path) -> None:
    """A configuration without faults is ok, in one line or in none, and needs no model."""
    path = config_file(tmp_path)

    assert run("check", "--config", path) == (0, f"{path}: ok, 1 route\n", "")
    assert run("check", "--quiet", "--config", path) == (0, "", "")


def test_check_of_faults(tmp_path: Path) -> None:
    """Every fault is a line with its place, and the exit code is 78."""
    path = config_file(tmp_path, more="mqtt: {prot: 1}\nlimit: {}\n")

    code, out, err = run("check", "--config", path, "--set", "base_topic=a/#")

    assert (code, out) == (78, "")
    assert err.splitlines() == [
        f'{path}:9:8: mqtt.prot: unknown key; did you mean "port"?',
        f'{path}:10:1: limit: unknown key; did you mean "limits"?',
        '--set base_topic=a/#: base_topic: expected a topic without "+" and "#", got "a/#"',
    ]


@pytest.mark.parametrize("verb", ["check", "run", "try --route tank x"])
def test_no_configuration(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every verb that needs a configuration says so when it is missing."""
    path = tmp_path / "none.yaml"

    assert called(capsys, *verb.split(), "--config", path) == (
        78,
        "",
        f"{path}: cannot read it: No such file or directory\n",
    )


def test_a_schema_outside_the_subset(tmp_path: Path, model_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A schema that cannot be used is a configuration that cannot be used, with the place of each fault."""
    path = tmp_path / "schema.json"
    path.write_text(
        '{"type": "object",\n "oneOf": [],\n "properties": {"a": {"type": "float"}}}', encoding="utf-8"
    )

    code, out, err = called(capsys, "try", "--schema", path, "--model", model_path, "x")

    assert (code, out) == (78, "")
    assert err == (
        f"{path}:2:11: oneOf: this keyword is outside the supported subset of JSON Schema\n"
        f"{path}:3:31: properties.a.type: expected one of string, number, integer, boolean, null, object, "
        'array, got "float"\n'
    )


def test_no_such_route(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A route that is not in the configuration is told, with those that are."""
    path = config_file(tmp_path)

    assert called(capsys, "try", "--config", path, "--route", "boiler", "x") == (
        1,
        "",
        "edge: --route: expected one of tank, got boiler\n",
    )


def test_a_model_that_is_missing(schema_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model that is not there ends with 69, whether it was named or looked for."""
    path = tmp_path / "none.gguf"

    named = called(capsys, "try", "--schema", schema_file, "--model", path, "x")
    looked_for = run("try", "--schema", schema_file, "x", home=tmp_path)

    assert named == (69, "", f"edge: {path}: expected a GGUF model file, found none; `make model` builds it\n")
    assert looked_for == (
        69,
        "",
        "edge: ~/.cache/edge: expected a model (*.gguf), found none; `make model` builds it, --model names one\n",
    )


def test_the_newest_model(tmp_path: Path) -> None:
    """Of several models the one that was written last is taken, whatever its name; other files are none."""
    for name, hour in [("a.gguf", 2), ("b.gguf", 3), ("c.gguf", 1), ("d.json", 4)]:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, hour * 3600))

    assert calls.newest_model(tmp_path) == tmp_path / "b.gguf"


def test_no_newest_model(tmp_path: Path) -> None:
    """An empty folder, and one that is not there, hold no model."""
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ModelError) as error:
            calls.newest_model(folder)

        assert str(error.value) == (
            f"{folder}: expected a model (*.gguf), found none; `make model` builds it, --model names one"
        )


def test_shapes(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What was learned is looked for in the state directory, that of the service manager or one that is named."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    missing = called(capsys, "shapes", "list")
    ShapeStore(tmp_path).close()

    assert missing[0] == 1
    assert missing[2].startswith(f"edge: {tmp_path}/shapes.sqlite3: expected what a daemon has learned")
    assert called(capsys, "shapes", "list", "--json") == (0, "[]\n", "")
    assert called(capsys, "shapes", "drop", "--all", "--state", tmp_path) == (0, "dropped 0 shapes\n", "")
    assert called(capsys, "shapes", "show", "tank", "01234567") == (
        1,
        "",
        "edge: expected a route that has shapes (none), got tank\n",
    )


def test_dead_letters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are listed, shown and deleted without a daemon; to be read again they need one, which is 69."""
    store = DeadStore(tmp_path)
    store.write([letter(1), letter(2, route=None)])
    store.close()
    state = ("--state", tmp_path)

    listed = called(capsys, "dead", "list", "--json", "--route", "_unrouted", "--reason", "missing", *state)
    shown = called(capsys, "dead", "show", "00000001", "--json", *state)
    unread = called(capsys, "dead", "replay", "00000001", *state)
    purged = called(capsys, "dead", "purge", "00000001", "00000002", *state)

    assert [each["id"] for each in json.loads(listed[1])] == ["00000002abcdef"]
    assert json.loads(shown[1])["payload"] == "T=21"
    assert unread[:2] == (69, "")
    assert unread[2].startswith(f"edge: {tmp_path}: expected a daemon that runs, found none;")
    assert purged == (0, "purged 2 dead letters\n", "")
    assert called(capsys, "dead", "show", "00000001", *state) == (
        1,
        "",
        "edge: no dead letter has the id 00000001; `edge dead list` shows those there are\n",
    )


def test_spool_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A spool that no daemon uses is read from its file."""
    Spool(tmp_path, max_bytes=1000).close()

    code, out, err = called(capsys, "spool", "status", "--json", "--state", tmp_path)

    assert (code, err) == (0, "")
    assert json.loads(out) == {"messages": 0, "bytes": 0, "max_bytes": None, "oldest_at": None}


@pytest.mark.model
def test_try_with_a_schema(schema_file: Path, model_path: Path) -> None:
    """A reading is all of stdout, and stderr stays empty."""
    assert run("try", "--schema", schema_file, "--model", model_path, "T=21.40C") == (0, '{"t":21.40}\n', "")


@pytest.mark.model
def test_try_with_a_route(tmp_path: Path, model_path: Path) -> None:
    """A route brings its schema, its model and its limits; a text that breaks one ends with 1."""
    path = config_file(tmp_path, model_path)

    read = run("try", "--config", path, "--route", "tank", "T=21.40C")
    rejected = run("try", "--config", path, "--route", "tank", "x" * 101)

    assert read == (0, '{"t":21.40}\n', "")
    assert rejected == (1, "", "rejected: oversize: expected at most 100 bytes, got 101\n")


@pytest.mark.model
def test_try_as_json(schema_file: Path, model_path: Path) -> None:
    """The document of a reading holds its spans and confidence, and no rejection."""
    code, out, err = run("try", "--json", "--schema", schema_file, "--model", model_path, "T=21.40C")

    document = json.loads(out)
    assert (code, err) == (0, "")
    assert list(document) == ["reading", "spans", "units", "confidence", "rejected", "ms"]
    assert document["reading"] == {"t": 21.4}
    assert '"t":21.40' in out
    assert document["spans"] == {"/t": [2, 7]}
    assert 0.5 < document["confidence"]["/t"] <= 1
    assert document["rejected"] is None
    assert document["ms"] > 0


@pytest.mark.model
@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "out", "err"),
    [
        (["-"], b"T=\n21.40 \xc2\xb0C\n", 0, '{"t":21.40}\n', ""),
        ([], b"T=-3C", 0, '{"t":-3}\n', ""),
        (["-"], b"T=21\xb0C\n", 1, "", "rejected: not_utf8: expected UTF-8, got byte 0xb0 at offset 4\n"),
        ([], b"", 1, "", "rejected: missing: t: the schema requires it, and the text does not state it\n"),
    ],
)
def test_try_with_standard_input(
    arguments: list[str], stdin: bytes, code: int, out: str, err: str, schema_file: Path, model_path: Path
) -> None:
    """A dash, or nothing, stands for standard input, which need not be text."""
    assert run("try", "--schema", schema_file, "--model", model_path, *arguments, stdin=stdin) == (code, out, err)


@pytest.mark.model
def test_try_on_a_terminal(schema_file: Path, model_path: Path) -> None:
    """On a terminal the text shows each value's characters in colour, with confidence and milliseconds."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "edge", "try", "--schema", str(schema_file), "--model", str(model_path)]

    done = subprocess.run(
        [*command, "T=21.40C"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
        env={**os.environ, "TERM": "xterm-256color", "NO_COLOR": "", "COLUMNS": "80"},
    )

    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert done.stdout == b'{"t":21.40}\n'
    assert "T=\x1b[1;4;36m21.40\x1b[0mC" in shown
    assert "%" in shown
    assert " ms" in shown


CASES = [
    {"id": "a", "text": "T=21.40C", "expected": {"t": 21.4}, "family": "x"},
    {"id": "b", "text": "T=68V", "expected": {"t": 68}, "family": "y"},
    {"id": "c", "text": "no news", "expected": {"t": 1}, "family": "y"},
]


@pytest.fixture
def cases_file(tmp_path: Path) -> Path:
    """Return a file of three cases of two families."""
    path = tmp_path / "cases.jsonl"
    rows = (json.dumps({"schema": json.loads(SCHEMA), **case}) + "\n" for case in CASES)
    path.write_text("".join(rows), encoding="utf-8")
    return path


@pytest.mark.model
def test_eval(cases_file: Path, tmp_path: Path, model_path: Path) -> None:
    """The figures come as one JSON object, the predictions as lines that score.py reads."""
    predictions = tmp_path / "predictions.jsonl"

    code, out, err = run("eval", cases_file, "--model", model_path, "--json", "--predictions", predictions)

    figures = json.loads(out)
    assert (code, err) == (0, "")
    assert list(figures) == [
        *("cases", "exact", "field_f1", "compliant", "valid", "invented"),
        *("p50_ms", "p95_ms", "messages_per_s", "by_family"),
    ]
    assert (figures["cases"], figures["exact"], figures["invented"]) == (3, 2 / 3, 0)
    assert {family: row["cases"] for family, row in figures["by_family"].items()} == {"x": 1, "y": 2}
    rows = [json.loads(line) for line in predictions.read_text(encoding="utf-8").splitlines()]
    assert [list(row) for row in rows] == [["id", "raw", "reading", "rejected", "spans", "ms"]] * 3
    assert [(row["id"], row["raw"], row["reading"]) for row in rows] == [
        ("a", {"t": 21.4}, {"t": 21.4}),
        ("b", {"t": 68}, None),
        ("c", {}, None),
    ]
    assert [row["rejected"] and row["rejected"]["reason"] for row in rows] == [None, "unit_mismatch", "missing"]
    assert [row["spans"] for row in rows] == [{"/t": [2, 7]}, {"/t": [2, 4]}, {}]


@pytest.mark.model
def test_eval_of_some(cases_file: Path, model_path: Path) -> None:
    """Only the first cases are run, and people get a table."""
    code, out, err = run("eval", cases_file, "--limit", "1", "--model", model_path)

    assert (code, err) == (0, "")
    assert "100.0 %" in out
    assert " y " not in out


def test_eval_of_broken_cases(cases_file: Path, model_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row that is no case ends the run before the model is loaded, with file and line."""
    with cases_file.open("a", encoding="utf-8") as file:
        file.write('{"id":"d"}\n')

    assert called(capsys, "eval", cases_file, "--model", model_path) == (
        1,
        "",
        f'edge: {cases_file}:4: expected an object "schema", got null\n',
    )


@pytest.mark.model
def test_eval_says_which_schema_cannot_be_used(cases_file: Path, model_path: Path) -> None:
    """A case whose schema lies outside the subset fails alone, and is named."""
    broken = {"id": "d", "schema": {"type": "object", "if": {}}, "text": "", "expected": {}}
    with cases_file.open("w", encoding="utf-8") as file:
        file.write(json.dumps(broken) + "\n")

    code, out, err = run("eval", cases_file, "--model", model_path, "--json")

    assert (code, json.loads(out)["cases"]) == (0, 1)
    assert err == "edge: case d: if: this keyword is outside the supported subset of JSON Schema\n"
