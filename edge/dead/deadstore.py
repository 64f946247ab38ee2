"""Owns the rows of the dead letters that are kept: `dead.sqlite3` in the state directory, bounded.

Knows nothing of when it is written, and of SQLite only the queries; the file itself is `database`'s.
"""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.answer import UNROUTED
from edge.dead.deadletter import EXCERPT_BYTES, Letter
from edge.state.database import Damaged, Database, Layout

FILE = "dead.sqlite3"
_TABLE = """
CREATE TABLE IF NOT EXISTS letters (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, received_at TEXT NOT NULL, route TEXT, topic TEXT NOT NULL,
  reason TEXT NOT NULL, detail TEXT NOT NULL, length INTEGER NOT NULL, sha256 TEXT NOT NULL,
  is_whole INTEGER NOT NULL, bytes INTEGER NOT NULL, payload BLOB NOT NULL, part INTEGER NOT NULL DEFAULT 0
)
"""
_PROBE = """
SELECT number, id, received_at, route, topic, reason, detail, length, sha256, is_whole, bytes, payload, part
FROM letters LIMIT 1
"""
_UPGRADES = {1: "ALTER TABLE letters ADD COLUMN part INTEGER NOT NULL DEFAULT 0"}
_LAYOUT = Layout(number=2, tables=(_TABLE,), probe=_PROBE, upgrades=_UPGRADES)
_LIST = """
SELECT id, received_at, route, topic, reason, detail, length, sha256, is_whole, part, substr(payload, 1, ?1)
FROM letters
WHERE (?2 IS NULL OR coalesce(route, ?3) = ?2) AND (?4 IS NULL OR reason = ?4) ORDER BY number
"""
_FIND = """
SELECT id, received_at, route, topic, reason, detail, length, sha256, is_whole, part, payload FROM letters
WHERE id = ?
"""
# a letter that comes again takes the highest number, and so the last place in the list
_INSERT = """
INSERT OR REPLACE INTO letters
  (id, received_at, route, topic, reason, detail, length, sha256, is_whole, part, bytes, payload)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class DeadStore:
    """An open file. For one thread; other processes may write the file meanwhile.

    Args:
        folder: the state directory, which exists.

    Raises:
        Damaged: what is there is no database of this layout.
        StoreError: the file cannot be opened or written.
    """

    def __init__(self, folder: Path) -> None:
        self._file = Database(folder / FILE, _LAYOUT, forgets=True)  # what is purged is gone from the card, too

    def listed(self, *, route: str | None = None, reason: str | None = None) -> list[Letter]:
        """Return the letters, or those of a route or a reason, oldest first; of each payload only an excerpt."""
        return [_letter(row) for row in self._file.rows(_LIST, (EXCERPT_BYTES, route, UNROUTED, reason))]

    def find(self, letter_id: str) -> Letter | None:
        """Return one letter, with all of its payload that is kept."""
        rows = self._file.rows(_FIND, (letter_id,))
        return _letter(rows[0]) if rows else None

    def remove(self, ids: Collection[str]) -> None:
        """Delete letters."""
        self.write((), gone=ids)

    def write(
        self,
        letters: Collection[Letter],
        *,
        gone: Collection[str] = (),
        most: int | None = None,
        most_bytes: int | None = None,
    ) -> int:
        """Write some letters and delete others by id, in one transaction; return how many gave way.

        Args:
            letters: oldest first.
            gone: ids; one of `letters` is written nevertheless.
            most: how many letters may be there; None for any number.
            most_bytes: how much they may take, about. Where it is more, the oldest give way.
        """
        with self._file.writing() as connection:
            connection.executemany("DELETE FROM letters WHERE id = ?", [(each,) for each in gone])
            connection.executemany(_INSERT, map(_row, letters))
            sizes = connection.execute("SELECT number, bytes FROM letters ORDER BY number").fetchall()
            given_way = _surplus(sizes, most, most_bytes)
            connection.executemany("DELETE FROM letters WHERE number = ?", [(each,) for each in given_way])
        return len(given_way)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _surplus(sizes: list[tuple[int, int]], most: int | None, most_bytes: int | None) -> list[int]:
    """Return the numbers of the oldest letters, as many as are too many.

    >>> _surplus([(1, 10), (2, 10), (3, 10)], 2, None), _surplus([(1, 10), (2, 10), (3, 10)], None, 15)
    ([1], [1, 2])
    """
    left, left_bytes, gone = len(sizes), sum(size for _, size in sizes), []
    for number, size in sizes:
        if (most is None or left <= most) and (most_bytes is None or left_bytes <= most_bytes):
            break
        gone.append(number)
        left, left_bytes = left - 1, left_bytes - size
    return gone


def _row(letter: Letter) -> tuple[object, ...]:
    return (
        *(letter.id, letter.received_at.isoformat(), letter.route, letter.topic, letter.reason, letter.detail),
        *(letter.length, letter.sha256, letter.is_whole, letter.part, letter.size_bytes, letter.payload),
    )


def _letter(row: tuple[Any, ...]) -> Letter:
    letter_id, received_at, route, topic, reason, detail, length, sha256, is_whole, part, payload = row
    try:
        at = datetime.fromisoformat(received_at)
    except ValueError as error:  # by another hand than this program's
        raise Damaged(f"{FILE}: letter {letter_id}: expected a time, got {received_at}") from error
    return Letter(
        id=letter_id,
        received_at=at,
        route=route,
        topic=topic,
        reason=reason,
        detail=detail,
        payload=payload,
        length=length,
        sha256=sha256,
        is_whole=bool(is_whole),
        part=part,
    )
