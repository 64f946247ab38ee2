"""Owns the devices of the shipped workload: eight routes, each with a schema and the wordings of its devices.

Knows nothing of how messages are drawn from them. All texts were written for this file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.literal import JSON
from edge_bench.wording import Draw, Numbers, Wording, copies, moments, names, words


class Family(StrEnum):
    """What kind of text a message is."""

    SHORT = "short"
    LOG = "log"
    FORM = "form"


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """A device of a route: the kind of its texts, and how it words them."""

    route: str
    family: Family
    wording: Wording


def schema_of(properties: Mapping[str, JSON], optional: Sequence[str] = ()) -> dict[str, JSON]:
    """Return the JSON Schema of a route, its fields required but for those named.

    >>> schema_of({"t": {"type": "number"}, "h": {"type": "number"}}, ["h"])["required"]
    ['t']
    """
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def number(unit: str, **more: JSON) -> JSON:
    """Return the schema of a number with a unit."""
    return {"type": "number", "unit": unit, **more}


STRING: JSON = {"type": "string"}
TIME: JSON = {"type": "string", "format": "date-time"}

SCHEMAS: dict[str, dict[str, JSON]] = {
    "greenhouse": schema_of(
        {
            "sensor": STRING,
            "temperature": number("°C"),
            "humidity": number("%", minimum=0, maximum=100),
            "battery": {"enum": ["low", "ok"]},
        },
        ["battery"],
    ),
    "weather": schema_of(
        {
            "time": TIME,
            "pressure": number("hPa"),
            "wind_speed": number("m/s"),
            "rssi": {"type": "integer", "unit": "dBm"},
        },
        ["rssi"],
    ),
    "pump": schema_of(
        {
            "pump": {"type": "string", "description": "pump tag"},
            "state": {"enum": ["running", "stopped", "alarm"]},
            "flow": number("l/min"),
            "bearing_temperature": number("°C"),
        },
        ["flow", "bearing_temperature"],
    ),
    "ups": schema_of(
        {
            "model": STRING,
            "status": {"enum": ["online", "on battery"]},
            "line_voltage": number("V"),
            "load": number("%"),
            "battery_charge": number("%"),
            "time_left": number("min"),
        },
        ["time_left"],
    ),
    "soil": schema_of(
        {
            "soil_moisture": number("%"),
            "soil_temperature": number("°C"),
            "battery_voltage": number("V"),
            "rssi": {"type": "integer", "unit": "dBm"},
        },
    ),
    "meter": schema_of(
        {
            "meter": STRING,
            "voltage": number("V"),
            "current": number("A"),
            "power": number("W"),
            "energy": number("kWh"),
        },
    ),
    "tank": schema_of(
        {
            "tank": STRING,
            "level": number("cm"),
            "volume": number("l"),
            "alarm": {"type": "boolean"},
        },
    ),
    "events": schema_of(
        {
            "time": TIME,
            "level": {"enum": ["INFO", "WARN", "ERROR"]},
            "device": STRING,
            "message": STRING,
        },
    ),
}

_AIR: dict[str, Draw] = {"temperature": Numbers(-12, 38, decimals=1), "humidity": Numbers(20, 95)}
_BATTERY = words({"low": "low", "ok": "ok"})
_STATE = words({"running": "running", "stopped": "stopped", "alarm": "alarm"})
_UPS: dict[str, Draw] = {
    "status": words({"ONLINE": "online", "ON BATTERY": "on battery"}),
    "line_voltage": Numbers(221, 239, decimals=1),
    "load": Numbers(4, 78, decimals=1),
    "battery_charge": Numbers(31, 100, decimals=1),
    "time_left": Numbers(6, 58, decimals=1),
}
_MAINS: dict[str, Draw] = {
    "voltage": Numbers(225, 236, decimals=1),
    "current": Numbers(0.2, 15, decimals=2),
    "power": Numbers(40, 3400),
    "energy": Numbers(120, 9800, decimals=2),
}
_SOIL: dict[str, Draw] = {
    "soil_moisture": Numbers(8, 62, decimals=1),
    "soil_temperature": Numbers(2, 27, decimals=1),
    "battery_voltage": Numbers(3.2, 4.15, decimals=2),
    "rssi": Numbers(-119, -60),
}
_FAULTS = copies(
    [
        "door contact lost",
        "filter change due",
        "motor blocked",
        "link restored",
        "calibration finished",
        "supply voltage dropped",
        "watchdog restarted the node",
        "valve did not close",
    ]
)
_LEVEL = words({"INFO": "INFO", "WARN": "WARN", "ERROR": "ERROR"})

DEVICES = (
    Device(
        route="greenhouse",
        family=Family.SHORT,
        wording=Wording(
            template="sensor={sensor} temperature={temperature}C humidity={humidity}% battery={battery}",
            draws={"sensor": copies(["BME280", "SHT31", "HTU21D"]), **_AIR, "battery": _BATTERY},
        ),
    ),
    Device(
        route="greenhouse",
        family=Family.SHORT,
        wording=Wording(
            template="{sensor}: temp {temperature} °C, hum {humidity} %, battery {battery}",
            draws={
                "sensor": copies(["DHT22", "AM2302", "SHT40"]),
                "temperature": Numbers(3, 34, decimals=2),
                "humidity": Numbers(20, 95, decimals=1),
                "battery": _BATTERY,
            },
        ),
    ),
    Device(
        route="greenhouse",
        family=Family.SHORT,
        wording=Wording(
            template="sensor {sensor} | temperature {temperature} °C | humidity {humidity} %",
            draws={"sensor": names("TH-", 2, 40), **_AIR},
        ),
    ),
    Device(
        route="weather",
        family=Family.LOG,
        wording=Wording(
            template="[{time}] station {_station}: pressure {pressure} hPa, "
            "wind {wind_speed} m/s, rssi {rssi} dBm",
            draws={
                "time": moments(),
                "_station": Numbers(2, 60),
                "pressure": Numbers(968, 1041, decimals=2),
                "wind_speed": Numbers(0.2, 24, decimals=1),
                "rssi": Numbers(-110, -45),
            },
        ),
    ),
    Device(
        route="weather",
        family=Family.LOG,
        wording=Wording(
            template="time={time} pressure={pressure}hPa wind_speed={wind_speed}m/s",
            draws={
                "time": moments("T", end="Z"),
                "pressure": Numbers(968, 1041, decimals=1),
                "wind_speed": Numbers(0.2, 24, decimals=1),
            },
        ),
    ),
    Device(
        route="weather",
        family=Family.SHORT,
        wording=Wording(
            template="time {time} | pressure {pressure} hPa | wind speed {wind_speed} m/s | rssi {rssi} dBm",
            draws={
                "time": moments(),
                "pressure": Numbers(968, 1041, decimals=1),
                "wind_speed": Numbers(0.2, 24, decimals=1),
                "rssi": Numbers(-110, -45),
            },
        ),
    ),
    Device(
        route="pump",
        family=Family.SHORT,
        wording=Wording(
            template="pump {pump} state {state}, flow {flow} l/min, bearing temperature {bearing_temperature} °C",
            draws={
                "pump": names("P-", 101, 399),
                "state": _STATE,
                "flow": Numbers(0.5, 90, decimals=1),
                "bearing_temperature": Numbers(18, 95),
            },
        ),
    ),
    Device(
        route="pump",
        family=Family.SHORT,
        wording=Wording(
            template="pump {pump} {state}. Note: {_note}",
            draws={
                "pump": names("P-", 101, 399),
                "state": words({"has stopped": "stopped", "is running": "running", "tripped alarm": "alarm"}),
                "_note": copies(["inspection due Friday", "no issues", "bearing noise on start"]),
            },
        ),
    ),
    Device(
        route="pump",
        family=Family.LOG,
        wording=Wording(
            template="{_time} plc: pump={pump} state={state} flow={flow}l/min "
            "bearing_temperature={bearing_temperature}C",
            draws={
                "_time": moments(),
                "pump": names("PU", 2, 48),
                "state": _STATE,
                "flow": Numbers(2, 240, decimals=1),
                "bearing_temperature": Numbers(18, 95, decimals=1),
            },
        ),
    ),
    Device(
        route="ups",
        family=Family.FORM,
        wording=Wording(
            template=(
                "MODEL    : {model}\nSTATUS   : {status}\nLINEV    : {line_voltage} Volts\n"
                "LOADPCT  : {load} Percent\nBCHARGE  : {battery_charge} Percent\nTIMELEFT : {time_left} Minutes\n"
            ),
            draws={"model": copies(["SMART-UPS 1400", "BACK-UPS ES 700", "SMART-UPS 2200"]), **_UPS},
        ),
    ),
    Device(
        route="ups",
        family=Family.FORM,
        wording=Wording(
            template=(
                "Model: {model}\nStatus: {status}\nLine voltage: {line_voltage} V\nLoad: {load} %\n"
                "Battery charge: {battery_charge} %"
            ),
            draws={
                "model": copies(["Eaton 5P 1150", "PowerWalker VI 1000", "Liebert PSI5"]),
                **{name: draw for name, draw in _UPS.items() if name != "time_left"},
            },
        ),
    ),
    Device(
        route="soil",
        family=Family.SHORT,
        wording=Wording(
            template="moisture={soil_moisture}% temp={soil_temperature}C vbat={battery_voltage}V "
            "rssi={rssi}dBm snr={_snr}dB",
            draws={**_SOIL, "soil_moisture": Numbers(8, 62), "_snr": Numbers(2, 11, decimals=1)},
        ),
    ),
    Device(
        route="soil",
        family=Family.SHORT,
        wording=Wording(
            template="soil moisture {soil_moisture} %, soil temperature {soil_temperature} °C, "
            "battery {battery_voltage} V, rssi {rssi} dBm",
            draws=_SOIL,
        ),
    ),
    Device(
        route="soil",
        family=Family.SHORT,
        wording=Wording(
            template="{{moisture: {soil_moisture}, temperature: {soil_temperature}, battery: {battery_voltage}, "
            "rssi: {rssi}}}",
            draws={**_SOIL, "battery_voltage": Numbers(3.2, 4.15, decimals=3)},
        ),
    ),
    Device(
        route="meter",
        family=Family.SHORT,
        wording=Wording(
            template="meter={meter} voltage={voltage}V current={current}A power={power}W energy={energy}kWh",
            draws={"meter": names("M", 11, 99), **_MAINS},
        ),
    ),
    Device(
        route="meter",
        family=Family.FORM,
        wording=Wording(
            template=(
                "Meter: {meter}\nVoltage: {voltage} V\nCurrent: {current} A\nPower: {power} W\n"
                "Energy: {energy} kWh\nFrequency: {_frequency} Hz"
            ),
            draws={"meter": names("DTS-", 1204, 8899), **_MAINS, "_frequency": Numbers(49.9, 50.1, decimals=2)},
        ),
    ),
    Device(
        route="meter",
        family=Family.LOG,
        wording=Wording(
            template="{_time} meter {meter}: voltage {voltage} V current {current} A power {power} W "
            "energy {energy} kWh",
            draws={"_time": moments("T"), "meter": names("M", 11, 99), **_MAINS},
        ),
    ),
    Device(
        route="tank",
        family=Family.SHORT,
        wording=Wording(
            template="Tank {tank}: level {level} cm, volume {volume} l, {alarm}",
            draws={
                "tank": copies(["North", "South", "Rain", "Cellar"]),
                "level": Numbers(12, 240, decimals=1),
                "volume": Numbers(150, 9800),
                "alarm": words({"no alarm": False, "ALARM": True}),
            },
        ),
    ),
    Device(
        route="tank",
        family=Family.SHORT,
        wording=Wording(
            template="tank={tank};level={level}cm;volume={volume}l;alarm={alarm}",
            draws={
                "tank": names("T", 2, 29),
                "level": Numbers(12, 240, decimals=1),
                "volume": Numbers(150, 9800, decimals=1),
                "alarm": words({"false": False, "true": True}),
            },
        ),
    ),
    Device(
        route="events",
        family=Family.LOG,
        wording=Wording(
            template="{time} level={level} device={device} message={message}",
            draws={
                "time": moments("T", end="Z"),
                "level": _LEVEL,
                "device": names("node-", 2, 79),
                "message": _FAULTS,
            },
        ),
    ),
    Device(
        route="events",
        family=Family.LOG,
        wording=Wording(
            template="[{time}] [{level}] device {device}: message: {message}",
            draws={"time": moments(), "level": _LEVEL, "device": names("gw", 2, 19), "message": _FAULTS},
        ),
    ),
)
