"""Owns what a text offers for a leaf, and what it says for each: labels, units, counted places, words of a state.

Knows nothing of the model or of where in a schema a leaf stands. Support is in nats, to be added to the logarithm
of a model's probability. The figures were chosen on generated samples and on the development cases.
"""

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge.extraction.records import Place, Stretch
from edge.literal import dumps
from edge.schema.schema import Kind, Node
from edge.text import dates, labels, ordinals, pieces, quantities, states, units
from edge.text.columns import Columns
from edge.text.labels import Label
from edge.text.numerals import Numeral

OF_LABEL = 8.0  # a label that names the field, and it alone
OF_ORDINAL = 8.0  # the place that a description counts to: "second value"
OF_UNIT = 1.5  # the field's own unit beside a number
OF_OTHER_UNIT = 0.5  # another one of its kind
AGAINST_UNIT = -4.0  # one of another kind
AGAINST_PART = -2.0  # a number that is part of a longer one, of a date or a time
OF_WORD = 5.0  # the only word of an enum that the text has
OF_MOMENT = 2.5  # a date or a time, for a string that asks for one
OF_STATE = 6.0  # yes, off, 1 behind a label that names a boolean
_STRING_CHARS = 48  # of what stands at a place: enough to tell it from others
_PLACE = re.compile(
    r"(?:[=>(|]|(?<![0-9]):|:(?![0-9]))[ \t]*[\"']?(?=[^\s\"'=:>(])|\t(?=[^\s=:>|])|(?<=\S)\s{2,}(?=[^\s=:>|])"
)  # where a value may begin

Likeness = Callable[[Label], float]
"""How well a label names the leaf, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What might be written for a leaf.

    Attributes:
        written: the JSON, or its beginning where `is_open`.
        support: in nats.
        likeness: of the label, as far as there is one.
        is_open: a string that may end anywhere.
    """

    written: bytes
    support: float
    likeness: float = 0.0
    is_open: bool = False

    def is_written(self, value: bytes) -> bool:
        """Return whether a whole value is this one, or begins as this one where it is open."""
        return self.agrees(value) if self.is_open else self.written == value

    def agrees(self, beginning: bytes) -> bool:
        """Return whether a value that begins so may be this one; a string that has ended may be an open one.

        >>> open_ = Candidate(b'"P-301 north', 1.0, is_open=True)
        >>> [open_.agrees(begun) for begun in (b'"P', b'"P-301"', b'"north')]
        [True, True, False]
        """
        if not self.is_open:
            return self.written.startswith(beginning)
        if len(beginning) > 1 and beginning.endswith(b'"'):
            beginning = beginning[:-1]
        shorter = min(len(beginning), len(self.written))
        return beginning[:shorter] == self.written[:shorter]


