"""Owns tables: a header, rows of like things, one of which is asked for, or all of them as an array.

Knows nothing of what is measured. Which row is meant, the name of the field or its description says.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.literal import JSON, Number
from edge_train import arrays, keys, spelling, strings, view, words, world
from edge_train.chance import Chance
from edge_train.draft import Draft
from edge_train.facts import Fact

_THINGS = (  # what a row is about: the name of one, of several, and how one is called
    ("sensor", "sensors", "S#; T##; probe-#; {place}; @#"),
    ("channel", "channels", "CH#; ch##; @; ADC#; AIN#"),
    ("port", "ports", "eth#; Gi0/#; Te1/#; lan#; P##; ge-0/0/#"),
    ("disk", "disks", "sda; nvme#n#; /dev/sd&; disk#; da#"),
    ("fan", "fans", "fan#; FAN #; SYS_FAN#; Fan #@"),
    ("battery", "batteries", "BAT#; pack #; B##; cell ##"),
    ("pump", "pumps", "P-###; pump #; PU##@"),
    ("tank", "tanks", "T-###; tank #; TK##; {place}"),
    ("zone", "zones", "zone #; Z##; {place}; hall #"),
    ("phase", "phases", "L#; phase @; L#"),
    ("node", "nodes", "node-##; 0x%%%%; n#; {kind}-%%"),
    ("room", "rooms", "{place}; {place}; room ###"),
    ("device", "devices", "{kind}-##; {syllables}; dev###; 0x^^^^"),
    ("process", "processes", "{syllables}d; {kind}-svc; kworker/#"),
    ("meter", "meters", "M###; {place}; EM-#"),
    ("interface", "interfaces", "wlan#; eth#; ppp#; tun#"),
    ("supply", "supplies", "PSU#; PS #; PWR-@"),
    ("cell", "cells", "C##; cell #; #"),
)
_CAPS: tuple[Callable[[str], str], ...] = (str, str, str.upper, str.capitalize)
_RULES = ("-", "=", "")


def draft(chance: Chance) -> Draft:
    """Return a table of one to seven rows."""
    one, many, ways = chance.pick(_THINGS)
    style = spelling.style(chance, is_comma_free=True)
    columns = world.measured(chance, replace(style, unit_share=chance.pick((0.0, 1.0))), chance.between(1, 5))
    names = _names(chance, ways, chance.between(1, 7))
    rows = [[_next(chance, fact, style) for fact in columns] for _ in names]
    text = _text(chance, one, names, columns, rows)
    if chance.maybe(0.4):
        return Draft(text=text, stated=[_array(chance, (one, many), names, rows)], manner=view.manner(chance))
    at = chance.between(0, len(names) - 1)
    return _row(chance, text, one, names, rows, at)


def _next(chance: Chance, fact: Fact, style: spelling.Style) -> Fact:
    shown, answer = world.again(chance, fact.subject, fact, style)
    return fact._replace(shown=shown, answer=answer)


def _names(chance: Chance, ways: str, count: int) -> list[str]:
    """Return different names of rows, all of one kind."""
    make = words.maker(chance.pick(ways.split(";")))
    return list(dict.fromkeys(make(chance) for _ in range(count)))


def _text(
    chance: Chance, one: str, names: Sequence[str], columns: Sequence[Fact], rows: Sequence[Sequence[Fact]]
) -> str:
    caps = chance.pick(_CAPS)
    has_units = chance.maybe(0.4)
    head = [
        caps(one),
        *(
            fact.label + (f" ({fact.unit})" if has_units and fact.unit and not fact.suffix else "")
            for fact in columns
        ),
    ]
    grid = [head, *([name, *(fact.worded for fact in row)] for name, row in zip(names, rows, strict=True))]
    kind = chance.between(1, 4)
    if kind == 1:
        comma = chance.pick((",", ";", "\t", "|"))
        return "\n".join(map(comma.join, grid))
    if kind == len("ab"):
        return "\n".join("| " + line + " |" for line in _even(grid, " | ").split("\n"))
    lines = _even(grid, chance.pick(("  ", "   ", " "))).split("\n")
    rule = chance.pick(_RULES)
    if rule:
        lines.insert(1, "  ".join(rule * len(cell) for cell in head))
    return "\n".join(lines)


def _even(grid: Sequence[Sequence[str]], between: str) -> str:
    """Return the rows with even columns."""
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    return "\n".join(
        between.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in grid
    )


def _row(
    chance: Chance, text: str, one: str, names: Sequence[str], rows: Sequence[Sequence[Fact]], at: int
) -> Draft:
    """Return the table with one row asked for: by its name in the key or the description, or as the only one."""
    name, row = names[at], rows[at]
    key = "".join(char if char.isalnum() else "_" for char in name.lower()).strip("_")
    stated = []
    if len(names) == 1:
        stated.append(_name_fact(one, name))
    by_key = chance.maybe(0.5) and key.isascii() and not key[0].isdigit()
    for fact in row:
        note = fact.notes[0] if fact.notes else fact.phrase
        if len(names) == 1:
            stated.append(fact)
        elif by_key:
            stated.append(
                fact._replace(names=[f"{key}_{each}" for each in fact.names], notes=[f"{note} of {name}"])
            )
        else:
            notes = [f"{note} of {name}", f"{note}, {one} {name}", f"{name}: {note}"]
            stated.append(fact._replace(notes=notes, is_cryptic=True))
    absent = world.absent(chance, [*stated, *row], 1) if chance.maybe(0.15) else []
    return Draft(text=text, stated=stated, absent=absent)


def _name_fact(one: str, name: str) -> Fact:
    node = strings.STRING
    return Fact(one, name, name, node, (one, f"{one}_name", f"{one}_id", "name"), [f"name of the {one}"])


def _array(chance: Chance, called: tuple[str, str], names: Sequence[str], rows: Sequence[Sequence[Fact]]) -> Fact:
    """Return all rows as one fact: an array of objects, the name of the row first."""
    one, many = called
    how = view.manner(chance)
    id_key = how.spell(chance.pick((one, "name", "id", f"{one}_name", f"{one}_id")))
    asked = [k for k in range(len(rows[0])) if chance.maybe(0.8)] or [0]
    properties: dict[str, JSON] = {id_key: {"type": "string"}}
    columns = []
    for k in asked:
        fact = rows[0][k]
        key = how.spell(
            keys.with_unit(chance, chance.pick(fact.names), fact.unit if chance.maybe(how.name_unit_share) else "")
        )
        if key not in properties:
            properties[key] = arrays.column(chance, fact, how)
            columns.append((k, key))
    items: list[JSON] = [
        {id_key: name, **{key: _number(row[k]) for k, key in columns}}
        for name, row in zip(names, rows, strict=True)
    ]
    node = arrays.array(properties, required=[id_key])
    notes = [f"all {many}", f"one item a {one}", f"the {many} in order"]
    return Fact(many, "", items, node, [many, f"{one}_list", many], notes)


def _number(fact: Fact) -> Number:
    assert isinstance(fact.answer, Number)
    return fact.answer
