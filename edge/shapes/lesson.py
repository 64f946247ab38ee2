"""Owns what the model's readings of one shape have taught: for each value, all that it may have been copied from.

Knows nothing of routes, of storage or of when a lesson is trusted enough to be replayed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from edge import literal
from edge.extraction import evidence
from edge.extraction.extraction import Extraction, Value
from edge.literal import Number, Path, dumps
from edge.schema.schema import Node, node_at
from edge.shapes import shape as shapes
from edge.shapes import template
from edge.shapes.shape import Shape
from edge.shapes.template import Cut, Place, Template
from edge.text.forms import CLOCK
from edge.text.units import Unit

_SERIAL_DIGITS = 9  # so long are counters and seconds since 1970, on which no state of a device hangs


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """One value of a reading.

    Attributes:
        sources: the templates that agree with all confirmations; at least one.
        place: where its characters stood; None for what was inferred.
        unit: the one that stood beside it.
        confidence: the least of all confirmations.
    """

    path: Path
    sources: tuple[Template, ...]
    is_string: bool
    is_inferred: bool
    place: Place | None
    unit: Unit | None
    confidence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """The smallest and the largest value that a numeral had."""

    source: Template
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What the confirmations of one shape have in common.

    Attributes:
        skeleton: the JSON of the reading between its leaves.
        leaves: its leaves, in order.
        ranges: of every numeral that may be a measurement.
        seen: the runs of the confirmations that count, each different.
        varied: the numbers of the runs that were not the same in all confirmations.
        is_bounded: whether a field is absent that a number could bring forth, so that ranges must hold.
        longest: digits of the longest run.
        obstacle: why this shape cannot be replayed, however often it is confirmed; None where it can.
    """

    skeleton: tuple[str, ...]
    leaves: tuple[Leaf, ...]
    ranges: tuple[Range, ...]
    seen: tuple[tuple[str, ...], ...]
    varied: frozenset[int]
    is_bounded: bool
    longest: int
    obstacle: str | None

    @property
    def is_settled(self) -> bool:
        """Whether each value has one source, and no digits are the source of two numbers."""
        numbers = [leaf.sources[0].runs for leaf in self.leaves if leaf.sources and not leaf.is_string]
        is_apart = len(frozenset[int]().union(*numbers)) == sum(map(len, numbers))
        return self.obstacle is None and is_apart and all(len(leaf.sources) == 1 for leaf in self.leaves)


def first(shape: Shape, root: Node, extraction: Extraction) -> Lesson:
    """Return what one reading teaches."""
    cut = shapes.cut(extraction.text, shape)
    found = literal.leaves(extraction.json)
    edges = [0, *(edge for leaf in found for edge in (leaf.start, leaf.end)), len(extraction.json)]
    numbers = [each for each in template.numbers(cut) if each is not None]
    leaves = tuple(_leaf(cut, numbers, root, value) for value in extraction.values)
    values = [(source, float(source.fill(cut.runs))) for source in numbers if _may_measure(cut, source)]
    return Lesson(
        skeleton=tuple(extraction.json[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)),
        leaves=leaves,
        ranges=tuple(Range(source=source, low=value, high=value) for source, value in values),
        seen=(shape.runs,),
        varied=frozenset(),
        is_bounded=evidence.is_any_absent(root, literal.loads(extraction.json)),
        longest=max(map(len, shape.runs), default=0),
        obstacle=_obstacle(cut, root, extraction, leaves),
    )


def labels(cut: Cut, extraction: Extraction) -> tuple[int, ...]:
    """Return the runs that name something which the reading does not copy: of T1, relay2, PM2.5, CO2.

    Other digits there may mean another field, so texts that differ in them have nothing in common.
    """
    copied = _covered(cut, extraction.values)
    found: list[int] = []
    for run, before in enumerate(cut.literals[:-1]):
        word = before.rstrip("-")
        is_glued = word[-1:].isalpha() or word[-1:] == "_"
        begins_here = run == 0 or not word.replace("_", "a").isalpha()
        continues = run - 1 in found and before in {".", "-", "_", "/"}
        if run not in copied and ((is_glued and begins_here) or continues):
            found.append(run)
    return tuple(found)


