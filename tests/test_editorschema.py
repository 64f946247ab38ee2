"""`edge config schema`: what an editor is told of the configuration is what the program takes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from edge.config import document, editorschema, testcases
from edge.errors import ConfigError
from edge.literal import JSON, dumps
from edge.schema import keywords
from tests.test_config import SAMPLES, SHIPPED, TANK, faults, load

ROOT = Path(__file__).parent.parent
SCHEMA: Any = editorschema.document()
ROUTE: Any = SCHEMA["$defs"]["route"]
BY_THE_PROGRAM_ALONE = {
    "home_of_nobody": "who has a home on this machine",
    "homeassistant_loops": "topics beside topics",
    "loop": "topics beside topics",
    "misspelled_units": "which units there are",
    "overlap": "topics beside topics",
    "own_topics": "topics beside topics",
    "password_without_username": "one option beside another",
    "placeholders_beyond_wildcards": "topics beside topics",
    "reference_bomb": "where references lead",
    "schema_files_that_are_none": "which files there are",
    "unreachable": "topics beside topics",
}


def complaints(data: JSON) -> list[str]:
    """Return where the schema has something against a configuration."""
    errors = Draft202012Validator(SCHEMA).iter_errors(json.loads(dumps(data)))
    return [error.json_path for error in errors]


def read_samples() -> Iterator[tuple[str, JSON]]:
    """Yield each broken sample that is YAML of our dialect, by its name."""
    for sample in sorted(SAMPLES.glob("*.yaml")):
        try:
            yield sample.stem, document.read(sample).data
        except ConfigError:
            continue  # no editor comes as far as its schema


def shown() -> Iterator[tuple[str, JSON]]:
    """Yield each configuration, and each list of routes, that the project shows, with the name of its page."""
    for file in [*sorted(ROOT.glob("config/*.yaml")), *sorted(ROOT.glob("docs/**/*.yaml"))]:
        yield file.name, document.read(file).data
    for page in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]:
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL):
            data = document.parse(block, file=page.name).data
            if isinstance(data, list):
                yield page.name, {"routes": data}
            elif isinstance(data, dict) and "routes" in data:
                yield page.name, data


def options(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each option of a mapping and of those within it, as `--set` names it, with its schema."""
    for name, below in schema["properties"].items():
        yield f"{path}{name}", below
        if "properties" in below:
            yield from options(below, f"{path}{name}.")


def bounds() -> Iterator[tuple[str, int, int]]:
    """Yield each whole number among the options, with its least and its greatest value."""
    for path, schema in [*options(SCHEMA), *options(ROUTE, "routes[0].")]:
        for each in schema.get("anyOf", [schema]):
            if each.get("type") == "integer":
                yield path, each["minimum"], each["maximum"]


def words() -> Iterator[tuple[str, list[JSON]]]:
    """Yield each option that takes one of a few words."""
    for path, schema in [*options(SCHEMA), *options(ROUTE, "routes[0].")]:
        for each in schema.get("anyOf", [schema]):
            if "enum" in each:
                yield path, each["enum"]


def test_it_is_a_json_schema() -> None:
    """Of the dialect that it names."""
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("page", "data"), list(shown()))
def test_what_the_project_shows_is_taken(page: str, data: JSON) -> None:
    """Every configuration in config/ and in the documents is in order."""
    assert complaints(data) == [], page


def test_the_project_shows_some() -> None:
    """The documents are found, each kind of them."""
    assert {"edge.yaml", "demo.yaml", "README.md", "configuration.md", "cookbook.md"} <= {
        page for page, _ in shown()
    }


@pytest.mark.parametrize(("name", "data"), list(read_samples()))
def test_a_broken_file_is_refused_where_a_schema_can(name: str, data: JSON) -> None:
    """What the program refuses, it does, too, but for what no schema can see: these are named with the reason."""
    assert (complaints(data) == []) == (name in BY_THE_PROGRAM_ALONE)


@pytest.mark.parametrize(
    ("keys", "text", "overrides"),
    [
        (SCHEMA["properties"], "7", ()),
        *[
            (below["properties"], TANK, (f"{name}=x",))
            for name, below in options(SCHEMA)
            if "properties" in below and name != "routes"
        ],
        (ROUTE["properties"], "routes: [tank]", ()),
        (ROUTE["properties"]["homeassistant"]["properties"], TANK, ("routes[0].homeassistant=x",)),
        (ROUTE["properties"]["tests"]["items"]["properties"], TANK + "    tests: [x]", ()),
    ],
)
def test_it_knows_what_the_program_knows(
    tmp_path: Path, keys: dict[str, JSON], text: str, overrides: tuple[str, ...]
) -> None:
    """Where a mapping is missing, the program lists its keys: those of the schema, in that order."""
    assert f"expected a mapping of {', '.join(keys)}, got" in faults(tmp_path, text, *overrides)


