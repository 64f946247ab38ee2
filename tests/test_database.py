"""The files of the state directory, sound, damaged, full and out of reach."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from edge.state import database
from edge.state.database import Damaged, Database, Layout, StoreError
from tests import disks

ROOT = Path(__file__).parent.parent
LAYOUT = Layout(
    number=3,
    tables=("CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, note TEXT NOT NULL)",),
    probe="SELECT key, note FROM notes LIMIT 1",
)
ALL = "SELECT key, note FROM notes ORDER BY key"
WRITER = """
import sys
from pathlib import Path
from tests.test_database import LAYOUT, write
from edge.state.database import Database
file = Database(Path(sys.argv[1]), LAYOUT)
print("ready", flush=True)
for number in range(1_000_000):
    write(file, *[(str(key), f"{number} " + "x" * 2000) for key in range(20)])
"""


def write(file: Database, *notes: tuple[str, str | None]) -> None:
    """Write some rows in one transaction."""
    with file.writing() as connection:
        connection.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?)", notes)


def file_of(folder: Path) -> Database:
    """Return the open file of a folder."""
    return Database(folder / "notes", LAYOUT)


def test_rows_come_back(tmp_path: Path) -> None:
    """What was written is there when the file is opened again."""
    file = file_of(tmp_path)
    write(file, ("a", "1"), ("b", "2"))
    file.close()

    assert file_of(tmp_path).rows(ALL) == [("a", "1"), ("b", "2")]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """All of a transaction is written, or nothing of it."""
    file = file_of(tmp_path)
    write(file, ("a", "1"))

    with pytest.raises(Damaged):
        write(file, ("b", "2"), ("c", None))

    assert file.rows(ALL) == [("a", "1")]


def test_changes_of_others_are_noticed(tmp_path: Path) -> None:
    """A write of another connection is a change, once; one of our own is none."""
    ours, theirs = file_of(tmp_path), file_of(tmp_path)
    write(ours, ("a", "1"))
    before = ours.changed()
    write(theirs, ("a", "2"))

    assert (before, ours.changed(), ours.changed()) == (False, True, False)


def test_a_lock_of_another_process_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the file for longer than we wait makes a write fail, and nothing is half written."""
    monkeypatch.setattr(database, "BUSY_S", 0.0)
    file, holder = file_of(tmp_path), sqlite3.connect(tmp_path / "notes", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError) as error:
        write(file, ("a", "1"))
    holder.execute("ROLLBACK")
    holder.close()

    assert str(error.value) == f"{tmp_path / 'notes'}: database is locked"
    write(file, ("b", "2"))
    assert file.rows(ALL) == [("b", "2")]


def test_a_process_killed_while_it_writes_leaves_a_sound_file(tmp_path: Path) -> None:
    """After kill -9 the file opens, and each transaction is there as a whole or not at all."""
    for turn in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "notes")], stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(timeout=0.05 * (turn + 1))
            writer.send_signal(signal.SIGKILL)

        file = file_of(tmp_path)
        assert file.rows("PRAGMA integrity_check") == [("ok",)]
        assert len({str(note).split()[0] for _, note in file.rows(ALL)}) == 1
        file.close()


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """What does not fit is not written, and what was there stays."""
    file = file_of(tmp_path)
    write(file, ("a", "1"))
    file.rows("PRAGMA max_page_count = 4")

    with pytest.raises(StoreError) as error:
        write(file, ("b", "x" * 100_000))

    assert str(error.value) == f"{tmp_path / 'notes'}: database or disk is full"
    assert not isinstance(error.value, Damaged)
    assert file.rows(ALL) == [("a", "1")]


def test_a_disk_without_room_for_the_journal_is_told(tmp_path: Path) -> None:
    """A write that the system refuses is told, and the file is as before once there is room again."""
    file = file_of(tmp_path)
    write(file, ("a", "1"))
    with disks.no_longer_files(1), pytest.raises(StoreError) as error:
        write(file, ("b", "2"))

    assert str(error.value) == f"{tmp_path / 'notes'}: disk I/O error"
    assert file.rows(ALL) == [("a", "1")]
    write(file, ("b", "2"))


