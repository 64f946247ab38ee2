"""What a text says for the values of a schema's fields, and how that leans the choices of a model."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.extraction import support
from edge.extraction.leaning import Leaning
from edge.extraction.support import Field
from edge.literal import JSON
from tests.made import schema_of

NUMBER: dict[str, JSON] = {"type": "number"}
WEATHER: dict[str, Any] = {
    "t": {"type": "number", "unit": "°C"},
    "rh": {"type": "number", "unit": "%"},
    "tag": {"type": "string"},
    "battery": {"enum": ["low", "ok"]},
    "on": {"type": "boolean"},
    "at": {"type": "object", "properties": {"lat": NUMBER, "lon": NUMBER}},
    "list": {"type": "array", "items": NUMBER},
    "rows": {"type": "array", "items": {"type": "object", "properties": {"n": NUMBER, "w": {"type": "string"}}}},
}
TEXT = "tag: P-7 lat: 48.1 lon: 11.5 T=21.4C RH=48% on: yes battery low, 3 of 4\nn: 1, w: one\nn: 2, w: two"


def fields(properties: dict[str, Any], text: str) -> dict[str, Field]:
    """Return the fields with their support, by name."""
    return {json.loads(each.key[:-1]): each for each in support.of_text(schema_of(properties).root, text)}


def best(field: Field) -> str:
    """Return what the text says most for."""
    return max(field.candidates, key=lambda each: each.support).written.decode()


@pytest.mark.parametrize(
    ("asked", "text", "expected"),
    [
        (NUMBER, "Frequency: 50.0Hz PF: 0.19", "50.0"),
        ({"type": "number", "unit": "Hz"}, "Voltage 229.60V at 50.0Hz", "50.0"),
        ({"type": "integer", "description": "second value"}, "99,98,255", "98"),
        ({"type": "number", "description": "1-0:32.7.0"}, "1-0:1.7.0(00.5*kW)\n1-0:32.7.0(234.7*V)", "234.7"),
        ({"type": "string"}, "period: 20 ms\nfrequency: high band", '"high band'),
        ({"enum": ["gas", "water"]}, "Meter_Type: Gas id 7", '"gas"'),
        ({"enum": ["ok", "on_battery"], "description": "ONBATT on_battery"}, "STATUS : ONBATT", '"on_battery"'),
        ({"enum": ["storm", "sand"], "description": "SS = sand, DS = storm"}, "7000 SS SCT018", '"sand"'),
        ({"enum": ["on", "off"]}, "pump: on\nfrequency: off", '"off"'),
        ({"type": "boolean"}, "frequency: no\npump: yes", "false"),
        ({"type": "boolean"}, "'pump frequency': Sending state ON", "true"),
        (NUMBER, "min frequency1: 20", "20"),
        (NUMBER, "5 pumps, 50 frequency", "50"),
        (NUMBER, "pump  frequency\nP7  50", "50"),
        (NUMBER, "2024-03-21 frequency", "2024"),
    ],
)
def test_a_text_speaks_for_a_value(asked: dict[str, JSON], text: str, expected: str) -> None:
    """By its label, its unit, a counted place, a code, or as the only word of an enum."""
    assert best(fields({"frequency": asked}, text)["frequency"]) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("battery_ok", "battery status: OK", "true"),
        ("battery_failed", "battery: OK", "false"),
        ("battery_failed", "battery: FAULT", "true"),
        ("battery_ok", "battery: ALARM", "false"),
    ],
)
def test_what_is_good_or_bad_depends_on_the_question(name: str, text: str, expected: str) -> None:
    """OK is true for what asks whether all is well, and false for what asks for a fault."""
    assert best(fields({name: {"type": "boolean"}}, text)[name]) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("logged_at", '"2024-03-21 20:23:55 x'), ("received", '"2024-03-21 20:23:55 x'), ("tag", None)],
)
def test_a_date_is_found_by_who_asks_for_one(name: str, expected: str | None) -> None:
    """By its format or the name of the field, without a label."""
    [field] = fields({name: {"type": "string"}}, "2024-03-21 20:23:55 x").values()

    assert (best(field) if field.candidates else None) == expected


def test_a_lowest_value_stands_behind_the_label_of_its_line() -> None:
    """`min` says which of several, and the line says of what."""
    text = "Cycles 31124 min 33888 max 43019\nAltitude 1063 min 735"

    assert best(fields({"lowest_altitude": NUMBER}, text)["lowest_altitude"]) == "735"


def test_the_right_items_gain_most() -> None:
    """Of a list whose records the text shows: neither fewer nor more of them, each with its own values."""
    leaning = Leaning(support.of_text(schema_of(WEATHER).root, TEXT))
    right = b'{"rows":[{"n":1,"w":"one"},{"n":2,"w":"two"}]}'
    wrong = [
        b'{"rows":[{"n":1,"w":"one"}]}',
        b'{"rows":[{"n":2,"w":"two"},{"n":1,"w":"one"}]}',
        b'{"rows":[{"n":1,"w":"one"},{"n":2,"w":"two"},{"n":3}]}',
        b'{"rows":[{"n":1,"w":"on"},{"n":2,"w":"wo"}]}',
    ]

    best_gain, *others = leaning(b"", [right, *wrong])

    assert best_gain > max(others) + 3


def test_a_unit_of_another_kind_speaks_against_a_number() -> None:
    """However near its label may come."""
    [field] = fields({"t": {"type": "number", "unit": "°C"}}, "T=48% 21.4C").values()

    assert best(field) == "21.4"


def test_a_field_that_a_label_names_is_there() -> None:
    """And one whose kind of unit stands nowhere, where others do, is not."""
    found = fields(
        {"rh": {"type": "number", "unit": "%"}, "power": {"type": "number", "unit": "W"}}, "RH=48% 21.4C"
    )

    assert found["rh"].presence > 0 > found["power"].presence


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ({"t": NUMBER}, "T=21 " * 1000),
        ({f"field{number}": NUMBER for number in range(200)}, "T=21"),
    ],
)
def test_what_is_too_large_is_not_looked_at(properties: dict[str, Any], text: str) -> None:
    """Long texts and wide schemas are the model's alone."""
    assert fields(properties, text) == {}