def confirmed(lesson: Lesson, other: Lesson, *, needed: int) -> Lesson | None:
    """Return what a lesson and that of one more reading have in common; None where they contradict each other.

    Args:
        lesson: of the same shape.
        other: from `first`.
        needed: how many different confirmations are worth remembering.
    """
    if lesson.obstacle is not None or other.obstacle is not None:
        return other
    shared = [_common(one, two) for one, two in zip(lesson.leaves, other.leaves, strict=False)]
    leaves = tuple(leaf for leaf in shared if leaf is not None)
    if lesson.skeleton != other.skeleton or len(leaves) != len(lesson.leaves):
        return None
    runs = other.seen[0]
    is_new = len(lesson.seen) < needed and (runs not in lesson.seen or not runs)
    return replace(
        lesson,
        leaves=leaves,
        ranges=tuple(_wider(lesson.ranges, other.ranges)),
        seen=(*lesson.seen, runs) if is_new else lesson.seen,
        varied=lesson.varied | {k for k, run in enumerate(lesson.seen[0]) if runs[k] != run},
        longest=max(lesson.longest, other.longest),
    )


def _wider(one: Sequence[Range], two: Sequence[Range]) -> Iterator[Range]:
    """Yield the ranges of the numerals that were measurements in both: one may have grown to a serial's size."""
    others = {each.source: each for each in two}
    for each in one:
        if other := others.get(each.source):
            yield Range(source=each.source, low=min(each.low, other.low), high=max(each.high, other.high))


def _common(one: Leaf, two: Leaf) -> Leaf | None:
    sources = tuple(source for source in one.sources if source in two.sources)
    if not sources or one.path != two.path or one.unit != two.unit:
        return None
    return replace(two, sources=sources, confidence=min(one.confidence, two.confidence))


def _leaf(cut: Cut, numbers: Sequence[Template], root: Node, value: Value) -> Leaf:
    node = node_at(root, value.path)
    is_copied = node.literals is None and isinstance(value.value, str | Number)
    sources: tuple[Template, ...] = (template.constant(dumps(value.value)),)
    if is_copied and isinstance(value.value, Number):
        spelled = value.value.literal
        sources = tuple(dict.fromkeys(each for each in numbers if each.fill(cut.runs) == spelled))
    elif is_copied and isinstance(value.value, str):
        sources = template.strings(cut, value.value)
    return Leaf(
        path=value.path,
        sources=sources,
        is_string=is_copied and isinstance(value.value, str),
        is_inferred=not is_copied,
        place=cut.place(value.span.start, value.span.end) if value.span else None,
        unit=value.span.unit if value.span else None,
        confidence=value.confidence,
    )


def _obstacle(cut: Cut, root: Node, extraction: Extraction, leaves: Sequence[Leaf]) -> str | None:
    """Return why a reading cannot be replayed, in words for `edge shapes`."""
    for leaf in leaves:
        if not leaf.sources:
            return f"{literal.dotted(leaf.path)} does not stand in the text as the reading spells it"
    inferred = [value for value, leaf in zip(extraction.values, leaves, strict=True) if leaf.is_inferred]
    times = Counter(dumps(value.value) for value in inferred)
    open_ = [
        value.path
        for value in inferred
        if not evidence.is_stated(
            value.value,
            node_at(root, value.path),
            value.path,
            cut.text,
            is_shared=times[dumps(value.value)] > 1,
        )
    ]
    strings = [value for value in extraction.values if isinstance(value.value, str)]
    fixed = {run for run in range(len(cut.runs)) if cut.is_fixed(run)}
    if open_ and len(_covered(cut, strings) | fixed | set(labels(cut, extraction))) < len(cut.runs):
        return f"{literal.dotted(open_[0])} is inferred, and a number of the text may decide it"
    return None


def _covered(cut: Cut, values: Sequence[Value]) -> set[int]:
    """Return the runs that stand inside the characters of some values."""
    spans = [value.span for value in values if value.span]
    return {
        run for run in range(len(cut.runs)) if any(span.start <= cut.run_start(run) < span.end for span in spans)
    }


def _may_measure(cut: Cut, source: Template) -> bool:
    """Whether a state may hang on a numeral: it is no constant, no part of a date, no counter."""
    runs = sorted(source.runs)
    if not runs or all(cut.forms[run].startswith(CLOCK) for run in runs):
        return False
    is_long = max(len(cut.runs[run]) for run in runs) >= _SERIAL_DIGITS
    return not is_long and not evidence.is_counted(cut.literals[runs[0]])
