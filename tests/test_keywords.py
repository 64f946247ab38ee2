"""The keywords of a reading's schema, and what each may hold."""

import pytest

from edge import keywords
from edge.literal import JSON, Number


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
        ("pattern", "(", 'expected a regular expression, got "("'),
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
