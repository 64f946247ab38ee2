"""Owns the spellings of units: which unit a schema names, and which unit stands beside a number in a text.

Knows nothing of conversion; units of one dimension are those that make sense in each other's place: VA is no W.
A text's unit is recognised only when it is spelled as devices spell it; what is not in the table is no unit.
Sources: SI brochure, UCUM, and the console output of common firmwares.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class UnitPolicy(StrEnum):
    """What becomes of a number whose unit in the text is not its field's."""

    CONVERT = "convert"  # or reject the message, where nothing converts the one into the other
    KEEP = "keep"  # as it stands: the consumer knows what it is


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """A unit under its usual symbol; two spellings of one unit are equal (mbar is hPa)."""

    symbol: str
    dimension: str


_TABLE = {  # dimension: {symbol: spellings; the symbol itself is one}
    "temperature": {
        "°C": "C c ℃ *C 'C ºC C° degC deg_C celsius °Celsius deg.C",
        "°F": "F f ℉ *F 'F ºF F° degF deg_F fahrenheit deg.F",
        "K": "kelvin",
    },
    "ratio": {"‰": "permille", "%": "percent pct %RH %rH %rh %r.H. Percent"},
    "traces": {"ppm": "PPM", "ppb": "PPB"},  # 48 % of humidity are no 480000 ppm of carbon dioxide
    "pressure": {
        "Torr": "torr",
        "atm": "",
        "mPa": "",
        "Pa": "pascal",
        "hPa": "HPA hpa mbar mb mBar millibar",
        "kPa": "KPA kpa",
        "MPa": "",
        "bar": "Bar BAR",
        "psi": "PSI",
        "inHg": "inhg",
        "mmHg": "mmhg",
    },
    "voltage": {
        "µV": "uV μV",
        "MV": "",
        "V": "v volt volts VDC VAC Vdc Vac",
        "mV": "mv millivolt millivolts",
        "kV": "kv",
    },
    "current": {
        "nA": "",
        "pA": "",
        "A": "amp amps ampere amperes",
        "mA": "ma milliamp milliamps",
        "µA": "uA μA",
        "kA": "",
    },
    "power": {
        "µW": "uW μW",
        "GW": "",
        "W": "watt watts",
        "kW": "KW kw kilowatt kilowatts",
        "mW": "",
        "MW": "",
    },
    "apparent power": {"VA": "", "kVA": ""},
    "energy": {"Wh": "WH wh", "kWh": "KWH kwh KWh", "MWh": "", "J": "joule", "kJ": "", "MJ": ""},
    "charge": {"Ah": "AH", "mAh": "mAH mah MAH"},
    "frequency": {"Hz": "hz HZ hertz", "kHz": "khz KHz", "MHz": "", "GHz": ""},
    "rotation": {"rpm": "RPM 1/min U/min"},
    "length": {
        "µm": "um μm",
        "nm": "",
        "yd": "yards",
        "m": "meter meters metre metres",
        "cm": "CM",
        "mm": "MM",
        "km": "",
        "ft": "feet foot",
        "inch": "inches",
        "mi": "mile miles",
    },
    "speed": {"m/s": "mps", "km/h": "kmh kph KMH KPH", "mph": "MPH", "kn": "kt kts knots knot KT KTS"},
    "volume": {
        "cl": "cL",
        "dl": "dL",
        "hl": "hL",
        "L": "l liter liters litre litres Ltr",
        "mL": "ml",
        "m³": "m3 m^3 cbm",
        "gal": "gallon gallons",
    },
    "flow": {
        "cfm": "CFM",
        "mL/min": "ml/min",
        "L/min": "l/min lpm LPM L/m",
        "L/h": "l/h",
        "L/s": "l/s",
        "m³/h": "m3/h m^3/h",
        "gpm": "GPM",
    },
    "mass": {"µg": "ug μg", "oz": "ounces", "g": "gram grams", "kg": "KG Kg", "mg": "", "lb": "lbs", "t": ""},
    "concentration": {"mg/L": "mg/l", "µg/m³": "ug/m3 µg/m3 μg/m³ μg/m3 ug/m³", "mg/m³": "mg/m3"},
    "conductivity": {"µS/cm": "uS/cm μS/cm", "mS/cm": ""},
    "time": {
        "µs": "us μs microseconds",
        "ns": "nanoseconds",
        "wk": "week weeks",
        "s": "sec secs second seconds",
        "ms": "msec millisecond milliseconds",
        "min": "mins minute minutes",
        "h": "hr hrs hour hours",
        "d": "day days",
    },
    "illuminance": {"lx": "lux Lux LUX", "klx": "klux"},
    "level": {"dB": "DB"},
    "weighted level": {"dB(A)": "dBA"},
    "signal": {"dBm": "DBM dbm"},
    "force": {"N": "newton", "kN": ""},
    "torque": {"Nm": "N·m"},
    "resistance": {"Ω": "ohm ohms Ohm", "kΩ": "kohm kOhm", "MΩ": "Mohm MOhm", "mΩ": "mohm mOhm"},
    "dose": {"µSv/h": "uSv/h μSv/h", "mSv/h": "", "Sv/h": "", "nSv/h": ""},
    "flux": {"T": "tesla", "mT": "", "µT": "uT μT"},
    "data": {
        "TB": "",
        "TiB": "",
        "B": "byte bytes Bytes",
        "kB": "KB",
        "MB": "",
        "GB": "",
        "KiB": "",
        "MiB": "",
        "GiB": "",
    },
}
_BY_SPELLING = {
    spelling: Unit(symbol=symbol, dimension=dimension)
    for dimension, symbols in _TABLE.items()
    for symbol, spellings in symbols.items()
    for spelling in (symbol, *spellings.split())
}
_WORD = 4  # letters; from here on a spelling is a word, and its case does not matter
_BY_WORD = {spelling.lower(): unit for spelling, unit in _BY_SPELLING.items() if len(spelling) >= _WORD}
_NEAR = 0.82  # like enough to be the same word misspelled; moles and miles are not
_ANY = "|".join(
    re.escape(s) if len(s) < _WORD else f"(?i:{re.escape(s)})" for s in sorted(_BY_SPELLING, key=len, reverse=True)
)
_END = r"(?![A-Za-z0-9µμ°²³^]|/[A-Za-zµμ])"  # of a unit: the m of `5 m/s` is none, the F of `68F/20C` is one
_GAP = r"[ \t\u00a0\u2009\u202f*]{0,2}"
_DEGREES = r"(?:(?i:degrees?|degrés?|grados|grad|deg\.?) ?|[Â°˚º\ufffd]{1,2} ?|&deg;|\\u00b0)"  # damaged ones too
_AFTER = re.compile(rf"{_GAP}(?:{_DEGREES}(?=[CFKcf]))?({_ANY}){_END}")
# Behind a gap, what looks like a unit may be the label of the next number: `T=21.4 V=3.6`, `temp 21.4 min 18.2`.
_NEXT_LABEL = re.compile(rf"\s+[*]?(?:{_DEGREES}(?=[CFKcf]))?({_ANY}){_END}(?:\s*[=:]|\s+[-+−]?\.?[0-9])")
_BEFORE_NUMBER = re.compile(rf"\s+[*]?(?:{_DEGREES}(?=[CFKcf]))?({_ANY}){_END}(?=\s+[-+−]?\.?[0-9])")
_NEXT_REACH = 8
_IN_BRACKETS = rf"[(\[]({_ANY})[)\]]"
_BRACKETS_AFTER = re.compile(rf"{_GAP}{_IN_BRACKETS}")
_BRACKETS_BEFORE = re.compile(rf"{_IN_BRACKETS}[\s\"'.]*[:=]?[\s\"']*\Z")
_LABEL = re.compile(  # temp_F, tempF, temp f, Outside °F
    rf"(?:[A-Za-z0-9]_|(?<=[a-z])(?=[A-Z])|(?i:temp|temperature)[ .-]?|[A-Za-z] ?(?=[°℃℉]))({_ANY})"
    r"[\"']?\s*[:=]\s*[\"']?\Z"
)
_WHOLE_LABEL = re.compile(
    r"(?<![^\s,;|({\[\"'])([A-Za-zµμ°%/³0-9()]{2,})[\"']?\s*[:=]\s*[\"']?\Z"
)  # kWh=12.5, mV: 3300
_NO_LABELS = {"min", "Min", "MIN", "max"}  # the least of several, and no minutes
_KEY = r"(?i:units?|uom|unit_of_measurement)[\"']?\s*[:=]\s*[\"']?"  # {"value": 68, "unit": "F"}
_KEY_AFTER = re.compile(rf"[\"']?\s*[,;]\s*[\"']?{_KEY}({_ANY}){_END}")
_KEY_BEFORE = re.compile(
    rf"{_KEY}({_ANY})[\"']?\s*(?:>|[,;]\s*[\"']?(?i:value|val|reading|state)[\"']?\s*[:=])\s*[\"']?\Z"
)
_CELL_AFTER = re.compile(rf"\s?[,;|]\s?({_ANY})(?=\s*(?:[,;|\r\n]|\Z))")  # 68.0,F,40
_REACH = 48  # characters before a number; the longest spelling with its key, brackets and spaces


