"""Owns the arithmetic between units: the door to pint, with exact fractions.

Knows nothing of texts and schemas. A result is ten times as fine as the number it comes from, so that rounding
adds next to nothing to what the device rounded: 68 °F are 20.00 °C. Where only the decimal point moves, it is as
fine: 230 mA are 0.230 A.
"""

import re
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from edge.errors import EdgeError
from edge.text.units import Unit

_NAMES = dict(  # as pint calls what the table of units calls otherwise
    re.findall(
        r"(\S+)=(\S+)",
        """
        °C=degC °F=degF K=kelvin %=percent ‰=permille ppb=part_per_billion Torr=torr Ah=ampere_hour
        mAh=milliampere_hour ft=foot yd=yard mi=mile mph=mile/hour kn=knot h=hour d=day wk=week min=minute
        t=metric_ton lb=pound oz=ounce m³=meter**3 gal=gallon cfm=foot**3/minute gpm=gallon/minute
        m³/h=meter**3/hour L/h=liter/hour L/min=liter/minute mL/min=milliliter/minute L/s=liter/second
        µg/m³=microgram/meter**3 mg/m³=milligram/meter**3 mg/L=milligram/liter km/h=km/hour
        µSv/h=microsievert/hour mSv/h=millisievert/hour nSv/h=nanosievert/hour Sv/h=sievert/hour B=byte
        kB=kilobyte MB=megabyte GB=gigabyte TB=terabyte Ω=ohm KiB=kibibyte MiB=mebibyte GiB=gibibyte TiB=tebibyte
        kΩ=kiloohm mΩ=milliohm MΩ=megaohm lx=lux klx=kilolux T=tesla mT=millitesla µT=microtesla cl=centiliter
        dl=deciliter hl=hectoliter
        """,
    )
)
_MOST_EXPONENT = 400  # decimal places before or behind the point; what is beyond is no measurement


def is_possible(source: Unit, target: Unit) -> bool:
    """Whether a number in one unit can be said in another.

    >>> from edge.text.units import named
    >>> [is_possible(named("psi"), named(unit)) for unit in ("bar", "V")]
    [True, False]
    """
    return source.dimension == target.dimension


def converted(literal: str, source: Unit, target: Unit, *, is_whole: bool = False) -> str:
    """Return a number, spelled as in JSON, in another unit of its dimension; halves go to the even digit.

    >>> from edge.text.units import named
    >>> fahrenheit, celsius, hectopascal = named("°F"), named("°C"), named("hPa")
    >>> converted("68", fahrenheit, celsius), converted("-40.00", fahrenheit, celsius)
    ('20.00', '-40.0000')
    >>> converted("70", fahrenheit, celsius, is_whole=True), converted("1.2", named("bar"), hectopascal)
    ('21', '1200')

    Only whole numbers come where they alone are asked for.

    Raises:
        EdgeError: the number is beyond all measure.
    """
    number = Decimal(literal)
    exponent = int(number.as_tuple().exponent)
    if not -_MOST_EXPONENT <= exponent <= max(number.adjusted(), exponent) <= _MOST_EXPONENT:
        raise EdgeError(f"{literal} {source.symbol} is too large or too precise to be converted")
    factor, offset = _affine(_name(source), _name(target))
    is_shift = _is_power_of_ten(factor) and not offset
    resolution = Fraction(10) ** exponent * factor / (1 if is_shift else 10)
    decimals = 0 if is_whole else _decimals(resolution)
    return _fixed(round((Fraction(number) * factor + offset) * 10**decimals), decimals)


def _decimals(resolution: Fraction) -> int:
    """Return how many decimals are at least as fine as a resolution.

    >>> _decimals(Fraction(5, 9)), _decimals(Fraction(100)), _decimals(Fraction(1, 1000))
    (1, 0, 3)
    """
    decimals = 0
    while Fraction(1, 10**decimals) > resolution:
        decimals += 1
    return decimals


def _is_power_of_ten(factor: Fraction) -> bool:
    """Whether a factor only moves the decimal point.

    >>> [_is_power_of_ten(Fraction(each)) for each in ("1/1000", "1", "100", "60")]
    [True, True, True, False]
    """
    return re.fullmatch("10*", str(max(factor, 1 / factor))) is not None


def _fixed(scaled: int, decimals: int) -> str:
    """Return a whole number of units of the last decimal, written out.

    >>> _fixed(-5, 2), _fixed(0, 1), _fixed(1200, 0)
    ('-0.05', '0.0', '1200')
    """
    digits = str(abs(scaled)).zfill(decimals + 1)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{digits[: len(digits) - decimals]}" + (f".{digits[-decimals:]}" if decimals else "")


def _name(unit: Unit) -> str:
    return str(_NAMES.get(unit.symbol, unit.symbol))


@cache
def _affine(source: str, target: str) -> tuple[Fraction, Fraction]:
    """Return factor and offset from one unit to another, by their names in pint."""
    zero, one = (_registry().Quantity(Fraction(each), source).to(target).magnitude for each in (0, 1))
    return Fraction(one) - Fraction(zero), Fraction(zero)


@cache
def _registry() -> Any:
    """Return pint's units, loaded when the first number is to be converted: it takes longer than the model."""
    import pint  # noqa: PLC0415  # see above

    registry: Any = pint.UnitRegistry(non_int_type=Fraction, cache_folder=None)
    registry.define("part_per_billion = 1e-9")
    return registry
