"""Owns the replay of a shape that has been learned: from the digits of a text to its reading, without the model.

Knows nothing of learning, of routes or of storage. In doubt a recipe gives nothing, and the model reads the text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from edge.extraction.evidence import has_meaning
from edge.extraction.extraction import Extraction, Value
from edge.extraction.normalize import Convert
from edge.extraction.spans import Span
from edge.literal import JSON, Number, Path, loads
from edge.shapes import shape as shapes
from edge.shapes import template
from edge.shapes.lesson import Leaf, Lesson
from edge.shapes.shape import Shape
from edge.shapes.template import Copied, Cut, Part, Template
from edge.text.pieces import escape
from edge.text.units import Unit

MAX_DIGITS = 15  # of a run; a longer one is believed only where one as long was confirmed
_SLACK = 4  # the fraction of a value by which a number without a label may leave what was seen: a quarter

Runs: TypeAlias = Sequence[str]
JudgeOf: TypeAlias = Callable[[Path], Callable[[JSON], bool] | None]
ConverterOf: TypeAlias = Callable[[Path, Unit | None], Convert | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Converted:
    """A number that the text says in another unit than its field's."""

    source: Template
    convert: Convert


Piece: TypeAlias = Part | Converted


class Recipe:
    """The reading of one shape as constants and runs of digits. Make one of a settled lesson.

    Args:
        lesson: in which each value has one source.
        cut: a text of the shape.
        judge_of: what says which values may stand at a path; None where any may.
        converter_of: what says a number in its field's unit, by the unit beside it; None where it stays as it is.
        judge_all: says whether a whole reading may be, for schemas that compare values; None where none does.
    """

    def __init__(
        self,
        lesson: Lesson,
        cut: Cut,
        *,
        judge_of: JudgeOf,
        converter_of: ConverterOf,
        judge_all: Callable[[str], bool] | None,
    ) -> None:
        self.leaves = lesson.leaves
        self.confidence = min((leaf.confidence for leaf in lesson.leaves), default=1.0)  # of the model's readings
        self._forms = cut.forms
        self._render_stated = _Renderer(_json_parts(lesson, lambda _path, _unit: None))
        self._render = _Renderer(_json_parts(lesson, converter_of))
        self._longest = max(lesson.longest, MAX_DIGITS)
        copied = {run for leaf in lesson.leaves for run in leaf.sources[0].runs}
        runs = lesson.seen[0]
        self.pins = {run: runs[run] for run in range(len(runs)) if run not in copied | lesson.varied}
        self._pins = [
            (run, digits) for run, digits in self.pins.items() if not cut.is_fixed(run)
        ]  # what no value copies and never varied may be part of a name
        self._bounds = [(_Renderer(source.parts), low, high) for source, low, high in _bounds(lesson, cut)]
        self._judges = [
            (_Renderer(_value_parts(leaf, converter_of)), Number if not leaf.is_string else str, judge)
            for leaf in lesson.leaves
            if not leaf.sources[0].is_constant and (judge := judge_of(leaf.path)) is not None
        ]
        self._judge_all = judge_all

    def replay(self, runs: Runs) -> str | None:
        """Return the JSON of the reading of a text with these runs; None where the model should read it."""
        if runs and max(map(len, runs)) > self._longest:
            return None
        for run, digits in self._pins:
            if runs[run] != digits:
                return None
        for fill, low, high in self._bounds:
            if not low <= float(fill(runs)) <= high:
                return None
        for fill, kind, is_fine in self._judges:
            if not is_fine(kind(fill(runs))):
                return None
        json = self._render(runs)
        return json if self._judge_all is None or self._judge_all(json) else None

    def extraction(self, text: str, shape: Shape) -> Extraction:
        """Return the reading of a text with the source of each value, as the model's path would have it.

        The source of each value is known, so there are no rival units, and no value was left out.
        """
        cut = shapes.cut(text, shape)
        return Extraction(
            text=text,
            json=self._render_stated(shape.runs),
            values=tuple(_value(leaf, cut) for leaf in self.leaves),
            left_out=(),
            duration_s=0.0,
        )


