"""Owns what is copied letter by letter: identities, places, versions, people, remarks, from `data/strings.txt`.

Knows nothing of texts. A kind of string is added by a line of the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from edge.literal import JSON
from edge_train import lines, words
from edge_train.chance import Chance
from edge_train.facts import Fact
from edge_train.words import Maker

STRING: dict[str, JSON] = {"type": "string"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Naming:
    """A kind of string, as the columns of the table have it."""

    subject: frozenset[str]
    names: tuple[str, ...]
    labels: tuple[str, ...]
    make: Maker
    notes: tuple[str, ...]


@cache
def table() -> tuple[Naming, ...]:
    """Return the kinds of strings of the table."""
    return tuple(_naming(cells) for _, cells in lines.columns("strings.txt", 5))


def fact(chance: Chance, naming: Naming) -> Fact:
    """Return a string of a kind."""
    shown = naming.make(chance)
    label = chance.pick(naming.labels)
    return Fact(
        label,
        shown,
        shown,
        STRING,
        naming.names,
        naming.notes,
        subject=naming.subject,
        phrase=naming.names[0].replace("_", " "),
    )


def _naming(cells: Sequence[str]) -> Naming:
    subjects, names, labels, ways, notes = cells
    return Naming(
        subject=frozenset(subjects.split()),
        names=tuple(names.split()),
        labels=tuple(labels.split()),
        make=words.maker(ways),
        notes=tuple(note.strip() for note in notes.split(";")),
    )