class Candidates:
    """What one text offers; its numbers and places are found once, for all leaves."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lowered = text.lower()
        self._numbers = list(quantities.find(text))
        self._units = {
            each.numeral: units.beside(text, each.numeral.start, each.numeral.end) for each in self._numbers
        }
        self._places = [(match.end(), labels.before(text, match.end())) for match in _PLACE.finditer(text)]
        self._columns = Columns(text)
        self._stretch = Stretch(0, len(text))

    def within(self, stretch: Stretch) -> "Candidates":
        """Return what begins in a part of the text."""
        part = copy.copy(self)
        part._numbers = [each for each in self._numbers if stretch.start <= each.numeral.start < stretch.end]  # noqa: SLF001
        part._places = [each for each in self._places if stretch.start <= each[0] < stretch.end]  # noqa: SLF001
        part._stretch = stretch  # noqa: SLF001
        return part

    @property
    def text(self) -> str:
        """All of the text."""
        return self._text

    def at(self, stretch: Stretch) -> Candidate:
        """Return a string that a heading names, and that may end before the stretch does."""
        return Candidate(self._beginning(stretch.start, stretch.end), OF_LABEL, 1.0, is_open=True)

    @property
    def stretch(self) -> Stretch:
        """Where these begin."""
        return self._stretch

    @property
    def places(self) -> list[Place]:
        """Where values begin behind a label of their own, in text order."""
        labelled = {each.numeral.start: each.label for each in self._numbers if each.has_word and not each.is_part}
        return [Place(start, label) for start, label in sorted({**labelled, **dict(self._places)}.items())]

    def cell(self, description: str) -> tuple[int, int] | None:
        """Return the offsets of the place that a description counts to; None where it counts to none."""
        ordinal = ordinals.parse(description)
        return ordinals.find(self._text, ordinal) if ordinal else None

    def numbers(self, node: Node, likeness: Likeness) -> Iterator[Candidate]:
        """Yield the numbers of the text."""
        counted = self._first_in(self.cell(node.description or ""))
        for each in self._numbers:
            numeral = each.numeral
            literal = numeral.integer_literal if Kind.INTEGER in node.kinds else numeral.literal
            if literal is None:
                continue
            is_counted = numeral is counted
            like = (
                1.0
                if is_counted
                else max(each.weight * likeness(each.label), self._of_column(numeral.start, likeness))
            )
            support = (OF_ORDINAL if is_counted else OF_LABEL * like) + self._of_unit(numeral, node)
            against = AGAINST_PART if each.is_part and not is_counted else 0.0
            yield Candidate(literal.encode(), support + against, like)

    def strings(self, node: Node, likeness: Likeness, *, asks_moment: bool) -> Iterator[Candidate]:
        """Yield where a string may begin, as far as something speaks for the place: a label, or its looks."""
        cell = self.cell(node.description or "")
        if cell is not None and cell[0] < cell[1]:
            yield Candidate(self._beginning(cell[0], cell[1]), OF_ORDINAL, 1.0, is_open=True)
        timed = self._moments() if asks_moment else {}
        for start, label in {**timed, **dict(self._places)}.items():
            like = max(likeness(label), self._of_column(start, likeness))
            support = OF_LABEL * like + (OF_MOMENT if start in timed else 0.0)
            if support > 0:
                end = start + _STRING_CHARS
                yield Candidate(self._beginning(start, end), support, like, is_open=True)

    def words(self, node: Node, likeness: Likeness) -> Iterator[Candidate]:
        """Yield the literals of an enum: what the text has as a word speaks for it, all the more if alone.

        A code that the description explains by a literal (`ONBATT on_battery`, `SS = sandstorm`) is as good as it.
        """
        literals = node.literals or ()
        stated = {
            each: max(likeness(labels.before(self._text, start)) for start in starts)
            for each in literals
            if isinstance(each, str) and (starts := [*self._occurrences(each), *self._codes(each, node)])
        }
        alone = OF_WORD if len(stated) == 1 else 0.0
        for each in literals:
            like = stated.get(each, 0.0) if isinstance(each, str) else 0.0
            support = alone + OF_LABEL * like if isinstance(each, str) and each in stated else 0.0
            yield Candidate(dumps(each).encode(), support, min(1.0, support / OF_LABEL))

    def states(self, name: str, likeness: Likeness) -> Iterator[Candidate]:
        """Yield true and false: a label that names the leaf, and what stands behind it, speak for one."""
        found = {True: 0.0, False: 0.0}
        for start, label in self._places:
            said = states.said(self._text, start, name)
            if said is not None:
                found[said] = max(found[said], likeness(label))
        for is_true, like in found.items():
            yield Candidate(dumps(is_true).encode(), OF_STATE * like, like)

    def has_dimension(self, node: Node) -> bool | None:
        """Return whether a unit of a leaf's kind stands beside a number; None where that says nothing.

        It says nothing where the leaf has no unit that is known, or where most numbers have none.
        """
        wanted = units.named(node.unit) if node.unit else None
        if wanted is None:
            return None
        kinds = [unit.dimension for unit in self._units.values() if unit is not None]
        are_usual = 2 * len(kinds) > sum(not each.is_part for each in self._numbers)
        return True if wanted.dimension in kinds else (False if are_usual else None)

    def _of_column(self, start: int, likeness: Likeness) -> float:
        return max(map(likeness, self._columns.labels(start)), default=0.0)

    def _moments(self) -> dict[int, Label]:
        """Return where dates and times begin, with their labels."""
        return {start: labels.before(self._text, start) for start in dates.find(self._text) if self._has(start)}

    def _first_in(self, cell: tuple[int, int] | None) -> Numeral | None:
        if cell is None:
            return None
        inside = (
            each
            for each in (one.numeral for one in self._numbers)
            if cell[0] <= each.start and each.end <= cell[1]
        )
        return next(inside, None)

    def _of_unit(self, numeral: Numeral, node: Node) -> float:
        wanted, unit = units.named(node.unit) if node.unit else None, self._units[numeral]
        if wanted is None or unit is None or units.is_compass_point(unit, node.unit):
            return 0.0
        if unit == wanted:
            return OF_UNIT
        return OF_OTHER_UNIT if unit.dimension == wanted.dimension else AGAINST_UNIT

    def _beginning(self, start: int, end: int) -> bytes:
        line = self._text[start:end].split("\n")[0]
        return b'"' + "".join(map(pieces.escape, line)).encode()

    def _codes(self, word: str, node: Node) -> list[int]:
        spelled = re.escape(word).replace("_", "[_ -]")
        explained = re.findall(
            rf"([^\W_][\w-]+)\s*(?:=|:|means|is)?\s*{spelled}(?![^\W_])", node.description or "", re.IGNORECASE
        )
        return [
            match.start()
            for code in explained
            if code != code.lower()  # no word of the sentence
            for match in re.finditer(rf"(?<![^\W_]){re.escape(code)}(?![^\W_])", self._text)
            if self._has(match.start())
        ]

    def _has(self, at: int) -> bool:
        return self._stretch.start <= at < self._stretch.end

    def _occurrences(self, word: str) -> list[int]:
        spelled = re.escape(word.lower()).replace("_", "[_ -]")
        if not word or len(self._lowered) != len(self._text):  # İ becomes two characters
            return []
        found = re.finditer(rf"(?<![^\W_]){spelled}(?![^\W_])", self._lowered)
        return [match.start() for match in found if self._has(match.start())]
