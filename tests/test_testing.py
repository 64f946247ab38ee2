"""`edge test`: the user's own cases, as inline `tests:` and as files, against what comes of their inputs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from edge import config
from edge.config import testcases
from edge.errors import ConfigError, EdgeError
from edge.extraction.extraction import Extraction
from edge.extraction.extractor import Extractor, Prepared, open_model
from edge.literal import loads
from edge.verbs import differences, junit, testing
from tests.made import NOON, ScriptedExtractor, extracted

ROOT = Path(__file__).parent.parent
ROUTES = """
routes:
  - name: tank
    subscribe: sensors/tank/+
    publish: readings/tank/{1}
    constants: {site: barn}
    meta: true
    fields: {level: {type: number}, state: {enum: [low, ok], optional: true}}
"""
SEVEN = """input: '{"level":7}', expect: {level: 7, site: barn}"""
LINES = """
  - name: lines
    subscribe: lines/#
    publish: readings/lines
    split: lines
    encoding: latin-1
    fields: {t: {type: number, unit: °C}}
"""
CLOCK = """
  - name: clock
    subscribe: clock
    publish: readings/clock
    timestamps: rfc3339
    timezone: Europe/Berlin
    fields: {at: {type: string, format: date-time}}
"""


class Reader(ScriptedExtractor):
    """Reads each text as JSON that stands in it from the first brace on; a text without one says nothing."""

    def __init__(self) -> None:
        super().__init__("")

    def extract(self, prepared: Prepared, text: str) -> Extraction:
        """Return the extraction of the JSON in a text."""
        said = text[text.index("{") :] if "{" in text else "{}"
        return extracted(text, prepared.schema, said)


class Door:
    """Where the model would be opened; it remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Path, dict[str, Any]]] = []

    @contextmanager
    def __call__(self, path: Path, **options: Any) -> Iterator[Extractor]:
        """Give an extractor that needs no model."""
        self.asked.append((path, options))
        yield Reader()


def configured(folder: Path, text: str) -> Path:
    """Return a configuration file."""
    path = folder / "edge.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def exit_code(file: Path, *paths: Path, junit_file: Path | None = None) -> int:
    """Return the exit code of `edge test`."""
    return testing.run(
        file,
        overrides=(),
        hostname="pi",
        paths=paths,
        model=None,
        junit_file=junit_file,
        open_extractor=Door(),
    )


def failures(folder: Path, text: str) -> list[tuple[str, ...]]:
    """Return what is wrong with each case of a configuration."""
    read, document = config.read(configured(folder, text), hostname="pi")
    cases = testcases.of_document(document, read.routes)
    found = testing.outcomes(Reader(), read, cases, now=NOON, clock=lambda: 0.0)
    return [each.failures for each in found]


def case(case: str) -> str:
    """Return the route `tank` with one case."""
    return f"{ROUTES}    tests: [{{name: one, {case}}}]\n"


