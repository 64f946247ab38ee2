"""Owns lists within a text: alarms, flags, readings in a row, none at all; asked for as arrays.

Knows nothing of what is measured.
"""

from collections.abc import Sequence

from edge.literal import JSON
from edge_train import spelling, words
from edge_train.chance import Chance
from edge_train.draft import Draft
from edge_train.facts import Fact
from edge_train.families import common, keyvalue

_STRINGS = (  # names of the list, labels, how an item is made
    (
        ("alarms", "active_alarms", "alarm_list"),
        ("alarms", "Alarms", "ALM", "active alarms"),
        "{fault} ; {UPPER}_## ; {UPPER}",
    ),
    (
        ("errors", "error_codes", "faults"),
        ("errors", "ERR", "faults", "Errors"),
        "E## ; {UPPER}_{UPPER} ; F-### ; {UPPER}",
    ),
    (
        ("flags", "status_flags", "capabilities"),
        ("flags", "FLAGS", "caps", "features"),
        "{UPPER} ; &&&&& ; {noun}",
    ),
    (("tags", "labels", "keywords"), ("tags", "labels", "Tags"), "{noun} ; {adjective} ; {kind}"),
    (
        ("sensors", "devices", "nodes"),
        ("sensors", "devices found", "nodes", "online"),
        "{kind}-## ; 0x%%%% ; {chip}",
    ),
    (("zones", "rooms", "areas"), ("zones", "rooms", "Zones open", "areas"), "{place} ; {building} # ; Z##"),
    (
        ("operators", "people", "on_shift"),
        ("on shift", "operators", "crew", "present"),
        "{first} ; {letter}. {last} ; {first} {last}",
    ),
    (("parts", "parts_used", "spare_parts"), ("parts", "used", "Teile", "spares"), "{part} ; {adjective} {part}"),
    (
        ("addresses", "servers", "peers"),
        ("servers", "peers", "dns"),
        "192.168.#.## ; 10.#.#.# ; {syllables}.local",
    ),
    (("probes", "roms", "addresses"), ("probes", "rom", "ids"), "28%%%%%%%%%%%% ; ^^^^^^^^"),
)
_NUMBERS = (
    (("values", "samples", "readings"), ("values", "samples", "raw", "data"), 0, 1000, (0, 2)),
    (("cell_voltages", "cells"), ("cells", "Vcell", "cell voltages", "CELLS"), 2, 4, (2, 3)),
    (("temperatures", "temps", "probe_temps"), ("temps", "T", "temperatures", "TEMPS"), -20, 90, (0, 1)),
    (("channels", "adc_values", "adc"), ("adc", "ch", "ADC", "channels"), 0, 4095, (0, 0)),
    (("fan_speeds", "fans"), ("fans", "rpm", "FANS"), 0, 5000, (0, 0)),
    (("phase_currents", "currents"), ("I", "currents", "amps"), 0, 60, (1, 2)),
    (("levels", "tank_levels"), ("levels", "tanks", "LVL"), 0, 100, (0, 1)),
    (("load_averages", "load"), ("load average", "load", "loadavg"), 0, 8, (2, 2)),
    (("ports", "open_ports"), ("ports", "open ports"), 20, 9999, (0, 0)),
    (("weights", "batch_weights"), ("weights", "W"), 1, 900, (1, 2)),
)
_JOINTS = (", ", ", ", ",", ";", "; ", " ", " / ", "|", " | ", "\n  ", "\n- ")
_NONE = ("none", "-", "[]", "", "n/a", "keine")
_FRAMES = (
    "{l}: {i}",
    "{l}: {i}",
    "{l}={i}",
    "{l} = [{i}]",
    "{l}=[{i}]",
    "{l} {i}",
    "{l}: ({i})",
    "{l} ({n}): {i}",
)


def draft(chance: Chance) -> Draft:
    """Return a list between other facts."""
    fact, said = _numbers(chance) if chance.maybe(0.45) else _strings(chance)
    setting = common.setting(chance, count=chance.between(1, 4), is_comma_free=True, has_trimmings=False)
    others = [
        other
        for other in setting.shown
        if other.label.lower() != fact.label.lower() and not set(other.names) & set(fact.names)
    ]
    joint, between = chance.pick((("=", "\n"), (": ", "\n"), (": ", "\n"), ("=", " | "), (": ", " | ")))
    lines = [keyvalue.pair(other, joint, between, other.label) for other in others]
    at = chance.between(0, len(lines))
    if "\n" in said and between != "\n":
        at = len(lines)
    text = between.join([*lines[:at], said, *lines[at:]])
    absent = [other for other in setting.absent if not set(other.names) & set(fact.names)]
    return Draft(text=text, stated=[*others[:at], fact, *others[at:]], absent=absent)


def _strings(chance: Chance) -> tuple[Fact, str]:
    names, labels, ways = chance.pick(_STRINGS)
    make = words.maker(chance.pick(ways.split(";")))
    items = list(dict.fromkeys(make(chance) for _ in range(chance.pick((0, 1, 2, 2, 3, 4, 5, 6)))))
    joints = [joint for joint in _JOINTS if joint != " " or not any(" " in item for item in items)]
    return _list(chance, names, chance.pick(labels), items, items, "string", chance.pick(joints))


def _numbers(chance: Chance) -> tuple[Fact, str]:
    names, labels, low, high, (few, most) = chance.pick(_NUMBERS)
    decimals = chance.between(few, most)
    drawn = [spelling.number(chance, low, high, decimals) for _ in range(chance.pick((0, 1, 2, 3, 3, 4, 4, 6, 8)))]
    kind = "integer" if decimals == 0 and chance.maybe(0.6) else "number"
    return _list(
        chance,
        names,
        chance.pick(labels),
        [shown for shown, _ in drawn],
        [value for _, value in drawn],
        kind,
        chance.pick(_JOINTS),
    )


def _list(
    chance: Chance,
    names: Sequence[str],
    label: str,
    shown: Sequence[str],
    items: Sequence[JSON],
    kind: str,
    joint: str,
) -> tuple[Fact, str]:
    frame = chance.pick(_FRAMES)
    if joint.startswith("\n"):
        frame = "{l}:{i}"
    body = (joint if joint.startswith("\n") and shown else "") + joint.join(shown) if shown else chance.pick(_NONE)
    node: dict[str, JSON] = {"type": "array", "items": {"type": kind}}
    if chance.maybe(0.08) and shown:
        node["maxItems"] = len(shown) + chance.between(0, 4)
    said = frame.format(l=label, i=body, n=len(shown))
    notes = [
        f"all {names[0].replace('_', ' ')}",
        f"the {names[0].replace('_', ' ')} in order",
        f"list behind {label}",
    ]
    return Fact(label, "", [*items], node, names, notes, subject=frozenset(names)), said