def test_a_file_that_was_deleted_under_us_is_told(tmp_path: Path) -> None:
    """Nothing is written into a file that has no name any more."""
    file = file_of(tmp_path)
    write(file, ("a", "1"))
    (tmp_path / "notes").unlink()

    with pytest.raises(StoreError) as error:
        write(file, ("b", "2"))

    assert str(error.value) == f"{tmp_path / 'notes'}: attempt to write a readonly database"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    """Where no file can be made, that is told."""
    tmp_path.chmod(0o500)

    with pytest.raises(StoreError) as error:
        file_of(tmp_path)

    assert str(error.value) == f"{tmp_path / 'notes'}: unable to open database file"


def test_what_is_deleted_can_be_overwritten(tmp_path: Path) -> None:
    """A file that forgets holds no trace of a row that was deleted."""
    file = Database(tmp_path / "notes", LAYOUT, forgets=True)
    write(file, ("a", "secret" * 10), ("b", "kept"))
    with file.writing() as connection:
        connection.execute("DELETE FROM notes WHERE key = 'a'")
    file.close()

    found = (tmp_path / "notes").read_bytes()
    assert b"kept" in found
    assert b"secret" not in found


def test_a_damaged_file_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What is no database is kept under another name, the log says where, and a new one is begun."""
    for number in (1, 2):
        (tmp_path / "notes").write_bytes(b"no database %d" % number * 100)
        file = database.opened(file_of, tmp_path, "notes", event="notes_not_kept")
        assert file.rows(ALL) == []
        file.close()

        aside = tmp_path / f"notes.damaged-{number}"
        assert aside.read_bytes().startswith(b"no database %d" % number)
        assert caplog.records[-1].message == (
            f"notes_not_kept why={tmp_path / 'notes'}: file is not a database aside={aside}"
        )


def test_a_file_of_another_layout_is_set_aside(tmp_path: Path) -> None:
    """A file of another version of this program is not guessed at."""
    other = sqlite3.connect(tmp_path / "notes")
    other.execute("CREATE TABLE notes (a)")
    other.close()

    with pytest.raises(Damaged) as error:
        file_of(tmp_path)

    assert str(error.value) == f"{tmp_path / 'notes'}: expected layout 3 of this program, got 0"


def test_a_file_of_an_earlier_layout_is_brought_up_to_date(tmp_path: Path) -> None:
    """What was written before an update of the program is still there, and it is done once."""
    file = file_of(tmp_path)
    write(file, ("a", "1"))
    file.close()
    upgrades = {3: "ALTER TABLE notes ADD COLUMN colour TEXT", 4: "UPDATE notes SET colour = 'red'"}
    later = Layout(number=5, tables=(), probe="SELECT key, note, colour FROM notes LIMIT 1", upgrades=upgrades)
    for _ in range(2):
        again = Database(tmp_path / "notes", later)
        assert again.rows("SELECT key, note, colour FROM notes") == [("a", "1", "red")]
        again.close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A folder that cannot be made is told."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError) as error:
        database.opened(file_of, tmp_path / "file" / "edge", "notes", event="notes_not_kept")

    assert str(error.value) == f"{tmp_path / 'file' / 'edge'}: cannot make this folder: Not a directory"


def test_a_journal_goes_with_its_file(tmp_path: Path) -> None:
    """SQLite would play the journal of a damaged file back into the new one."""
    for name in ("notes", "notes-journal"):
        (tmp_path / name).touch()

    database.set_aside(tmp_path / "notes")

    assert {path.name for path in tmp_path.iterdir()} == {"notes.damaged-1", "notes.damaged-1-journal"}


def test_setting_aside_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is damaged time and again is a matter for a person."""
    monkeypatch.setattr(database, "_MOST_DAMAGED", 0)

    with pytest.raises(StoreError) as error:
        database.set_aside(tmp_path / "notes")

    assert str(error.value) == f"{tmp_path / 'notes'}: 0 damaged files were set aside already; look at them"


def test_what_cannot_be_set_aside(tmp_path: Path) -> None:
    """A file that cannot be renamed is told."""
    with pytest.raises(StoreError) as error:
        database.set_aside(tmp_path / "notes")

    assert str(error.value) == f"{tmp_path / 'notes'}: cannot set it aside: No such file or directory"