def test_all_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each case is a line, the sum is the last, and the exit code is 0."""
    file = configured(tmp_path, case("""input: 'level {"level":7.0}', expect: {level: 7, site: barn}"""))

    assert exit_code(file) == 0
    assert capsys.readouterr() == ("ok    tank: one\n1 case: 1 passed, 0 failed\n", "")


def test_a_failure_tells_each_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the case stands, what was expected and found field by field, the input, and all that was published."""
    text = """input: 'x {"level":7,"state":"low"}', expect: {level: 8, state: ok, site: barn}"""

    assert exit_code(configured(tmp_path, case(text))) == 1
    assert capsys.readouterr().out.replace(f"{tmp_path}/", "") == (
        "FAIL  tank: one  edge.yaml:9:13\n"
        "        level: expected 8, got 7\n"
        '        state: expected "ok", got "low"\n'
        '        input   "x {\\"level\\":7,\\"state\\":\\"low\\"}"\n'
        '        became  {"level":7,"state":"low","site":"barn"}\n'
        "1 case: 0 passed, 1 failed\n"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("input: nothing, dead: missing", ()),
        (
            "input: nothing, dead: schema",
            (
                (
                    "expected a dead letter, schema, got a dead letter, missing: level: "
                    "the schema requires it, and the text does not state it"
                ),
            ),
        ),
        (
            "input: nothing, expect: {level: 7}",
            (
                (
                    "expected a reading, got a dead letter, missing: level: "
                    "the schema requires it, and the text does not state it"
                ),
            ),
        ),
        ("""input: '{"level":7}', dead: missing""", ("expected a dead letter, missing, got a reading",)),
        ("""input: '{"level":7}', expect: {level: 7}""", ('site: expected nothing, got "barn"',)),
        ("""input: '{"level":7}', expect: {level: 7.2, site: barn}, tolerance: 0.2""", ()),
        (
            """input: '{"level":7}', expect: {level: 7.3, site: barn}, tolerance: {level: 0.2}""",
            ("level: expected 7.3 ± 0.2, got 7",),
        ),
        (
            f"topic: sensors/tank/2, publish: readings/tank/2, {SEVEN}",
            (),
        ),
        (
            f"topic: sensors/tank/2, publish: readings/tank/3, {SEVEN}",
            ('publish: expected "readings/tank/3", got "readings/tank/2"',),
        ),
        (
            """input: '{"level":7}', topic: sensors/pump, expect: {level: 7}""",
            ("topic: expected the route tank to take it, got none",),
        ),
    ],
)
def test_what_is_compared(tmp_path: Path, text: str, told: tuple[str, ...]) -> None:
    """The reading as it is published, without its meta; or the reason of the dead letter; and the topics."""
    assert failures(tmp_path, case(text)) == [told]


def test_an_earlier_route_takes_the_topic(tmp_path: Path) -> None:
    """A case with a topic fails where its route never sees it; one without goes to its route in any case."""
    cases = """
    tests:
      - {name: by topic, input: "", topic: sensors/tank/1, dead: missing}
      - {name: by route, input: "", dead: missing}
"""
    second = (
        ROUTES.replace("routes:\n", "").replace("name: tank", "name: rest").replace("tank/+", "#").lstrip("\n")
    )
    text = f"{ROUTES}{second.rstrip()}{cases}".replace(
        "readings/tank/{1}\n    constants: {site: barn}", "r/1\n", 1
    )

    assert failures(tmp_path, text) == [("topic: expected the route rest to take it, got tank",), ()]


def test_lines_have_their_answers(tmp_path: Path) -> None:
    """A route that splits lines has a reading or a reason for each of them, in order."""
    cases = """    tests:
      - {name: all, input: 'a {"t":7}\n\n        x\n\n        ° {"t":8}', expect: [{t: 7}, missing, {t: 8}]}
      - {name: few, input: '{"t":7}', expect: [{t: 7}, missing]}
      - {name: other, input: "a {\\"t\\":7}\\nx", expect: [{t: 6}, {t: 7}]}
      - {name: one, input: '{"t":7}', expect: {t: 7}}
"""
    told = "the schema requires it, and the text does not state it"

    assert failures(tmp_path, "routes:" + LINES + cases) == [
        (),
        ("lines: expected 2, got 1",),
        ("line 1: t: expected 6, got 7", f"line 2: expected a reading, got a dead letter, missing: t: {told}"),
        (),
    ]


def test_a_payload_that_is_json(tmp_path: Path) -> None:
    """The input is the whole of it; what its topic names of it is told, too."""
    route = """
routes:
  - name: node
    subscribe: nodes
    publish: readings/{device.id}
    text: $.message
    fields: {t: {type: number}}
    tests:
      - name: whole
        input: '{"device": {"id": 17}, "message": "is {\\"t\\":7}"}'
        publish: readings/17
        expect: {t: 7}
      - {name: nameless, input: '{"message": "x"}', dead: no_topic}
      - {name: bare, input: x, dead: no_text}
"""
    assert failures(tmp_path, route) == [(), (), ()]


