"""What stands before a value: its label, and how well that names a field."""

import pytest

from edge.text import labels
from edge.text.labels import Label, Wanted

TEXTS = [
    ("temp1:        +41.0°C  (low  =  +1.0°C)", "+41.0", ("temp", "1")),
    ("temp1:        +41.0°C  (low  =  +1.0°C)", "+1.0", ("low",)),
    ("T=21.4C RH=48% batt low", "48", ("rh",)),
    ("Relative humidity is 48 %, air temperature 21.4 C", "21.4", ("air", "temperature")),
    ('{"DS18B20":{"Id":"0305","Temperature":20.9}}', "20.9", ("temperature",)),
    ("battery.voltage.nominal: 12", "12", ("battery", "voltage", "nominal")),
    ("SSID: Snazzle\nMCS: 0", "0", ("mcs",)),
    ("Temperature for the device 1 (index 0) is: 48.19", "48.19", ("temperature", "device", "1")),
    ("21.4", "21.4", ()),
]


@pytest.mark.parametrize(("text", "value", "expected"), TEXTS)
def test_a_label_is_what_stands_before_a_value(text: str, value: str, expected: tuple[str, ...]) -> None:
    """Back to the value, line or separator before, without the marks between."""
    assert labels.before(text, text.index(value)).words == expected


@pytest.mark.parametrize(
    ("line", "name", "description", "expected"),
    [
        ("Frequency: ", "frequency", "", 1.0),
        ("T=", "temperature", "", 0.6),
        ("hum=", "relative_humidity", "", 0.71),
        ("pressure ", "temperature", "", 0.0),
        ("HCHC\t", "offPeakIndex", "HCHC", 1.0),
        ("1-0:32.7.0(", "voltage_l1", "1-0:32.7.0", 1.0),
        ("1-0:1.7.0(", "voltage_l1", "1-0:32.7.0", 0.0),
        ("BCHARGE: ", "charge", "", 0.6),
        ("", "charge", "", 0.0),
    ],
)
def test_how_well_a_label_names_a_field(line: str, name: str, description: str, expected: float) -> None:
    """By the words of its name or of its description, shortened as people do, or by a code."""
    label = labels.before(f"{line}42", len(line))

    assert labels.likeness(label, Wanted(name, description)) == pytest.approx(expected, abs=0.01)


def test_a_better_name_is_liker() -> None:
    """Of like labels, the one with nothing beside what is asked for comes first."""
    wanted = Wanted("batteryVolts", "actual battery voltage")
    found = [
        Label(tuple(words.split("."))) for words in ("battery.voltage", "battery.voltage.nominal", "input.voltage")
    ]

    likenesses = [labels.likeness(label, wanted) for label in found]

    assert likenesses == sorted(likenesses, reverse=True)
    assert len(set(likenesses)) == len(found)
