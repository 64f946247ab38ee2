"""Owns what a text itself says for the fields of a schema: for stating each at all, and for each of its values.

Knows nothing of the model. Support never decides what may be written, which is the grammar's matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from edge.extraction import records
from edge.extraction.candidates import OF_LABEL, Candidate, Candidates
from edge.literal import dumps
from edge.schema.schema import Kind, Node, Property
from edge.text import labels
from edge.text.edges import Edges
from edge.text.labels import Label, Wanted

_MOMENTS = frozenset(["date-time", "date", "time"])
_MOMENT_NAMES = frozenset(
    [
        *(
            "at",
            "time",
            "date",
            "timestamp",
            "datetime",
            "when",
            "clock",
            "logged",
            "received",
            "updated",
            "since",
        ),
        *("zeit", "datum", "uhrzeit", "zeitpunkt"),
    ]
)
MOST_CHARS = 4000  # of a text; a longer one says nothing
MOST_FIELDS = 160  # of a schema; of a larger one it says nothing
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
OF_RECORDS = 3.0  # for stating a list whose items the text shows
AGAINST_RECORDS = -1.0  # for stating one that no heading names, where others have headings
AGAINST_PRESENCE = -2.0  # for one whose kind of unit does not, where others do


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object, with what the text says for it.

    Attributes:
        key: as it is written, with the colon.
        members: of an object; None for a leaf, and for what is not looked into.
        presence: the support for stating the field at all, in nats; of an object, that of its members.
        best: the most that is said for any value.
        is_text: whether a string may be written that nothing speaks for.
        edges: of the text, where such a string should begin and end; None for a leaf without strings.
        items: of a list, what is said for each item, as far as the text shows which items there are.
        loose: of a list, what is said for any other item; None for what is no list, or not looked into.
    """

    key: bytes
    members: "tuple[Field, ...] | None"
    candidates: tuple[Candidate, ...]
    presence: float
    best: float = 0.0
    is_text: bool = False
    edges: Edges | None = None
    items: "tuple[Field, ...]" = ()
    loose: "Field | None" = None


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
    return _Text(text, root, found).members(root, found, ())


class _Text:
    """A text with what is found in it once for all fields."""

    def __init__(self, text: str, root: Node, found: Candidates) -> None:
        self._edges = Edges(text)
        self._headed = records.headings(text)
        self._is_ordered = records.are_ordered(found.places, self._headed, [*map(_wanted, root.properties)])

    def members(self, node: Node, found: Candidates, parents: Sequence[str]) -> tuple[Field, ...]:
        """Return the fields of an object."""
        return tuple(self._field(each, found, parents, beside=node) for each in node.properties)

    def _field(self, asked: Property, found: Candidates, parents: Sequence[str], *, beside: Node) -> Field:
        key, node = f"{dumps(asked.name)}:".encode(), asked.node
        if node.is_object:
            members = self.members(node, found, (*parents, asked.name))
            return Field(key, members, (), sum(each.presence for each in members))
        if not node.is_grounded:
            return Field(key, None, (), 0.0)
        if Kind.ARRAY in node.kinds:
            return self._list(key, asked, found, beside)
        return self._leaf(key, asked, found, parents)

    def _list(self, key: bytes, asked: Property, found: Candidates, beside: Node) -> Field:
        item = asked.node.items
        if item is None or not item.is_grounded or (Kind.ARRAY in item.kinds):
            return Field(key, None, (), 0.0)
        if not item.is_object:
            return self._words(key, asked, found, item)
        stretches = records.find(
            found.places,
            self._headed,
            found.stretch,
            name=_wanted(asked),
            members=[*map(_wanted, _leaves(item))],
            deeper=[*map(_wanted, _in_lists(item))],
            others=[_wanted(each) for each in beside.properties if each.name != asked.name],
            is_ordered=self._is_ordered,
        )
        items = tuple(Field(b"", self.members(item, found.within(stretch), ()), (), 0.0) for stretch in stretches)
        loose = _loose(Property(name="", node=item, is_required=True), self._edges)
        return Field(key, None, (), self._presence_of_list(items), items=items, loose=loose)

    def _words(self, key: bytes, asked: Property, found: Candidates, item: Node) -> Field:
        """Return a list of what is no object; of words, those that stand in lines of their own."""
        loose = _loose(Property(name="", node=item, is_required=True), self._edges)
        if not _is_text(item):
            return Field(key, None, (), 0.0, loose=loose)
        stretches = records.lines(found.text, self._headed, found.stretch, name=_wanted(asked))
        items = tuple(replace(loose, candidates=(found.at(each),), best=OF_LABEL) for each in stretches)
        return Field(key, None, (), self._presence_of_list(items), items=items, loose=loose)

    def _presence_of_list(self, items: Sequence[Field]) -> float:
        if items:
            return OF_RECORDS
        return AGAINST_RECORDS if self._headed else 0.0

    def _leaf(self, key: bytes, asked: Property, found: Candidates, parents: Sequence[str]) -> Field:
        node = asked.node
        description = node.description or ""
        names = [_wanted(asked), *(Wanted(f"{each} {asked.name}", description) for each in parents[-1:])]

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
                candidates += found.strings(node, likeness, asks_moment=_asks_moment(asked))
            if Kind.BOOLEAN in node.kinds:
                candidates += found.states(asked.name, likeness)
        presence = _presence(node, candidates, has_dimension=found.has_dimension(node))
        is_text = _is_text(node)
        best = max([each.support for each in candidates] + ([0.0] if is_text else []), default=0.0)
        return Field(key, None, tuple(candidates), presence, best, is_text, self._edges if is_text else None)


