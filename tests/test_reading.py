"""An extraction that satisfies its schema is a reading; otherwise each fault is a sentence."""

import pytest

from edge.errors import Rejected
from edge.extraction.extraction import Extraction
from edge.extraction.reading import Validator
from edge.literal import JSON, Number
from edge.schema import schema
from tests.made import schema_of


def verdict(json: str, properties: dict[str, JSON], *required: str) -> str:
    """Return what is said of a JSON text under a schema: "ok", or the reason and its detail."""
    extraction = Extraction(text="", json=json, values=(), left_out=(), duration_s=0.0)
    try:
        reading = Validator(schema_of(properties, required=required)).judge(extraction)
    except Rejected as rejected:
        return str(rejected)
    assert (reading.json, reading.extraction) == (json, extraction)
    return "ok"


@pytest.mark.parametrize(
    ("value", "keywords", "expected"),
    [
        # bounds, exactly
        ("0.1", {"minimum": 0.1}, "ok"),
        ("0.10", {"maximum": 0.1}, "ok"),
        ("0.3", {"maximum": 0.3}, "ok"),
        ("0.30000000000000004", {"maximum": 0.3}, "schema: p: expected at most 0.3, got 0.30000000000000004"),
        ("-40.5", {"minimum": -40}, "schema: p: expected at least -40, got -40.5"),
        ("101", {"maximum": 100}, "schema: p: expected at most 100, got 101"),
        ("0.0", {"exclusiveMinimum": 0}, "schema: p: expected more than 0, got 0.0"),
        ("100", {"exclusiveMaximum": 100.0}, "schema: p: expected less than 100.0, got 100"),
        ("-0", {"minimum": 0}, "ok"),
        ("1e999", {"maximum": 100}, "schema: p: expected at most 100, got 1e999"),
        ("9" * 400, {"minimum": 0}, "ok"),
        # multiples, exactly
        ("0.3", {"multipleOf": 0.1}, "ok"),
        ("21.45", {"multipleOf": 0.05}, "ok"),
        ("0.35", {"multipleOf": 0.1}, "schema: p: expected a multiple of 0.1, got 0.35"),
        ("7", {"multipleOf": 2}, "schema: p: expected a multiple of 2, got 7"),
        ("9" * 400, {"multipleOf": 2}, "schema: a number is too large to be divided by multipleOf"),
        ("1e300", {"multipleOf": 0.1}, "schema: a number is too large to be divided by multipleOf"),
        # types
        ("21.4", {"type": "number"}, "ok"),
        ("true", {"type": "number"}, 'schema: p: expected "number", got true'),
        ("true", {"type": "integer"}, 'schema: p: expected "integer", got true'),
        ("1", {"type": "boolean"}, 'schema: p: expected "boolean", got 1'),
        ("7.0", {"type": "integer"}, "ok"),
        ("7.5", {"type": "integer"}, 'schema: p: expected "integer", got 7.5'),
        ("1e3", {"type": "integer"}, "ok"),
        ('"7"', {"type": "number"}, 'schema: p: expected "number", got "7"'),
        ("7", {"type": "string"}, 'schema: p: expected "string", got 7'),
        ("null", {"type": ["number", "null"]}, "ok"),
        ("null", {"type": ["number", "string"]}, 'schema: p: expected ["number","string"], got null'),
        ("[]", {"type": "object"}, 'schema: p: expected "object", got []'),
        ("{}", {"type": "array"}, 'schema: p: expected "array", got {}'),
        # texts
        ('"ab"', {"minLength": 3}, 'schema: p: expected at least 3 characters, got "ab"'),
        ('"°°"', {"maxLength": 2}, "ok"),
        ('"abc"', {"maxLength": 2}, 'schema: p: expected at most 2 characters, got "abc"'),
        ('"P-30"', {"pattern": "^P-[0-9]+$"}, "ok"),
        ('"X-30"', {"pattern": "^P-[0-9]+$"}, 'schema: p: expected a text that matches "^P-[0-9]+$", got "X-30"'),
        # values
        ('"on"', {"enum": ["on", "off"]}, "ok"),
        ('"up"', {"enum": ["on", 1]}, 'schema: p: expected one of ["on",1], got "up"'),
        ("true", {"enum": [1]}, "schema: p: expected one of [1], got true"),
        ("1.0", {"enum": [1]}, "ok"),
        ("0.1", {"const": 0.1}, "ok"),
        ("2", {"const": 1}, "schema: p: expected 1, got 2"),
        # arrays
        ("[1]", {"minItems": 2}, "schema: p: expected at least 2 items, got [1]"),
        ("[1,2,3]", {"maxItems": 2}, "schema: p: expected at most 2 items, got [1,2,3]"),
        ("[1,2]", {"uniqueItems": True}, "ok"),
        ("[1,1.0]", {"uniqueItems": True}, "schema: p: expected different items, got [1,1.0]"),
        ("[1,101]", {"items": {"maximum": 100}}, "schema: p[1]: expected at most 100, got 101"),
        # several faults, each once, in the order of the schema
        (
            '"abc"',
            {"maxLength": 2, "pattern": "^x"},
            'schema: p: expected at most 2 characters, got "abc"; p: expected a text that matches "^x", got "abc"',
        ),
        # format is not judged while timestamps are kept as they stand
        ('"yesterday"', {"type": "string", "format": "date-time"}, "ok"),
        # nor is what is ours or a note
        ("5", {"unit": "°C", "grounded": True, "description": "x", "default": 7, "x-ha": {"name": "P"}}, "ok"),
    ],
)
def test_every_keyword_has_its_sentence(value: str, keywords: dict[str, JSON], expected: str) -> None:
    """A value is judged as the exact decimal or text that it is; a fault tells what was expected and what came."""
    assert expected == verdict(f'{{"p":{value}}}', {"p": keywords})


