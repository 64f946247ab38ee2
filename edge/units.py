"""Owns the spellings of units: which unit a schema names, and which unit stands beside a number in a text.

Knows nothing of conversion. A text's unit is recognised only when it is spelled as devices spell it; what is not
in the table is no unit. Sources: SI brochure, UCUM, and the console output of common firmwares.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """A unit under its usual symbol; two spellings of one unit are equal (mbar is hPa)."""

    symbol: str
    dimension: str


_TABLE = {  # dimension: {symbol: spellings; the symbol itself is one}
    "temperature": {
        "°C": "C ℃ *C 'C ºC degC deg_C celsius °Celsius deg.C",
        "°F": "F ℉ *F 'F ºF degF deg_F fahrenheit deg.F",
        "K": "kelvin",
    },
    "ratio": {"%": "percent pct %RH %rH %rh %r.H. Percent", "ppm": "PPM", "ppb": "PPB"},
    "pressure": {
        "Pa": "pascal",
        "hPa": "HPA hpa mbar mb mBar millibar",
        "kPa": "KPA kpa",
        "MPa": "",
        "bar": "Bar BAR",
        "psi": "PSI",
        "inHg": "inhg",
        "mmHg": "mmhg",
    },
    "voltage": {"V": "v volt volts VDC VAC Vdc Vac", "mV": "mv millivolt millivolts", "kV": "kv"},
    "current": {"A": "amp amps ampere amperes", "mA": "ma milliamp milliamps", "µA": "uA μA", "kA": ""},
    "power": {"W": "watt watts", "kW": "KW kw kilowatt kilowatts", "mW": "", "MW": "", "VA": "", "kVA": ""},
    "energy": {"Wh": "WH wh", "kWh": "KWH kwh KWh", "MWh": "", "J": "joule", "kJ": "", "MJ": ""},
    "charge": {"Ah": "AH", "mAh": "mAH mah MAH"},
    "frequency": {"Hz": "hz HZ hertz", "kHz": "khz KHz", "MHz": "", "GHz": "", "rpm": "RPM 1/min U/min"},
    "length": {
        "m": "meter meters metre metres",
        "cm": "CM",
        "mm": "MM",
        "km": "",
        "ft": "feet foot",
        "inch": "inches",
        "mi": "mile miles",
    },
    "speed": {"m/s": "mps", "km/h": "kmh kph KMH KPH", "mph": "MPH", "kn": "kt kts knots knot KT KTS"},
    "volume": {"L": "l liter liters litre litres Ltr", "mL": "ml", "m³": "m3 m^3 cbm", "gal": "gallon gallons"},
    "flow": {"L/min": "l/min lpm LPM L/m", "L/h": "l/h", "L/s": "l/s", "m³/h": "m3/h m^3/h", "gpm": "GPM"},
    "mass": {"g": "gram grams", "kg": "KG Kg", "mg": "", "lb": "lbs", "t": ""},
    "concentration": {"mg/L": "mg/l", "µg/m³": "ug/m3 µg/m3 μg/m³ μg/m3 ug/m³", "mg/m³": "mg/m3"},
    "conductivity": {"µS/cm": "uS/cm μS/cm", "mS/cm": ""},
    "time": {
        "s": "sec secs second seconds",
        "ms": "msec millisecond milliseconds",
        "min": "mins minute minutes",
        "h": "hr hrs hour hours",
        "d": "day days",
    },
    "illuminance": {"lx": "lux Lux LUX", "klx": "klux"},
    "level": {"dB": "DB", "dB(A)": "dBA"},
    "signal": {"dBm": "DBM dbm"},
    "force": {"N": "newton", "kN": ""},
    "torque": {"Nm": "N·m"},
    "data": {"B": "byte bytes Bytes", "kB": "KB", "MB": "", "GB": "", "KiB": "", "MiB": "", "GiB": ""},
}
_BY_SPELLING = {
    spelling: Unit(symbol=symbol, dimension=dimension)
    for dimension, symbols in _TABLE.items()
    for symbol, spellings in symbols.items()
    for spelling in (symbol, *spellings.split())
}
_WORD = 4  # letters; from here on a spelling is a word, and its case does not matter
_BY_WORD = {spelling.lower(): unit for spelling, unit in _BY_SPELLING.items() if len(spelling) >= _WORD}
_ANY = "|".join(
    re.escape(s) if len(s) < _WORD else f"(?i:{re.escape(s)})" for s in sorted(_BY_SPELLING, key=len, reverse=True)
)
_AFTER = re.compile(rf"[ \u00a0*]{{0,2}}(?:degrees? |deg |°\s)?({_ANY})(?![A-Za-z0-9µμ°²³/^])")
_BEFORE = re.compile(rf"[(\[]({_ANY})[)\]][\s\"'.]*[:=]?[\s\"']*\Z")
_LABEL = re.compile(rf"[A-Za-z0-9]_({_ANY})[\"']?\s*[:=]\s*[\"']?\Z")
_BEFORE_REACH = 24  # characters; the longest spelling with its brackets and spaces


def named(spelling: str) -> Unit | None:
    """Return the unit that a schema's `unit` names; None where the table has none of that spelling.

    >>> named("degC"), named("mbar").symbol, named("furlong")
    (Unit(symbol='°C', dimension='temperature'), 'hPa', None)
    """
    return _BY_SPELLING.get(spelling) or _BY_WORD.get(spelling.lower())


def beside(text: str, start: int, end: int) -> Unit | None:
    """Return the unit that stands beside the number text[start:end], behind it or in brackets before it.

    >>> [beside(t, t.index("6"), t.index("8") + 1) for t in ("T 68F", "T[°C]: 68", "68 farms")]
    [Unit(symbol='°F', dimension='temperature'), Unit(symbol='°C', dimension='temperature'), None]
    """
    found = _AFTER.match(text, end) or _BEFORE.search(text, max(0, start - _BEFORE_REACH), start)
    return named(found.group(1)) if found else None


def in_label(text: str, start: int) -> Unit | None:
    """Return the unit that ends the label before the number at `start`, behind an underscore.

    A label's last letter is often no unit (`phase_a=230`): believe it only where its dimension is the field's.

    >>> in_label("temp_F=68", 7)
    Unit(symbol='°F', dimension='temperature')
    """
    found = _LABEL.search(text, max(0, start - _BEFORE_REACH), start)
    return named(found.group(1)) if found else None
