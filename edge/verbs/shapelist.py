"""Owns `edge shapes`: what the shape cache of a state directory has learned, for people to see and to drop.

Knows nothing of a running daemon, but that it sees within a second or two what was dropped here.
"""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from edge import literal
from edge.errors import EdgeError
from edge.literal import JSON
from edge.shapes import shape as shapes
from edge.shapes import shapestore, shelf, shelfrows
from edge.shapes.lesson import Leaf
from edge.shapes.shape import Shape
from edge.shapes.shapestore import ShapeStore
from edge.shapes.shelf import Entry
from edge.shapes.template import Cut, Template

T = TypeVar("T")

MIN_ID_DIGITS = 8
_EXAMPLE = 200  # characters of a text that are shown


def list_(folder: Path, *, route: str | None, as_json: bool) -> None:
    """Print the shapes of all routes, or of one: a table, or a JSON array.

    Raises:
        EdgeError: nothing is kept in the folder, or the file cannot be read.
    """
    entries = [entry for entry in _read(folder) if route in (None, entry.route)]
    if as_json:
        sys.stdout.write(json.dumps([_summary(entry) for entry in entries], ensure_ascii=False) + "\n")
        return
    table = Table("route", "id", "shape", "state", Column("replays", justify="right"), "last audit")
    for entry in entries:
        table.add_row(
            *map(Text, (entry.route, _id(entry), _shown(entry), _state(entry), str(entry.replays), _audit(entry)))
        )
    Console().print(table)


def show(folder: Path, route: str, shape_id: str, *, as_json: bool) -> None:
    """Print one shape, and where each value of its reading comes from.

    Raises:
        EdgeError: as `list_`; or the id names no shape of the route, or several.
    """
    entry = _find(_read(folder), route, shape_id)
    leaves = _origins(entry)
    if as_json:
        sys.stdout.write(json.dumps({**_summary(entry), "values": leaves}, ensure_ascii=False) + "\n")
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text.assemble((entry.route, "bold"), "  ", _id(entry), "  ", _state(entry)))
    console.print(Text(_shown(entry)), Text(""), sep="\n")
    table = Table.grid(padding=(0, 2))
    for leaf in leaves:
        assert isinstance(leaf["from"], list)
        table.add_row(Text(str(leaf["path"])), Text(" or ".join(map(str, leaf["from"]))))
    console.print(table)
    console.print(
        Text(f"\n{entry.replays} replays, {entry.audits} audits, last audit {_audit(entry)}", style="dim")
    )


def drop(folder: Path, route: str | None, shape_id: str | None) -> None:
    """Forget one shape of a route, all shapes of a route, or all shapes (no route), and say how many.

    Raises:
        EdgeError: as `show`; or the route has no shapes.
    """

    def forget(store: ShapeStore) -> int:
        entries = _entries(store)
        chosen = [entry for entry in entries if route in (None, entry.route)]
        if route is not None and shape_id is not None:
            chosen = [_find(entries, route, shape_id)]
        elif route is not None and not chosen:
            raise EdgeError(_no_route(entries, route))
        store.write((), gone=[entry.name for entry in chosen])
        return len(chosen)

    count = _with_store(folder, forget)
    sys.stdout.write(f"dropped {count} shape{'' if count == 1 else 's'}\n")


def _with_store(folder: Path, use: Callable[[ShapeStore], T]) -> T:
    """Return what comes of using the file of a folder; one that is not there is not made."""
    path = folder / shapestore.FILE
    if not path.exists():
        raise EdgeError(
            f"{path}: expected what a daemon has learned, found nothing; --state names its state directory "
            "(/var/lib/edge where systemd starts it)"
        )
    store = ShapeStore(folder)
    try:
        return use(store)
    finally:
        store.close()


def _read(folder: Path) -> list[Entry]:
    return _with_store(folder, _entries)


def _entries(store: ShapeStore) -> list[Entry]:
    found = (shelfrows.entry(row, None) for row in store.rows())
    return [entry for entry in found if entry is not None]


def _find(entries: Sequence[Entry], route: str, shape_id: str) -> Entry:
    known = [entry for entry in entries if entry.route == route]
    if not known:
        raise EdgeError(_no_route(entries, route))
    if len(shape_id) < MIN_ID_DIGITS:
        raise EdgeError(f"expected at least {MIN_ID_DIGITS} digits of a shape's id, got {shape_id}")
    found = [entry for entry in known if _id(entry).startswith(shape_id.lower())]
    if len(found) > 1:
        raise EdgeError(f"{route}: expected one shape, got {shape_id}, which {len(found)} ids begin with")
    if not found:
        raise EdgeError(f"{route}: no shape has the id {shape_id}; `edge shapes list` shows those there are")
    return found[0]


def _no_route(entries: Sequence[Entry], route: str) -> str:
    names = ", ".join(sorted({entry.route for entry in entries})) or "none"
    return f"expected a route that has shapes ({names}), got {route}"


def _id(entry: Entry) -> str:
    return shelf.identity(entry.key, entry.variant)


def _shown(entry: Entry) -> str:
    known = dict(zip(entry.labels, json.loads(entry.variant), strict=False))
    return shapes.shown(entry.key, known)


def _state(entry: Entry) -> str:
    if entry.recipe is not None:
        return "trusted"
    if entry.lesson is not None and entry.lesson.obstacle:
        return f"not replayed: {entry.lesson.obstacle}"
    return f"learning ({_confirmations(entry)} of {entry.needed})"


def _confirmations(entry: Entry) -> int:
    return len(entry.lesson.seen) if entry.lesson else 0


def _audit(entry: Entry) -> str:
    if entry.audited_at is None:
        return "never"
    return datetime.fromtimestamp(entry.audited_at, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _summary(entry: Entry) -> dict[str, JSON]:
    return {
        "route": entry.route,
        "id": _id(entry),
        "shape": _shown(entry),
        "is_trusted": entry.recipe is not None,
        "confirmations": _confirmations(entry),
        "needed": entry.needed,
        "obstacle": entry.lesson.obstacle if entry.lesson else None,
        "replays": entry.replays,
        "audits": entry.audits,
        "audited_at": None
        if entry.audited_at is None
        else datetime.fromtimestamp(entry.audited_at, tz=UTC).isoformat(timespec="seconds"),
    }


def _origins(entry: Entry) -> list[dict[str, JSON]]:
    """Return for each value of a reading all that it may come from; one source where that is settled."""
    if entry.lesson is None:
        return []
    shape = Shape(entry.key, entry.lesson.seen[0])
    cut = shapes.cut(shelfrows.example(shape), shape)
    return [
        {
            "path": literal.dotted(leaf.path),
            "from": [_origin(leaf, source, cut) for source in leaf.sources],
        }
        for leaf in entry.lesson.leaves
    ]


def _origin(leaf: Leaf, source: Template, cut: Cut) -> str:
    """Return a source as people read it, by the example of the first text that was learned from."""
    value = source.fill(cut.runs)
    if leaf.is_inferred:
        return f"{value}, inferred"
    if source.place is None:
        return f"{value}, always"
    return f"{value}, copied from character {cut.span(source.place)[0]} of {cut.text[:_EXAMPLE]!r}"
