"""Owns the inputs kept on disk until they are answered: SQLite in WAL mode, a file of the state directory.

Knows nothing of the broker and of answers. What `store` has returned for survives a power cut, as far as the disk
keeps its word on a sync.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from edge.errors import EdgeError
from edge.literal import JSON
from edge.message import Message

FILE = "spool.sqlite3"
BYTES_PER_MB = 1_000_000
ROW_BYTES = 200  # what a message takes on disk beside topic and payload, about
_LAYOUT = 1  # user_version of the file
_TABLE = """
CREATE TABLE IF NOT EXISTS inputs (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
  qos INTEGER NOT NULL, packet_id INTEGER NOT NULL, received_at TEXT NOT NULL, is_redelivered INTEGER NOT NULL
)
"""
_INSERT = """
INSERT INTO inputs (id, topic, payload, qos, packet_id, received_at, is_redelivered) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_SELECT = """
SELECT number, id, topic, payload, qos, packet_id, received_at, is_redelivered FROM inputs
WHERE number > ? ORDER BY number LIMIT ?
"""
_MEASURE = "SELECT count(*), coalesce(sum(length(payload) + length(CAST(topic AS BLOB))), 0) FROM inputs"
_ALL = -1  # a LIMIT of SQLite that is none


class SpoolError(EdgeError):
    """The file cannot be used: its disk is full or read-only, or it is damaged."""


class Spool:
    """An open spool, for one thread.

    Args:
        folder: the state directory, which exists.
        max_bytes: how much may wait.

    Raises:
        SpoolError: the file cannot be opened or read.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.path = folder / FILE
        self._max_bytes = max_bytes
        self._answered: list[int] = []  # rows to be deleted with the next write
        with _translated(self.path):
            self._connection = sqlite3.connect(self.path, isolation_level=None, timeout=1.0)
        try:
            with _translated(self.path):
                self._prepare()
                self._taken = 0  # the last row that `take` has given
                self.count, self._bytes = _measure(self._connection)
                self._inherited = self._last = self._last_row()
        except SpoolError:
            self._connection.close()
            raise

    @property
    def has_more(self) -> bool:
        """Whether there are messages that `take` has not given."""
        return self._last > self._taken

    def has_room(self, size_bytes: int) -> bool:
        """Whether so much more fits within the bound."""
        return self._bytes + size_bytes <= self._max_bytes

    def store(self, messages: Sequence[Message]) -> None:
        """Put messages on disk, in order, and delete what was answered: one transaction, synced.

        Raises:
            SpoolError: nothing of it was done.
        """
        with _translated(self.path), self._transaction():
            self._delete_answered()
            self._connection.executemany(_INSERT, map(_row, messages))
            self._last = self._last_row() if messages else self._last
        self._answered.clear()
        self.count += len(messages)
        self._bytes += sum(map(size, messages))

    def take(self, count: int) -> list[Message]:
        """Return the next messages that were not taken before, in order; they stay on disk until answered.

        Raises:
            SpoolError: the file cannot be read.
        """
        with _translated(self.path):
            rows = self._connection.execute(_SELECT, (self._taken, count)).fetchall()
        if rows:
            self._taken = rows[-1][0]
        return [self._message(row) for row in rows]

    def answered(self, message: Message) -> None:
        """Note that a message needs the disk no more; its row goes with the next write."""
        self._answered.append(message.row)
        self.count -= 1
        self._bytes -= size(message)

    def drop_oldest(self, size_bytes: int) -> list[Message]:
        """Delete messages that nobody has taken, oldest first, until so much fits; return them, emptied.

        Raises:
            SpoolError: nothing was deleted.
        """
        excess_bytes = self._bytes + size_bytes - self._max_bytes
        dropped: list[Message] = []
        with _translated(self.path), self._transaction():
            for row in self._connection.execute(_SELECT, (self._taken, _ALL)):
                if excess_bytes <= 0:
                    break
                dropped.append(self._message(row))
                excess_bytes -= size(dropped[-1])
            self._connection.executemany("DELETE FROM inputs WHERE number = ?", [(each.row,) for each in dropped])
        self.count -= len(dropped)
        self._bytes -= sum(map(size, dropped))
        return [replace(each, payload=b"") for each in dropped]

    def status(self) -> dict[str, JSON]:
        """Return what waits, as `edge spool status` shows it.

        Raises:
            SpoolError: the file cannot be read.
        """
        with _translated(self.path):
            oldest = _oldest_at(self._connection)
        return {
            "messages": self.count,
            "bytes": self._bytes,
            "max_bytes": self._max_bytes,
            "oldest_at": oldest if self.count else None,
        }

    def close(self) -> None:
        """Write what is still to be written, and close the file."""
        with suppress(SpoolError):
            self.store(())
        with suppress(sqlite3.Error):
            self._connection.close()

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")  # a commit is on disk when it returns
        (layout,) = self._connection.execute("PRAGMA user_version").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if layout != _LAYOUT and tables:
            raise SpoolError(f"{self.path}: expected layout {_LAYOUT} of this program, got {layout}")
        self._connection.execute(_TABLE)
        self._connection.execute(f"PRAGMA user_version = {_LAYOUT}")

    def _last_row(self) -> int:
        (last,) = self._connection.execute("SELECT coalesce(max(number), 0) FROM inputs").fetchone()
        return int(last)

    def _delete_answered(self) -> None:
        self._connection.executemany("DELETE FROM inputs WHERE number = ?", [(row,) for row in self._answered])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            with suppress(sqlite3.Error):  # a full disk has rolled back already
                self._connection.execute("ROLLBACK")
            raise

    def _message(self, row: tuple[int, str, str, bytes, int, int, str, int]) -> Message:
        number, message_id, topic, payload, qos, packet_id, received_at, is_redelivered = row
        return Message(
            topic=topic,
            payload=payload,
            qos=qos,
            packet_id=packet_id,
            epoch=0,  # it is owed no acknowledgement any more
            received_at=datetime.fromisoformat(received_at),
            is_redelivered=bool(is_redelivered) or number <= self._inherited,
            row=number,
            id=message_id,
        )


def status(folder: Path) -> dict[str, JSON]:
    """Return what waits in the spool of a daemon that does not run, as `edge spool status` shows it.

    Raises:
        SpoolError: the file cannot be read.
    """
    path = folder / FILE
    if not path.exists():
        return {"messages": 0, "bytes": 0, "max_bytes": None, "oldest_at": None}
    # opened for writing: a WAL that a killed daemon left can be read in no other way
    with _translated(path), closing(sqlite3.connect(path, isolation_level=None, timeout=1.0)) as connection:
        count, size = _measure(connection)
        return {"messages": count, "bytes": size, "max_bytes": None, "oldest_at": _oldest_at(connection)}


def size(message: Message) -> int:
    """Return what a message takes on disk, in bytes, about."""
    return len(message.payload) + len(message.topic.encode()) + ROW_BYTES


def _measure(connection: sqlite3.Connection) -> tuple[int, int]:
    count, content_bytes = connection.execute(_MEASURE).fetchone()
    return int(count), int(content_bytes) + ROW_BYTES * int(count)


def _oldest_at(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT received_at FROM inputs ORDER BY number LIMIT 1").fetchone()
    return str(row[0]) if row else None


def _row(message: Message) -> tuple[str, str, bytes, int, int, str, bool]:
    at = message.received_at.isoformat()
    return (
        message.id, message.topic, message.payload, message.qos, message.packet_id, at, message.is_redelivered
    )  # fmt: skip


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise SpoolError(f"{path}: {error}") from error
