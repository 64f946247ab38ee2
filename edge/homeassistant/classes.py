"""Owns which classes of Home Assistant a field has, by its unit and its name, where both leave no doubt.

Knows nothing of schemas. In doubt a field has no class: a wrong one converts values, or spoils statistics for
good. Source: DEVICE_CLASS_UNITS and DEVICE_CLASS_STATE_CLASSES of Home Assistant's sensor component, 2025.4; a
test holds this table against them.
"""

from dataclasses import dataclass

from edge.homeassistant import names
from edge.text import units

MEASUREMENT, ANGLE, INCREASING = "measurement", "measurement_angle", "total_increasing"

_METER = (
    *(
        "total",
        "meter",
        "counter",
        "import",
        "export",
        "imported",
        "exported",
        "delivered",
        "received",
        "produced",
    ),
    *("lifetime", "today", "daily", "reading", "zaehler", "zaehlerstand", "zählerstand", "gesamt", "bezug"),
    *("einspeisung", "consumed", "index"),
)
_STORED = (
    *("stored", "remaining", "available", "left", "tank", "level", "content", "reservoir", "fill", "capacity"),
    *("vorrat", "inhalt", "füllstand", "fuellstand"),
)
_RAIN = ("rain", "rainfall", "precip", "precipitation", "regen", "niederschlag")
_AIR = ("barometer", "barometric", "atmospheric", "qnh", "qfe", "sea_level", "luftdruck", "air_pressure", "baro")
_NO_QUANTITY = (  # numbers that name something
    *(
        "id",
        "code",
        "address",
        "addr",
        "channel",
        "version",
        "serial",
        "number",
        "seq",
        "sequence",
        "line",
        "port",
    ),
    *("index", "year", "month", "day", "node", "slot", "bus", "pid"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Classes:
    """What Home Assistant is told of a number.

    Attributes:
        device_class: None for none; likewise the others.
        unit: in Home Assistant's spelling.
        precision: digits behind the point that are shown.
    """

    device_class: str | None = None
    state_class: str | None = None
    unit: str | None = None
    precision: int | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    """A device class, for fields with one of some units whose names hold one of some words, if any are given."""

    device_class: str
    units: tuple[str, ...]  # symbols of our table; "" for no unit
    words: tuple[str, ...] = ()
    state_class: str | None = MEASUREMENT
    precision: int | None = None
    also: tuple[str, ...] = ()  # and one of these


_TEMPERATURES = ("°C", "°F", "K")
_PRESSURES = ("Pa", "hPa", "kPa", "bar", "psi", "inHg", "mmHg")
_ENERGIES = ("Wh", "kWh", "MWh", "J", "kJ", "MJ")
_VOLUMES = ("L", "mL", "m³", "gal")
_LENGTHS = ("mm", "cm", "m", "km", "inch", "ft", "yd", "mi")
_SPEEDS = ("m/s", "km/h", "mph", "kn")

RULES = (  # the first that fits
    _Rule("temperature", _TEMPERATURES, precision=1),
    _Rule("battery", ("%",), ("battery", "batt", "bat", "soc", "batterie", "akku"), precision=0),
    _Rule("moisture", ("%",), ("moisture", "bodenfeuchte", "soil_humidity", "vwc"), precision=0),
    _Rule(
        "humidity", ("%",), ("humidity", "rh", "hum", "feuchte", "luftfeuchte", "luftfeuchtigkeit"), precision=0
    ),
    _Rule("power_factor", ("%", ""), ("power_factor", "pf", "cos_phi", "cosphi")),
    _Rule("atmospheric_pressure", _PRESSURES, _AIR, precision=1),
    _Rule("pressure", _PRESSURES),
    _Rule("voltage", ("µV", "mV", "V", "kV", "MV")),
    _Rule("current", ("mA", "A")),
    _Rule("power", ("mW", "W", "kW", "MW", "GW")),
    _Rule("apparent_power", ("VA",)),
    _Rule("energy_storage", _ENERGIES, _STORED),
    _Rule("energy", _ENERGIES, _METER, INCREASING),
    _Rule("energy", _ENERGIES, state_class=None),
    _Rule("frequency", ("Hz", "kHz", "MHz", "GHz")),
    _Rule("precipitation", ("mm", "cm", "inch"), _RAIN, INCREASING, also=_METER),
    _Rule("precipitation", ("mm", "cm", "inch"), _RAIN),
    _Rule("distance", _LENGTHS),
    _Rule("wind_speed", _SPEEDS, ("wind", "gust", "windgeschwindigkeit", "böe")),
    _Rule("speed", _SPEEDS),
    _Rule("gas", ("m³",), ("gas",), INCREASING, also=_METER),
    _Rule("water", ("L", "m³", "gal"), ("water", "wasser"), INCREASING, also=_METER),
    _Rule("volume_storage", _VOLUMES, _STORED),
    _Rule("volume", _VOLUMES, _METER, INCREASING),
    _Rule("volume_flow_rate", ("m³/h", "L/min", "cfm", "gpm")),
    _Rule("weight", ("µg", "mg", "g", "kg", "oz", "lb")),
    _Rule("carbon_dioxide", ("ppm",), ("co2", "carbon_dioxide", "eco2", "kohlendioxid"), precision=0),
    _Rule("carbon_monoxide", ("ppm",), ("co", "carbon_monoxide", "kohlenmonoxid")),
    _Rule("volatile_organic_compounds_parts", ("ppm", "ppb"), ("voc", "tvoc")),
    _Rule("pm25", ("µg/m³",), ("pm25", "pm2_5", "pm_2_5")),
    _Rule("pm10", ("µg/m³",), ("pm10", "pm_10", "pm10_0")),
    _Rule("pm1", ("µg/m³",), ("pm1", "pm1_0", "pm_1", "pm_1_0")),
    _Rule("nitrogen_dioxide", ("µg/m³",), ("no2", "nitrogen_dioxide")),
    _Rule("ozone", ("µg/m³",), ("o3", "ozone", "ozon")),
    _Rule("sulphur_dioxide", ("µg/m³",), ("so2", "sulphur_dioxide")),
    _Rule("volatile_organic_compounds", ("µg/m³",), ("voc", "tvoc")),
    _Rule("conductivity", ("µS/cm", "mS/cm")),
    _Rule("duration", ("µs", "ms", "s", "min", "h", "d")),
    _Rule("illuminance", ("lx",)),
    _Rule("irradiance", ("W/m²",)),
    _Rule("signal_strength", ("dBm",), precision=0),
    _Rule("signal_strength", ("dB",), ("rssi", "signal", "snr", "sinr", "rsrp", "rsrq")),
    _Rule("sound_pressure", ("dB",), ("sound", "noise", "spl", "lärm", "laerm", "schall")),
    _Rule("sound_pressure", ("dB(A)",)),
    _Rule("data_size", ("B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB")),
    _Rule("wind_direction", ("°",), ("wind_dir", "wind_direction", "winddir", "windrichtung"), ANGLE),
    _Rule("ph", ("",), ("ph", "ph_value")),
    _Rule("aqi", ("",), ("aqi",)),
)
SPELLED = {"inch": "in", "cfm": "ft³/min", "gpm": "gal/min", "dB(A)": "dBA"}
SWITCHES = {  # of a boolean, where true is what Home Assistant calls "on"
    "battery": ("battery_low", "low_battery", "batt_low", "low_batt"),
    "battery_charging": ("charging", "is_charging"),
    "connectivity": ("connected", "online", "is_online", "is_connected"),
    "moisture": ("leak", "leak_detected", "water_leak", "wet", "flood"),
    "motion": ("motion", "motion_detected", "pir"),
    "occupancy": ("occupied", "occupancy"),
    "opening": ("open", "door_open", "window_open", "lid_open", "is_open", "gate_open"),
    "presence": ("presence", "present"),
    "problem": ("problem", "fault", "alarm", "error", "failure", "stoerung", "störung"),
    "running": ("running", "is_running"),
    "smoke": ("smoke", "smoke_detected"),
    "tamper": ("tamper", "tampered"),
    "vibration": ("vibration",),
}


def of_number(name: str, unit: str | None) -> Classes:
    """Return the classes of a field with numbers.

    >>> of_number("temperature_C", "degC")
    Classes(device_class='temperature', state_class='measurement', unit='°C', precision=1)
    >>> of_number("energyTotal", "kWh").state_class, of_number("energy", "kWh").state_class
    ('total_increasing', None)
    >>> of_number("load", "%")
    Classes(device_class=None, state_class='measurement', unit='%', precision=None)

    Args:
        name: the field's.
        unit: as the schema has it; None for none.
    """
    known = units.named(unit) if unit is not None else None
    symbol = known.symbol if known else unit or ""
    shown = SPELLED.get(symbol, symbol) or None
    said = names.words(name)
    for rule in RULES:
        if symbol in rule.units and _has(said, rule.words) and _has(said, rule.also):
            return Classes(
                device_class=rule.device_class, state_class=rule.state_class, unit=shown, precision=rule.precision
            )
    is_name = shown is None and _has(said, _NO_QUANTITY)
    return Classes(state_class=None if is_name else MEASUREMENT, unit=shown)


def of_flag(name: str) -> str | None:
    """Return the device class of a field that is true or false; None for none.

    >>> of_flag("battery_low"), of_flag("doorOpen"), of_flag("locked")
    ('battery', 'opening', None)
    """
    said = names.words(name)
    return next((device_class for device_class, switches in SWITCHES.items() if said in switches), None)


def _has(said: str, wanted: tuple[str, ...]) -> bool:
    """Return whether one of some words stands in a name; with none wanted, any name will do."""
    return not wanted or any(f"_{word}_" in f"_{said}_" for word in wanted)
