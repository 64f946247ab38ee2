"""Owns the rows in which the shape cache keeps what it has learned: `shapes.sqlite3` in the state directory.

Knows nothing of what a row means, and of SQLite only the queries; the file itself is `database`'s.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.state import database
from edge.state.database import Database, Layout, StoreError

log = logging.getLogger(__name__)

FILE = "shapes.sqlite3"
_ALL = "SELECT route, key, variant, fingerprint, state FROM shapes"
_TABLE = """
CREATE TABLE IF NOT EXISTS shapes (
  route TEXT NOT NULL, key TEXT NOT NULL, variant TEXT NOT NULL, fingerprint TEXT NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY (route, key, variant)
) WITHOUT ROWID
"""
_LAYOUT = Layout(number=1, tables=(_TABLE,), probe=f"{_ALL} LIMIT 1")


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
        self._file = Database(folder / FILE, _LAYOUT)

    def rows(self) -> list[Row]:
        """Return all rows."""
        return [
            Row(route=route, key=key, variant=variant, fingerprint=fingerprint, state=state)
            for route, key, variant, fingerprint, state in self._file.rows(_ALL)
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
        with self._file.writing() as connection:
            connection.executemany("DELETE FROM shapes WHERE route = ? AND key = ? AND variant = ?", gone)
            connection.executemany(
                "INSERT OR REPLACE INTO shapes VALUES (?, ?, ?, ?, ?)",
                [(row.route, row.key, row.variant, row.fingerprint, row.state) for row in rows],
            )

    def changed(self) -> bool:
        """Whether another process has written the file since the last call; reads one page."""
        return self._file.changed()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_or_none(folder: Path) -> ShapeStore | None:
    """Return the file of a state directory, made where it is missing; None where it cannot be used.

    A damaged file is set aside under another name, and a new one begun. The log says so in either case, with
    `shapes_not_kept`: the daemon serves, but learns anew after a restart.
    """
    try:
        return database.opened(ShapeStore, folder, FILE, event="shapes_not_kept")
    except StoreError as error:
        log.warning("shapes_not_kept why=%s", error)
        return None
