"""The file of the shape cache, sound, damaged and out of reach."""

import sqlite3
from pathlib import Path

import pytest

from edge import shapestore
from edge.shapestore import FILE, Damaged, Row, ShapeStore, StoreError


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


def test_a_lock_of_another_process_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the file for longer than we wait makes a write fail, and nothing is half written."""
    monkeypatch.setattr(shapestore, "BUSY_S", 0.0)
    store, holder = ShapeStore(tmp_path), sqlite3.connect(tmp_path / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError) as error:
        store.write([row("a")])
    holder.execute("ROLLBACK")
    holder.close()

    assert str(error.value) == f"{tmp_path / FILE}: database is locked"
    store.write([row("b")])
    assert store.rows() == [row("b")]


def test_a_damaged_file_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is no database is kept under another name, and the daemon begins a new one."""
    for number in (1, 2):
        (tmp_path / FILE).write_bytes(b"no database %d" % number * 100)
        store = shapestore.open_or_none(tmp_path)
        assert store is not None
        assert store.rows() == []
        store.close()

        aside = tmp_path / f"{FILE}.damaged-{number}"
        assert aside.read_bytes().startswith(b"no database %d" % number)
        assert caplog.records[-1].message == (
            f"shapes_not_kept why={tmp_path / FILE}: file is not a database aside={aside}"
        )


def test_a_file_of_another_layout_is_set_aside(tmp_path: Path) -> None:
    """A file of another version of this program is not guessed at."""
    other = sqlite3.connect(tmp_path / FILE)
    other.execute("CREATE TABLE shapes (a)")
    other.close()

    with pytest.raises(Damaged) as error:
        ShapeStore(tmp_path)

    assert str(error.value) == f"{tmp_path / FILE}: expected layout 1 of this program, got 0"


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


def test_a_journal_goes_with_its_file(tmp_path: Path) -> None:
    """SQLite would play the journal of a damaged file back into the new one."""
    for name in (FILE, f"{FILE}-journal"):
        (tmp_path / name).touch()

    shapestore.set_aside(tmp_path / FILE)

    assert {path.name for path in tmp_path.iterdir()} == {f"{FILE}.damaged-1", f"{FILE}.damaged-1-journal"}


def test_setting_aside_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is damaged time and again is a matter for a person."""
    monkeypatch.setattr(shapestore, "_MOST_DAMAGED", 0)

    with pytest.raises(StoreError) as error:
        shapestore.set_aside(tmp_path / FILE)

    assert str(error.value) == f"{tmp_path / FILE}: 0 damaged files were set aside already; look at them"


def test_what_cannot_be_set_aside(tmp_path: Path) -> None:
    """A file that cannot be renamed is told."""
    with pytest.raises(StoreError) as error:
        shapestore.set_aside(tmp_path / FILE)

    assert str(error.value) == f"{tmp_path / FILE}: cannot set it aside: No such file or directory"