class _Renderer:
    """Writes constants and runs of digits in turn; prepared once, so that writing is one join."""

    __slots__ = ("_converted", "_parts", "_runs", "_stripped")

    def __init__(self, parts: Sequence[Piece]) -> None:
        self._parts: list[str] = []
        self._runs: list[tuple[int, int]] = []  # place among the parts, run
        self._stripped: list[tuple[int, int]] = []
        self._converted: list[tuple[int, Converted]] = []
        for part in template.joined(parts):
            if isinstance(part, Copied):
                (self._stripped if part.is_stripped else self._runs).append((len(self._parts), part.run))
            elif isinstance(part, Converted):
                self._converted.append((len(self._parts), part))
            self._parts.append(part if isinstance(part, str) else "")

    def __call__(self, runs: Runs) -> str:
        parts = self._parts.copy()
        for place, run in self._runs:
            parts[place] = runs[run]
        for place, run in self._stripped:
            parts[place] = runs[run].lstrip("0") or "0"
        for place, part in self._converted:
            parts[place] = part.convert(part.source.fill(runs))
        return "".join(parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a value comes from, for people."""

    path: Path
    source: Template
    is_inferred: bool


def origins(lesson: Lesson) -> list[Origin]:
    """Return where each value of a lesson comes from, as far as that is settled: one for each possible source."""
    return [
        Origin(path=leaf.path, source=source, is_inferred=leaf.is_inferred)
        for leaf in lesson.leaves
        for source in leaf.sources
    ]


def _json_parts(lesson: Lesson, converter_of: ConverterOf) -> list[Piece]:
    parts: list[Piece] = []
    for before, leaf in zip(lesson.skeleton, lesson.leaves, strict=False):
        source = _value_parts(leaf, converter_of)
        if leaf.is_string:
            source = ('"', *(escape(part) if isinstance(part, str) else part for part in source), '"')
        parts += [before, *source]
    return [*parts, lesson.skeleton[-1]]


def _value_parts(leaf: Leaf, converter_of: ConverterOf) -> tuple[Piece, ...]:
    """Return what a value is made of, in its field's unit."""
    source = leaf.sources[0]
    convert = None if leaf.is_string or leaf.is_inferred else converter_of(leaf.path, leaf.unit)
    return source.parts if convert is None else (Converted(source=source, convert=convert),)


def _bounds(lesson: Lesson, cut: Cut) -> list[tuple[Template, float, float]]:
    """Return the numerals that must stay near what was confirmed, with the range of each.

    Where a field is absent that a number may bring forth (`batt 5%` is low, and `batt 80%` nothing), every number
    must lie between two that brought forth nothing. Of numbers without a label (`21.4,48,1013`), their size alone
    says which is which.
    """
    if lesson.is_bounded:
        return [(each.source, each.low, each.high) for each in lesson.ranges]
    bare = {leaf.sources[0] for leaf in lesson.leaves if not leaf.is_string and _is_bare(cut, leaf.sources[0])}
    found = []
    for each in lesson.ranges if len(bare) > 1 else ():
        if each.source in bare:
            slack = max(each.high - each.low, abs(each.low) / _SLACK, abs(each.high) / _SLACK)
            found.append((each.source, each.low - slack, each.high + slack))
    return found


def _is_bare(cut: Cut, source: Template) -> bool:
    """Whether neither a word nor a unit stands beside a numeral."""
    runs = sorted(source.runs)
    return bool(runs) and not has_meaning(cut.literals[runs[0]]) and not has_meaning(cut.literals[runs[-1] + 1])


def _value(leaf: Leaf, cut: Cut) -> Value:
    source, span = leaf.sources[0], None
    place = source.place or leaf.place
    if leaf.place is not None and place is not None:
        start, end = cut.span(place)
        span = Span(start=start, end=end, unit=leaf.unit)
    text = source.fill(cut.runs)
    value = text if leaf.is_string else loads(text)
    return Value(path=leaf.path, value=value, span=span, confidence=leaf.confidence)
