"""Owns the proof of a reading: for each value that was copied, which characters of the text it was copied from.

Knows nothing of the model or of conversion. Offsets are code points into the text. One place of the text gives one
value: of two values that can only have come from the same characters, the surer one keeps them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge import numerals, pieces, units
from edge.literal import Leaf, Number
from edge.numerals import Numeral
from edge.schema import Kind, Node, node_at
from edge.units import Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """The characters text[start:end] that a value was copied from.

    Attributes:
        unit: the unit that stands beside a number; None where none was recognised.
        rival_units: those beside other places that hold the same number and that no other value took; a None among
            them is a place without a unit.
    """

    start: int
    end: int
    unit: Unit | None = None
    rival_units: frozenset[Unit | None] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A leaf and what became of its claim to a place in the text.

    Attributes:
        span: None for a value that needs none (enum, boolean, null, `grounded: false`), and for a lost claim.
        is_lost: every place that the value could have come from belongs to another value.
    """

    leaf: Leaf
    span: Span | None
    is_lost: bool


def locate(text: str, root: Node, leaves: Sequence[Leaf], sureness: Sequence[float]) -> list[Claim]:
    """Return the claim of each leaf, in the order of the leaves.

    Equal values take different places, in text order. A place beside a unit that fits the field goes to that field
    first; then values with the fewest possible places choose, and of these the surest first (`sureness`, a number
    for each leaf).

    >>> from edge import literal, schema
    >>> celsius = {"type": "number", "unit": "°C"}
    >>> properties = {"humidity": {"type": "number"}, "t": celsius, "dew": {"type": "number"}}
    >>> root = schema.parse({"type": "object", "properties": properties}).root
    >>> claims = locate("T=21C RH=21", root, literal.leaves('{"humidity":21,"t":21,"dew":21}'), [0.9, 1.0, 0.4])
    >>> [(claim.span and claim.span.start, claim.is_lost) for claim in claims]
    [(9, False), (2, False), (None, True)]
    """
    search = _Search(text, root)
    places = [search.places(leaf) for leaf in leaves]
    chosen: dict[int, _Place] = {}
    order = sorted(
        (index for index, candidates in enumerate(places) if candidates),
        key=lambda index: (*_priority(places[index]), -sureness[index]),
    )
    for index in order:
        free = [place for place in places[index] if not _is_taken(place, chosen.values())]
        if free:
            chosen[index] = max(free, key=lambda place: _merit(place, chosen.values()))
    _put_in_text_order(chosen, places)
    return [
        Claim(
            leaf=leaf,
            span=_span(chosen[index], places[index], chosen) if index in chosen else None,
            is_lost=bool(places[index]) and index not in chosen,
        )
        for index, leaf in enumerate(leaves)
    ]


_FITS, _UNKNOWN, _DIFFERS = 2, 1, 0  # how well the unit beside a place agrees with the field's


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    start: int
    end: int
    is_number: bool
    unit: Unit | None = None
    fit: int = _UNKNOWN
    stands_alone: bool = True  # not in the middle of a word: 4 in `4.5`, not in `4eb2`


class _Search:
    """The places of one text where a value could have come from."""

    def __init__(self, text: str, root: Node) -> None:
        self.text = text
        self.root = root
        self.numerals = numerals.find(text)

    def places(self, leaf: Leaf) -> list[_Place]:
        """Return the places of one leaf in text order; none for what need not stand in the text."""
        node = node_at(self.root, leaf.path)
        if node.literals is not None or not node.is_grounded:
            return []
        if isinstance(leaf.value, Number):
            return [self.place(numeral, node) for numeral in self.numerals if _reads(numeral, leaf.value, node)]
        if isinstance(leaf.value, str):
            spans = pieces.occurrences(leaf.value, self.text)
            return [_Place(start=start, end=end, is_number=False) for start, end in spans]
        return []

    def place(self, numeral: Numeral, node: Node) -> _Place:
        wanted = units.named(node.unit) if node.unit else None
        unit = units.beside(self.text, numeral.start, numeral.end)
        if unit is not None and units.is_compass_point(unit, node.unit):
            unit = None
        if unit is None and wanted is not None:
            label = units.in_label(self.text, numeral.start, numeral.end)
            unit = label if label and label.dimension == wanted.dimension else None
        fit = _UNKNOWN if unit is None or not node.unit else (_FITS if unit == wanted else _DIFFERS)
        before = self.text[numeral.start - 1 : numeral.start]
        return _Place(
            start=numeral.start,
            end=numeral.end,
            is_number=True,
            unit=unit,
            fit=fit,
            stands_alone=not (before.isalnum() or before in {"_", "-"}),
        )


def _reads(numeral: Numeral, value: Number, node: Node) -> bool:
    is_integer = Kind.INTEGER in node.kinds and numeral.integer_literal == value.literal
    return numeral.literal == value.literal or is_integer


def _priority(candidates: Sequence[_Place]) -> tuple[int, bool, int]:
    """Return what decides who chooses first, the smallest: a fitting unit, a place of its own, a narrow choice."""
    best_fit = max(place.fit for place in candidates)
    return -best_fit, not any(place.stands_alone for place in candidates), len(candidates)


def _is_taken(place: _Place, others: Iterable[_Place]) -> bool:
    return any(_collide(place, other) for other in others)


def _collide(one: _Place, other: _Place) -> bool:
    """Whether two places share characters so that only one of them can be meant.

    A number may well stand inside a copied sentence, but not inside the tag `P-204`.
    """
    if one.start >= other.end or other.start >= one.end:
        return False
    if one.is_number == other.is_number:
        return True
    number, string = (one, other) if one.is_number else (other, one)
    is_inside = string.start <= number.start and number.end <= string.end
    is_all_of_it = (number.start, number.end) == (string.start, string.end)
    return is_all_of_it or not is_inside or not number.stands_alone


def _merit(place: _Place, others: Iterable[_Place]) -> tuple[int, bool, bool, int]:
    """Return what makes a place the better source: its unit, no other value or word around it, text order."""
    is_apart = not any(place.start < other.end and other.start < place.end for other in others)
    return place.fit, is_apart, place.stands_alone, -place.start


def _put_in_text_order(chosen: dict[int, _Place], places: Sequence[Sequence[_Place]]) -> None:
    """Let leaves with the same possible places have theirs in the order of the leaves."""
    groups: dict[tuple[_Place, ...], list[int]] = {}
    for index in sorted(chosen):
        groups.setdefault(tuple(places[index]), []).append(index)
    for indices in groups.values():
        in_order = sorted((chosen[index] for index in indices), key=lambda place: place.start)
        chosen.update(zip(indices, in_order, strict=True))


def _span(place: _Place, candidates: Sequence[_Place], chosen: Mapping[int, _Place]) -> Span:
    taken = {(other.start, other.end) for other in chosen.values()}
    rivals = frozenset(other.unit for other in candidates if (other.start, other.end) not in taken)
    return Span(start=place.start, end=place.end, unit=place.unit, rival_units=rivals)
