"""Owns the file that keeps what the shape cache has learned: SQLite, `shapes.sqlite3` in the state directory.

Knows nothing of what a row means. Every foreign error leaves as a `StoreError`; who serves goes on without a file.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from edge.errors import EdgeError

log = logging.getLogger(__name__)

FILE = "shapes.sqlite3"
BUSY_S = 1.0  # how long the main thread waits for another process that writes
_LAYOUT = 1  # user_version of the file
_TABLE = """
CREATE TABLE IF NOT EXISTS shapes (
  route TEXT NOT NULL, key TEXT NOT NULL, variant TEXT NOT NULL, fingerprint TEXT NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY (route, key, variant)
) WITHOUT ROWID
"""
_DAMAGED = "damaged"
_MOST_DAMAGED = 99  # files set aside; beyond, something is wrong that a new file does not mend


class StoreError(EdgeError):
    """The file cannot be used; the shape cache still can."""


class Damaged(StoreError):
    """The file is no database, or not one of this layout."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One shape of a route, as it is kept.

    Attributes:
        variant: JSON of the digits that tell this shape from others with the same key.
        fingerprint: of program, prompt, schema and model: what another fingerprint learned does not count.
        state: JSON.
    """

    route: str
    key: str
    variant: str
    fingerprint: str
    state: str

    @property
    def name(self) -> tuple[str, str, str]:
        """What tells this row from all others."""
        return self.route, self.key, self.variant


class ShapeStore:
    """An open file. For one thread; other processes may write the file meanwhile.

    Args:
        folder: the state directory, which exists.

    Raises:
        Damaged: what is there is no database of this layout.
        StoreError: the file cannot be opened or written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        with _translated(self.path):
            self._connection = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
        try:
            with _translated(self.path):
                self._prepare()
                self._version = self._data_version()
        except StoreError:
            self._connection.close()
            raise

    def rows(self) -> list[Row]:
        """Return all rows."""
        with _translated(self.path):
            found = self._connection.execute("SELECT route, key, variant, fingerprint, state FROM shapes")
            return [
                Row(route=route, key=key, variant=variant, fingerprint=fingerprint, state=state)
                for route, key, variant, fingerprint, state in found
            ]

    def load(self, fingerprints: Mapping[str, str]) -> list[Row]:
        """Return the rows that count, and delete those of other fingerprints and of routes that are gone."""
        rows = self.rows()
        valid = [row for row in rows if fingerprints.get(row.route) == row.fingerprint]
        if len(valid) < len(rows):
            self.write((), gone=[row.name for row in rows if row not in valid])
        return valid

    def write(self, rows: Iterable[Row], *, gone: Iterable[tuple[str, str, str]] = ()) -> None:
        """Write some rows and delete others by name, in one transaction: one write to the card, however many."""
        with _translated(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(
                    "DELETE FROM shapes WHERE route = ? AND key = ? AND variant = ?", gone
                )
                self._connection.executemany(
                    "INSERT OR REPLACE INTO shapes VALUES (?, ?, ?, ?, ?)",
                    [(row.route, row.key, row.variant, row.fingerprint, row.state) for row in rows],
                )
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                with suppress(sqlite3.Error):  # a full card has rolled back already
                    self._connection.execute("ROLLBACK")
                raise

    def changed(self) -> bool:
        """Whether another process has written the file since the last call; reads one page."""
        with _translated(self.path):
            version = self._data_version()
        is_changed, self._version = version != self._version, version
        return is_changed

    def close(self) -> None:
        """Close the file."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def _prepare(self) -> None:
        # A Pi loses power without warning, so the journal is kept and synced in full: the file is written a few
        # times an hour. TRUNCATE spares the card the journal's entry in the folder; a WAL would be two files more.
        self._connection.execute("PRAGMA journal_mode = TRUNCATE")
        self._connection.execute("PRAGMA synchronous = FULL")
        (layout,) = self._connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if layout != _LAYOUT and tables:
            raise Damaged(f"{self.path}: expected layout {_LAYOUT} of this program, got {layout}")
        if not tables:
            self._connection.execute(_TABLE)
            self._connection.execute(f"PRAGMA user_version = {_LAYOUT}")
        self._connection.execute("SELECT route, key, variant, fingerprint, state FROM shapes LIMIT 1").fetchone()

    def _data_version(self) -> int:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)


def open_or_none(folder: Path) -> ShapeStore | None:
    """Return the file of a state directory, made where it is missing; None where it cannot be used.

    A damaged file is set aside under another name, and a new one begun. The log says so in either case, with
    `shapes_not_kept`: the daemon serves, but learns anew after a restart.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            return ShapeStore(folder)
        except Damaged as error:
            log.warning("shapes_not_kept why=%s aside=%s", error, set_aside(folder / FILE))
            return ShapeStore(folder)
    except (OSError, StoreError) as error:
        log.warning("shapes_not_kept why=%s", error)
        return None


def set_aside(path: Path) -> Path:
    """Give a damaged file a name of its own beside the old one, and return it.

    Raises:
        StoreError: it cannot be renamed, or too many were set aside before.
    """
    for number in range(1, _MOST_DAMAGED + 1):
        aside = path.with_name(f"{path.name}.{_DAMAGED}-{number}")
        if not aside.exists():
            try:
                path.rename(aside)
                journal = path.with_name(path.name + "-journal")
                if journal.exists():  # SQLite would play it back into the new file
                    journal.rename(aside.with_name(aside.name + "-journal"))
            except OSError as error:
                raise StoreError(f"{path}: cannot set it aside: {error.strerror}") from error
            return aside
    raise StoreError(f"{path}: {_MOST_DAMAGED} damaged files were set aside already; look at them")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite into ours."""
    try:
        yield
    except sqlite3.OperationalError as error:  # locked, full, read-only: the file itself may be fine
        raise StoreError(f"{path}: {error}") from error
    except sqlite3.Error as error:
        raise Damaged(f"{path}: {error}") from error
