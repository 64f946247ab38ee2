"""Owns what a text can state: a fact as it is shown, its answer, and the ways in which a schema asks for it.

Knows nothing of wording. Facts of one world never answer the same question, so that one answer is right.
"""

from collections.abc import Sequence
from typing import NamedTuple

from edge.literal import JSON


class Fact(NamedTuple):
    """Something that a text can state. A tuple, as tens of thousands of them are made a second.

    Attributes:
        label: what a device calls it: `T`, `Vbat`, `Batterie`.
        shown: the value as it stands in the text, without its unit.
        answer: the value as a reading has it; None for what is shown as not available, which answers nothing.
        node: what a schema says of the type: type, enum, format.
        names: property names in snake_case.
        notes: descriptions in a schema; each of them says enough to tell this fact from all others.
        unit: what a schema may call the unit; empty for none.
        suffix: the unit as it stands behind the value, with its space: ` °C`.
        phrase: what a sentence calls it: `battery voltage`.
        subject: two facts of a world with a subject in common would answer one question.
        tail: what follows the value and its unit: limits, a comment.
        is_cryptic: whether the label says nothing to those who do not know the format, so that a description must.
        group: the object of the schema that it may belong to; empty for none.
    """

    label: str
    shown: str
    answer: JSON
    node: dict[str, JSON]
    names: Sequence[str]
    notes: Sequence[str] = ()
    unit: str = ""
    suffix: str = ""
    phrase: str = ""
    subject: frozenset[str] = frozenset()
    tail: str = ""
    is_cryptic: bool = False
    group: str = ""

    @property
    def worded(self) -> str:
        """The value with its unit and what follows it."""
        return self.shown + self.suffix + self.tail

    @property
    def is_number(self) -> bool:
        """Whether the value is a number."""
        return self.node.get("type") in {"number", "integer"}


def called(fact: Fact, *, label: str, qualifier: str) -> Fact:
    """Return a fact under a narrower name: the `outdoor` temperature, the `max` of the current.

    >>> outdoor = called(Fact("T", "21", 21, {"type": "number"}, ["temp"], ["temperature"], phrase="temperature"),
    ...                  label="Tout", qualifier="outdoor")
    >>> outdoor.names, outdoor.notes, outdoor.phrase
    (['outdoor_temp'], ['outdoor temperature'], 'outdoor temperature')
    """
    key = qualifier.lower().replace(" ", "_").replace("-", "_")
    return fact._replace(
        label=label,
        names=[f"{key}_{name}" for name in fact.names],
        notes=[f"{qualifier} {note}" for note in fact.notes],
        phrase=f"{qualifier} {fact.phrase}",
        subject=frozenset(f"{qualifier} {subject}" for subject in fact.subject),
    )