def test_the_moment_of_arrival(tmp_path: Path) -> None:
    """A time without a date is completed from its arrival, which is that of the test where a case names none."""
    cases = """    tests:
      - name: named
        input: '{"at":"14:03"}'
        received_at: 2026-02-28T15:00:00+01:00
        expect: {at: "2026-02-28T14:03:00+01:00"}
      - name: now
        input: '{"at":"12:03"}'
        expect: {at: "2026-01-02T12:03:00+01:00"}
"""
    assert failures(tmp_path, "routes:" + CLOCK + cases) == [(), ()]


def test_files_beside_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cases of the routes come first, then those of each *_test.yaml, which name their routes or topics."""
    file = configured(tmp_path, case("input: x, dead: missing"))
    (tmp_path / "b_test.yaml").write_text(
        "tests:\n"
        "  - {name: by route, route: tank, input: x, dead: missing}\n"
        "  - {name: by topic, topic: sensors/tank/1, input: x, dead: missing}\n"
        "  - {name: by both, topic: sensors/pump, route: tank, input: x, dead: missing}\n"
        "  - {name: by nobody, topic: sensors/pump, input: x, dead: no_route}\n",
        encoding="utf-8",
    )
    (tmp_path / "a_test.yaml").write_text("tests: [{name: a, route: tank, input: x, dead: missing}]")

    assert exit_code(file) == 1
    assert capsys.readouterr().out.replace(f"{tmp_path}/", "") == (
        "ok    tank: one\n"
        "ok    tank: a\n"
        "ok    tank: by route\n"
        "ok    tank: by topic\n"
        "FAIL  tank: by both  b_test.yaml:4:5\n"
        "        topic: expected the route tank to take it, got none\n"
        '        input   "x"\n'
        "        became  a dead letter, no_route: no route of the configuration takes the topic sensors/pump\n"
        "ok    -: by nobody\n"
        "6 cases: 5 passed, 1 failed\n"
    )


def test_paths_in_place_of_all_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files and folders that are named are all that is run."""
    file = configured(tmp_path, case("input: x, dead: schema"))
    folder = tmp_path / "cases"
    folder.mkdir()
    (folder / "a_test.yaml").write_text("tests: [{name: a, route: tank, input: x, dead: missing}]")
    (tmp_path / "b.yaml").write_text("tests: [{name: b, route: tank, input: x, dead: missing}]")

    assert exit_code(file, folder, tmp_path / "b.yaml") == 0
    assert capsys.readouterr().out == "ok    tank: a\nok    tank: b\n2 cases: 2 passed, 0 failed\n"


