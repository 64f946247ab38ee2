"""Which characters of the text each value was copied from."""

from collections.abc import Iterator

import pytest

from edge import literal
from edge.errors import Rejected
from edge.extraction import spans
from edge.extraction.places import MOST_PLACES, Candidates, Place, Taken
from edge.extraction.spans import Claim
from edge.literal import JSON
from tests.made import schema_of

NUMBER: JSON = {"type": "number"}
INTEGER: JSON = {"type": "integer"}
STRING: JSON = {"type": "string"}
CELSIUS: JSON = {"type": "number", "unit": "°C"}
PERCENT: JSON = {"type": "number", "unit": "%"}
LIST: JSON = {"type": "array", "items": NUMBER}


def claims(
    text: str, json: str, properties: dict[str, JSON], confidences: list[float] | None = None
) -> list[Claim]:
    """Return the claims of the leaves of a JSON text; all are sure unless told otherwise."""
    leaves = literal.leaves(json)
    return spans.locate(text, schema_of(properties).root, leaves, confidences or [1.0] * len(leaves))


def places(text: str, json: str, properties: dict[str, JSON], confidences: list[float] | None = None) -> str:
    """Return the claims of the leaves in brief: where each stands, None, or "lost"."""
    marks = [
        f"{index}=lost" if claim.is_lost else f"{index}={claim.span and (claim.span.start, claim.span.end)}"
        for index, claim in enumerate(claims(text, json, properties, confidences))
    ]
    return " ".join(marks)


@pytest.mark.parametrize(
    ("text", "json", "properties", "expected"),
    [
        # one place
        ("T=-21.4C", '{"t":-21.4}', {"t": NUMBER}, "0=(2, 7)"),
        ('say "hi\\"', '{"s":"\\"hi\\\\\\""}', {"s": STRING}, "0=(4, 9)"),
        ("水位12米", '{"s":"水位","n":12}', {"s": STRING, "n": NUMBER}, "0=(0, 2) 1=(2, 4)"),
        ("🌡️🌡️ 7", '{"n":7}', {"n": NUMBER}, "0=(5, 6)"),
        # numbers as they were spelled
        ("p 1.234,5", '{"n":1234.5}', {"n": NUMBER}, "0=(2, 9)"),
        ("p 1.234,5", '{"n":1.234}', {"n": NUMBER}, "0=(2, 7)"),
        ("p 1.234,5", '{"n":5}', {"n": NUMBER}, "0=(8, 9)"),
        ("level 100.0 %", '{"n":100}', {"n": INTEGER}, "0=(6, 11)"),
        ("level 100.0 %", '{"n":100.0}', {"n": {"type": ["integer", "number"]}}, "0=(6, 11)"),
        ("N=007", '{"n":7}', {"n": NUMBER}, "0=(2, 5)"),
        # what needs no place
        (
            "on",
            '{"a":"on","b":true,"c":null}',
            {"a": {"enum": ["on"]}, "b": {}, "c": {"type": "null"}},
            "0=None 1=None 2=None",
        ),
        (
            "x",
            '{"a":7,"b":"y"}',
            {"a": {"type": "number", "grounded": False}, "b": {"type": "string", "grounded": False}},
            "0=None 1=None",
        ),
        # equal values take different places, in text order
        ("5 5", '{"a":5,"b":5}', {"a": NUMBER, "b": NUMBER}, "0=(0, 1) 1=(2, 3)"),
        ("x x", '{"a":"x","b":"x"}', {"a": STRING, "b": STRING}, "0=(0, 1) 1=(2, 3)"),
        ("3 3 3", '{"l":[3,3,3]}', {"l": LIST}, "0=(0, 1) 1=(2, 3) 2=(4, 5)"),
        ("5", '{"a":5,"b":5}', {"a": NUMBER, "b": NUMBER}, "0=(0, 1) 1=lost"),
        ("5 6 5", '{"l":[5,6,5,5]}', {"l": LIST}, "0=(0, 1) 1=(2, 3) 2=(4, 5) 3=lost"),
        # overlapping readings of one numeral
        ("1,5", '{"a":1.5,"b":5}', {"a": NUMBER, "b": NUMBER}, "0=(0, 3) 1=lost"),
        ("1,5", '{"l":[1,5]}', {"l": LIST}, "0=(0, 1) 1=(2, 3)"),
        ("1.234,5", '{"a":1234.5,"b":1.234}', {"a": NUMBER, "b": NUMBER}, "0=(0, 7) 1=lost"),
        # the unit decides
        ("T=21C RH=21%", '{"h":21,"t":21}', {"h": PERCENT, "t": CELSIUS}, "0=(9, 11) 1=(2, 4)"),
        ("T=21C RH=21", '{"h":21,"t":21}', {"h": PERCENT, "t": CELSIUS}, "0=(9, 11) 1=(2, 4)"),
        ("21 V, 21 °C", '{"t":21}', {"t": CELSIUS}, "0=(6, 8)"),
        ("rh_pct=21 temp_c=21", '{"t":21}', {"t": CELSIUS}, "0=(17, 19)"),
        # a number inside a copied sentence is free to be a number, another place is better
        ("level 7 low", '{"s":"level 7 low","n":7}', {"s": STRING, "n": NUMBER}, "0=(0, 11) 1=(6, 7)"),
        ("level 7 low; 7", '{"s":"level 7 low","n":7}', {"s": STRING, "n": NUMBER}, "0=(0, 11) 1=(13, 14)"),
        # a number inside a word is the last choice
        ("P-4 4eb2 _4 4", '{"n":4}', {"n": NUMBER}, "0=(4, 5)"),
        ("x4 a4: 4", '{"n":4}', {"n": NUMBER}, "0=(7, 8)"),
        # strings do not overlap
        ("ab cd", '{"a":"ab cd","b":"cd"}', {"a": STRING, "b": STRING}, "0=(0, 5) 1=lost"),
        ("ab cd; cd", '{"a":"ab cd","b":"cd"}', {"a": STRING, "b": STRING}, "0=(0, 5) 1=(7, 9)"),
    ],
)
def test_places(text: str, json: str, properties: dict[str, JSON], expected: str) -> None:
    """Each value has its own characters of the text, or none."""
    assert expected == places(text, json, properties)


