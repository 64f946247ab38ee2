"""What was read from a text: values with their sources and confidences, without those that have no source."""

import pytest

from edge import literal
from edge.engine.engine import Choice
from edge.extraction import extraction
from edge.extraction.extraction import Value
from edge.extraction.extractor import Extractor
from edge.extraction.spans import Span
from edge.literal import JSON, Number
from edge.text.units import Unit
from tests.made import extracted, schema_of

NUMBER: JSON = {"type": "number"}
CELSIUS: JSON = {"type": "number", "unit": "°C"}
PERCENT: JSON = {"type": "number", "unit": "%"}
STRING: JSON = {"type": "string"}


def choice(start: int, end: int, probability: float, *, closing: float = 0.0, beyond: float = 0.0) -> Choice:
    """Return a choice of the model at some bytes of its output."""
    return Choice(start=start, end=end, probability=probability, closing=closing, beyond=beyond, gap=1.0)


def test_values_have_sources_and_confidences() -> None:
    """Each leaf tells where it stands in the text, and how sure the model was."""
    asked = schema_of({"t": {"type": "number", "unit": "°C"}, "ok": {"type": "boolean"}})

    found = extracted("T=21.40C", asked, '{"t":21.40,"ok":true}', [choice(16, 20, 0.75)])

    assert found.json == '{"t":21.40,"ok":true}'
    assert found.values == (
        Value(
            path=("t",),
            value=Number("21.40"),
            span=Span(start=2, end=7, unit=Unit(symbol="°C", dimension="temperature")),
            confidence=1.0,
        ),
        Value(path=("ok",), value=True, span=None, confidence=0.75),
    )
    assert (found.text, found.left_out, found.duration_s) == ("T=21.40C", (), 0.5)


def test_a_value_without_a_source_is_left_out() -> None:
    """Two fields of one number: the less sure one goes, and is named."""
    asked = schema_of({"a": NUMBER, "b": NUMBER})

    found = extracted("T=5", asked, '{"a":5,"b":5}', [choice(5, 6, 0.4), choice(11, 12, 0.9)])

    assert found.json == '{"b":5}'
    assert [(value.path, value.confidence) for value in found.values] == [(("b",), 0.9)]
    assert found.left_out == (("a",),)


def test_what_stands_behind_a_lost_item_moves_up() -> None:
    """Objects and arrays that are left empty go too; paths are those of what is left."""
    row: JSON = {"type": "object", "properties": {"n": NUMBER, "s": STRING}}
    asked = schema_of({"rows": {"type": "array", "items": row}, "more": row, "empty": row})
    json = '{"rows":[{"n":5},{"n":5},{"n":6,"s":"x"}],"more":{"n":6},"empty":{}}'

    found = extracted("5 6 x", asked, json)

    assert found.json == '{"rows":[{"n":5},{"n":6,"s":"x"}],"empty":{}}'
    assert [value.path for value in found.values] == [("rows", 0, "n"), ("rows", 1, "n"), ("rows", 1, "s")]
    assert found.left_out == (("rows", 1, "n"), ("more", "n"))


def test_numbers_keep_their_spelling_when_others_are_left_out() -> None:
    """What is written anew is written as before."""
    asked = schema_of({"a": NUMBER, "b": NUMBER, "s": STRING})
    text = "1.50e3 °C \\ x"

    assert extracted(text, asked, '{"a":1.50e3,"b":1.50e3,"s":"°C \\\\"}').json == '{"a":1.50e3,"s":"°C \\\\"}'


