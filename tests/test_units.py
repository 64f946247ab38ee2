"""Which unit a schema names, and which stands beside a number."""

import pytest

from edge.text import numerals, units
from edge.text.units import Unit

FAHRENHEIT = Unit(symbol="°F", dimension="temperature")


@pytest.mark.parametrize(
    ("symbol", "spellings"),
    [
        ("°C", "°C C c ℃ degC deg_C celsius Celsius CELSIUS °celsius C°"),
        ("°F", "°F F f ℉ degF fahrenheit Fahrenheit F°"),
        ("K", "K kelvin Kelvin"),
        ("%", "% percent Percent pct %RH %rH"),
        ("hPa", "hPa mbar mb mBar millibar hpa Millibar"),
        ("bar", "bar Bar BAR"),
        ("psi", "psi PSI"),
        ("V", "V v volt Volts VDC"),
        ("mA", "mA ma milliamps"),
        ("µA", "µA uA μA"),
        ("mW", "mW"),
        ("MW", "MW"),
        ("kWh", "kWh KWH kwh"),
        ("rpm", "rpm RPM 1/min U/min"),
        ("m³", "m³ m3 m^3"),
        ("km/h", "km/h kmh kph"),
        ("L/min", "L/min l/min lpm"),
        ("µg/m³", "µg/m³ ug/m3 μg/m³"),
        ("lx", "lx lux LUX"),
        ("dBm", "dBm dbm"),
    ],
)
def test_spellings(symbol: str, spellings: str) -> None:
    """Every spelling of a unit is that unit; mbar is hPa."""
    assert {symbol} == {unit.symbol for unit in map(units.named, spellings.split()) if unit}
    assert None not in map(units.named, spellings.split())


@pytest.mark.parametrize("spelling", ["", "furlong", "k", "MH", "deg", "°"])
def test_what_is_no_unit(spelling: str) -> None:
    """A spelling that is not in the table is no unit."""
    assert units.named(spelling) is None


def seen(text: str) -> str | None:
    """Return the symbol of the unit beside the number 68 (or 68.5) of a text."""
    start, end = place(text)
    unit = units.beside(text, start, end)
    return unit.symbol if unit else None


def hinted(text: str) -> str | None:
    """Return the symbol of the unit that the words around the number 68 of a text hint at."""
    start, end = place(text)
    unit = units.in_label(text, start, end)
    return unit.symbol if unit else None


def place(text: str) -> tuple[int, int]:
    """Return where the number 68 (or 68.5) stands in a text."""
    return next((n.start, n.end) for n in numerals.find(text) if n.literal in {"68", "68.5"})


@pytest.mark.parametrize(
    "text",
    [
        "68F", "68f", "68 F", "68  F", "68.5F", "68°F", "68 °F", "68 ° F", "68ºF", "68˚F", "68℉", "68*F", "68'F",
        "68F°", "68 degF", "68 DEGF", "68deg F", "68 deg. F", "68 degrees F", "68 degrees Fahrenheit",
        "68 fahrenheit", "68 Degree FAHRENHEIT", "68 Grad Fahrenheit", "68\tF", "68\u00a0°F", "68\u2009°F",
        "68\u202f°F", "68 Â°F", "68 \ufffdF", "68 \ufffd\ufffdF", "68&deg;F", "68\\u00b0F", "68F/20C",
        "68°F/20°C", "68 F, 40 %", "68 F.", "68F\n", "68 (°F)", "68 [°F]", "T[°F]: 68", "T (°F) = 68",
        'T (°F)": "68', "T (degF) 68",
    ],
)  # fmt: skip
def test_fahrenheit_beside_a_number(text: str) -> None:
    """68 °F is recognised in every spelling that devices have for it."""
    assert seen(text) == "°F"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("68 %RH", "%"),
        ("68% RH", "%"),
        ("68 m/s", "m/s"),
        ("68 mbar", "hPa"),
        ("68mA", "mA"),
        ("68 MW", "MW"),
        ("68 mW", "mW"),
        ("68 dBm", "dBm"),
        ("68 dB(A)", "dB(A)"),
        ("68 m³/h", "m³/h"),
        ("68 m³", "m³"),
        ("68 µg/m³", "µg/m³"),
        ("68 1/min", "rpm"),
        ("68 V/3 A", "V"),
    ],
)
def test_the_longest_unit_wins(text: str, expected: str) -> None:
    """A unit is read to its end."""
    assert expected == seen(text)


