"""Owns what a text itself says for the fields of a schema: for stating each at all, and for each of its values.

Knows nothing of the model. Support never decides what may be written, which is the grammar's matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.extraction.candidates import Candidate, Candidates
from edge.literal import dumps
from edge.schema.schema import Kind, Node, Property
from edge.text import labels
from edge.text.labels import Label, Wanted

MOST_CHARS = 4000  # of a text; a longer one says nothing
MOST_FIELDS = 64  # of a schema; of a larger one it says nothing
# For stating a field, by how well the best label names it: a line, found on generated samples and on EdgeJSON's
# training rows, of which it takes about three quarters, since the model knows some of it by itself.
_PRESENCE = {  # kind: nats where nothing names it, and what the best of all labels adds
    Kind.NUMBER: (-0.75, 4.0),
    Kind.INTEGER: (-0.75, 4.0),
    Kind.STRING: (-1.0, 2.5),
    Kind.BOOLEAN: (-0.3, 4.0),
}
_PRESENCE_OF_WORD = (-1.0, 4.0)  # of an enum
OF_UNIT_PRESENCE = 1.25  # for a field whose kind of unit stands beside a number
AGAINST_PRESENCE = -2.0  # for one whose kind of unit does not, where others do


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object, with what the text says for it.

    Attributes:
        key: as it is written, with the colon.
        members: of an object; None for a leaf, and for what is not looked into (arrays).
        presence: the support for stating the field at all, in nats; of an object, that of its members.
        best: the most that is said for any value.
        is_text: whether a string may be written that nothing speaks for.
    """

    key: bytes
    members: "tuple[Field, ...] | None"
    candidates: tuple[Candidate, ...]
    presence: float
    best: float = 0.0
    is_text: bool = False


def of_text(root: Node, text: str) -> tuple[Field, ...]:
    """Return the fields of a schema with the support that a text gives them; none where it is not looked at.

    >>> from edge.schema.schema import parse
    >>> asked = {"type": "object", "properties": {"rh": {"type": "number", "unit": "%"}, "t": {"type": "number"}}}
    >>> humidity, temperature = of_text(parse(asked).root, "T=21.4C RH=48%")
    >>> [(each.written, each.support) for each in humidity.candidates]
    [(b'21.4', -4.0), (b'48', 9.5)]
    """
    if len(text) > MOST_CHARS or _count(root) > MOST_FIELDS:
        return ()
    found = Candidates(text)
    return tuple(_field(each, found, ()) for each in root.properties)


def _count(node: Node) -> int:
    return sum(1 + _count(each.node) for each in node.properties)


def _field(asked: Property, found: Candidates, parents: Sequence[str]) -> Field:
    key, node = f"{dumps(asked.name)}:".encode(), asked.node
    if node.is_object:
        members = tuple(_field(each, found, (*parents, asked.name)) for each in node.properties)
        return Field(key, members, (), sum(each.presence for each in members))
    if Kind.ARRAY in node.kinds or not node.is_grounded:
        return Field(key, None, (), 0.0)
    description = node.description or ""
    names = [
        Wanted(asked.name, description),
        *(Wanted(f"{each} {asked.name}", description) for each in parents[-1:]),
    ]

    def likeness(label: Label) -> float:
        likest = max(labels.likeness(label, wanted) for wanted in names)
        return likest**2  # half a likeness is much less than half

    candidates: list[Candidate] = []
    if node.literals is not None:
        candidates += found.words(node, likeness)
    else:
        if {Kind.NUMBER, Kind.INTEGER} & set(node.kinds):
            candidates += found.numbers(node, likeness)
        if Kind.STRING in node.kinds:
            candidates += found.strings(node, likeness)
        if Kind.BOOLEAN in node.kinds:
            candidates += found.states(likeness)
    presence = _presence(node, candidates, has_dimension=found.has_dimension(node))
    is_text = node.literals is None and Kind.STRING in node.kinds
    best = max([each.support for each in candidates] + ([0.0] if is_text else []), default=0.0)
    return Field(key, None, tuple(candidates), presence, best, is_text)


def _presence(node: Node, candidates: Sequence[Candidate], *, has_dimension: bool | None) -> float:
    if not candidates:
        return 0.0
    lines = [_PRESENCE[kind] for kind in node.kinds if kind in _PRESENCE]
    base, slope = _PRESENCE_OF_WORD if node.literals is not None or not lines else lines[0]
    of_label = base + slope * max(each.likeness for each in candidates)
    if has_dimension is None:
        return of_label
    return of_label + (OF_UNIT_PRESENCE if has_dimension else AGAINST_PRESENCE)
