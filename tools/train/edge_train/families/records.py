"""Owns pages with several records of one kind: batteries, ports, pumps; one is asked for, or all as an array.

Knows nothing of what is measured. A record may lack a line that the others have: that field is then left out.
"""

from collections.abc import Sequence

from edge.literal import JSON, Number
from edge_train import arrays, keys, spelling, states, view, words, world
from edge_train.chance import Chance
from edge_train.draft import Draft
from edge_train.facts import Fact
from edge_train.families import common
from edge_train.spelling import Style
from edge_train.states import State

_THINGS = (
    ("battery", "batteries", "#"),
    ("pump", "pumps", "P-###"),
    ("port", "ports", "#"),
    ("unit", "units", "#"),
    ("zone", "zones", "{place}"),
    ("cell", "cells", "##"),
    ("probe", "probes", "28-%%%%%%"),
    ("tank", "tanks", "T-###"),
    ("node", "nodes", "0x%%%%"),
    ("drive", "drives", "sd&"),
    ("inverter", "inverters", "{syllables}"),
    ("room", "rooms", "{place}"),
    ("interface", "interfaces", "eth#"),
    ("string", "strings", "@"),
    ("silo", "silos", "#"),
    ("machine", "machines", "M##"),
    ("meter", "meters", "{syllables}"),
    ("hive", "hives", "##"),
)
_HEADS = (
    "{o} {n}",
    "{o} {n}:",
    "[{o} {n}]",
    "{O} {n}:",
    "-- {o} {n} --",
    "{O} #{n}",
    "{n}:",
    "{o}={n}",
    "{O} {n} status",
    "*** {O} {n} ***",
)
_JOINTS = ((": ", "\n  "), ("=", "\n  "), (" : ", "\n    "), (": ", ", "), ("=", " "), (" ", ", "), (": ", "\n"))


def draft(chance: Chance) -> Draft:
    """Return two to five records of one kind."""
    one, many, ways = chance.pick(_THINGS)
    style = spelling.style(chance, is_comma_free=True)
    columns, state = _columns(chance, style)
    make = words.maker(ways)
    names = list(dict.fromkeys(make(chance) for _ in range(chance.between(2, 5))))
    gaps = chance.pick((0.0, 0.0, 0.15))
    rows = [[_again(chance, fact, style, state) for fact in columns if not chance.maybe(gaps)] for _ in names]
    head, (joint, between) = chance.pick(_HEADS), chance.pick(_JOINTS)
    blocks = [
        _block(head.format(o=one, O=one.capitalize(), n=name), row, joint, between)
        for name, row in zip(names, rows, strict=True)
    ]
    text = chance.pick(("\n", "\n", "\n\n")).join(blocks)
    if chance.maybe(0.35):
        return Draft(text=text, stated=[_array(chance, (one, many), names, columns, rows)])
    at = chance.between(0, len(names) - 1)
    return _one(chance, text, f"{one} {names[at]}", columns, rows[at])


def _columns(chance: Chance, style: Style) -> tuple[list[Fact], State]:
    """Return what each record tells, and the state among it, where it has one."""
    found = world.measured(chance, style, chance.between(1, 4))
    state = chance.pick(states.table())
    if chance.maybe(0.5):
        fact = states.fact(chance, state)
        if not common.is_about(found, fact.subject) and all(
            fact.label.lower() != other.label.lower() for other in found
        ):
            found.append(fact)
    return found, state


def _again(chance: Chance, fact: Fact, style: Style, state: State) -> Fact:
    """Return another value of a fact."""
    if not fact.is_number:
        return states.again(chance, state, fact)
    shown, answer = world.again(chance, fact.subject, fact, style)
    return fact._replace(shown=shown, answer=answer)


def _block(head: str, row: Sequence[Fact], joint: str, between: str) -> str:
    start = between if between.startswith("\n") else " "
    return head + start + between.join(f"{fact.label}{joint}{fact.worded}" for fact in row)


def _one(chance: Chance, text: str, thing: str, columns: Sequence[Fact], row: Sequence[Fact]) -> Draft:
    """Return the page with one record asked for; what this record lacks and others have is absent."""
    by_key = chance.maybe(0.5) and thing.isascii()
    there = {fact.subject for fact in row}
    known = {fact.subject: fact for fact in row}
    stated: list[Fact] = []
    absent: list[Fact] = []
    for fact in columns:
        note = fact.notes[0]
        asked = known.get(fact.subject, fact)._replace(
            notes=[f"{note} of {thing}", f"{thing}: {note}"], is_cryptic=not by_key
        )
        if by_key:
            key = "".join(char if char.isalnum() else "_" for char in thing.lower()).strip("_")
            asked = asked._replace(names=[f"{key}_{name}" for name in fact.names])
        (stated if fact.subject in there else absent).append(asked)
    return Draft(text=text, stated=stated, absent=absent)


def _array(
    chance: Chance,
    called: tuple[str, str],
    names: Sequence[str],
    columns: Sequence[Fact],
    rows: Sequence[Sequence[Fact]],
) -> Fact:
    one, many = called
    how = view.manner(chance)
    is_number = all(name.isdigit() for name in names) and chance.maybe(0.6)
    id_key = how.spell(
        chance.pick((one, "id", "number", "index") if is_number else (one, "name", f"{one}_name", "id"))
    )
    properties: dict[str, JSON] = {id_key: {"type": "integer" if is_number else "string"}}
    known: dict[frozenset[str], str] = {}
    for fact in columns:
        key = how.spell(
            keys.with_unit(chance, chance.pick(fact.names), fact.unit if chance.maybe(how.name_unit_share) else "")
        )
        if key not in properties:
            properties[key] = arrays.column(chance, fact, how)
            known[fact.subject] = key
    items: list[JSON] = [
        {
            id_key: Number(str(int(name))) if is_number else name,
            **{known[fact.subject]: fact.answer for fact in row if fact.subject in known},
        }
        for name, row in zip(names, rows, strict=True)
    ]
    node = arrays.array(properties, required=[id_key])
    return Fact(many, "", items, node, [many, f"{one}_list"], [f"all {many}", f"one item for each {one}"])
