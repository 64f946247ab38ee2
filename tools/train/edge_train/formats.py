"""Owns formats: what one kind of device sends, written down once as a template with slots, in `formats/*.txt`.

Knows nothing of schemas. A format is added by a block of such a file; `docs/training.md` shows how. What a
template leaves out this time is absent, and may be asked for all the same.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from edge.literal import JSON
from edge_train import arrays, lines, slots, view
from edge_train.chance import Chance
from edge_train.facts import Fact
from edge_train.lines import TableError
from edge_train.slots import Slot

_SLOT = re.compile(r"«(\w+)»")
_CHOICE = re.compile(r"‹([^›]*)›")
_ROWS = re.compile(r"\*(\w+) (.*)", re.DOTALL)
_DROPPED = 0.35  # of the lines that a device may leave out


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of a template: pieces in turn, each with its alternatives; an alternative is text and slots in turn.

    Attributes:
        is_optional: whether devices may leave the line out.
        rows: the name of the list whose items are such lines; empty for a line that stands once.
    """

    pieces: tuple[tuple[tuple[str, ...], ...], ...]
    is_optional: bool = False
    rows: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """A template and its slots."""

    name: str
    lines: tuple[Line, ...]
    slots: Mapping[str, Slot]


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """What became of a format: the text, what it states, and what it could have stated."""

    text: str
    stated: Sequence[Fact]
    left_out: Sequence[Fact]


@cache
def load(file: str) -> tuple[Format, ...]:
    """Return the formats of a file.

    Raises:
        TableError: a block that is none.
    """
    blocks: list[tuple[str, list[tuple[int, str]]]] = []
    for number, line in lines.read("formats", file):
        if line.startswith("== "):
            blocks.append((line.removeprefix("== ").strip(), []))
        elif not blocks:
            raise TableError(f'{file}:{number}: expected "== NAME", got "{line}"')
        else:
            blocks[-1][1].append((number, line))
    return tuple(_format(file, name, block) for name, block in blocks)


def fill(chance: Chance, format_: Format) -> Filled:
    """Return a text of a format with all that it states."""
    said: list[str] = []
    stated: list[Fact] = []
    used: set[str] = set()
    for line in format_.lines:
        if line.is_optional and chance.maybe(_DROPPED):
            continue
        if line.rows:
            rows = _rows(chance, format_, line)
            said += [text for text, _ in rows]
            stated += _asked_rows(chance, line.rows, [facts for _, facts in rows])
            used |= {name for piece in line.pieces for option in piece for name in option[1::2]}
        else:
            text, facts = _filled(chance, format_, line, used)
            said.append(text)
            stated += facts
    asked = [fact for fact in stated if fact.names]
    left_out = [
        slots.fact(chance, slot) for name, slot in format_.slots.items() if name not in used and slot.names
    ]
    return Filled(text="\n".join(said), stated=asked, left_out=left_out)


def _filled(chance: Chance, format_: Format, line: Line, used: set[str]) -> tuple[str, list[Fact]]:
    said: list[str] = []
    stated: list[Fact] = []
    for options in line.pieces:
        option = options[0] if len(options) == 1 else chance.pick(options)
        for k, part in enumerate(option):
            if k % 2 == 0:
                said.append(part)
            else:
                fact = slots.fact(chance, format_.slots[part])
                used.add(part)
                said.append(fact.shown)
                stated.append(fact)
    return "".join(said), stated


def _rows(chance: Chance, format_: Format, line: Line) -> list[tuple[str, list[Fact]]]:
    """Return some rows, no two of which begin with the same value."""
    found: dict[str, tuple[str, list[Fact]]] = {}
    for _ in range(chance.pick((1, 2, 2, 3, 3, 4, 5, 6))):
        text, facts = _filled(chance, format_, line, set())
        found.setdefault(facts[0].shown, (text, facts))
    return list(found.values())


def _asked_rows(chance: Chance, name: str, rows: Sequence[Sequence[Fact]]) -> list[Fact]:
    """Return rows as one fact, an array of objects, or one of them as facts that its key tells apart."""
    rows = [[fact for fact in row if fact.names] for row in rows]
    if chance.maybe(0.45):
        return [_array(chance, name, rows)]
    row = chance.pick(rows)
    key = row[0]
    if len(rows) == 1:
        return list(row)
    return [
        fact._replace(notes=[f"{note} of {key.shown}" for note in fact.notes], is_cryptic=True) for fact in row[1:]
    ]


def _array(chance: Chance, name: str, rows: Sequence[Sequence[Fact]]) -> Fact:
    how = view.manner(chance)
    facts = {fact.subject: fact for row in rows for fact in row}  # one of each slot, by its subject
    names: dict[frozenset[str], str] = {}
    for subject, fact in facts.items():
        keys = (how.spell(name) for name in chance.some(fact.names, len(fact.names)))
        names[subject] = next((key for key in keys if key not in names.values()), f"{fact.names[0]}_{len(names)}")
    properties = {names[subject]: arrays.column(chance, fact, how) for subject, fact in facts.items()}
    items = [_item(row, names) for row in rows]
    node = arrays.array({**properties})
    return Fact(
        name,
        "",
        [*items],
        node,
        [name],
        [f"all {name.replace('_', ' ')}", f"the {name.replace('_', ' ')} in order"],
    )


def _item(row: Sequence[Fact], names: Mapping[frozenset[str], str]) -> dict[str, JSON]:
    """Return a row as an object, its keys in the order of the names."""
    answers = {fact.subject: fact.answer for fact in row}
    return {key: answers[subject] for subject, key in names.items() if subject in answers}


def _format(file: str, name: str, block: Sequence[tuple[int, str]]) -> Format:
    templates = [line for _, line in block]
    if "--" not in templates:
        raise TableError(f'{file}: {name}: expected a line "--" between the template and its slots')
    end = templates.index("--")
    known = dict(slots.parse(f"{file}:{number}", line) for number, line in block[end + 1 :])
    parsed = tuple(_line(f"{file}:{number}", line) for number, line in block[:end])
    found = {part for line in parsed for options in line.pieces for option in options for part in option[1::2]}
    if odd := sorted(found ^ set(known)):
        raise TableError(
            f"{file}: {name}: expected the same slots above and below, got {', '.join(odd)} on one side"
        )
    return Format(name=name, lines=parsed, slots=known)


def _line(place: str, written: str) -> Line:
    rows = _ROWS.fullmatch(written)
    is_optional = written.startswith("?")
    said = rows.group(2) if rows else written.removeprefix("?")
    said = "" if said == "\\" else said.replace("\\t", "\t")
    pieces = tuple(
        tuple(tuple(_SLOT.split(option)) for option in (part.split("¦") if k % 2 else [part]))
        for k, part in enumerate(_CHOICE.split(said))
    )
    if any(mark in "".join(option) for mark in "‹›" for options in pieces for option in options):
        raise TableError(f"{place}: expected alternatives ‹a¦b› that do not hold others, got {written}")
    return Line(pieces=pieces, is_optional=is_optional, rows=rows.group(1) if rows else "")
