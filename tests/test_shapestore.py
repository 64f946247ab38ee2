"""The file of the shape cache, sound and out of reach."""

from pathlib import Path

import pytest

from edge.shapes import shapestore
from edge.shapes.shapestore import FILE, Row, ShapeStore


def row(key: str, *, route: str = "tank", fingerprint: str = "one", state: str = "{}") -> Row:
    """Return a row."""
    return Row(route=route, key=key, variant="[]", fingerprint=fingerprint, state=state)


def test_rows_come_back(tmp_path: Path) -> None:
    """What was written is there when the file is opened again; a second row of a name replaces the first."""
    store = ShapeStore(tmp_path)
    store.write([row("a"), row("b")])
    store.write([row("a", state="[]")])
    store.close()

    again = ShapeStore(tmp_path)

    assert again.rows() == [row("a", state="[]"), row("b")]


def test_only_rows_of_the_fingerprint_count(tmp_path: Path) -> None:
    """Rows of another fingerprint, and of routes that are gone, are left out and deleted."""
    store = ShapeStore(tmp_path)
    store.write([row("a"), row("b", fingerprint="two"), row("c", route="gone")])

    assert store.load({"tank": "one"}) == [row("a")]
    assert store.rows() == [row("a")]


def test_rows_are_deleted_and_written_at_once(tmp_path: Path) -> None:
    """One transaction deletes and writes; deleting what is not there is no fault."""
    store = ShapeStore(tmp_path)
    store.write([row("a")])
    store.write([row("b")], gone=[row("a").name, row("x").name])

    assert store.rows() == [row("b")]


def test_changes_of_others_are_noticed(tmp_path: Path) -> None:
    """A write of another connection is a change, once; one of our own is none."""
    ours, theirs = ShapeStore(tmp_path), ShapeStore(tmp_path)
    ours.write([row("a")])
    before = ours.changed()
    theirs.write((), gone=[row("a").name])

    assert (before, ours.changed(), ours.changed()) == (False, True, False)


def test_a_folder_is_made_where_it_is_missing(tmp_path: Path) -> None:
    """The state directory is made, for its owner alone."""
    folder = tmp_path / "state" / "edge"
    store = shapestore.open_or_none(folder)

    assert store is not None
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where no file can be made, the daemon serves without, and the log says so."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / FILE).mkdir(parents=True)

    assert shapestore.open_or_none(tmp_path / "file" / "edge") is None
    assert shapestore.open_or_none(tmp_path / "folder") is None
    assert [record.message.split(" why=")[0] for record in caplog.records] == ["shapes_not_kept"] * 2
    assert caplog.records[1].message.endswith(f"{tmp_path / 'folder' / FILE}: unable to open database file")
