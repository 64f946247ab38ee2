"""The keywords of a reading's schema, and what each may hold."""

import pytest

from edge.literal import JSON, Number
from edge.schema import keywords


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("minimum", 0),
        ("maximum", Number("0.5")),
        ("exclusiveMinimum", -1),
        ("exclusiveMaximum", 1.5),
        ("multipleOf", Number("0.1")),
        ("minLength", 0),
        ("maxItems", 3),
        ("uniqueItems", True),
        ("additionalProperties", False),
        ("grounded", False),
        ("multiline", True),
        ("format", "date-time"),
        ("unit", "°C"),
        ("unit", "pH"),
        ("unit", "deg"),
        ("$id", "tank.json"),
        ("enum", ["x"] * 500),
        ("description", ""),
        ("const", None),
        ("const", "on"),
        ("enum", ["on", 1, True, None]),
        ("pattern", "^P-[0-9]+$"),
        ("default", {"any": ["thing"]}),
        ("examples", 7),
        ("x-ha", {"device_class": "temperature"}),
        ("$schema", "https://json-schema.org/draft/2020-12/schema"),
    ],
)
def test_right_keywords(key: str, value: JSON) -> None:
    """A keyword of the subset with a value of its kind is nothing to complain about."""
    assert keywords.complaint(key, value) is None


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("minimum", "0", 'expected a number, got "0"'),
        ("maximum", True, "expected a number, got true"),
        ("multipleOf", 0, "expected a number above 0, got 0"),
        ("multipleOf", "1", 'expected a number above 0, got "1"'),
        ("minLength", -1, "expected a whole number of at least 0, got -1"),
        ("maxItems", Number("1.0"), "expected a whole number of at least 0, got 1.0"),
        ("minItems", True, "expected a whole number of at least 0, got true"),
        ("unit", 7, "expected a string, got 7"),
        ("uniqueItems", "yes", 'expected true or false, got "yes"'),
        ("additionalProperties", {}, "expected true or false, got {}"),
        ("const", [1], "expected a string, a number, true, false or null, got [1]"),
        ("enum", [], "expected a list of strings, numbers, true, false or null, got []"),
        ("enum", [{}], "expected a list of strings, numbers, true, false or null, got [{}]"),
        ("enum", "on", 'expected a list of strings, numbers, true, false or null, got "on"'),
        ("pattern", "(", 'expected a regular expression (missing )), got "("'),
        ("unit", "celcius", 'expected a unit that is known, got "celcius"; did you mean "celsius"?'),
        ("$id", 7, "expected a string, got 7"),
        ("enum", ["x"] * 501, "expected at most 500 values, got 501"),
        ("enum", "x" * 99, f'expected a list of strings, numbers, true, false or null, got "{"x" * 59}…'),
        ("pattern", 1, "expected a regular expression, got 1"),
        (
            "maxLenght",
            1,
            'this keyword is outside the supported subset of JSON Schema; did you mean "maxLength"?',
        ),
        ("anyOf", [], "this keyword is outside the supported subset of JSON Schema"),
    ],
)
def test_wrong_keywords(key: str, value: JSON, expected: str) -> None:
    """An unknown keyword, or one with a value of another kind, is told in a sentence."""
    assert expected == keywords.complaint(key, value)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"minimum": 5, "maximum": 5}, []),
        ({"minimum": Number("5.0"), "maximum": 5}, []),
        ({"exclusiveMinimum": 5, "maximum": 6}, []),
        ({"minLength": 3}, []),
        ({"minimum": "5", "maximum": 1}, []),
        ({"minimum": 5, "maximum": Number("4.9")}, [("minimum", "expected at most the maximum of 4.9, got 5")]),
        (
            {"minimum": 5, "exclusiveMaximum": 5},
            [("minimum", "expected less than the exclusiveMaximum of 5, got 5")],
        ),
        ({"minItems": 1, "maxItems": 0}, [("minItems", "expected at most the maxItems of 0, got 1")]),
        ({"type": "number", "enum": [1, Number("1e999999999999")]}, []),
        ({"type": "integer", "enum": [Number("7.0")]}, []),
        ({"type": ["string", "null"], "const": None}, []),
        ({"enum": [1, "a", None, True]}, []),
        ({"type": "number", "enum": [1, True]}, [("enum", 'expected values of type "number", got true')]),
        ({"type": "object", "const": 1}, [("const", 'expected values of type "object", got 1')]),
    ],
)
def test_keywords_that_leave_no_value(schema: dict[str, JSON], expected: list[tuple[str, str]]) -> None:
    """Bounds that cross and literals outside of the type are told, each at the keyword that should give way."""
    assert list(keywords.quarrels(schema)) == expected
