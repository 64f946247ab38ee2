"""Owns the places of a text: where a value could have been copied from, and which of them are still free.

Knows nothing of readings as a whole or of how sure the model was: `spans.py` says which value chooses when.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from edge.errors import Reason, Rejected
from edge.literal import Leaf, Number
from edge.schema.schema import Kind, Node, node_at
from edge.text import numerals, pieces, units
from edge.text.numerals import Numeral
from edge.text.units import Unit

MOST_PLACES = 50_000  # of all values together; more come of texts such as 60 kB of "=" alone
FITS, UNKNOWN, DIFFERS = 2, 1, 0  # how well the unit beside a place agrees with the field's


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The characters text[start:end], where a value could have come from.

    Attributes:
        fit: FITS, UNKNOWN or DIFFERS.
        stands_alone: not in the middle of a word: the 4 of `4.5`, not that of `P-4` or `x4`.
    """

    start: int
    end: int
    is_number: bool
    unit: Unit | None = None
    fit: int = UNKNOWN
    stands_alone: bool = True

    def overlaps(self, other: "Place") -> bool:
        """Return whether two places share characters."""
        return self.start < other.end and other.start < self.end

    def collides(self, other: "Place") -> bool:
        """Return whether two places share characters so that only one of them can be meant.

        A number may well stand inside a copied sentence, but not inside the tag `P-204`.
        """
        if not self.overlaps(other):
            return False
        if self.is_number == other.is_number:
            return True
        number, string = (self, other) if self.is_number else (other, self)
        is_inside = string.start <= number.start and number.end <= string.end
        is_all_of_it = (number.start, number.end) == (string.start, string.end)
        return is_all_of_it or not is_inside or not number.stands_alone


class Taken:
    """The places that values have taken. Of two numbers, or two strings, none share characters."""

    def __init__(self) -> None:
        self._ends: dict[bool, list[int]] = {True: [], False: []}  # of numbers and of strings, in text order
        self._places: dict[bool, list[Place]] = {True: [], False: []}

    def add(self, place: Place) -> None:
        """Note that a value has taken a place, which collides with none before."""
        at = bisect_left(self._ends[place.is_number], place.end)
        self._ends[place.is_number].insert(at, place.end)
        self._places[place.is_number].insert(at, place)

    def around(self, place: Place) -> Iterator[Place]:
        """Yield the taken places that share characters with one."""
        for kind, ends in self._ends.items():
            places, at = self._places[kind], bisect_left(ends, place.start + 1)
            while at < len(places) and places[at].start < place.end:
                yield places[at]
                at += 1


class Candidates:
    """The places that one value may have come from. What is taken once is never free again: each is tried once."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = places
        best_first = sorted(places, key=lambda place: (-place.fit, not place.stands_alone, place.start))
        fits = dict.fromkeys(place.fit for place in best_first)
        self._free = [deque(place for place in best_first if place.fit == fit) for fit in fits]
        self._apart = [deque(queue) for queue in self._free]
        best_fit = max((place.fit for place in places), default=UNKNOWN)
        self.priority = -best_fit, not any(place.stands_alone for place in places), len(places)

    def best(self, taken: Taken) -> Place | None:
        """Return the best free place; None where none is left.

        First counts the unit beside it, then that no other value stands around or inside it, then that it is no
        part of a word, then text order.
        """
        for apart, free in zip(self._apart, self._free, strict=True):
            while apart and any(taken.around(apart[0])):
                apart.popleft()
            while free and not apart and any(map(free[0].collides, taken.around(free[0]))):
                free.popleft()
            if apart or free:
                return apart[0] if apart else free[0]
        return None


class Search:
    """Finds the places of the values of one text; values that are alike share theirs."""

    def __init__(self, text: str, root: Node) -> None:
        self._text = text
        self._root = root
        self._numerals: dict[str, list[Numeral]] = {}
        self._integers: dict[str, list[Numeral]] = {}
        for numeral in numerals.find(text):
            self._numerals.setdefault(numeral.literal, []).append(numeral)
            if (integer := numeral.integer_literal) is not None:
                self._integers.setdefault(integer, []).append(numeral)
        self._borders: frozenset[int] | None = None
        self._found: dict[object, Candidates] = {}
        self._shared: dict[tuple[Place, ...], Candidates] = {}
        self._count = 0

    def candidates(self, leaf: Leaf) -> Candidates:
        """Return the places of one leaf in text order; none for what need not stand in the text.

        Raises:
            Rejected: too_long, the values stand at more than MOST_PLACES places.
        """
        node = node_at(self._root, leaf.path)
        if node.literals is not None or not node.is_grounded:
            return Candidates(())
        if isinstance(leaf.value, Number):
            key: object = (leaf.value.literal, Kind.INTEGER in node.kinds, node.unit)
        elif isinstance(leaf.value, str):
            key = leaf.value
        else:
            return Candidates(())
        if key not in self._found:
            room = MOST_PLACES - self._count
            places = tuple(islice(self._places(leaf.value, node), room + 1))
            if len(places) > room:
                raise Rejected(
                    Reason.TOO_LONG, f"expected values at no more than {MOST_PLACES} places of the text"
                )
            self._count += len(places)
            self._found[key] = self._shared.setdefault(places, Candidates(places))
        return self._found[key]

    def _places(self, value: Number | str, node: Node) -> Iterator[Place]:
        if isinstance(value, str):
            if self._borders is None:
                self._borders = pieces.borders(self._text)
            for start, end in pieces.between(value, self._text, self._borders):
                yield Place(start=start, end=end, is_number=False)
            return
        found = self._numerals.get(value.literal, [])
        if Kind.INTEGER in node.kinds:
            whole = self._integers.get(value.literal, [])
            found = sorted({*found, *whole}, key=lambda n: (n.start, -n.end, n.literal))
        for numeral in found:
            yield self._place(numeral, node)

    def _place(self, numeral: Numeral, node: Node) -> Place:
        wanted = units.named(node.unit) if node.unit else None
        unit = units.beside(self._text, numeral.start, numeral.end)
        if unit is not None and units.is_compass_point(unit, node.unit):
            unit = None
        if unit is None and wanted is not None:
            label = units.in_label(self._text, numeral.start, numeral.end)
            unit = label if label and label.dimension == wanted.dimension else None
        fit = UNKNOWN if unit is None or not node.unit else (FITS if unit == wanted else DIFFERS)
        before = self._text[numeral.start - 1 : numeral.start]
        return Place(
            start=numeral.start,
            end=numeral.end,
            is_number=True,
            unit=unit,
            fit=fit,
            stands_alone=not (before.isalnum() or before in {"_", "-"}),
        )
