"""Owns how a lesson is written down as JSON, and read again.

Knows nothing of where it is kept. What is read may be damaged or another version's: then it is no lesson.
"""

import json
from typing import Any

from edge.shapes.lesson import Leaf, Lesson, Range
from edge.shapes.template import Copied, Part, Place, Template
from edge.text import units


def dumps(lesson: Lesson) -> str:
    """Return a lesson as JSON."""
    return json.dumps(
        {
            "skeleton": lesson.skeleton,
            "leaves": [_leaf(leaf) for leaf in lesson.leaves],
            "ranges": [[_template(each.source), each.low, each.high] for each in lesson.ranges],
            "seen": lesson.seen,
            "varied": sorted(lesson.varied),
            "is_bounded": lesson.is_bounded,
            "longest": lesson.longest,
            "obstacle": lesson.obstacle,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def loads(text: str) -> Lesson:
    """Return the lesson that a JSON text holds.

    Raises:
        ValueError: it holds none.
    """
    try:
        found: dict[str, Any] = json.loads(text)
        return Lesson(
            skeleton=tuple(found["skeleton"]),
            leaves=tuple(_read_leaf(leaf) for leaf in found["leaves"]),
            ranges=tuple(
                Range(source=_read_template(source), low=float(low), high=float(high))
                for source, low, high in found["ranges"]
            ),
            seen=tuple(tuple(runs) for runs in found["seen"]),
            varied=frozenset(found["varied"]),
            is_bounded=bool(found["is_bounded"]),
            longest=int(found["longest"]),
            obstacle=found["obstacle"],
        )
    except (TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"expected a lesson, got {text[:60]!r}") from error


def _leaf(leaf: Leaf) -> dict[str, object]:
    return {
        "path": leaf.path,
        "sources": [_template(source) for source in leaf.sources],
        "is_string": leaf.is_string,
        "is_inferred": leaf.is_inferred,
        "place": leaf.place,
        "unit": leaf.unit.symbol if leaf.unit else None,
        "confidence": leaf.confidence,
    }


def _read_leaf(leaf: dict[str, Any]) -> Leaf:
    return Leaf(
        path=tuple(leaf["path"]),
        sources=tuple(_read_template(source) for source in leaf["sources"]),
        is_string=bool(leaf["is_string"]),
        is_inferred=bool(leaf["is_inferred"]),
        place=_read_place(leaf["place"]),
        unit=units.named(leaf["unit"]) if leaf["unit"] else None,
        confidence=float(leaf["confidence"]),
    )


def _template(source: Template) -> list[object]:
    """Return a template as JSON: a run by its number, a run without leading zeros by its number in a list."""
    parts = [
        part if isinstance(part, str) else ([part.run] if part.is_stripped else part.run) for part in source.parts
    ]
    return [parts, source.place]


def _read_template(source: list[Any]) -> Template:
    parts, place = source
    return Template(parts=tuple(map(_read_part, parts)), place=_read_place(place))


def _read_part(part: str | int | list[int]) -> Part:
    if isinstance(part, str):
        return part
    return Copied(part[0], is_stripped=True) if isinstance(part, list) else Copied(part)


def _read_place(place: list[int] | None) -> Place | None:
    if place is None:
        return None
    first, start, last, end = place
    return first, start, last, end