def named(spelling: str) -> Unit | None:
    """Return the unit that a schema's `unit` names; None where the table has none of that spelling.

    >>> named("degC"), named("mbar").symbol, named("furlong")
    (Unit(symbol='°C', dimension='temperature'), 'hPa', None)
    """
    return _BY_SPELLING.get(spelling) or _BY_WORD.get(spelling.lower())


def every() -> Iterator[Unit]:
    """Yield each unit of the table once."""
    return (
        Unit(symbol=symbol, dimension=dimension) for dimension, symbols in _TABLE.items() for symbol in symbols
    )


def misspelled(spelling: str) -> str | None:
    """Return the spelling that was probably meant by a word that names no unit; None for all else.

    >>> misspelled("celcius"), misspelled("Kwh"), misspelled("pH"), misspelled("celsius")
    ('celsius', None, None, None)
    """
    if named(spelling) or not spelling.isalpha() or len(spelling) < _WORD:
        return None
    return next(iter(get_close_matches(spelling.lower(), _BY_WORD, n=1, cutoff=_NEAR)), None)


def beside(text: str, start: int, end: int) -> Unit | None:
    """Return the unit that stands beside the number text[start:end]: behind it, or in brackets before or behind.

    >>> [beside(t, t.index("6"), t.index("8") + 1) for t in ("T 68F", "T[°C]: 68", "68 farms")]
    [Unit(symbol='°F', dimension='temperature'), Unit(symbol='°C', dimension='temperature'), None]
    """
    found = _AFTER.match(text, end)
    if found and not _NEXT_LABEL.match(text, end, found.end() + _NEXT_REACH):
        return named(found.group(1))
    found = _in_brackets(text, start, end)
    return named(found.group(1)) if found and len(found.group(1)) > 1 else None  # Zone (A) is no current