@pytest.mark.parametrize(
    ("json", "expected"),
    [
        ('{"a":1,"b":{"c":1}}', "ok"),
        ('{"b":{"c":1}}', "missing: a: the schema requires it, and the text does not state it"),
        ('{"a":1,"b":{}}', "missing: b.c: the schema requires it, and the text does not state it"),
        (
            "{}",
            (
                "missing: a: the schema requires it, and the text does not state it; "
                "b: the schema requires it, and the text does not state it"
            ),
        ),
        # what is missing goes before what is wrong
        ('{"a":-1,"b":{}}', "missing: b.c: the schema requires it, and the text does not state it"),
        ('{"a":-1,"b":{"c":1}}', "schema: a: expected at least 0, got -1"),
    ],
)
def test_required_fields(json: str, expected: str) -> None:
    """A required field that the text does not state is missing, wherever it hangs."""
    inner: JSON = {"type": "object", "properties": {"c": {"type": "number"}}, "required": ["c"]}

    assert expected == verdict(json, {"a": {"minimum": 0}, "b": inner}, "a", "b")


def test_a_hostile_text_does_not_stall_a_careless_pattern() -> None:
    """A backtracking matcher would try this text in 2^60,000 ways."""
    careless: JSON = {"type": "string", "pattern": "^(a+)+$"}

    assert verdict(f'{{"p":"{"a" * 60_000}!"}}', {"p": careless}).startswith(
        'schema: p: expected a text that matches "^(a+)+$", got "aaaa'
    )
    assert verdict(f'{{"p":"{"a" * 60_000}"}}', {"p": careless}) == "ok"


def test_the_end_of_a_text_is_its_end() -> None:
    """A line break behind what a pattern asks for is a character that it does not ask for."""
    assert verdict('{"p":"P-3\\n"}', {"p": {"pattern": "^P-[0-9]$"}}).startswith("schema: p: ")


def test_nested_faults_have_paths() -> None:
    """A fault in a list of objects names the item and the field."""
    rows: JSON = {"type": "array", "items": {"type": "object", "properties": {"t.x": {"maximum": 1}}}}

    assert verdict('{"rows":[{"t.x":1},{"t.x":2}]}', {"rows": rows}) == (
        "schema: rows[1].t.x: expected at most 1, got 2"
    )


def test_a_field_that_the_schema_does_not_know() -> None:
    """The grammar writes no such field; were it there, it would be told."""
    closed: JSON = {"type": "object", "properties": {"a": {}}, "additionalProperties": False}

    assert verdict('{"p":{"a":1,"b":2}}', {"p": closed}) == (
        'schema: p: expected no other fields, got {"a":1,"b":2}'
    )


NESTED: dict[str, JSON] = {
    "$defs": {"share": {"type": "number", "minimum": 0}},
    "type": "object",
    "properties": {
        "share": {"$ref": "#/$defs/share", "maximum": 0.1},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"n": {"multipleOf": 0.05}}}},
        "tag": {"type": "string", "pattern": "^P-[0-9]+$", "maxLength": 5},
        "free": {"type": "number", "unit": "°C"},
    },
}


@pytest.mark.parametrize(
    ("path", "fine", "wrong"),
    [
        (("share",), ["0", "0.1", "-0", "0.10"], ["-0.1", "0.11", "1e999"]),
        (("rows", 3, "n"), ["0.15", "21.45"], ["0.16", "1e300"]),
    ],
)
def test_a_value_alone_is_judged_as_in_its_reading(
    path: tuple[str | int, ...], fine: list[str], wrong: list[str]
) -> None:
    """Bounds and multiples hold wherever the schema states them, behind references as well."""
    judge = Validator(schema.parse(NESTED)).value_judge(path)

    assert judge is not None
    assert [judge(Number(each)) for each in fine] == [True] * len(fine)
    assert [judge(Number(each)) for each in wrong] == [False] * len(wrong)


def test_a_text_alone_is_judged_as_in_its_reading() -> None:
    """Patterns and lengths hold for one value, too."""
    judge = Validator(schema.parse(NESTED)).value_judge(("tag",))

    assert judge is not None
    assert [judge(each) for each in ("P-301", "P-3011", "X-3")] == [True, False, False]


def test_values_that_need_no_judge() -> None:
    """Where the schema bounds nothing, there is no judge; only values that are compared need the whole reading."""
    validator = Validator(schema.parse(NESTED))
    unique = Validator(schema_of({"v": {"type": "array", "uniqueItems": True}}))

    assert validator.value_judge(("free",)) is None
    assert validator.whole_judge() is None
    judge = unique.whole_judge()
    assert judge is not None
    assert (judge('{"v":[1,2]}'), judge('{"v":[1,1.0]}')) == (True, False)
