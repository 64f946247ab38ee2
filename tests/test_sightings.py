"""What one text shows without a model."""

import pytest

from edge.proposal import sightings
from edge.proposal.sighting import Kind


def shown(text: str) -> list[str]:
    """Return each value with its label and its unit."""
    return [
        f"{each.label}={each.written}{f' {each.unit.symbol}' if each.unit else ''}"
        for each in sightings.find(text)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("BME280 -> T=21.4C RH=48% batt low", ["T=21.4 °C", "RH=48 %", "batt=low"]),
        ("T21.4C H48%", ["T=21.4 °C", "H=48 %"]),
        ("Humidity: 45.20%  Temperature: 23.40°C 74.12°F", ["Humidity=45.20 %", "Temperature=23.40 °C"]),
        ("Heat index: 23.07°C 73.52°F", ["Heat index=23.07 °C"]),
        (
            "Vcore: +1.02 V (min = +0.60 V, max = +1.49 V)",
            ["Vcore=1.02 V", "Vcore min=0.60 V", "Vcore max=1.49 V"],
        ),
        ("ok T:204.61 /205.00", ["T=204.61", "=205.00"]),
        ("soil 31.2 % temp -8.4 C batt 3.58 V", ["soil=31.2 %", "temp=-8.4 °C", "batt=3.58 V"]),
        ("Keller: Luftfeuchte 68 %, Akku schwach", ["Luftfeuchte=68 %"]),
        ("V\t13240\nLOAD\tON", ["V=13240", "LOAD=ON"]),
        ("1-0:1.8.0(001234.567*kWh)", ["1-0:1.8.0=1234.567 kWh"]),
        ('{"status": "on line", "motion": 0}', ["status=on line", "motion=0"]),
        ("ip=10.0.0.7 fw=1.2.3 id=0xA053", ["ip=10.0.0.7", "fw=1.2.3", "id=0xA053"]),
        ("VERSION : 3.14.14 (31 May 2016)\nMODEL : UPS 700", ["VERSION=3.14.14", "MODEL=UPS 700"]),
        ("Pump P-204 has stopped. Note: due Friday", ["Note=due Friday"]),
        ("Temperature for the device 1 (index 0) is: 48.19", ["temperature device 1=48.19"]),
        ("Battery 0: Discharging, 73%", ["Battery 0=Discharging", "=73 %"]),
        ("$YXMTW,17.9,C*1E", ["=17.9"]),
        ("ok T:23.0/220.0 T1:50.2/210.0", ["T=23.0", "=220.0", "T1=50.2", "=210.0"]),
        ("+CESQ: 99,20,255", ["CESQ=99", "=20", "=255"]),
        ("APC : 001,036,0879", ["APC=001,036,0879"]),
        ("ran 11,250 hours at 12,5 °C", ["ran=11250 h", "=12.5 °C"]),
        ("<Idle|MPos:125.400,42.150|FS:0,12>", ["MPos=125.400", "=42.150", "FS=0", "=12"]),
        ("the belt on conveyor C-14, relay on fan off", ["relay=on", "fan=off"]),
        ("T=21.4C,RH=48%;P=1013hPa|B:3.6V", ["T=21.4 °C", "RH=48 %", "P=1013 hPa", "B=3.6 V"]),
        ("hello, nothing here", []),
        ("", []),
    ],
)
def test_what_a_text_shows(text: str, found: list[str]) -> None:
    """Labels, values and units, as a person would point at them."""
    assert shown(text) == found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2026-01-02 11:58:03", Kind.MOMENT),
        ("2026-01-02T11:58:03Z", Kind.MOMENT),
        ("Jan  2 11:58:03", Kind.MOMENT),
        ("02.01.2026 11:58", Kind.MOMENT),
        ("11:58:03", Kind.MOMENT),
        ("ts=1767268800", Kind.MOMENT),
        ("02:14:33 remaining", Kind.WORD),
        ("2026-01-02", Kind.WORD),
    ],
)
def test_moments(text: str, kind: Kind) -> None:
    """A time of day is one; a date alone and a duration are words."""
    (found,) = sightings.find(text)

    assert found.kind is kind


def test_a_row_behind_a_label_is_one_of_numbers() -> None:
    """Codes that begin with a zero are a word."""
    kinds = [[each.kind for each in sightings.find(text)] for text in ("+CESQ: 99,20,255", "APC: 001,036")]

    assert kinds == [[Kind.NUMBER] * 3, [Kind.WORD]]


def test_values_without_labels_are_counted() -> None:
    """Their places are those that a description can count to."""
    assert [(each.written, each.place) for each in sightings.find("21.4,48,1013.2")] == [
        ("21.4", 1),
        ("48", 2),
        ("1013.2", 3),
    ]
