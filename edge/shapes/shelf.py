"""Owns the shapes of one route: which are known, what is known of each, which give way when there are too many.

Knows nothing of how readings are learned, audited or kept.
"""

import json
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias

from edge.shapes.lesson import Lesson
from edge.shapes.recipe import Recipe
from edge.shapes.shape import Shape

NAMED_REPLAYS = 256  # since the last good audit: so many message ids are kept for a disagreement
ID_DIGITS = 12  # of the hash by which people name a shape

Name: TypeAlias = tuple[str, str]  # key, variant


@dataclass(kw_only=True, slots=True)
class Entry:
    """What is known of one shape.

    Attributes:
        labels: the runs that name something (`lesson.labels`): where they differ, it is another shape.
        variant: JSON of these runs.
        recipe: None while it is being learned.
        needed: confirmations until it is trusted.
        replays: since it is known.
        since_audit: replays since the last good audit, or since it is trusted.
        named: ids of the last messages among these.
        audited_at: seconds since 1970; None for never.
        is_in_audit: whether the model is reading a replayed text again.
        is_changed: whether the file has not seen it as it is.
        is_kept: whether the file has it in some form.
    """

    route: str
    key: str
    labels: tuple[int, ...]
    variant: str
    lesson: Lesson | None = None
    recipe: Recipe | None = None
    needed: int
    replays: int = 0
    since_audit: int = 0
    named: deque[str] = field(default_factory=lambda: deque(maxlen=NAMED_REPLAYS))
    audits: int = 0
    audited_at: float | None = None
    is_in_audit: bool = False
    is_changed: bool = True
    is_kept: bool = False

    @property
    def name(self) -> tuple[str, str, str]:
        """What tells this entry from all others."""
        return self.route, self.key, self.variant

    def distrust(self, *, most_needed: int) -> None:
        """Forget what was learned, and ask for twice as many confirmations from now on."""
        self.lesson, self.recipe = None, None
        self.needed = min(2 * self.needed, most_needed)
        self.since_audit, self.is_in_audit, self.is_changed = 0, False, True
        self.named.clear()


def variant(labels: tuple[int, ...], shape: Shape) -> str:
    """Return the digits that tell a text from others with the same key.

    >>> variant((0,), Shape("|T31=9", ("2", "21")))
    '["2"]'
    """
    return json.dumps([shape.runs[run] for run in labels], separators=(",", ":")) if labels else "[]"


def identity(key: str, digits: str) -> str:
    """Return the name of a shape for people: the first digits of a hash."""
    return sha256(f"{digits}{key}".encode()).hexdigest()[:ID_DIGITS]


class Shelf:
    """The entries of a route, the least recently used first."""

    def __init__(self, route: str, *, size: int) -> None:
        self._route = route
        self._size = size
        self._entries: OrderedDict[Name, Entry] = OrderedDict()
        self._labels: dict[str, tuple[tuple[int, ...], int]] = {}  # key: labels, number of entries

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def find(self, shape: Shape) -> Entry | None:
        """Return the entry of a shape, which is now the most recently used; None where there is none."""
        known = self._labels.get(shape.key)
        if known is None:
            return None
        name = (shape.key, variant(known[0], shape))
        entry = self._entries.get(name)
        if entry is not None:
            self._entries.move_to_end(name)
        return entry

    def labels(self, key: str) -> tuple[int, ...] | None:
        """Return the labels of the shapes with a key; None where no shape has it."""
        return self._labels[key][0] if key in self._labels else None

    def add(self, entry: Entry) -> Entry | None:
        """Put up an entry; return the one that had to give way: one still being learned before any trusted one."""
        gone = self._make_room() if len(self._entries) >= self._size else None
        self._entries[entry.key, entry.variant] = entry
        labels, count = self._labels.get(entry.key, (entry.labels, 0))
        self._labels[entry.key] = labels, count + 1
        return gone

    def resize(self, size: int) -> list[Entry]:
        """Hold at most so many entries from now on; return those that had to give way."""
        self._size = size
        return [self._make_room() for _ in range(len(self._entries) - size)]

    def remove(self, entry: Entry) -> None:
        """Take an entry away."""
        del self._entries[entry.key, entry.variant]
        labels, count = self._labels.pop(entry.key)
        if count > 1:
            self._labels[entry.key] = labels, count - 1

    def _make_room(self) -> Entry:
        learning = (entry for entry in self._entries.values() if entry.recipe is None)
        entry = next(learning, None) or next(iter(self._entries.values()))
        self.remove(entry)
        return entry


Shelves: TypeAlias = Mapping[str, Shelf]
