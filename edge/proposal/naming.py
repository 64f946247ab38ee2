"""Owns the names of fields: from what a device calls a value to what its reading should call it.

Knows nothing of texts. The names are those of the shipped examples; a unit stands in `unit:` and not in a name.
"""

import re

from edge.text.units import Unit

_WORDS = {
    "temperature": "t temp tmp temperatur temperatura",
    "humidity": "h hum rh humid luftfeuchte luftfeuchtigkeit feuchte",
    "pressure": "p press pres baro barometer druck luftdruck",
    "voltage": "v u volt volts spannung",
    "current": "i amp amps strom",
    "power": "w watt watts leistung",
    "battery": "bat batt akku batterie",
    "moisture": "moist",
    "illuminance": "lux light",
    "latitude": "lat",
    "longitude": "lon lng",
    "distance": "dist",
    "level": "lvl",
    "frequency": "freq",
    "count": "cnt",
    "time": "ts timestamp date datetime at zeit",
    "battery_voltage": "vbat vbatt vcell battv",
    "battery_charge": "bcharge",
    "line_voltage": "linev",
    "load": "loadpct",
    "time_left": "timeleft",
    "weight": "gewicht",
}
_CANONICAL = {word: name for name, words in _WORDS.items() for word in (name, *words.split())}
_OF_QUANTITY = {  # the dimension that a quantity has
    "temperature": "temperature",
    "humidity": "ratio",
    "pressure": "pressure",
    "voltage": "voltage",
    "battery_voltage": "voltage",
    "line_voltage": "voltage",
    "index": "temperature",  # heat index, dew point
    "point": "temperature",
    "current": "current",
    "power": "power",
    "illuminance": "illuminance",
    "distance": "length",
    "frequency": "frequency",
    "weight": "mass",
}
_OF_DIMENSION = {  # what a number is called that has a unit and no label
    **{dimension: dimension for dimension in ("temperature", "pressure", "voltage", "current", "power", "energy")},
    "ratio": "percentage",
    "apparent power": "apparent_power",
    "length": "distance",
    "mass": "weight",
    "signal": "rssi",
    "time": "duration",
    "frequency": "frequency",
    "rotation": "speed",
    "speed": "speed",
    "volume": "volume",
    "flow": "flow",
    "illuminance": "illuminance",
    "traces": "concentration",
}
_SAID = ("temperature", "voltage", "current", "power", "pressure")  # a bearing at 94 °C has a bearing_temperature
_QUALIFIERS = ("min", "max", "high", "low", "hyst", "crit", "avg", "mean", "target", "set", "setpoint")
_DURATIONS = re.compile(r"remain|left|uptime|duration|elapsed|since", re.IGNORECASE)
_SWITCHES = re.compile(
    r"motion|relay|door|window|alarm|leak|presence|occup|pir|switch|led\b|heat|fan|pump|valve|load|light|power|rain|tamper|fault|open",
    re.IGNORECASE,
)
_ONES = ("device", "index", "probe", "sensor", "no", "nr", "decimals")
_USUAL = {
    "temperature": "°C",
    "ratio": "%",
    "pressure": "hPa",
    "voltage": "V",
    "current": "A",
    "power": "W",
    "illuminance": "lx",
    "length": "cm",
    "frequency": "Hz",
    "mass": "kg",
}
_LONGEST = 40  # characters of a name


def name(label: str, unit: Unit | None) -> str:
    """Return the name of a value with a label and a unit; empty where neither says anything.

    >>> celsius = Unit(symbol="°C", dimension="temperature")
    >>> volt, percent = Unit(symbol="V", dimension="voltage"), Unit(symbol="%", dimension="ratio")
    >>> [name(*each) for each in (("T", celsius), ("batt", volt), ("batt", percent), ("", volt))]
    ['temperature', 'battery_voltage', 'battery', 'voltage']
    >>> name("outdoorTemp", celsius), name("soil", percent), name("Heat index", None)
    ('outdoor_temperature', 'soil_moisture', 'heat_index')
    """
    words = _split(label)
    dimension = unit.dimension if unit else None
    if words in (["t"], ["p"], ["h"], ["v"], ["i"], ["u"], ["w"]) and dimension:
        words = [
            _CANONICAL[words[0]] if _OF_QUANTITY[_CANONICAL[words[0]]] == dimension else _of(unit) or words[0]
        ]
    elif len(words) > 1:
        words = [_CANONICAL.get(word, word) if len(word) > 1 else word for word in words]
    else:
        words = [_CANONICAL.get(word, word) for word in words]
    if not words:
        return _of(unit)
    if words[0] in _OF_QUANTITY and words[0] not in {"index", "point"} and any(word in _ONES for word in words):
        words = words[:1]  # Temperature for the device 1
    if words == ["soil"] and dimension == "ratio":
        words = ["soil", "moisture"]
    is_said = any(_CANONICAL.get(word.rstrip("0123456789"), word) in _OF_QUANTITY for word in words)
    if dimension in _SAID and not is_said and words[-1] not in _QUALIFIERS:
        words.append(dimension)
    return "_".join(words)[:_LONGEST].strip("_")


def is_quantity(word: str) -> bool:
    """Return whether a word stands for something that is measured.

    >>> is_quantity("T"), is_quantity("BME")
    (True, False)
    """
    return word.lower() in _CANONICAL


def dimension(label: str) -> str | None:
    """Return the dimension of what a label names; None where it names nothing that is known."""
    words = _split(label)
    return _OF_QUANTITY.get(_CANONICAL.get(words[-1], words[-1])) if words else None


def usual_unit(name: str) -> str | None:
    """Return the unit that what is called so often has; None where that is not known.

    >>> usual_unit("outdoor_temperature"), usual_unit("humidity"), usual_unit("count")
    ('°C', '%', None)
    """
    of = next((_OF_QUANTITY[each] for each in (name, name.rsplit("_", 1)[-1]) if each in _OF_QUANTITY), None)
    return _USUAL.get(of or "")


def is_number_of_one(label: str) -> bool:
    """Return whether a whole number behind this label says which one of several is meant.

    >>> is_number_of_one("Temperature device"), is_number_of_one("humidity")
    (True, False)
    """
    words = _split(label)
    return bool(words) and words[-1] in _ONES


def is_qualifier(label: str) -> bool:
    """Return whether a label says nothing but which value of a quantity this is: max."""
    return label.lower() in _QUALIFIERS


def is_time(label: str) -> bool:
    """Return whether a label names a moment."""
    words = _split(label)
    return bool(words) and _CANONICAL.get(words[-1], words[-1]) == "time"


def is_duration(label: str) -> bool:
    """Return whether a label says that what looks like a time of day is a duration."""
    return _DURATIONS.search(label) is not None


def is_switch(label: str) -> bool:
    """Return whether 0 and 1 behind this label are states."""
    return _SWITCHES.search(label) is not None


def _of(unit: Unit | None) -> str:
    return _OF_DIMENSION.get(unit.dimension, unit.dimension.replace(" ", "_")) if unit else ""


def _split(label: str) -> list[str]:
    """Return the words of a label in lower case; a number stays with the word before it.

    >>> _split("outdoorTemp 2"), _split("CO2"), _split("Füllstand"), _split("1-0:1.8.0")
    (['outdoor', 'temp', '2'], ['co2'], ['füllstand'], [])
    """
    words = re.findall(r"[^\W_]+", re.sub(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])", "_", label))
    return [word.lower() for word in words] if any(re.search(r"[^\W\d]", word) for word in words) else []
