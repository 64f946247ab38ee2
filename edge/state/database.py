"""Owns how a SQLite file of the state directory is opened, written in one go, and set aside where it is damaged.

Knows nothing of what a row means. Every foreign error leaves as a `StoreError`; who serves goes on without a file.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from edge.errors import EdgeError

T = TypeVar("T")

log = logging.getLogger(__name__)

BUSY_S = 1.0  # how long the main thread waits for another process that writes
_DAMAGED = "damaged"
_MOST_DAMAGED = 99  # files set aside; beyond, something is wrong that a new file does not mend


class StoreError(EdgeError):
    """The file cannot be used; the daemon still can."""


class Damaged(StoreError):
    """The file is no database, or not one of this layout."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """What a file holds.

    Attributes:
        number: user_version of the file.
        tables: the statements that make a new file.
        probe: a query that names every column, and fails where one is missing.
        upgrades: what makes a file of an earlier number one of the next, by that number.
    """

    number: int
    tables: tuple[str, ...]
    probe: str
    upgrades: Mapping[int, str] = field(default_factory=dict)


class Database:
    """An open file, made where it is missing. For one thread; other processes may write it meanwhile.

    Args:
        path: the file, in a folder that exists.
        layout: what it holds.
        forgets: whether what is deleted is overwritten on disk, too.

    Raises:
        Damaged: what is there is no database of this layout.
        StoreError: the file cannot be opened or written.
    """

    def __init__(self, path: Path, layout: Layout, *, forgets: bool = False) -> None:
        self.path = path
        with _translated(path):
            self._connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        try:
            with _translated(path):
                self._prepare(layout, forgets=forgets)
                self._version = self._data_version()
        except StoreError:
            self._connection.close()
            raise

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""
        with _translated(self.path):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for one transaction: one write to the card, all of it or nothing."""
        with _translated(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:  # a full card has rolled back already
                    with suppress(sqlite3.Error):
                        self._connection.execute("ROLLBACK")

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

    def _prepare(self, layout: Layout, *, forgets: bool) -> None:
        # A Pi loses power without warning, so the journal is kept and synced in full: the file is written a few
        # times an hour. TRUNCATE spares the card the journal's entry in the folder; a WAL would be two files more.
        self._connection.execute("PRAGMA journal_mode = TRUNCATE")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(f"PRAGMA secure_delete = {'ON' if forgets else 'OFF'}")
        (found,) = self._connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if not tables:
            self._make(layout)
        elif found in layout.upgrades:
            self._upgrade(layout, found)
        elif found != layout.number:
            raise Damaged(f"{self.path}: expected layout {layout.number} of this program, got {found}")
        self._connection.execute(layout.probe).fetchone()

    def _make(self, layout: Layout) -> None:
        with self.writing() as connection:  # a kill in between leaves an empty file
            for statement in layout.tables:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {layout.number}")

    def _upgrade(self, layout: Layout, number: int) -> None:
        with self.writing() as connection:
            for each in range(number, layout.number):
                connection.execute(layout.upgrades[each])
            connection.execute(f"PRAGMA user_version = {layout.number}")

    def _data_version(self) -> int:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)


def opened(make: Callable[[Path], T], folder: Path, file: str, *, event: str) -> T:
    """Return what opens a file of a state directory; the folder is made where it is missing.

    A damaged file is set aside under another name, which the log says as `event`, and a new one begun.

    Raises:
        StoreError: there is no such folder or file, and none can be made; or the file cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: cannot make this folder: {error.strerror}") from error
    try:
        return make(folder)
    except Damaged as error:
        log.warning("%s why=%s aside=%s", event, error, set_aside(folder / file))
        return make(folder)


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
