"""Owns the device formats of the stream: 36 devices in eight routes, and how each changes its wording on the way.

Knows nothing of how the messages of a stream are drawn. All texts were written for this file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.literal import JSON
from edge_bench.devices import number, schema_of
from edge_bench.wording import Draw, Numbers, Wording, names, threshold, words


class Event(StrEnum):
    """What is new about a message, against what its device sent so far; a proof counts wrong replays by it."""

    PLAIN = "plain"
    REWORDED = "reworded"  # other words, after a firmware update
    NUMBER_FORMAT = "number_format"  # decimal comma, thousands separators, more decimals
    SIGN = "sign"  # numbers that were above zero are below it
    NEGATIVE_ZERO = "negative_zero"
    EQUAL_NUMBERS = "equal_numbers"  # in two fields
    SWAPPED = "swapped"  # fields in another order
    ENUM_FLIP = "enum_flip"  # the word or the digit behind an enum or boolean changes
    THRESHOLD = "threshold"  # a number that is no field crosses the line that decides an enum


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """How a device words its messages for a while, and what was new about that."""

    event: Event
    wording: Wording


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """A device of a route, its phases in order.

    Attributes:
        twins: two fields that are the same number in some messages; None for a device without.
        zeros: a field that is a negative zero in some messages; None for a device without.
    """

    name: str
    route: str
    phases: tuple[Phase, ...]
    twins: tuple[str, str] | None = None
    zeros: str | None = None


def _signal() -> JSON:
    return {"type": "integer", "unit": "dBm"}


SCHEMAS: dict[str, dict[str, JSON]] = {
    "climate": schema_of({"temperature": number("°C"), "humidity": number("%")}),
    "soil": schema_of({"moisture": number("%"), "temperature": number("°C"), "voltage": number("V")}),
    "power": schema_of({"voltage": number("V"), "current": number("A"), "power": number("W")}),
    "tank": schema_of({"level": number("cm"), "volume": number("l"), "temperature": number("°C")}),
    "air": schema_of(
        {"co2": {"type": "integer", "unit": "ppm"}, "pm25": number("µg/m³"), "pressure": number("hPa")}
    ),
    "pump": schema_of(
        {"pump": {"type": "string"}, "flow": number("l/min"), "state": {"enum": ["running", "stopped"]}}
    ),
    "door": schema_of({"battery": {"enum": ["low", "ok"]}, "rssi": _signal(), "temperature": number("°C")}),
    "valve": schema_of({"position": number("%"), "open": {"type": "boolean"}, "pressure": number("bar")}),
}

_WARM, _COLD = Numbers(3, 38, decimals=1), Numbers(-24, -2, decimals=1)
_CLIMATE: dict[str, Draw] = {"temperature": _WARM, "humidity": Numbers(20, 95, decimals=1)}
_SOIL: dict[str, Draw] = {
    "moisture": Numbers(8, 62, decimals=1),
    "temperature": Numbers(2, 27, decimals=1),
    "voltage": Numbers(3.2, 4.15, decimals=2),
}
_POWER: dict[str, Draw] = {
    "voltage": Numbers(225, 236, decimals=1),
    "current": Numbers(2.1, 15, decimals=2),
    "power": Numbers(140, 980),
}
_TANK: dict[str, Draw] = {
    "level": Numbers(12, 240, decimals=1),
    "volume": Numbers(150, 980, decimals=1),
    "temperature": Numbers(3, 38, decimals=1),
}
_AIR: dict[str, Draw] = {
    "co2": Numbers(405, 990),
    "pm25": Numbers(2.1, 48, decimals=1),
    "pressure": Numbers(968, 999, decimals=1),
}
_RUNNING = words({"running": "running"})
_STOPPED = words({"stopped": "stopped"})
_PUMP: dict[str, Draw] = {"pump": names("P-", 101, 399), "flow": Numbers(2.1, 90, decimals=1), "state": _RUNNING}
_DOOR: dict[str, Draw] = {"rssi": Numbers(-110, -45), "temperature": _WARM}
_VALVE: dict[str, Draw] = {"position": Numbers(12, 98), "pressure": Numbers(2.1, 9.8, decimals=1)}


def _format(
    route: str,
    name: str,
    template: str,
    draws: Mapping[str, Draw],
    *later: tuple[Event, str | None, Mapping[str, Draw]],
    twins: tuple[str, str] | None = None,
    zeros: str | None = None,
) -> Format:
    """Return a format whose later phases change the template, or some draws, or both."""
    phases = [Phase(event=Event.PLAIN, wording=Wording(template=template, draws=draws))]
    for event, changed, more in later:
        wording = phases[-1].wording
        phases.append(
            Phase(
                event=event, wording=Wording(template=changed or wording.template, draws={**wording.draws, **more})
            )
        )
    return Format(name=name, route=route, phases=tuple(phases), twins=twins, zeros=zeros)


def _commas(draws: Mapping[str, Draw], *, group: str = "") -> dict[str, Draw]:
    """Return the draws of numbers with a decimal comma."""
    return {
        name: Numbers(draw.low, draw.high, decimals=draw.decimals, mark=",", group=group)
        for name, draw in draws.items()
        if isinstance(draw, Numbers)
    }


def _finer(draws: Mapping[str, Draw]) -> dict[str, Draw]:
    """Return the draws of numbers with two decimals more."""
    return {
        name: Numbers(draw.low, draw.high, decimals=draw.decimals + 2)
        for name, draw in draws.items()
        if isinstance(draw, Numbers)
    }


_NO_CHANGE: dict[str, Draw] = {}
_THOUSANDS = Numbers(1100, 9800, decimals=1, group=",")

FORMATS = (
    _format(
        "climate",
        "attic",
        "temperature={temperature}C humidity={humidity}%",
        _CLIMATE,
        (Event.REWORDED, "temp: {temperature} °C, humidity: {humidity} %", _NO_CHANGE),
        twins=("temperature", "humidity"),
    ),
    _format(
        "climate",
        "bath",
        "temperature {temperature} °C humidity {humidity} %",
        _CLIMATE,
        (Event.NUMBER_FORMAT, None, _commas(_CLIMATE)),
        twins=("temperature", "humidity"),
    ),
    _format(
        "climate",
        "garden",
        "T={temperature}C H={humidity}%",
        _CLIMATE,
        (Event.SIGN, None, {"temperature": _COLD}),
        zeros="temperature",
    ),
    _format(
        "climate",
        "shed",
        "temp:{temperature};hum:{humidity}",
        {**_CLIMATE, "temperature": _COLD},
        (Event.SIGN, None, {"temperature": _WARM}),
        zeros="temperature",
    ),
    _format(
        "climate",
        "nursery",
        "{{temperature: {temperature}, humidity: {humidity}}}",
        _CLIMATE,
        (Event.SWAPPED, "{{humidity: {humidity}, temperature: {temperature}}}", _NO_CHANGE),
        twins=("temperature", "humidity"),
    ),
    _format(
        "climate",
        "cellar",
        "cellar | temperature {temperature} °C | humidity {humidity} %",
        _CLIMATE,
        (Event.NUMBER_FORMAT, None, _finer(_CLIMATE)),
    ),
    _format(
        "soil",
        "bed-a",
        "moisture={moisture}% temperature={temperature}C voltage={voltage}V",
        _SOIL,
        (Event.SWAPPED, "voltage={voltage}V temperature={temperature}C moisture={moisture}%", _NO_CHANGE),
        twins=("moisture", "temperature"),
    ),
    _format(
        "soil",
        "bed-b",
        "moisture {moisture} %, temperature {temperature} °C, battery voltage {voltage} V",
        _SOIL,
        (Event.NUMBER_FORMAT, None, _commas(_SOIL)),
        twins=("moisture", "temperature"),
    ),
    _format(
        "soil",
        "bed-c",
        "soil moisture: {moisture}% / temp: {temperature}C / voltage: {voltage}V",
        _SOIL,
        (Event.SIGN, None, {"temperature": _COLD}),
        zeros="temperature",
    ),
    _format(
        "soil",
        "bed-d",
        '{{"moisture": {moisture}, "temperature": {temperature}, "voltage": {voltage}}}',
        _SOIL,
        (
            Event.REWORDED,
            '{{"soil":{{"moisture":{moisture},"temperature":{temperature}}},"voltage":{voltage}}}',
            _NO_CHANGE,
        ),
        zeros="temperature",
    ),
    _format(
        "power",
        "phase-1",
        "voltage={voltage}V current={current}A power={power}W",
        _POWER,
        (Event.NUMBER_FORMAT, None, {"power": _THOUSANDS}),
    ),
    _format(
        "power",
        "phase-2",
        "U: {voltage} V, I: {current} A, P: {power} W",
        _POWER,
        (Event.REWORDED, "voltage: {voltage} V, current: {current} A, power: {power} W", _NO_CHANGE),
        (Event.NUMBER_FORMAT, None, _commas(_POWER)),
    ),
    _format(
        "power",
        "phase-3",
        "voltage {voltage} V | current {current} A | power {power} W",
        _POWER,
        (Event.SIGN, None, {"current": Numbers(-15, -2, decimals=2), "power": Numbers(-980, -140)}),
    ),
    _format(
        "power",
        "inverter",
        "Voltage : {voltage} V\nCurrent : {current} A\nPower   : {power} W",
        {**_POWER, "current": Numbers(2.1, 15, decimals=1), "power": Numbers(140, 980, decimals=1)},
        (Event.SWAPPED, "Power   : {power} W\nCurrent : {current} A\nVoltage : {voltage} V", _NO_CHANGE),
        twins=("voltage", "power"),
    ),
    _format(
        "power",
        "charger",
        "voltage:{voltage};current:{current};power:{power}",
        _POWER,
        (Event.NUMBER_FORMAT, None, _finer(_POWER)),
    ),
    _format(
        "tank",
        "rain",
        "level={level}cm volume={volume}l temperature={temperature}C",
        _TANK,
        (Event.NUMBER_FORMAT, None, {"volume": _THOUSANDS}),
        twins=("level", "volume"),
    ),
    _format(
        "tank",
        "oil",
        "level {level} cm, volume {volume} l, temperature {temperature} °C",
        _TANK,
        (Event.SIGN, None, {"temperature": _COLD}),
        zeros="temperature",
        twins=("level", "volume"),
    ),
    _format(
        "tank",
        "pond",
        "Level: {level} cm\nVolume: {volume} l\nTemperature: {temperature} °C",
        _TANK,
        (
            Event.REWORDED,
            "Water level: {level} cm\nWater volume: {volume} l\nWater temperature: {temperature} °C",
            _NO_CHANGE,
        ),
        zeros="temperature",
    ),
    _format(
        "tank",
        "boiler",
        "volume {volume} l; level {level} cm; temperature {temperature} °C",
        _TANK,
        (Event.SWAPPED, "temperature {temperature} °C; level {level} cm; volume {volume} l", _NO_CHANGE),
        twins=("level", "temperature"),
    ),
    _format(
        "air",
        "office",
        "co2={co2}ppm pm25={pm25}ug/m3 pressure={pressure}hPa",
        _AIR,
        (Event.REWORDED, "CO2 {co2} ppm, PM2.5 {pm25} µg/m³, pressure {pressure} hPa", _NO_CHANGE),
    ),
    _format(
        "air",
        "school",
        "co2: {co2} ppm, pm25: {pm25} µg/m³, pressure: {pressure} hPa",
        _AIR,
        (Event.NUMBER_FORMAT, None, {"co2": Numbers(1100, 2900, group=",")}),
    ),
    _format(
        "air",
        "street",
        "{{co2: {co2}, pm25: {pm25}, pressure: {pressure}}}",
        _AIR,
        (Event.SWAPPED, "{{pressure: {pressure}, pm25: {pm25}, co2: {co2}}}", _NO_CHANGE),
    ),
    _format(
        "air",
        "lab",
        "co2 {co2} | pm25 {pm25} | pressure {pressure}",
        _AIR,
        (Event.NUMBER_FORMAT, None, _commas({name: _AIR[name] for name in ("pm25", "pressure")})),
    ),
    _format(
        "pump",
        "well",
        "pump={pump} flow={flow}l/min state={state}",
        _PUMP,
        (Event.ENUM_FLIP, None, {"state": _STOPPED}),
    ),
    _format(
        "pump",
        "heating",
        "pump {pump} is {state}, flow {flow} l/min",
        _PUMP,
        (Event.ENUM_FLIP, None, {"state": words({"stopped": "stopped", "running": "running"})}),
        (Event.NUMBER_FORMAT, None, {"flow": Numbers(2.1, 90, decimals=1, mark=",")}),
    ),
    _format(
        "pump",
        "irrigation",
        "[{_time}] pump {pump} state: {state} flow: {flow} l/min",
        {
            **_PUMP,
            "_time": words({f"{hour:02}:{minute:02}": None for hour in range(10, 24) for minute in range(10, 60)}),
        },
        (Event.ENUM_FLIP, None, {"state": _STOPPED}),
    ),
    _format(
        "pump",
        "fountain",
        "pump {pump} running={_run} flow={flow} l/min",
        {**_PUMP, "state": words({"": "running"}), "_run": words({"1": None})},
        (Event.ENUM_FLIP, None, {"state": words({"": "stopped"}), "_run": words({"0": None})}),
    ),
    _format(
        "door",
        "front",
        "batt {battery} rssi {rssi} dBm temperature {temperature} °C",
        {**_DOOR, "battery": threshold(60, 99, "%", "ok")},
        (Event.THRESHOLD, None, {"battery": threshold(10, 14, "%", "low")}),
        (Event.THRESHOLD, None, {"battery": threshold(2, 9, "%", "low")}),
    ),
    _format(
        "door",
        "back",
        "battery={battery} rssi={rssi}dBm temp={temperature}C",
        {**_DOOR, "battery": words({"ok": "ok"})},
        (Event.ENUM_FLIP, None, {"battery": words({"low": "low"})}),
        zeros="temperature",
    ),
    _format(
        "door",
        "garage",
        "battery level {battery}, rssi {rssi} dBm, temp {temperature} °C",
        {**_DOOR, "battery": threshold(10, 14, "%", "low")},
        (Event.THRESHOLD, None, {"battery": threshold(61, 98, "%", "ok")}),
        zeros="temperature",
    ),
    _format(
        "door",
        "gate",
        "battery {battery}; rssi {rssi} dBm; temperature {temperature} °C",
        {**_DOOR, "battery": words({"ok": "ok", "low": "low"})},
        (Event.REWORDED, "rssi {rssi} dBm; temperature {temperature} °C; battery is {battery}", _NO_CHANGE),
        (Event.SIGN, None, {"temperature": _COLD}),
    ),
    _format(
        "valve",
        "north",
        "position={position}% open={open} pressure={pressure}bar",
        {**_VALVE, "open": words({"true": True})},
        (Event.ENUM_FLIP, None, {"open": words({"false": False})}),
    ),
    _format(
        "valve",
        "south",
        "position {position} %, open: {open}, pressure {pressure} bar",
        {**_VALVE, "open": words({"yes": True})},
        (Event.ENUM_FLIP, None, {"open": words({"no": False})}),
        (Event.NUMBER_FORMAT, None, {"pressure": Numbers(2.1, 9.8, decimals=1, mark=",")}),
    ),
    _format(
        "valve",
        "east",
        "position={position}% open={open} pressure={pressure}bar",
        {**_VALVE, "open": words({"1": True})},
        (Event.ENUM_FLIP, None, {"open": words({"0": False})}),
    ),
    _format(
        "valve",
        "west",
        "open {open} | pressure {pressure} bar | position {position} %",
        {**_VALVE, "open": words({"true": True, "false": False})},
        (Event.SWAPPED, "position {position} % | pressure {pressure} bar | open {open}", _NO_CHANGE),
    ),
    _format(
        "valve",
        "main",
        "position: {position}\nopen: {open}\npressure: {pressure}\n",
        {**_VALVE, "position": Numbers(2.1, 9.8, decimals=1), "open": words({"true": True})},
        (Event.ENUM_FLIP, None, {"open": words({"false": False})}),
        twins=("position", "pressure"),
    ),
)
