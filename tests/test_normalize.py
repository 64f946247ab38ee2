"""A number whose unit is not the field's becomes one in the field's unit, or no reading."""

import pytest

from edge.errors import Rejected
from edge.extraction.normalize import Normalizer
from edge.literal import JSON
from edge.text import units
from edge.text.units import UnitPolicy
from tests.made import extracted, schema_of

CELSIUS: JSON = {"type": "number", "unit": "°C"}


def verdict(text: str, json: str, properties: dict[str, JSON], policy: UnitPolicy = UnitPolicy.CONVERT) -> str:
    """Return what is said of an extraction: "ok" where it stays as it is, else its JSON, or reason and detail."""
    asked = schema_of(properties)
    try:
        found = Normalizer(asked.root, policy).json(extracted(text, asked, json))
    except Rejected as rejected:
        return str(rejected)
    return "ok" if found == json else found


@pytest.mark.parametrize(
    ("text", "json", "properties", "expected"),
    [
        # the field's unit, in any spelling, or none
        ("T=21.4C", '{"t":21.4}', {"t": CELSIUS}, "ok"),
        ("T=21.4 degrees celsius", '{"t":21.4}', {"t": CELSIUS}, "ok"),
        ("T=21.4", '{"t":21.4}', {"t": CELSIUS}, "ok"),
        ("p 1013 mbar", '{"p":1013}', {"p": {"type": "number", "unit": "hPa"}}, "ok"),
        ("48.85 N 2.35 W", '{"a":48.85}', {"a": {"type": "number", "unit": "°"}}, "ok"),
        ("3 furlong", '{"d":3}', {"d": {"type": "number", "unit": "furlong"}}, "ok"),
        # a field without a unit takes what there is; so does a string
        ("T=68F", '{"t":68}', {"t": {"type": "number"}}, "ok"),
        ("T=68F", '{"t":"68F"}', {"t": {"type": "string", "unit": "°C"}}, "ok"),
        ("T=68F", '{"t":"68"}', {"t": {"type": "string", "unit": "°C"}}, "ok"),
        # another unit
        ("T=68F", '{"t":68}', {"t": CELSIUS}, '{"t":20.00}'),
        ("T = - 4 °F", '{"t":-4}', {"t": CELSIUS}, '{"t":-20.00}'),
        (
            "294 K",
            '{"t":294}',
            {"t": {"type": "number", "unit": "degC"}},
            '{"t":20.8}',
        ),
        ("5 V", '{"t":5}', {"t": CELSIUS}, "unit_mismatch: t: '5' is in V, expected °C"),
        (
            "1.2 bar",
            '{"p":1.2}',
            {"p": {"type": "number", "unit": "hPa"}},
            '{"p":1200}',
        ),
        (
            "3 m",
            '{"d":3}',
            {"d": {"type": "number", "unit": "furlong"}},
            "unit_mismatch: d: '3' is in m, expected furlong",
        ),
        (
            "a: 20 °C, b: 68 °F",
            '{"rows":[{"t":20},{"t":68}]}',
            {"rows": {"type": "array", "items": {"properties": {"t": CELSIUS}}}},
            '{"rows":[{"t":20},{"t":20.00}]}',
        ),
        # a quantity of another kind
        ("5 VA", '{"p":5}', {"p": {"type": "number", "unit": "W"}}, "unit_mismatch: p: '5' is in VA, expected W"),
        # which unit it is cannot be said
        (
            "T=68F, setpoint 68",
            '{"t":68}',
            {"t": CELSIUS},
            "ambiguous_unit: t: '68' stands in the text with different units (none, °F), expected °C",
        ),
        (
            "68 F 68 K",
            '{"t":68}',
            {"t": CELSIUS},
            "ambiguous_unit: t: '68' stands in the text with different units (K, °F), expected °C",
        ),
        # it can
        ("T=68F, 68 C", '{"t":68}', {"t": CELSIUS}, "ok"),
        ("T=68, 68 V, 68 m/s", '{"t":68}', {"t": CELSIUS}, "ok"),
        ("68 F, 68 °F", '{"t":68}', {"t": CELSIUS}, '{"t":20.00}'),
        ("68 F 68 C", '{"c":68,"f":68}', {"c": CELSIUS, "f": {"type": "number", "unit": "°F"}}, "ok"),
    ],
)
def test_verdicts(text: str, json: str, properties: dict[str, JSON], expected: str) -> None:
    """A unit that differs is converted, one that may differ rejects; the detail names field and units."""
    assert expected == verdict(text, json, properties)


@pytest.mark.parametrize(
    "text",
    [
        "68F", "68f", "68 °F", "68 ° F", "68˚F", "68\u202f°F", "68\t°F", "68 deg F", "68 degrees Fahrenheit",
        "68&deg;F", "68 \ufffdF", "68 Â°F", "68\\u00b0F", "68°F/20°C", "68 (F)", "T(F)=68", "T[°F]: 68",
        "temp_F=68", "temp_f: 68", "tempF=68", "tempf=68", "Temp °F: 68", '{"value":68,"unit":"F"}',
        '{"unit":"degF","value":68}', '<t unit="F">68</t>', "T,68,F", "setpoint 68F", "F: 68F", "68F 68F",
    ],
)  # fmt: skip
def test_68_fahrenheit_is_never_68_celsius(text: str) -> None:
    """However a text says Fahrenheit, its number is not published as Celsius."""
    assert verdict(text, '{"t":68}', {"t": CELSIUS}) == '{"t":20.00}'


def test_whole_numbers_stay_whole() -> None:
    """Where the field takes no others, a conversion is rounded."""
    assert verdict("T=70F", '{"t":70}', {"t": {"type": "integer", "unit": "°C"}}) == '{"t":21}'


def test_units_may_be_kept() -> None:
    """`units: keep` publishes each number as the text has it, whatever stands beside it."""
    for text in ("T=68F", "T=68V", "T=68F, 68"):
        assert verdict(text, '{"t":68}', {"t": CELSIUS}, UnitPolicy.KEEP) == "ok"


def test_what_is_beyond_all_measure_is_not_converted() -> None:
    """A number with an exponent of thousands would take as many digits."""
    convert = Normalizer(schema_of({"t": CELSIUS}).root).converter(("t",), units.named("°F"))
    assert convert is not None

    with pytest.raises(Rejected, match="t: 1e9999 °F is too large or too precise to be converted"):
        convert("1e9999")
