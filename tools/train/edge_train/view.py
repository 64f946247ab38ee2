"""Owns views: which facts of a world a schema asks for, under which names, and so the one right answer.

Knows nothing of texts. What the text does not state is asked for as well, and is left out of the answer.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from edge.literal import JSON
from edge_train import keys
from edge_train.chance import Chance
from edge_train.facts import Fact

MOST_FIELDS = 15
_GROUPS = ("readings", "values", "status", "device", "details", "data", "measurement", "info", "state", "metrics")


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How one schema asks.

    Attributes:
        unit_share: how often a field with a unit names it.
        note_share: how often a field has a description.
        name_unit_share: how often a key ends with its unit.
    """

    spell: keys.Spelling
    unit_share: float
    note_share: float
    name_unit_share: float


class _Field(NamedTuple):
    name: str
    node: dict[str, JSON]
    answer: JSON
    is_required: bool
    group: str = ""


def manner(chance: Chance) -> Manner:
    """Return how some schema asks."""
    return Manner(
        spell=keys.spelling(chance),
        unit_share=chance.pick((0.0, 0.7, 1.0, 1.0, 1.0)),
        note_share=chance.pick((0.0, 0.15, 0.4, 0.9)),
        name_unit_share=chance.pick((0.0, 0.0, 0.3, 0.8)),
    )


def ask(
    chance: Chance,
    stated: Sequence[Fact],
    absent: Sequence[Fact] = (),
    *,
    manner_: Manner | None = None,
    is_whole: bool = False,
) -> tuple[dict[str, JSON], dict[str, JSON]]:
    """Return a schema that asks for some of the facts, and the answer.

    Args:
        chance: what it is drawn from.
        stated: what the text states, in the order of the text; none asks what another answers.
        absent: what it does not state; all of these are asked for.
        manner_: how the schema asks; drawn where it is not given.
        is_whole: whether it mostly asks for all of it.
    """
    how = manner_ or manner(chance)
    counts = Counter(name for fact in (*stated, *absent) for name in set(fact.names))
    asked = list(stated)
    if len(asked) > 1 and chance.maybe(0.15 if is_whole else 0.65):
        count = max(chance.between(1, len(asked)), chance.between(1, len(asked)))
        asked = chance.some(asked, count)
        if chance.maybe(0.6):
            kept = set(map(id, asked))
            asked = [fact for fact in stated if id(fact) in kept]
    asked = asked[:MOST_FIELDS]
    for fact in absent[: max(0, MOST_FIELDS - len(asked))]:
        asked.insert(chance.between(0, len(asked)), fact)
    gone = set(map(id, absent))
    taken: set[str] = set()
    is_odd = chance.maybe(0.03)
    fields = []
    for fact in asked:
        field = _field(chance, fact, how, counts, taken, is_stated=id(fact) not in gone, is_odd=is_odd)
        if field is not None:
            taken.add(field.name)
            fields.append(field)
    return _written(chance, _grouped(chance, fields, how))


def _field(
    chance: Chance,
    fact: Fact,
    how: Manner,
    counts: Counter[str],
    taken: set[str],
    *,
    is_stated: bool,
    is_odd: bool,
) -> _Field | None:
    """Return the field that asks for a fact; None where no name is left for it."""
    name, is_clear = _name(chance, fact, counts)
    is_unlabelled = bool(fact.notes) and (is_odd or chance.maybe(_ODD_SHARE))
    if not is_clear and not fact.notes:
        return None
    key = keys.odd(chance) if is_unlabelled else name
    if fact.unit and not is_unlabelled and chance.maybe(how.name_unit_share):
        key = keys.with_unit(chance, key, fact.unit)
    key = key if is_unlabelled else how.spell(key)
    if key in taken:
        return None
    is_described = is_unlabelled or not is_clear or fact.is_cryptic
    node, answer = dict(fact.node), fact.answer
    if fact.is_number and fact.suffix and not fact.tail and chance.maybe(_AS_WRITTEN_SHARE):
        node = {"type": "string", "description": f"{chance.pick(fact.notes)}, as written with its unit"}
        answer = fact.shown + fact.suffix if answer is not None else None
    else:
        if fact.unit and chance.maybe(how.unit_share):
            node["unit"] = fact.unit
        if fact.notes and (is_described or chance.maybe(how.note_share)):
            node["description"] = _note(chance, fact)
    is_there = is_stated and answer is not None
    is_required = chance.maybe(_REQUIRED_SHARE if is_there else _REQUIRED_IN_VAIN_SHARE)
    return _Field(key, node, answer if is_there else None, is_required, fact.group)


_ODD_SHARE, _AS_WRITTEN_SHARE = 0.012, 0.012  # of fields
_REQUIRED_SHARE, _REQUIRED_IN_VAIN_SHARE = 0.78, 0.2  # of those that are there, and of those that are not


def _name(chance: Chance, fact: Fact, counts: Counter[str]) -> tuple[str, bool]:
    """Return a name of a fact, and whether it is the fact's alone, so that it needs no description."""
    names = fact.names
    if len(names) > 1 and chance.maybe(0.65):
        at = chance.between(0, len(names) - 1)
        names = (*names[at:], *names[:at])
    name = next((name for name in names if counts[name] == 1), None)
    return (fact.names[0], False) if name is None else (name, True)


def _note(chance: Chance, fact: Fact) -> str:
    note = chance.pick(fact.notes)
    if fact.label and not fact.is_cryptic and len(fact.label) > 1 and chance.maybe(0.08):
        note = f"{note} ({fact.label})"
    return note[:1].upper() + note[1:] if chance.maybe(0.3) else note


def _grouped(chance: Chance, fields: list[_Field], how: Manner) -> list[_Field]:
    """Return the fields, some of them put into an object of their own."""
    groups = [group for group in dict.fromkeys(field.group for field in fields) if group]
    if groups:
        return _nested(chance, fields, groups, how)
    most = len(fields) - 1
    if most < len("ab") or not chance.maybe(0.1):
        return fields
    count = chance.between(2, most)
    start = chance.between(0, len(fields) - count)
    name = how.spell(chance.pick(_GROUPS))
    if any(field.name == name for field in fields):
        return fields
    inner = fields[start : start + count]
    return [*fields[:start], _object(chance, name, inner), *fields[start + count :]]


def _nested(chance: Chance, fields: list[_Field], groups: list[str], how: Manner) -> list[_Field]:
    """Return the fields with those of one group in one object, at the place of the first of them."""
    found: list[_Field] = [field for field in fields if not field.group]
    for group in groups:
        inner = [field for field in fields if field.group == group]
        if len(inner) > 1 and chance.maybe(0.5) and all(field.name != how.spell(group) for field in fields):
            found.append(_object(chance, how.spell(group), inner))
        else:
            found.extend(inner)
    return found


def _object(chance: Chance, name: str, inner: list[_Field]) -> _Field:
    node, answer = _written(chance, inner)
    return _Field(name, node, answer or None, chance.maybe(0.7))


def _written(chance: Chance, fields: list[_Field]) -> tuple[dict[str, JSON], dict[str, JSON]]:
    schema: dict[str, JSON] = {"type": "object", "properties": {field.name: field.node for field in fields}}
    required: list[JSON] = [field.name for field in fields if field.is_required]
    if required and chance.maybe(0.9):
        schema["required"] = required
    if chance.maybe(0.6):
        schema["additionalProperties"] = False
    return schema, {field.name: field.answer for field in fields if field.answer is not None}
