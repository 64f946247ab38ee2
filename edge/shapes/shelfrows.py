"""Owns the way of an entry of the shape cache into a row of its file, and back.

Knows nothing of SQLite. A row that cannot be read is none: what it held is learned again.
"""

import json
import re

from edge.extraction.reading import Validator
from edge.shapes import lessonjson
from edge.shapes import shape as shapes
from edge.shapes.lesson import Lesson
from edge.shapes.recipe import Recipe
from edge.shapes.shape import Shape
from edge.shapes.shapestore import Row
from edge.shapes.shelf import Entry


def row(entry: Entry, fingerprint: str) -> Row:
    """Return an entry as a row."""
    state = {
        "labels": entry.labels,
        "lesson": lessonjson.dumps(entry.lesson) if entry.lesson else None,
        "is_trusted": entry.recipe is not None,
        "needed": entry.needed,
        "replays": entry.replays,
        "audits": entry.audits,
        "audited_at": entry.audited_at,
    }
    return Row(
        route=entry.route,
        key=entry.key,
        variant=entry.variant,
        fingerprint=fingerprint,
        state=json.dumps(state, ensure_ascii=False, separators=(",", ":")),
    )


def entry(row: Row, validator: Validator | None) -> Entry | None:
    """Return the entry that a row holds; None where it holds none.

    Args:
        row: as `row` made it, or damaged.
        validator: the route's; None for an entry that is shown, not replayed.
    """
    try:
        state = json.loads(row.state)
        lesson = lessonjson.loads(state["lesson"]) if state["lesson"] else None
        found = Entry(
            route=row.route,
            key=row.key,
            labels=tuple(map(int, state["labels"])),
            variant=row.variant,
            lesson=lesson,
            needed=int(state["needed"]),
            replays=int(state["replays"]),
            audits=int(state["audits"]),
            audited_at=None if state["audited_at"] is None else float(state["audited_at"]),
            is_changed=False,
            is_kept=True,
        )
        if lesson is not None and state["is_trusted"]:
            found.recipe = recipe(lesson, Shape(row.key, lesson.seen[0]), validator)
    except (ValueError, TypeError, KeyError, IndexError, AssertionError):
        return None
    return found


def recipe(lesson: Lesson, shape: Shape, validator: Validator | None) -> Recipe:
    """Return the recipe of a settled lesson."""
    return Recipe(
        lesson,
        shapes.cut(example(shape), shape),
        judge_of=validator.value_judge if validator else lambda _path: None,
        converter_of=validator.normalizer.converter if validator else lambda _path, _unit: None,
        judge_all=validator.whole_judge() if validator else None,
    )


def example(shape: Shape) -> str:
    """Return the text that has a shape.

    >>> example(Shape("|T=-9.6C", ("21", "40")))
    'T=-21.40C'
    """
    runs = iter(shape.runs)
    return re.sub("[0-9]+", lambda _: next(runs), shape.key.partition("|")[2])
