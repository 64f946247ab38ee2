"""The rules that each sample keeps."""

import pytest

from edge.literal import JSON, Number
from edge_train import check
from edge_train.sample import Sample

NUMBER: JSON = {"type": "number"}
STRING: JSON = {"type": "string"}
ORDER = "answer: the keys are not those of the schema, in its order"


def fault(properties: dict[str, JSON], text: str, answer: dict[str, JSON]) -> str | None:
    """Return what is wrong with a sample of a schema."""
    return check.fault(
        Sample(schema={"type": "object", "properties": properties}, text=text, answer=answer, family="-")
    )


@pytest.mark.parametrize(
    ("node", "text", "value"),
    [
        (NUMBER, "T=21.4", Number("21.4")),
        (NUMBER, "T=21,4", Number("21.4")),
        (NUMBER, "E 1'234.5 kWh", Number("1234.5")),
        (NUMBER, "T=-3", Number("-3")),
        (NUMBER, "T −3", Number("-3")),
        (NUMBER, "pf .5", Number("0.5")),
        (NUMBER, "n=007", Number("7")),
        ({"type": "integer"}, "n=7.0", Number("7")),
        ({"type": "boolean"}, "door open", True),
        ({"enum": ["on", "off"]}, "relay ON", "on"),
        (STRING, "tag P-7, ok", "P-7"),
        ({"type": "array", "items": NUMBER}, "1.5 2.5", [Number("1.5"), Number("2.5")]),
        ({"type": "object", "properties": {"a": NUMBER}}, "a 1", {"a": Number("1")}),
    ],
)
def test_what_stands_in_the_text_is_right(node: JSON, text: str, value: JSON) -> None:
    """Numbers in every spelling, strings between borders, and what is inferred."""
    assert fault({"x": node}, text, {"x": value}) is None


@pytest.mark.parametrize(
    ("properties", "text", "answer", "expected"),
    [
        ({"t": NUMBER}, " \n", {}, "the text is blank"),
        ({"t": NUMBER}, "P-301", {"t": Number("-301")}, "t: the text has no number -301"),
        ({"t": {"type": "integer"}}, "T=7.5", {"t": Number("7.5")}, "t: the text has no number 7.5"),
        ({"s": STRING}, "pump12", {"s": "pump"}, 's: the text has no "pump" of its own'),
        ({"s": STRING}, "a b", {"s": "a "}, 's: the text has no "a " of its own'),
        ({"e": {"enum": ["on"]}}, "on", {"e": "off"}, "e: off is none of the options"),
        ({"a": NUMBER, "b": NUMBER}, "1 2", {"b": Number("2"), "a": Number("1")}, ORDER),
        ({"b": STRING}, "ok", {"b": True}, "b: a boolean where string is asked"),
        ({"b": STRING}, "5", {"b": Number("5")}, "b: a number where string is asked"),
        ({"b": NUMBER}, "5", {"b": "5"}, "b: a string where number is asked"),
        ({"b": NUMBER}, "5", {"b": None}, "b: None is no value of a sample"),
        (
            {"l": {"type": "array", "items": STRING}},
            "a b",
            {"l": ["a", "b"]},
            "l: more items than the text has room for",
        ),
        (
            {"l": {"type": "array", "items": {"type": "object", "properties": {"s": STRING}}}},
            "a, b",
            {"l": [{"s": "a"}, {"s": "c"}]},
            'l/1/s: the text has no "c" of its own',
        ),
    ],
)
def test_each_fault_is_told(
    properties: dict[str, JSON], text: str, answer: dict[str, JSON], expected: str
) -> None:
    """The first fault is named with its place."""
    assert fault(properties, text, answer) == expected


@pytest.mark.parametrize(
    ("number", "text", "expected"),
    [
        ("21.4", "T=21.4C", True),
        ("21.4", "a,21.4;", True),
        ("1.5", "2,1.5", False),  # a list, or grouped digits: the product decides
        ("5", "x 5, 6", True),
        ("5", "5,6", False),
        ("5", "= - 5", False),
        ("5", "minus 5", False),
        ("5", "5 x 10", False),
        ("5", "5e3", False),
        ("5", "0x5", False),
        ("5", "5²", False),
        ("5", "P-5", False),
        ("-5", "T: -5", True),
    ],
)
def test_only_what_nobody_doubts_is_plain(number: str, text: str, expected: bool) -> None:
    """Marks, signs, exponents and powers around a numeral leave the decision to the product."""
    assert check.stands_plainly(number, text) is expected