@pytest.mark.parametrize(
    ("output", "choices", "expected"),
    [
        # forced from beginning to end
        ('{"t":21}', [], 1.0),
        # a number ends where no token continues it
        ('{"t":21}', [choice(6, 7, 0.9), choice(7, 8, 0.5, beyond=0.8)], 0.72),
        ('{"t":21}', [choice(0, 5, 0.1), choice(5, 7, 0.5)], 0.5),
        # a string ends where a quotation mark closes it
        ('{"t":"ab"}', [choice(6, 7, 0.5), choice(7, 8, 0.5), choice(8, 10, 0.1, closing=0.8)], 0.2),
        # a token that holds more than the value counts in full
        ('{"t":21}', [choice(3, 8, 0.25)], 0.25),
        # choices count in bytes, not in characters
        ('{"°°":21}', [choice(5, 7, 0.1), choice(8, 10, 0.5)], 0.5),
        # what comes behind does not count
        ('{"t":"ab","u":1}', [choice(9, 12, 0.1), choice(14, 15, 0.1)], 1.0),
        ('{"t":true}', [choice(5, 9, 0.75), choice(9, 10, 0.6, beyond=1.0)], 0.75),
    ],
)
def test_confidence(output: str, choices: list[Choice], expected: float) -> None:
    """A value is as sure as its tokens together, and as its end."""
    leaf = literal.leaves(output)[0]

    assert round(extraction.probability(leaf, output, choices), 9) == expected


EASY: list[tuple[str, dict[str, JSON], str, dict[str, str]]] = [
    (
        "BME280 -> T=21.4C RH=48% batt low",
        {
            "temperature": CELSIUS,
            "humidity": PERCENT,
            "battery": {"enum": ["low", "ok"]},
        },
        '{"temperature":21.4,"humidity":48,"battery":"low"}',
        {"/temperature": "21.4", "/humidity": "48"},
    ),
    (
        "level=182.5 volts=3.61",
        {"level": NUMBER, "volts": {"type": "number", "unit": "V"}},
        '{"level":182.5,"volts":3.61}',
        {"/level": "182.5", "/volts": "3.61"},
    ),
    (
        "Sensor: greenhouse-2\nTemperature: -3.0 C\nHumidity: 71 %\n",
        {"sensor": STRING, "temperature": CELSIUS, "humidity": PERCENT},
        '{"sensor":"greenhouse-2","temperature":-3.0,"humidity":71}',
        {"/sensor": "greenhouse-2", "/temperature": "-3.0", "/humidity": "71"},
    ),
    (
        "temp 22,5 °C, pressure 1 013,2 hPa",
        {"temp": CELSIUS, "pressure": {"type": "number", "unit": "hPa"}},
        '{"temp":22.5,"pressure":1013.2}',
        {"/temp": "22,5", "/pressure": "1 013,2"},
    ),
]


@pytest.mark.model
@pytest.mark.parametrize(("text", "properties", "json", "sources"), EASY, ids=[text[:10] for text, *_ in EASY])
def test_easy_lines(
    text: str, properties: dict[str, JSON], json: str, sources: dict[str, str], extractor: Extractor
) -> None:
    """The model reads plain texts right, and every number and string shows its characters."""
    found = extractor.extract(extractor.prepare(schema_of(properties)), text)

    assert found.json == json
    assert sources == {
        literal.pointer(value.path): text[value.span.start : value.span.end]
        for value in found.values
        if value.span
    }
    assert all(0 < value.confidence <= 1 for value in found.values)


@pytest.mark.model
@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "🌡️",
        "<|im_end|>",
        "٣٤ ½ ²",
        "\x00\x01",
        "1e999999",
        "9" * 60,
        '{"t": 99, "s": "y"} ' * 9,
        "-0 x",
    ],
)
def test_whatever_the_text_values_are_copies(text: str, extractor: Extractor) -> None:
    """On odd texts every number and every free string is still explained by its characters."""
    asked = schema_of(
        {"t": NUMBER, "n": {"type": "integer"}, "s": STRING, "l": {"type": "array", "items": NUMBER}}
    )

    found = extractor.extract(extractor.prepare(asked), text)

    assert literal.dumps(literal.loads(found.json)) == found.json
    for value in found.values:
        assert value.span is not None
        copied = text[value.span.start : value.span.end]
        if isinstance(value.value, Number):
            assert Number(copied.replace("+", "")) == value.value
        else:
            assert copied == value.value
