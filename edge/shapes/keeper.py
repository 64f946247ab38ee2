"""Owns when the shape cache's file is read and written: seldom, to spare the SD card.

Knows nothing of learning. What is wrong with the file is counted and logged, and the cache goes on in memory.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping

from edge.extraction.reading import Validator
from edge.shapes import shelfrows
from edge.shapes.shapestore import Row, ShapeStore
from edge.shapes.shelf import Entry
from edge.state.database import StoreError

log = logging.getLogger(__name__)

LOOK_S = 1.0  # between two looks at whether another process changed the file
FLUSH_S = 900.0  # between two writes of lessons and counters


class Keeper:
    """The file of a shape cache, as far as there is one.

    Args:
        store: None for none; then nothing is ever read or written.
        fingerprints: by route.
        counts: where failures are counted, as `store_failures`.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        store: ShapeStore | None,
        *,
        fingerprints: Mapping[str, str],
        counts: Counter[str],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._fingerprints = fingerprints
        self._counts = counts
        self._clock = clock
        self._looked_at_s = self._flushed_at_s = clock()
        self._gone: list[tuple[str, str, str]] = []  # given way, and still in the file
        self._trouble: str | None = None  # with the file, as last said

    def serve(self, fingerprints: Mapping[str, str]) -> None:
        """Keep the entries of other routes from now on."""
        self._fingerprints = fingerprints

    def load(self, validators: Mapping[str, Validator]) -> Iterator[Entry]:
        """Yield what the file holds for these routes under their fingerprints."""
        for row in self._rows():
            entry = shelfrows.entry(row, validators[row.route])
            if entry is None:
                self._gone.append(row.name)
            else:
                yield entry

    def dropped(self, *, is_urgent: bool = False) -> set[tuple[str, str, str]] | None:
        """Return the names that are left in the file, if another process has changed it; else None.

        Args:
            is_urgent: look now, however short ago the last look was.
        """
        if self._store is None or not (is_urgent or self._clock() - self._looked_at_s >= LOOK_S):
            return None
        self._looked_at_s = self._clock()
        try:
            return {row.name for row in self._store.rows()} if self._store.changed() else None
        except StoreError as error:
            self._tell(error)
            return None

    @property
    def is_due(self) -> bool:
        """Whether it is time to write what has changed."""
        return self._clock() - self._flushed_at_s >= FLUSH_S

    def forget(self, entry: Entry) -> None:
        """Note that an entry is no more; the file learns it with the next write."""
        if entry.is_kept:
            self._gone.append(entry.name)

    def write(self, entries: Collection[Entry], *, is_flush: bool = False) -> None:
        """Write entries now, in one transaction."""
        if is_flush:
            self._flushed_at_s = self._clock()
        if self._store is None or not (entries or self._gone):
            return
        rows = [shelfrows.row(entry, self._fingerprints[entry.route]) for entry in entries]
        try:
            self._store.write(rows, gone=self._gone)
        except StoreError as error:
            self._tell(error)
            return
        self._gone.clear()
        self._trouble = None
        for entry in entries:
            entry.is_changed, entry.is_kept = False, True

    def _rows(self) -> list[Row]:
        try:
            return self._store.load(self._fingerprints) if self._store is not None else []
        except StoreError as error:
            self._tell(error)
            return []

    def _tell(self, error: StoreError) -> None:
        """Log what is wrong with the file, once."""
        self._counts["store_failures"] += 1
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.warning("shapes_not_kept why=%s", error)