def test_the_surer_value_keeps_the_place() -> None:
    """Of two values that can only have come from the same characters, the less sure one loses."""
    both = {"a": NUMBER, "b": NUMBER}

    assert places("5", '{"a":5,"b":5}', both, [0.4, 0.9]) == "0=lost 1=(0, 1)"
    assert places("5", '{"a":5,"b":5}', both, [0.9, 0.4]) == "0=(0, 1) 1=lost"


def test_a_fitting_unit_is_stronger_than_confidence() -> None:
    """The place beside a unit goes to the field of that unit, however unsure the model was."""
    assert places("21C", '{"a":21,"t":21}', {"a": NUMBER, "t": CELSIUS}, [1.0, 0.1]) == "0=lost 1=(0, 2)"


def test_the_value_with_fewer_places_chooses_first() -> None:
    """A value that can stand elsewhere gives way to one that cannot."""
    properties = {"a": STRING, "b": STRING}

    assert places("ok; ok pump", '{"a":"ok","b":"ok pump"}', properties) == "0=(0, 2) 1=(4, 11)"


def test_units_and_rivals_of_a_span() -> None:
    """A span tells its own unit, and those of the other places that no value took."""
    (claim,) = claims("T=68F, 68, 68C, 68V", '{"t":68}', {"t": CELSIUS})

    assert claim.span is not None
    assert claim.span.unit is not None
    assert claim.span.unit.symbol == "°C"
    assert {unit and unit.symbol for unit in claim.span.rival_units} == {"°F", None, "V"}


def test_a_place_that_another_value_took_is_no_rival() -> None:
    """The Fahrenheit that has a field of its own says nothing of the other field."""
    found = claims("70 C 70 F", '{"c":70,"f":70}', {"c": CELSIUS, "f": {"type": "number", "unit": "°F"}})

    assert [claim.span and claim.span.rival_units for claim in found] == [frozenset(), frozenset()]


def test_compass_points_are_no_units() -> None:
    """48.85 N is a latitude where the field is an angle."""
    (claim,) = claims("48.85 N", '{"lat":48.85}', {"lat": {"type": "number", "unit": "deg"}})

    assert claim.span is not None
    assert claim.span.unit is None


def test_no_leaves_no_claims() -> None:
    """An empty reading claims nothing."""
    assert claims("T=5", "{}", {"t": NUMBER}) == []


def test_many_equal_values_take_many_equal_places() -> None:
    """However often a text repeats itself, each value finds a place of its own, in text order."""
    count = 300
    json = literal.dumps({"l": [literal.Number("7")] * count})

    found = claims("7 " * 2000, json, {"l": LIST})

    assert [claim.span and claim.span.start for claim in found] == list(range(0, 2 * count, 2))


def test_a_text_of_one_character_is_too_long_to_search() -> None:
    """A value that stands everywhere is not placed at all: the places of a text are bounded."""
    with pytest.raises(Rejected) as error:
        claims("=" * (MOST_PLACES + 1), '{"s":"="}', {"s": STRING})

    assert str(error.value) == "too_long: expected values at no more than 50000 places of the text"
    assert places("=" * MOST_PLACES, '{"s":"="}', {"s": STRING}) == "0=(0, 1)"


def test_each_place_is_tried_once() -> None:
    """What is taken is dropped from the candidates, so that choosing takes no longer the more values there are."""
    candidates = Candidates([Place(start=at, end=at + 1, is_number=True) for at in range(1000)])
    tried = 0

    class Counting(Taken):
        def around(self, place: Place) -> Iterator[Place]:
            nonlocal tried
            tried += 1
            return super().around(place)

    taken = Counting()
    while (place := candidates.best(taken)) is not None:
        taken.add(place)

    assert tried <= 4 * 1000
