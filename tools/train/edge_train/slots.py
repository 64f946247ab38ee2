"""Owns the slots of formats: how the value of one is drawn, and how a schema asks for it.

Knows nothing of templates. A slot is a line `NAME: DRAW | NAMES IN A SCHEMA | NOTES | UNIT`; without names it is
never asked for. A draw is one of

    LOW..HIGH            a whole number        LOW..HIGH .2     with two decimals
    LOW..HIGH 04         at least four digits  LOW..HIGH .1 +   with its sign
    like WAY ; WAY       a string, as `words.py` makes them
    moment FORMAT ; …    a moment, as `moments.py` writes them
    enum A=x B=y         what is shown, and what it means; `_` is a space, and true and false make a boolean
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.literal import JSON, Number
from edge_train import moments, words
from edge_train.chance import Chance
from edge_train.facts import Fact
from edge_train.lines import TableError

_RANGE = re.compile(r"(-?[0-9.]+?)\.\.(-?[0-9.]+)(?: \.([0-9]))?(?: (0[0-9]+))?(?: (\+))?")
_Drawn = tuple[str, JSON, dict[str, JSON]]  # what is shown, the answer, the node


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """A slot as its line has it.

    Attributes:
        group: the object of the schema that it may belong to; empty for none.
        is_cryptic: whether nothing but its note says what it is.
    """

    draw: Callable[[Chance], _Drawn]
    names: tuple[str, ...]
    notes: tuple[str, ...]
    unit: str
    group: str
    is_cryptic: bool
    subject: frozenset[str]


def parse(place: str, line: str) -> tuple[str, Slot]:
    """Return the name of a slot and the slot.

    Raises:
        TableError: a line that is none.
    """
    head, mark, rest = line.partition(": ")
    cells = [cell.strip() for cell in rest.split("|")]
    if not mark or not head.isidentifier() or len(cells) > len(("draw", "names", "notes", "unit")):
        raise TableError(f'{place}: expected "NAME: DRAW | NAMES | NOTES | UNIT", got "{line}"')
    draw, names, notes, unit = (*cells, "", "", "")[:4]
    words_ = names.split()
    group = next((word[1:] for word in words_ if word.startswith("@")), "")
    keys = tuple(word for word in words_ if not word.startswith("@"))
    said = tuple(note.strip() for note in notes.removeprefix("!").split(";") if note.strip())
    return head, Slot(
        draw=_draw(place, draw),
        names=keys,
        notes=said or tuple(key.replace("_", " ") for key in keys[:1]),
        unit=unit,
        group=group,
        is_cryptic=notes.startswith("!"),
        subject=frozenset(keys),
    )


def fact(chance: Chance, slot: Slot) -> Fact:
    """Return a value of a slot."""
    shown, answer, node = slot.draw(chance)
    if node is _WHOLE:
        node = _INTEGER if chance.maybe(0.65) else _NUMBER
    return Fact(
        "",
        shown,
        answer,
        node,
        slot.names,
        slot.notes,
        slot.unit,
        subject=slot.subject,
        is_cryptic=slot.is_cryptic,
        group=slot.group,
    )


_STRING: dict[str, JSON] = {"type": "string"}
_BOOLEAN: dict[str, JSON] = {"type": "boolean"}
_NUMBER: dict[str, JSON] = {"type": "number"}
_INTEGER: dict[str, JSON] = {"type": "integer"}
_WHOLE: dict[str, JSON] = {"type": "integer"}  # or a number: drawn each time


def _draw(place: str, draw: str) -> Callable[[Chance], _Drawn]:
    kind, _, rest = draw.partition(" ")
    if kind == "like":
        return _like(words.maker(rest))
    if kind == "moment":
        return _moment(tuple(each.strip() for each in rest.split(";")))
    if kind == "enum":
        return _enum(place, rest.split())
    if match := _RANGE.fullmatch(draw):
        low, high, decimals, width, plus = match.groups()
        return _number(float(low), float(high), int(decimals or 0), int(width or 0), has_plus=bool(plus))
    raise TableError(f'{place}: expected a draw (LOW..HIGH, like, moment, enum), got "{draw}"')


def _number(low: float, high: float, decimals: int, width: int, *, has_plus: bool) -> Callable[[Chance], _Drawn]:
    node = _NUMBER if decimals else _WHOLE

    def draw(chance: Chance) -> _Drawn:
        literal = f"{low + chance.random() * (high - low):.{decimals}f}"
        if literal[0] == "-" and not literal.strip("-0."):
            literal = literal[1:]
        shown = literal.zfill(width)
        return ("+" + shown if has_plus and literal[0] != "-" else shown), Number(literal), node

    return draw


def _like(make: words.Maker) -> Callable[[Chance], _Drawn]:
    def draw(chance: Chance) -> _Drawn:
        shown = make(chance)
        return shown, shown, _STRING

    return draw


def _moment(formats: Sequence[str]) -> Callable[[Chance], _Drawn]:
    def draw(chance: Chance) -> _Drawn:
        shown = moments.written(chance, formats)
        return shown, shown, _STRING

    return draw


def _enum(place: str, pairs: Sequence[str]) -> Callable[[Chance], _Drawn]:
    meanings = []
    for pair in pairs:
        shown, mark, meaning = pair.rpartition("=")
        if not mark:
            raise TableError(f'{place}: expected "SHOWN=MEANING", got "{pair}"')
        meanings.append((shown.replace("_", " "), meaning))
    options = list(dict.fromkeys(meaning for _, meaning in meanings))
    if set(options) == {"true", "false"}:
        return lambda chance: _flag(*chance.pick(meanings))

    def draw(chance: Chance) -> _Drawn:
        shown, meaning = chance.pick(meanings)
        known = chance.some(options, len(options)) if chance.maybe(0.3) else list(options)
        node: dict[str, JSON] = {"type": "string", "enum": [*known]}
        return shown, meaning, node

    return draw


def _flag(shown: str, meaning: str) -> _Drawn:
    return shown, meaning == "true", _BOOLEAN
