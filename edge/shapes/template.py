"""Owns how a value is made of the digits of a text: constant characters and runs of digits, in order.

Knows nothing of schemas, routes or learning. Texts with the same shape have the same templates, so what was found
in one of them can be rendered from the digits of another.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeAlias, TypeVar

from edge.text import numerals, pieces
from edge.text.forms import BARE, FREE, LITERAL
from edge.text.numerals import Numeral

T = TypeVar("T")
Place: TypeAlias = tuple[int, int, int, int]  # literal and offset in it where a slice starts, and where it ends


@dataclass(frozen=True, slots=True)
class Copied:
    """A run of digits, by its number in the text.

    Attributes:
        is_stripped: whether leading zeros are dropped: 007 gives 7, and 00 gives 0.
    """

    run: int
    is_stripped: bool = False

    def __str__(self) -> str:
        return f"({self.run})"

    def of(self, runs: Sequence[str]) -> str:
        """Return the digits that stand there."""
        return (runs[self.run].lstrip("0") or "0") if self.is_stripped else runs[self.run]


Part: TypeAlias = str | Copied


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """How one value is written: `-21.4` is a minus, run 0, a point and run 1.

    Attributes:
        place: the slice of the text that it copies; None for a constant, whose place does not matter.
    """

    parts: tuple[Part, ...]
    place: Place | None = None

    @property
    def is_constant(self) -> bool:
        """Whether no digit of the text can change it."""
        return all(isinstance(part, str) for part in self.parts)

    @property
    def runs(self) -> frozenset[int]:
        """The numbers of the runs that it copies."""
        return frozenset(part.run for part in self.parts if isinstance(part, Copied))

    def fill(self, runs: Sequence[str]) -> str:
        """Return the value as a text with these runs states it.

        >>> Template(parts=("-", Copied(0, is_stripped=True), ".", Copied(1))).fill(["007", "50"])
        '-7.50'
        """
        return "".join(part if isinstance(part, str) else part.of(runs) for part in self.parts)


def constant(value: str) -> Template:
    """Return the template of a value that is always the same."""
    return Template(parts=(value,))


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """A text cut at its runs of digits: literal, run, literal, …, run, literal.

    Attributes:
        forms: that of each run, as `shape.py` names them.
        starts: the offset of each literal.
    """

    text: str
    literals: tuple[str, ...]
    runs: tuple[str, ...]
    forms: tuple[str, ...]
    starts: tuple[int, ...]

    def place(self, start: int, end: int) -> Place:
        """Return the slice text[start:end] in a way that holds for all texts of the shape."""
        return (*self._anchor(start), *self._anchor(end))

    def span(self, place: Place) -> tuple[int, int]:
        """Return where a slice stands in this text."""
        return self.starts[place[0]] + place[1], self.starts[place[2]] + place[3]

    def run_start(self, run: int) -> int:
        """Return the offset of a run."""
        return self.starts[run] + len(self.literals[run])

    def is_fixed(self, run: int) -> bool:
        """Whether the shape fixes the digits of a run."""
        return self.forms[run] in BARE or self.forms[run].startswith(LITERAL)

    def parts(self, place: Place) -> tuple[Part, ...]:
        """Return what a slice is made of."""
        first, start, last, end = place
        if first == last:
            return (self.literals[first][start:end],)
        found: list[Part] = [self.literals[first][start:]]
        for run in range(first, last):
            found.append(self.runs[run] if self.is_fixed(run) else Copied(run))
            found.append(self.literals[run + 1] if run + 1 < last else self.literals[last][:end])
        return joined(found)

    def _anchor(self, offset: int) -> tuple[int, int]:
        literal = bisect_right(self.starts, offset) - 1
        assert offset <= self.starts[literal] + len(self.literals[literal]), "no border lies inside a run"
        return literal, offset - self.starts[literal]


def cut(text: str, segments: Sequence[str], forms: Sequence[str]) -> Cut:
    """Return a text cut at its runs; segments are literals and runs in turn."""
    lengths = list(accumulate(map(len, segments), initial=0))
    return Cut(
        text=text,
        literals=tuple(segments[0::2]),
        runs=tuple(segments[1::2]),
        forms=tuple(forms),
        starts=tuple(lengths[0:-1:2]),
    )


def numbers(whole: Cut) -> tuple[Template | None, ...]:
    """Return the template of each numeral of a text, as `numerals.find` orders them.

    None where the literal is no row of the text's own digits.
    """
    return tuple(_number(whole, numeral) for numeral in numerals.find(whole.text))


def strings(whole: Cut, value: str) -> tuple[Template, ...]:
    """Return the templates of the places where a string stands in a text; those without digits are all one."""
    found: dict[Template, None] = {}
    for start, end in pieces.occurrences(value, whole.text):
        place = whole.place(start, end)
        parts = whole.parts(place)
        found[Template(parts=parts, place=place) if _copies(parts) else constant(value)] = None
    return tuple(found)


def joined(parts: Sequence[T]) -> tuple[T, ...]:
    """Return the parts with neighbouring constants as one, and none that is empty.

    >>> joined(["a", "b", "", Copied(0), ""])
    ('ab', Copied(run=0, is_stripped=False))
    """
    found: list[Any] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tuple(found)


def _copies(parts: Sequence[Part]) -> bool:
    return any(isinstance(part, Copied) for part in parts)


def _number(whole: Cut, numeral: Numeral) -> Template | None:
    parts = joined(list(_walk(whole, numeral)))
    template = Template(parts=parts, place=whole.place(numeral.start, numeral.end))
    if template.fill(whole.runs) != numeral.literal:
        return None
    return template if _copies(parts) else constant(numeral.literal)


def _walk(whole: Cut, numeral: Numeral) -> Iterator[Part]:
    """Yield what a numeral's literal is made of, as far as it follows the digits of the text."""
    literal, at = numeral.literal, 0
    runs = [k for k in range(len(whole.runs)) if numeral.start <= whole.run_start(k) < numeral.end]
    begins_with_point = whole.text[whole.run_start(runs[0]) - 1 : whole.run_start(runs[0])] == "."
    for nth, run in enumerate(runs):
        digits, is_stripped = whole.runs[run], False
        mark = at
        while mark < len(literal) and not literal[mark].isdigit():
            mark += 1
        if nth == 0 and begins_with_point and literal.startswith("0.", mark):
            mark += len("0.")
        elif nth == 0:
            digits, is_stripped = digits.lstrip("0") or "0", whole.forms[run] != FREE
        yield literal[at:mark]
        yield digits if whole.is_fixed(run) else Copied(run, is_stripped)
        at = mark + len(digits)