@pytest.mark.parametrize(
    "text",
    [
        "68", "68 Vx", "68 farms", "68Vx", "68 Volta", "68 m/fortnight", "68 C2", "68 m²", "68   F", "68\nF",
        "68 ok", "68, F", "F 68", "68k", "Zone (F): 68", "68 (F)", "68 x F",
    ],
)  # fmt: skip
def test_no_unit_beside_a_number(text: str) -> None:
    """Words that begin like a unit, far-away ones and lone letters in brackets are no units."""
    assert seen(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "temp_F=68", "temp_f: 68", '"temp_F": 68', 'temp_F = "68', "tempF=68", "tempf=68", "temp f: 68",
        "Temp-F=68", "outdoorTempF: 68", "Outside °F: 68", "Outside ℉: 68", "Zone (F): 68", "T [F] 68", "68 (F)",
        '{"value": 68, "unit": "F"}', '{"v":68,"uom":"°F"}', "{'t': '68', 'units': 'degF'}",
        '{"unit":"F","value":68}', '<temp unit="F">68</temp>', "a,68,F,40", "68;F", "68 | F\n",
    ],
)  # fmt: skip
def test_fahrenheit_in_a_label(text: str) -> None:
    """A label, a key or a cell may name the unit, too."""
    assert hinted(text) == "°F"


@pytest.mark.parametrize(
    "text",
    ["F=68", "off=68", "temp: 68", "temp_F=20 68", "21°F: 68", "68,Fx", '{"unit":"F","hum":68}', "F_68", "68"],
)
def test_no_unit_in_a_label(text: str) -> None:
    """What does not end the label of this very number is no hint."""
    assert hinted(text) is None


def test_brackets_before_are_for_whole_spellings() -> None:
    """A lone letter in brackets is as likely a name: it hints, but it does not stand beside."""
    assert seen("Phase (A) 68") is None
    assert hinted("Phase (A) 68") == "A"
    assert seen("Phase (mA) 68") == "mA"


def test_a_unit_behind_goes_before_one_in_front() -> None:
    """Of two units the nearer one counts."""
    assert seen("T (°C) 68 °F") == "°F"


@pytest.mark.parametrize(
    ("symbol", "field_unit", "expected"),
    [("N", "deg", True), ("W", "°", True), ("N", "N", False), ("W", None, False), ("V", "deg", False)],
)
def test_compass_points(symbol: str, field_unit: str | None, expected: bool) -> None:
    """Behind an angle N and W are directions, elsewhere newton and watt."""
    unit = units.named(symbol)
    assert unit is not None

    assert expected == units.is_compass_point(unit, field_unit)


def test_units_are_values() -> None:
    """Two spellings of one unit are equal; a dimension is part of it."""
    assert units.named("degF") == units.named("℉") == FAHRENHEIT
    assert units.named("mbar") == units.named("hPa") != units.named("bar")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("T=21.4 V=3.6", "21.4"),
        ("V=230.1 A=1.5 W=345", "230.1"),
        ("temp 21.4 min 18.2 max 25.0", "21.4"),
        ("T 21.4 V 3.6", "21.4"),
        ("T=21.4 m: 3", "21.4"),
    ],
)
def test_the_label_of_the_next_number_is_no_unit(text: str, number: str) -> None:
    """Behind a gap, a letter before `=`, `:` or another number names that number."""
    start = text.index(number)

    assert units.beside(text, start, start + len(number)) is None


def test_a_unit_before_the_next_number_counts_for_its_dimension() -> None:
    """In `68 F 48 %` the F is believed where a temperature is asked for, so that 68 is no 68 °C."""
    assert units.beside("68 F 48 %", 0, 2) is None
    assert units.in_label("68 F 48 %", 0, 2) == units.named("°F")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("kWh=68", "kWh"), ("kW: 68", "kW"), ("mV=68", "mV"), ("mA = 68", "mA"), ("hPa:68", "hPa")),
        *(('{"kWh":68}', "kWh"), ("Energy kWh: 68", "kWh"), ("energy_kWh=68", "kWh"), ("km/h=68", "km/h")),
        *(("rpm=68", "rpm"), ("lux: 68", "lx"), ("volts=68", "V"), ("tF=68", "°F"), ("tempF=68", "°F")),
        *(("min=68", None), ("T=68", None), ("sensor1=68", None)),
    ],
)
def test_a_label_that_is_a_unit(text: str, expected: str | None) -> None:
    """The whole label counts before its end: kWh is no Wh. What is also a word for something else is no unit."""
    assert hinted(text) == expected


@pytest.mark.parametrize(
    ("spelling", "meant"),
    [
        *(("celcius", "celsius"), ("Farenheit", "fahrenheit"), ("precent", "percent"), ("milibar", "millibar")),
        *(("°C", None), ("celsius", None), ("VOLT", None), ("pH", None), ("NTU", None), ("deg", None)),
        *(("pulses", None), ("moles", None), ("kg/m³", None), ("", None), ("x" * 10_000, None)),
    ],
)
def test_a_misspelled_unit(spelling: str, meant: str | None) -> None:
    """A word that is nearly a unit was probably meant to be it; a unit outside of the table is no fault."""
    assert units.misspelled(spelling) == meant