def test_faults_of_all_files_at_once(tmp_path: Path) -> None:
    """Each has its file, line and column; nothing is run."""
    file = configured(tmp_path, ROUTES)
    (tmp_path / "a_test.yaml").write_text(
        "tests:\n"
        "  - {name: a, route: tonk, input: x, dead: missing}\n"
        "  - {name: b, route: tank, input: x, expect: {levle: 7}}\n"
        "  - {name: c, input: x, dead: missing}\n"
    )
    (tmp_path / "b_test.yaml").write_text("cases: []\n")
    (tmp_path / "c_test.yaml").write_text("- {name: a}\n")
    (tmp_path / "d_test.yaml").write_text("")

    with pytest.raises(ConfigError) as error:
        exit_code(file)

    assert str(error.value).replace(f"{tmp_path}/", "") == (
        'a_test.yaml:2:22: tests[0].route: expected one of tank, got "tonk"\n'
        'a_test.yaml:3:47: tests[1].expect.levle: unknown field of the route tank; did you mean "level"?\n'
        'a_test.yaml:4:5: tests[2]: expected the key "route" or "topic"\n'
        "b_test.yaml:1:1: cases: unknown key; expected one of tests\n"
        "b_test.yaml:1:1: tests: expected a list of at least one case, got null\n"
        'c_test.yaml:1:1: expected a mapping of tests, got [{"name":"a"}]\n'
        "d_test.yaml:1:1: tests: expected a list of at least one case, got null"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is told, as no case of it was run."""
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot read it: No such file or directory"):
        exit_code(configured(tmp_path, ROUTES), tmp_path / "none.yaml")


def test_no_case_at_all(tmp_path: Path) -> None:
    """A run of nothing is no success."""
    file = configured(tmp_path, ROUTES)

    with pytest.raises(EdgeError) as error:
        exit_code(file)

    assert str(error.value) == (
        f"expected at least one test case in tests: of a route, or *_test.yaml beside {file}, found none"
    )


def test_the_model_is_opened_as_the_daemon_would(tmp_path: Path) -> None:
    """Path, context and slots are those of the configuration; --model names another file."""
    file = configured(
        tmp_path, "model: {path: a.gguf, slots: 3, context_tokens: 2000}" + case("input: x, dead: missing")
    )
    door = Door()
    for model in (None, tmp_path / "b.gguf"):
        testing.run(file, overrides=(), hostname="pi", paths=(), model=model, junit_file=None, open_extractor=door)

    assert [path.name for path, _ in door.asked] == ["a.gguf", "b.gguf"]
    assert [(options["slots"], options["context_tokens"]) for _, options in door.asked] == [(3, 2000)] * 2


def test_a_report_as_junit(tmp_path: Path) -> None:
    """Routes are suites; a failure has all its lines, and what XML cannot hold is escaped."""
    text = f"""{ROUTES}    tests:
      - {{name: dry, input: x, dead: missing}}
      - {{name: "odd\\0", input: "\\0{{\\"level\\":7}}", expect: {{level: 8, site: barn}}}}
"""
    report = tmp_path / "report.xml"

    assert exit_code(configured(tmp_path, text), junit_file=report) == 1
    root = ET.parse(report).getroot()  # noqa: S314  # our own
    assert {name: root.attrib[name] for name in ("tests", "failures", "errors")} == {
        "tests": "2",
        "failures": "1",
        "errors": "0",
    }
    dry, odd = root.findall("testsuite[@name='tank']/testcase")
    assert (dry.attrib["classname"], dry.attrib["name"], dry.attrib["line"]) == ("edge.tank", "dry", "10")
    assert dry.attrib["file"] == str(tmp_path / "edge.yaml")
    assert list(dry) == []
    assert odd.attrib["name"] == "odd\\u0000"
    (failure,) = odd
    assert failure.attrib["message"] == "level: expected 8, got 7"
    assert failure.text == (
        'level: expected 8, got 7\ninput   "\\u0000{\\"level\\":7}"\nbecame  {"level":7,"site":"barn"}'
    )


def test_a_report_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What became of the cases is told before."""
    file = configured(tmp_path, case("input: x, dead: missing"))

    with pytest.raises(FileNotFoundError):
        exit_code(file, junit_file=tmp_path / "none" / "report.xml")
    assert capsys.readouterr().out == "ok    tank: one\n1 case: 1 passed, 0 failed\n"


def test_an_empty_report() -> None:
    """No tests are a report, too."""
    assert ET.fromstring(junit.written([])).attrib["tests"] == "0"  # noqa: S314  # our own


@pytest.mark.parametrize(
    ("expected", "got", "told"),
    [
        ('{"a":1.0,"b":"1"}', '{"b":"1","a":1}', []),
        ('{"a":true}', '{"a":1}', ["a: expected true, got 1"]),
        ('{"a":"1"}', '{"a":1}', ['a: expected "1", got 1']),
        ('{"a":null}', "{}", ["a: expected null, got nothing"]),
        (
            '{"a":[1,{"b":2}]}',
            '{"a":[1,{"b":3},4]}',
            ["a[1].b: expected 2, got 3", "a[2]: expected nothing, got 4"],
        ),
        ('{"a":[1]}', '{"a":{"0":1}}', ['a: expected [1], got {"0":1}']),
        ('{"a":1e400}', '{"a":1}', ["a: expected 1e400, got 1"]),
        ('{"a":1e9999999}', '{"a":-1e9999999}', ["a: expected 1e9999999, got -1e9999999"]),
    ],
)
def test_differences(expected: str, got: str, told: list[str]) -> None:
    """Order and spelling of numbers do not matter; kinds do, at any depth."""
    assert list(differences.lines(loads(expected), loads(got))) == told


@pytest.mark.model
def test_the_demonstration_as_cases(tmp_path: Path, model_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The model reads what the routes of the demonstration are for."""
    cases = tmp_path / "demo_test.yaml"
    cases.write_text(
        """
tests:
  - name: key=value
    topic: raw/greenhouse/door
    input: BME280 -> T=19.80C RH=55.1% batt ok
    expect: {sensor: BME280, temperature: 19.8, humidity: 55.1, battery: ok}
    publish: readings/greenhouse/door
  - name: Fahrenheit
    route: greenhouse
    input: BME280 -> T=68F RH=55.1% batt ok
    expect: {sensor: BME280, temperature: 20, humidity: 55.1, battery: ok}
  - name: a voltage is no temperature
    route: greenhouse
    input: BME280 -> T=3.6V RH=48%
    dead: unit_mismatch
  - name: wrong
    route: boat
    input: $IIMTW,+9.50,C*2A
    expect: {water_temperature: 10}
    tolerance: 0.1
""",
        encoding="utf-8",
    )

    code = testing.run(
        ROOT / "config/demo.yaml",
        overrides=(),
        hostname="pi",
        paths=[cases],
        model=model_path,
        junit_file=None,
        open_extractor=open_model,
    )

    assert code == 1
    assert capsys.readouterr().out == (
        "ok    greenhouse: key=value\n"
        "ok    greenhouse: Fahrenheit\n"
        "ok    greenhouse: a voltage is no temperature\n"
        f"FAIL  boat: wrong  {cases}:16:5\n"
        "        water_temperature: expected 10 ± 0.1, got 9.50\n"
        '        input   "$IIMTW,+9.50,C*2A"\n'
        '        became  {"water_temperature":9.50}\n'
        "4 cases: 3 passed, 1 failed\n"
    )


PAGE = (ROOT / "docs/testing-your-mapping.md").read_text(encoding="utf-8").partition("\n## Cases of a route\n")[2]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Return the configuration that the page on testing shows, with its file of cases beside it."""
    of_routes, of_files = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "more_test.yaml").write_text(of_files, encoding="utf-8")
    return configured(tmp_path, of_routes)


def test_the_page_lists_all_that_a_case_may_say() -> None:
    """Its table has the keys of the program, and a file's cases have one more."""
    assert sorted(re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)) == sorted(testcases.KEYS)


def test_the_cases_of_the_page_are_in_order(page: Path) -> None:
    """All of them are taken, each with its name."""
    read, document = config.read(page, hostname="pi")
    found = [
        *testcases.of_document(document, read.routes),
        *testcases.of_file(page.parent / "more_test.yaml", read.routes),
    ]

    assert [each.name for each in found] == re.findall(r"- name: ((?!greenhouse\n).*)", PAGE)


@pytest.mark.model
def test_the_page_shows_what_is_printed(page: Path, model_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The cases of the page come out as it says."""
    code = testing.run(
        page, overrides=(), hostname="pi", paths=(), model=model_path, junit_file=None, open_extractor=open_model
    )

    shown = re.search(r"```console\n\$ edge test\n(.*?)3 cases", PAGE, flags=re.DOTALL)
    assert shown is not None
    assert code == 0
    assert capsys.readouterr().out == (
        f"{shown[1]}ok    greenhouse: by its route\nok    -: nobody listens there\n5 cases: 5 passed, 0 failed\n"
    )