def in_label(text: str, start: int, end: int) -> Unit | None:
    """Return the unit that the words around the number text[start:end] hint at: label, key or cell of its own.

    A label's last letter is often no unit (`phase_a=230`): believe it only where its dimension is the field's.

    >>> texts = ("temp_F=68", "kWh=68", '{"v": 68, "unit": "F"}', "Zone (F): 68", "68")
    >>> [unit and unit.symbol for t in texts for unit in [in_label(t, t.index("6"), t.index("8") + 1)]]
    ['°F', 'kWh', '°F', '°F', None]
    """
    reach = max(0, start - _REACH)
    found = _BEFORE_NUMBER.match(text, end) or _KEY_AFTER.match(text, end) or _CELL_AFTER.match(text, end)
    if found:
        return named(found.group(1))
    whole = _WHOLE_LABEL.search(text, reach, start)
    if whole and whole.group(1) not in _NO_LABELS and (unit := named(whole.group(1))):
        return unit  # before its parts: kWh is no Wh
    found = (
        _LABEL.search(text, reach, start)
        or _KEY_BEFORE.search(text, reach, start)
        or _in_brackets(text, start, end)
    )
    return named(found.group(1)) if found else None


def is_compass_point(unit: Unit, field_unit: str | None) -> bool:
    """Whether what looks like a unit behind an angle is a direction: 48.85 N is no force, 2.35 W no power."""
    return unit.symbol in {"N", "W"} and field_unit in {"°", "deg", "degree", "degrees"}


def _in_brackets(text: str, start: int, end: int) -> re.Match[str] | None:
    return _BRACKETS_AFTER.match(text, end) or _BRACKETS_BEFORE.search(text, max(0, start - _REACH), start)