def test_it_knows_the_words_of_fields() -> None:
    """A place of a schema may say what `keywords.py` lets it; a field, also whether it is optional."""
    place, field = (SCHEMA["$defs"][name]["properties"] for name in ("place", "field"))
    known = keywords._CHECKED | keywords._STRUCTURE | keywords._ANNOTATIONS  # noqa: SLF001  # it shows them to nobody

    assert set(place) == known
    assert set(field) - set(place) == {"optional"}


@pytest.mark.parametrize(("path", "least", "most"), list(bounds()))
def test_bounds_are_those_of_the_program(tmp_path: Path, path: str, least: int, most: int) -> None:
    """Both ends are taken, what is beyond them is not."""
    for value in (least, most):
        load(tmp_path, TANK, f"{path}={value}")
    for value in (least - 1, most + 1):
        assert f"{path}: expected " in faults(tmp_path, TANK, f"{path}={value}")


@pytest.mark.parametrize(("path", "known"), list(words()))
def test_words_are_those_of_the_program(tmp_path: Path, path: str, known: list[JSON]) -> None:
    """Each of them is taken, another is not."""
    beside = ["routes[0].timezone=UTC"] if path.endswith("timestamps") else []
    for word in known:
        load(tmp_path, TANK, f"{path}={dumps(word)}", *beside)

    assert f"{path}: expected " in faults(tmp_path, TANK, f"{path}=x")


def test_defaults_are_those_of_the_shipped_file() -> None:
    """Where the schema names a default, config/edge.yaml has it."""
    whole = document.read(SHIPPED)
    stated = {
        path: schema["default"] for path, schema in options(SCHEMA) if "default" in schema and "tls." not in path
    }
    of_route = {
        path: schema["default"]
        for path, schema in options(ROUTE)
        if "default" in schema and schema["default"] is not None
    }

    assert len(stated) > 40
    assert {path: json.loads(dumps(whole.at(tuple(path.split("."))))) for path in stated} == stated
    assert {path: json.loads(dumps(whole.at(("routes", 0, *path.split("."))))) for path in of_route} == of_route


def test_every_option_is_explained() -> None:
    """An editor has something to show for each; what it takes for none is named as in the file."""
    explained = [*options(SCHEMA), *options(ROUTE), *options(ROUTE["properties"]["tests"]["items"])]

    assert [path for path, schema in explained if not schema.get("description")] == []
    assert [path for path, schema in explained if "None" in schema["description"]] == []


@pytest.mark.parametrize(
    ("field", "is_right"),
    [
        ("{type: number, unit: °C, minimum: -40, optional: true}", True),
        ("{enum: [low, ok, null]}", True),
        ("{type: array, items: {type: object, properties: {a: {type: [string, 'null']}}, required: [a]}}", True),
        ("{$ref: '#/$defs/level'}", True),
        ("{type: number, x-ha: {precision: 1, device_class: null}}", True),
        ("{type: number, x-ha: {precision: 1.5}}", False),
        ("{type: float}", False),
        ("{type: number, minium: 0}", False),
        ("{type: array, items: {type: number, optional: true}}", False),
        ("number", False),
    ],
)
def test_fields(field: str, is_right: bool) -> None:
    """A field is checked at any depth."""
    data = document.parse(TANK.replace("{type: number}", field), file="edge.yaml").data

    assert (complaints(data) == []) == is_right


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("tests: [{name: a, route: tank, input: x, dead: missing}]", True),
        ("tests: [{name: a, topic: t, input: '', expect: {t: 7}, tolerance: {t: 0.5}, received_at: null}]", True),
        ("tests: [{name: a, route: lines, input: x, expect: [{t: 7}, missing]}]", True),
        ("tests: [{name: a, input: x, dead: missing}]", False),
        ("tests: [{name: a, route: tank, input: x, dead: lost}]", False),
        ("tests: [{name: a, route: tank, input: x}]", False),
        ("tests: [{name: a, route: tank, input: 7, dead: missing}]", False),
        ("tests: []", False),
        ("- {name: a}", False),
    ],
)
def test_files_of_cases(tmp_path: Path, text: str, is_right: bool) -> None:
    """The schema of a file of cases takes what the program does."""
    file = tmp_path / "a_test.yaml"
    file.write_text(text, encoding="utf-8")
    lines = TANK.replace("tank", "lines").replace("routes:\n", "") + "    split: lines\n"
    routes = load(tmp_path, (TANK + lines.lstrip("\n")).replace("level", "t")).routes
    try:
        was_taken = bool(testcases.of_file(file, routes))
    except ConfigError:
        was_taken = False

    data = json.loads(dumps(document.read(file).data))
    assert Draft202012Validator(editorschema.of_cases()).is_valid(data) == was_taken == is_right


def test_patterns_are_those_of_editors_too() -> None:
    """Editors know the regular expressions of JavaScript, without anchors, groups and flags of Python's own."""
    patterns = re.findall(r'"pattern": "(.*)"', editorschema.written(SCHEMA))

    assert len(patterns) > 5
    assert [
        each for each in patterns if re.search(r"\\A|\\Z|\(\?[PaiLmsux#]|\(\?<|[*+?]\+", json.loads(f'"{each}"'))
    ] == []
