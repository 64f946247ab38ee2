"""Owns how the keys of a schema are spelled: snake_case, camelCase, with a unit at the end, as words, or odd.

Knows nothing of values.
"""

import re
from collections.abc import Callable

from edge_train.chance import Chance

Spelling = Callable[[str], str]
_UNITS = {
    "°C": ("c", "celsius", "degc"),
    "°F": ("f",),
    "%": ("pct", "percent"),
    "hPa": ("hpa",),
    "kPa": ("kpa",),
    "V": ("v", "volts"),
    "mV": ("mv",),
    "A": ("a", "amps"),
    "mA": ("ma",),
    "W": ("w", "watts"),
    "kW": ("kw",),
    "kWh": ("kwh",),
    "Wh": ("wh",),
    "Hz": ("hz",),
    "dBm": ("dbm",),
    "dB": ("db",),
    "ppm": ("ppm",),
    "lx": ("lux",),
    "m/s": ("ms", "mps"),
    "km/h": ("kmh",),
    "kn": ("kt", "knots"),
    "mm": ("mm",),
    "cm": ("cm",),
    "m": ("m",),
    "m³": ("m3",),
    "L": ("l", "liters"),
    "L/min": ("lpm",),
    "bar": ("bar",),
    "psi": ("psi",),
    "s": ("s", "seconds"),
    "min": ("min", "minutes"),
    "ms": ("ms",),
    "h": ("h", "hours"),
    "kg": ("kg",),
    "g": ("g",),
    "°": ("deg",),
    "rpm": ("rpm",),
    "B": ("bytes",),
    "MB": ("mb",),
    "Ah": ("ah",),
    "mAh": ("mah",),
    "mg/L": ("mg_l",),
    "µg/m³": ("ugm3",),
    "N": ("n",),
}
_ODD = (
    "field{n}",
    "f{n}",
    "val_{n}",
    "x{n}",
    "param{n}",
    "reg{n}",
    "ch{n}_value",
    "attr_{n}",
    "c{n}",
    "value{n}",
    "col_{n}",
)
_FIRST_ODD, _LAST_ODD = 0, 60


def spelling(chance: Chance) -> Spelling:
    """Return how one schema spells its keys.

    >>> [spelling(Chance(n))("wind_speed_ms") for n in (1, 2, 17)]
    ['wind_speed_ms', 'Wind Speed Ms', 'windSpeedMs']
    """
    return chance.pick(_SPELLINGS)


def with_unit(chance: Chance, name: str, unit: str) -> str:
    """Return a name with its unit at the end, where it has none yet.

    >>> with_unit(Chance(1), "wind", "m/s"), with_unit(Chance(1), "co2_ppm", "ppm"), with_unit(Chance(1), "x", "")
    ('wind_ms', 'co2_ppm', 'x')
    """
    ends = _UNITS.get(unit)
    if not ends or any(f"_{name}".endswith(f"_{end}") for end in ends):
        return name
    return f"{name}_{chance.pick(ends)}"


def odd(chance: Chance) -> str:
    """Return a key that says nothing, as those of registers and columns do.

    >>> odd(Chance(1)), odd(Chance(2))
    ('f51', 'col_57')
    """
    return chance.pick(_ODD).format(n=chance.between(_FIRST_ODD, _LAST_ODD))


def camel(name: str) -> str:
    """Return a snake_case name in camelCase.

    >>> camel("wind_speed"), camel("pm2_5"), camel("x")
    ('windSpeed', 'pm25', 'x')
    """
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def pascal(name: str) -> str:
    """Return a snake_case name in PascalCase.

    >>> pascal("wind_speed")
    'WindSpeed'
    """
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def words(name: str) -> str:
    """Return a name as words: `Wind Speed`.

    >>> words("wind_speed")
    'Wind Speed'
    """
    return re.sub(r"\b\w", lambda match: match.group().upper(), name.replace("_", " "))


def _kebab(name: str) -> str:
    return name.replace("_", "-")


def _plain(name: str) -> str:
    return name


_SPELLINGS: tuple[Spelling, ...] = (*[_plain] * 11, *[camel] * 7, pascal, _kebab, str.upper, words)
