"""Owns the dead letters that are kept: how many, and when their file is written: seldom, to spare the SD card.

Knows nothing of the broker. What is wrong with the file is counted and logged, and the letters wait in memory, as
many as may be kept; nothing of it is raised at who keeps a letter.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from edge.answer import Answer
from edge.config.options import Dead
from edge.dead import deadletter
from edge.dead.deadletter import Letter
from edge.dead.deadstore import FILE, DeadStore
from edge.state import database
from edge.state.database import Damaged, StoreError

log = logging.getLogger(__name__)

FLUSH_S = 60.0  # between two writes
BYTES_PER_MB = 1_000_000


class DeadLetters:
    """The dead letters of a state directory. For the main thread.

    Args:
        options: how many are kept.
        folder: the state directory; None for none, and then they are kept in memory alone.
        payload_bytes: of a longer message only the beginning is kept.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        options: Dead,
        folder: Path | None,
        *,
        payload_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._most = options.keep
        self._most_bytes = options.max_mb * BYTES_PER_MB
        self._payload_bytes = payload_bytes
        self._store: DeadStore | None = None
        self._unwritten: dict[str, Letter] = {}  # by id, oldest first
        self._unwritten_bytes = 0
        self._gone: set[str] = set()  # removed, and perhaps still in the file
        self._flushed_at_s: float | None = None
        self._trouble: str | None = None  # with the file, as last said
        self.counts: Counter[str] = Counter()  # dead_letters_given_way, dead_letters_not_kept
        if self._has_file():
            self._write()  # there may be more than may be kept now

    def bound(self, options: Dead, *, payload_bytes: int) -> None:
        """Keep other amounts from now on; what is too much gives way with the next write."""
        self._most = options.keep
        self._most_bytes = options.max_mb * BYTES_PER_MB
        self._payload_bytes = payload_bytes
        self._give_way()

    def keep(self, answer: Answer, *, is_urgent: bool = False) -> bool:
        """Keep the message of an answer that rejects it, instead of a letter with the same id.

        Args:
            answer: one with a rejection.
            is_urgent: write it now. Otherwise it is written within a minute.

        Returns:
            Whether it is safe on disk.
        """
        if not self._most:
            return False
        letter = deadletter.of_answer(answer, payload_bytes=self._payload_bytes)
        if not letter.is_whole:
            letter = self._with_known_payload(letter)
        self._drop(letter.id)
        self._unwritten[letter.id] = letter
        self._unwritten_bytes += letter.size_bytes
        self._give_way()
        return self.flush() if is_urgent else False

    def tick(self) -> None:
        """Write what is to be written, if the last time was long enough ago."""
        is_due = self._flushed_at_s is None or self._clock() - self._flushed_at_s >= FLUSH_S
        if is_due and (self._unwritten or self._gone):
            self.flush()

    def flush(self) -> bool:
        """Write what is to be written, and return whether the file is up to date."""
        if self._folder is None:
            self._gone.clear()
            return not self._unwritten
        if self._unwritten or (self._gone and self._has_file()):
            self._flushed_at_s = self._clock()
            return self._write()
        self._gone.clear()
        return True

    def close(self) -> None:
        """Write what is to be written, and close the file."""
        self.flush()
        if self._store is not None:
            self._store.close()
            self._store = None

    def listed(self, *, route: str | None = None, reason: str | None = None) -> list[Letter]:
        """Return the letters, or those of a route or a reason, oldest first; of each payload perhaps an excerpt.

        Raises:
            StoreError: the file cannot be read.
        """
        self.flush()
        known = self._file_or_none()
        written = known.listed(route=route, reason=reason) if known is not None else []
        fresh = [each for each in self._unwritten.values() if deadletter.takes(each, route=route, reason=reason)]
        hidden = self._gone | self._unwritten.keys()
        return [each for each in written if each.id not in hidden] + fresh

    def find(self, letter_id: str) -> Letter | None:
        """Return one letter, with all of its payload that is kept; None where there is none.

        Raises:
            StoreError: the file cannot be read.
        """
        if letter_id in self._unwritten:
            return self._unwritten[letter_id]
        known = self._file_or_none()
        return known.find(letter_id) if known is not None and letter_id not in self._gone else None

    def forget(self, letter_id: str) -> None:
        """Take a letter out; the file learns it with the next write."""
        self._drop(letter_id)
        self._gone.add(letter_id)

    def remove(self, ids: Collection[str]) -> None:
        """Take letters out, of the file as well.

        Raises:
            StoreError: the file cannot be written; the letters are out, and that is tried again.
        """
        for each in ids:
            self.forget(each)
        if self._folder is not None and not self.flush():
            raise StoreError(f"{self._trouble}; this is tried again within a minute")

    def _drop(self, letter_id: str) -> None:
        """Take a letter out of what is to be written, and its removal as well."""
        self._gone.discard(letter_id)
        old = self._unwritten.pop(letter_id, None)
        self._unwritten_bytes -= old.size_bytes if old is not None else 0

    def _give_way(self) -> None:
        """Let the oldest go where memory alone holds more than may be kept."""
        while len(self._unwritten) > self._most or self._unwritten_bytes > self._most_bytes:
            self._drop(next(iter(self._unwritten)))
            self.counts["dead_letters_given_way"] += 1

    def _with_known_payload(self, letter: Letter) -> Letter:
        """Return a letter with the whole payload of the one that it takes the place of, where that had it."""
        try:
            old = self.find(letter.id)
        except StoreError as error:
            self._tell(error)
            return letter
        return replace(letter, payload=old.payload, is_whole=True) if old is not None and old.is_whole else letter

    def _has_file(self) -> bool:
        try:
            return self._folder is not None and (self._folder / FILE).exists()
        except OSError:  # a folder that may not be looked into; what writes the file says so
            return False

    def _file_or_none(self) -> DeadStore | None:
        """Return the file, opened where it is not; None where there is none."""
        if self._store is None and self._has_file():
            self._store = self._opened()
        return self._store

    def _opened(self) -> DeadStore:
        assert self._folder is not None
        return database.opened(DeadStore, self._folder, FILE, event="dead_letters_not_kept")

    def _write(self) -> bool:
        """Bring the file up to date, and return whether that was done."""
        try:
            try:
                given_way = self._written()
            except Damaged as error:  # found in the middle of the file
                self._leave()
                assert self._folder is not None
                aside = database.set_aside(self._folder / FILE)
                log.warning("dead_letters_not_kept why=%s aside=%s", error, aside)
                given_way = self._written()
        except StoreError as error:
            self._tell(error)
            return False
        self.counts["dead_letters_given_way"] += given_way
        self._unwritten.clear()
        self._unwritten_bytes = 0
        self._gone.clear()
        self._trouble = None
        return True

    def _written(self) -> int:
        if self._store is None:
            self._store = self._opened()
        return self._store.write(
            self._unwritten.values(), gone=self._gone, most=self._most, most_bytes=self._most_bytes
        )

    def _tell(self, error: StoreError) -> None:
        """Log what is wrong with the file, once; open it anew the next time, for it may be another one then."""
        self._leave()
        self.counts["dead_letters_not_kept"] += 1
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.warning("dead_letters_not_kept why=%s", error)

    def _leave(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