READINGS: list[JSON] = [
    {"t": 21.4, "rh": 48, "tag": "P-7", "battery": "low", "on": True, "at": {"lat": 48.1, "lon": 11.5}},
    {"t": 48, "rh": 21.4, "on": False, "list": [3, 4]},
    {"tag": 'a "quoted" \\ tag', "at": {"lon": 48.1}, "list": [{"tag": "]}"}]},
    {"rows": [{"n": 1, "w": "one"}, {"n": 2, "w": "two"}], "list": []},
    {"rows": [{"w": "o"}, {}, {"n": 2, "w": "ne n"}]},
    {"rows": []},
    {"at": {}},
    {},
]


@given(reading=st.sampled_from(READINGS), cuts=st.sets(st.integers(min_value=1, max_value=200)))
def test_a_reading_gains_the_same_in_whatever_pieces_it_is_written(reading: JSON, cuts: set[int]) -> None:
    """The sum over its tokens depends on the reading alone, not on where the tokens end."""
    written = json.dumps(reading, separators=(",", ":")).encode()
    leaning = Leaning(support.of_text(schema_of(WEATHER).root, TEXT))
    ends = [0, *sorted(cut for cut in cuts if cut < len(written)), len(written)]

    in_pieces = sum(
        float(leaning(written[:start], [written[start:end]])[0] - leaning(written[:start], [b""])[0])
        for start, end in itertools.pairwise(ends)
    )

    [at_once], [nothing] = leaning(b"", [written]), leaning(b"", [b""])
    assert in_pieces == pytest.approx(float(at_once - nothing), abs=1e-3)


def test_the_right_reading_gains_most() -> None:
    """Of readings of one text, the one whose labels and units fit."""
    leaning = Leaning(support.of_text(schema_of(WEATHER).root, TEXT))
    gains = [float(leaning(b"", [json.dumps(each, separators=(",", ":")).encode()])[0]) for each in READINGS]

    assert gains[0] == max(gains)
    assert gains[0] > gains[1] + 5


def test_a_number_that_ends_early_is_another_number() -> None:
    """The 3 of 352 is not supported by what stands before 352."""
    leaning = Leaning(support.of_text(schema_of({"h20": NUMBER, "n": NUMBER}).root, "n 3\nH20\t352"))

    early, whole = leaning(b'{"h20":3', [b',"', b"52,"])

    assert whole - early > 5


@given(begun=st.binary(max_size=40))
def test_whatever_is_written_has_a_potential(begun: bytes) -> None:
    """No bytes stop it, though the grammar lets few of them through."""
    leaning = Leaning(support.of_text(schema_of(WEATHER).root, TEXT))

    assert abs(float(leaning(b"{", [begun])[0])) < 1000
