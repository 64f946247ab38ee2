"""Numbers in other units: exact, and no coarser than what they come from."""

from decimal import Decimal

import pytest

from edge.extraction import conversion
from edge.text import units


def said(literal: str, source: str, target: str) -> str:
    """Return a number in another unit, both by their symbols."""
    one, other = units.named(source), units.named(target)
    assert one is not None
    assert other is not None
    return conversion.converted(literal, one, other)


@pytest.mark.parametrize(
    ("literal", "source", "target", "expected"),
    [
        ("-40", "°F", "°C", "-40.00"),
        ("0", "K", "°C", "-273.2"),
        ("98.6", "°F", "K", "310.150"),
        ("29.92", "inHg", "hPa", "1013.21"),
        ("760", "Torr", "hPa", "1013.2"),
        ("14.696", "psi", "kPa", "101.3254"),
        ("230", "mA", "A", "0.230"),
        ("1.5", "h", "s", "5400"),
        ("90", "s", "min", "1.500"),
        ("100", "kn", "km/h", "185.2"),
        ("26.2", "mi", "km", "42.16"),
        ("1", "gal", "L", "3.8"),
        ("2", "lb", "kg", "0.91"),
        ("1", "t", "kg", "1000"),
        ("1", "MiB", "B", "1048576"),
        ("1", "kWh", "MJ", "3.6"),
        ("60", "cfm", "m³/h", "101.9"),
        ("410", "ppb", "ppm", "0.410"),
        ("1e3", "W", "kW", "1"),
        ("-0.0", "mA", "A", "0.0000"),
    ],
)
def test_known_conversions(literal: str, source: str, target: str, expected: str) -> None:
    """Factors from the SI brochure and from NIST's guide (SP 811, appendix B)."""
    assert said(literal, source, target) == expected


ALL = tuple(units.every())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(one.symbol, other.symbol, id=f"{one.symbol}-{other.symbol}")
        for one in ALL
        for other in ALL
        if one != other and conversion.is_possible(one, other)
    ],
)
def test_there_and_back_is_the_same(one: str, other: str) -> None:
    """Pint knows every unit of the table as what it is: converted back, a number is what it was."""
    assert abs(Decimal(said(said("36.6", one, other), other, one)) - Decimal("36.6")) <= Decimal("0.05")
