"""Owns the guess at what a text will be read as: what a like text was read as before, carried over place by place.

Knows nothing of tokens or of the model, which judges every guess: a wrong one costs time and changes nothing.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from edge import literal
from edge.extraction.extraction import Extraction, Value
from edge.literal import JSON, Number
from edge.text import numerals

MEMORIES = 8  # texts remembered for a schema, the most recently read last
MOST_STEPS = 50_000  # of comparing two texts: 30 ms on a slow core, a tenth of what reading one takes
_PIECE = re.compile(r"[0-9]+(?:[.,:][0-9]+)*|[^\W\d_]+|\s+|.", re.DOTALL)
_DIGIT = re.compile(r"[0-9]+")

_Stretch: TypeAlias = tuple[int, int, int]  # where equal words start in the old and in the new text, and how many
_Link: TypeAlias = "tuple[_Stretch, _Link] | None"  # the stretches of a way, the last one first
_Way: TypeAlias = tuple[int, _Link]
_NOWHERE: _Way = (-1, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Memory:
    """A text that was read.

    Attributes:
        words: its pieces, every number the same.
        borders: where each piece starts, and where the last one ends.
    """

    extraction: Extraction
    words: tuple[str, ...]
    borders: tuple[int, ...]


class History:
    """What the texts of one schema were read as lately. Any thread may ask, and any thread may add."""

    def __init__(self) -> None:
        self._memories: OrderedDict[tuple[str, ...], _Memory] = OrderedDict()

    def add(self, extraction: Extraction) -> None:
        """Remember what a text was read as, in place of a text of the same wording."""
        memory = _remembered(extraction)
        kept = OrderedDict(self._memories)  # a new one each time: other threads may be reading the old
        kept.pop(memory.words, None)
        kept[memory.words] = memory
        while len(kept) > MEMORIES:
            kept.popitem(last=False)
        self._memories = kept

    def guess(self, text: str) -> str:
        """Return the JSON that a text will probably be read as; empty where no like text is remembered."""
        words, borders = _split(text)
        memories = self._memories
        memory = memories.get(words) or _most_alike(words, tuple(memories.values()))
        if memory is None:
            return ""
        places = dict(_carried(memory, words, borders))
        return _Guess(memory, text, places).json


def _remembered(extraction: Extraction) -> _Memory:
    words, borders = _split(extraction.text)
    return _Memory(extraction=extraction, words=words, borders=borders)


def _split(text: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the pieces of a text, digits as zeros, and their borders.

    >>> _split("T=21.4C")
    (('T', '=', '0.0', 'C'), (0, 1, 2, 6, 7))
    """
    found = list(_PIECE.finditer(text))
    words = tuple(_DIGIT.sub("0", match.group()) for match in found)
    return words, (*(match.start() for match in found), len(text))


def _most_alike(words: Sequence[str], memories: Sequence[_Memory]) -> _Memory | None:
    """Return the memory that shares most words; None where none shares at least half."""
    wanted = set(words)
    shares = [(len(wanted & set(memory.words)) / len(wanted | set(memory.words)), memory) for memory in memories]
    share, best = max(shares, key=lambda pair: pair[0], default=(0.0, None))
    return best if share >= 0.5 else None  # noqa: PLR2004  # half, as said


def _carried(memory: _Memory, words: Sequence[str], borders: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield which offset of the remembered text corresponds to which of the new one, where that is clear."""
    for old, old_end, new, new_end in _blocks(memory.words, words):
        if old_end - old == new_end - new:
            yield from zip(memory.borders[old : old_end + 1], borders[new : new_end + 1], strict=True)
        else:
            yield memory.borders[old], borders[new]
            yield memory.borders[old_end], borders[new_end]


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the places of two texts that correspond, (start and end in the old, start and end in the new).

    Stretches of equal words and what differs between them, in turn; stretches may be empty. What both texts begin
    and end with is told apart at once, so that MOST_STEPS go into what is left.

    >>> [block for block in _blocks("a b 0 c".split(), "a x y 0 c".split()) if block[0] < block[1]]
    [(0, 1, 0, 1), (1, 2, 1, 3), (2, 4, 3, 5)]
    """
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old_end, new_end = len(old) - tail, len(new) - tail
    between = _stretches(old[head:old_end], new[head:new_end])
    inner = [(head + start, head + new_start, length) for start, new_start, length in between]
    at, new_at = 0, 0
    for start, new_start, length in [(0, 0, head), *inner, (old_end, new_end, tail)]:
        yield at, start, new_at, new_start
        at, new_at = start + length, new_start + length
        yield start, at, new_start, new_at


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """Return how many words both begin with."""
    return next(
        (k for k, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
    )


def _stretches(old: Sequence[str], new: Sequence[str]) -> list[_Stretch]:
    """Return the stretches of equal words along the shortest way from one text to the other (Myers, 1986).

    None are returned where that takes more than MOST_STEPS: the texts are long and too different.

    >>> _stretches("T = 0 C !".split(), "T : 0 C".split())
    [(0, 0, 1), (2, 2, 2)]
    """
    furthest: dict[int, _Way] = {1: (0, None)}  # by diagonal, start minus new_start: how far into the old text
    steps = 0
    for edits in range(len(old) + len(new) + 1):
        for diagonal in range(-edits, edits + 1, 2):
            below, above = furthest.get(diagonal - 1, _NOWHERE), furthest.get(diagonal + 1, _NOWHERE)
            at, way = above if above[0] > below[0] else (below[0] + 1, below[1])
            start = at
            while at < len(old) and 0 <= at - diagonal < len(new) and old[at] == new[at - diagonal]:
                at += 1
            way = ((start, start - diagonal, at - start), way) if at > start else way
            furthest[diagonal] = (at, way)
            if at >= len(old) and at - diagonal >= len(new):
                return _unwound(way)
            steps += 1 + at - start
            if steps > MOST_STEPS:
                return []
    return []


def _unwound(way: _Link) -> list[_Stretch]:
    stretches = []
    while way is not None:
        stretch, way = way
        stretches.append(stretch)
    return stretches[::-1]


class _Guess:
    """A remembered reading with the values of a new text."""

    def __init__(self, memory: _Memory, text: str, places: dict[int, int]) -> None:
        self._text = text
        self._places = places
        self._numerals = {(n.start, n.end): n for n in reversed(numerals.find(text))}
        values = {value.path: value for value in memory.extraction.values}
        json = memory.extraction.json
        parts, end = [], 0
        for leaf in literal.leaves(json):
            parts += [json[end : leaf.start], literal.dumps(self._value(values[leaf.path]))]
            end = leaf.end
        self.json = "".join(parts) + json[end:]

    def _value(self, value: Value) -> JSON:
        if value.span is None:
            return value.value
        start, end = self._places.get(value.span.start), self._places.get(value.span.end)
        if start is None or end is None or start >= end:
            return value.value
        if not isinstance(value.value, Number):
            return self._text[start:end].strip()
        numeral = self._numerals.get((start, end)) or self._numerals.get((start - 1, end))  # with a sign now
        return Number(numeral.literal) if numeral else value.value