def _loose(asked: Property, edges: Edges) -> Field:
    """Return a field of which is known only where its strings should begin and end."""
    key, node = f"{dumps(asked.name)}:".encode(), asked.node
    if node.is_object:
        return Field(key, tuple(_loose(each, edges) for each in node.properties), (), 0.0)
    is_text = node.is_grounded and _is_text(node)
    return Field(key, None, (), 0.0, 0.0, is_text, edges if is_text else None)


def _wanted(asked: Property) -> Wanted:
    return Wanted(asked.name, asked.node.description or "")


def _leaves(node: Node) -> Iterator[Property]:
    """Yield the leaves of an object, those of objects in it included."""
    for each in node.properties:
        if each.node.is_object:
            yield from _leaves(each.node)
        elif Kind.ARRAY not in each.node.kinds:
            yield each


def _in_lists(node: Node) -> Iterator[Property]:
    """Yield the leaves of the items of all lists in an object."""
    for each in node.properties:
        item = each.node.items
        if each.node.is_object:
            yield from _in_lists(each.node)
        elif item is not None and item.is_object:
            yield from _leaves(item)
            yield from _in_lists(item)


def _asks_moment(asked: Property) -> bool:
    """Return whether a field asks for a date or a time, by its format or by its name.

    >>> [_asks_moment(Property(name=name, node=Node(), is_required=True)) for name in ("loggedAt", "uptime")]
    [True, False]
    """
    said = labels.words(asked.name)
    return asked.node.format in _MOMENTS or bool({*said[-1:], *said[:1]} & _MOMENT_NAMES)


def _is_text(node: Node) -> bool:
    return node.literals is None and Kind.STRING in node.kinds


def _count(node: Node) -> int:
    below = sum(1 + _count(each.node) for each in node.properties)
    return below + (_count(node.items) if node.items is not None else 0)


def _presence(node: Node, candidates: Sequence[Candidate], *, has_dimension: bool | None) -> float:
    if not candidates:
        return 0.0
    lines = [_PRESENCE[kind] for kind in node.kinds if kind in _PRESENCE]
    base, slope = _PRESENCE_OF_WORD if node.literals is not None or not lines else lines[0]
    of_label = base + slope * max(each.likeness for each in candidates)
    if has_dimension is None:
        return of_label
    return of_label + (OF_UNIT_PRESENCE if has_dimension else AGAINST_PRESENCE)
