"""Owns generated streams of devices whose right reading is known: what a truthful model would write."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge.literal import JSON, Number, dumps
from edge.schema.schema import Schema
from tests.made import schema_of

Reading = dict[str, JSON]
Format = Callable[[random.Random], tuple[str, Reading]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """One device: its schema, and its wordings, which follow one another in the stream."""

    name: str
    schema: Schema
    formats: tuple[Format, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """One message of a stream, with the JSON that a truthful model writes for it."""

    device: Device
    text: str
    json: str


def stream(*, per_device: int, seed: int) -> Iterator[Sent]:
    """Yield messages of all devices in turn; each device changes its wording at even intervals."""
    draw = random.Random(seed)  # noqa: S311  # no secrets here, but the same stream each time
    devices = DEVICES
    for number in range(per_device):
        for device in devices:
            wording = device.formats[number * len(device.formats) // per_device]
            text, reading = wording(draw)
            yield Sent(device=device, text=text, json=dumps(in_order(device.schema, reading)))


def in_order(asked: Schema, reading: Reading) -> Reading:
    """Return a reading with its keys in schema order."""
    return {prop.name: reading[prop.name] for prop in asked.root.properties if prop.name in reading}


def decimal(draw: random.Random, low: float, high: float, digits: int = 1) -> str:
    """Return a number as a device spells it, with its negative zeros."""
    return f"{draw.uniform(low, high):.{digits}f}"


def literal(spelling: str) -> Number:
    """Return the JSON number of a spelling."""
    sign, digits = ("-", spelling[1:]) if spelling[0] == "-" else ("", spelling.removeprefix("+"))
    whole, point, fraction = digits.replace(",", ".").partition(".")
    return Number(sign + (whole.lstrip("0") or "0") + point + fraction)


def clock(draw: random.Random) -> str:
    """Return a time of day."""
    return f"{draw.randrange(24):02}:{draw.randrange(60):02}:{draw.randrange(60):02}"


def _labelled(draw: random.Random) -> tuple[str, Reading]:
    t, rh = decimal(draw, -3, 3), str(draw.randrange(0, 100))
    return f"T={t}C RH={rh}%", {"temperature": literal(t), "humidity": literal(rh)}


def _swapped(draw: random.Random) -> tuple[str, Reading]:
    t, rh = decimal(draw, 10, 30), str(draw.randrange(10, 31))
    return f"RH={rh}% T={t}C", {"temperature": literal(t), "humidity": literal(rh)}


def _equal(draw: random.Random) -> tuple[str, Reading]:
    same = str(draw.randrange(20, 24))
    other = same if draw.random() < 0.7 else str(draw.randrange(20, 24))
    return f"temp {same} hum {other}", {"temperature": literal(same), "humidity": literal(other)}


def _comma(draw: random.Random) -> tuple[str, Reading]:
    t, rh = decimal(draw, -5, 30).replace(".", ","), decimal(draw, 30, 60).replace(".", ",")
    return f"Temp: {t} °C; Feuchte: {rh} %", {"temperature": literal(t), "humidity": literal(rh)}


def _battery_number(draw: random.Random) -> tuple[str, Reading]:
    t, level = decimal(draw, 10, 30), draw.randrange(1, 100)
    return f"t={t} batt {level}%", {"t": literal(t), "battery": "low" if level < 10 else "ok"}


def _battery_rare(draw: random.Random) -> tuple[str, Reading]:
    t, level = decimal(draw, 10, 30), draw.randrange(1, 100)
    reading: Reading = {"t": literal(t), "battery": "low"} if level < 10 else {"t": literal(t)}
    return f"t={t} bat={level}%", reading


def _battery_word(draw: random.Random) -> tuple[str, Reading]:
    t, state = decimal(draw, 10, 30), draw.choice(["low", "ok"])
    return f"t={t} batt {state}", {"t": literal(t), "battery": state}


def _battery_other_word(draw: random.Random) -> tuple[str, Reading]:
    t, level = decimal(draw, 10, 30), draw.randrange(1, 100)
    return f"t={t} fan ok, batt {level}%", {"t": literal(t), "battery": "low" if level < 10 else "ok"}


def _motion(draw: random.Random) -> tuple[str, Reading]:
    state, lux = draw.randrange(2), str(draw.randrange(5, 900))
    return f"motion={state} lux={lux}", {"motion": bool(state), "lux": literal(lux)}


def _dark(draw: random.Random) -> tuple[str, Reading]:
    lux = str(draw.randrange(5, 900))
    return f"light {lux} lx", {"motion": int(lux) > 100, "lux": literal(lux)}


def _pump(draw: random.Random) -> tuple[str, Reading]:
    tag, flow = f"P-{draw.randrange(100, 400)}{draw.choice('AB')}", decimal(draw, 0, 20, 2)
    state = draw.choice(["running", "stopped"])
    text = f"2025-11-{draw.randrange(1, 31):02} {clock(draw)} Pump {tag} {state}, flow {flow} L/min"
    return text, {"tag": tag, "state": state, "flow": literal(flow)}


def _pump_json(draw: random.Random) -> tuple[str, Reading]:
    tag, flow = f"P-{draw.randrange(10, 400)}", decimal(draw, 0, 20, 2)
    state = draw.choice(["running", "stopped"])
    return f'{{"id":"{tag}","st":"{state}","q":{flow}}}', {"tag": tag, "state": state, "flow": literal(flow)}


def _channels(draw: random.Random) -> tuple[str, Reading]:
    channel, t = draw.randrange(1, 4), decimal(draw, -5, 30)
    return f"{clock(draw)} T{channel}: {t} degC", {f"t{channel}": literal(t)}


def _relays(draw: random.Random) -> tuple[str, Reading]:
    zone, t = draw.randrange(2, 4), decimal(draw, 5, 30)
    return f"zone {zone} now {t}", {f"t{zone}": literal(t)}


def _meter(draw: random.Random) -> tuple[str, Reading]:
    kwh, watts = decimal(draw, 1, 99, 3), str(draw.randrange(0, 4000))
    return f"{clock(draw)} total {kwh} kWh, now {watts} W", {"energy": literal(kwh), "power": literal(watts)}


def _meter_dated(draw: random.Random) -> tuple[str, Reading]:
    kwh, watts = decimal(draw, 1, 99, 3), str(draw.randrange(0, 40))
    date = f"{draw.randrange(1, 32):02}.{draw.randrange(1, 13):02}.2025"
    return f"{date} {watts} W / {kwh} kWh", {"energy": literal(kwh), "power": literal(watts)}


def _table(draw: random.Random) -> tuple[str, Reading]:
    values = [decimal(draw, 18, 25), decimal(draw, 40, 60), decimal(draw, 980, 1030)]
    return ",".join(values), dict(zip("abc", map(literal, values), strict=True))


def _table_swapped(draw: random.Random) -> tuple[str, Reading]:
    values = [decimal(draw, 40, 60), decimal(draw, 18, 25), decimal(draw, 980, 1030)]
    return ",".join(values), dict(zip("bac", map(literal, values), strict=True))


def _items(draw: random.Random) -> tuple[str, Reading]:
    values = [decimal(draw, -9, 9, 2) for _ in range(draw.choice([2, 3]))]
    return "acc " + " ".join(values), {"axes": list(map(literal, values))}


def _alarm(draw: random.Random) -> tuple[str, Reading]:
    alarm = draw.choice(["none", "high"])
    door = draw.choice([True, False])
    shown = f"alarm={alarm} door: {'open' if door else 'closed'}"
    return f"node{draw.randrange(1, 30)} {shown} seq={draw.randrange(9999)}", {"alarm": alarm, "door": door}


_T: JSON = {"type": "number"}
_BATTERY: JSON = {"enum": ["low", "ok"]}
DEVICES = (
    Device(
        name="greenhouse",
        schema=schema_of(
            {
                "temperature": {"type": "number", "unit": "°C"},
                "humidity": {"type": "number", "unit": "%", "minimum": 0, "maximum": 100},
            }
        ),
        formats=(_labelled, _swapped, _equal, _comma),
    ),
    Device(
        name="battery",
        schema=schema_of({"t": _T, "battery": _BATTERY}),
        formats=(_battery_word, _battery_number, _battery_other_word, _battery_word),
    ),
    Device(name="rare", schema=schema_of({"t": _T, "battery": _BATTERY}), formats=(_battery_rare,)),
    Device(
        name="motion",
        schema=schema_of({"motion": {"type": "boolean"}, "lux": {"type": "integer"}}),
        formats=(_motion, _dark),
    ),
    Device(
        name="pump",
        schema=schema_of({"tag": {"type": "string"}, "state": {"enum": ["running", "stopped"]}, "flow": _T}),
        formats=(_pump, _pump_json),
    ),
    Device(
        name="channels",
        schema=schema_of({"t1": _T, "t2": _T, "t3": _T}),
        formats=(_channels, _relays),
    ),
    Device(name="meter", schema=schema_of({"energy": _T, "power": _T}), formats=(_meter, _meter_dated)),
    Device(name="table", schema=schema_of({"a": _T, "b": _T, "c": _T}), formats=(_table, _table_swapped)),
    Device(name="axes", schema=schema_of({"axes": {"type": "array", "items": _T}}), formats=(_items,)),
    Device(
        name="alarm",
        schema=schema_of({"alarm": {"enum": ["none", "high"]}, "door": {"type": "boolean"}}),
        formats=(_alarm,),
    ),
)
