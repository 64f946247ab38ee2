"""Owns how the support of a text leans the model's choices, token by token.

Knows nothing of tokens or of where support comes from. What is written so far has a potential: the most support
that a reading which begins so can still have. A token leans by how it changes the potential, so that a whole
reading gains exactly the support of its values, in whatever pieces it is written.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from edge.extraction.support import Field

AGAINST_CUT = -10.0  # a string that begins or ends within a word, as one in a thousand does
AGAINST_MORE = -4.0  # an item more than the text shows; likewise one less
AGAINST_FEWER = -4.0
_QUOTE, _BACKSLASH, _COMMA, _OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST = b'"\\,{}[]'
_PLAIN = re.compile(rb'[^"\\,{}\[\]:]+')  # bytes that begin and end nothing, in whatever mode


class _Mode(Enum):
    """What is being written."""

    KEY = auto()
    VALUE = auto()
    AFTER = auto()  # behind a value
    ARRAY = auto()  # in which nothing is looked at
    END = auto()


@dataclass(frozen=True, slots=True)
class _Frame:
    """An object that is being written, with the number of the next field that may come; or a list."""

    fields: tuple[Field, ...] = ()
    next: int = 0
    list: Field | None = None


@dataclass(frozen=True, slots=True)
class _State:
    """Where in a reading the output stands.

    Attributes:
        frames: the objects around, the innermost last.
        partial: what is written of the key or the value at hand.
        field: whose value is at hand; None for the reading itself.
        total: the support of all that is decided.
        depth: how many arrays, and objects within, are open.
    """

    frames: tuple[_Frame, ...]
    mode: _Mode
    partial: bytes = b""
    field: Field | None = None
    total: float = 0.0
    depth: int = 0
    is_string: bool = False
    is_escaped: bool = False


class Leaning:
    """The leaning of one text's choices: a function of what is written and what may be written next.

    Args:
        fields: of the object that is written, with their support.
    """

    def __init__(self, fields: tuple[Field, ...]) -> None:
        self._start = _State(frames=(_Frame(fields),), mode=_Mode.VALUE)
        self._written, self._state = b"", self._start

    def __call__(self, written: bytes, options: Sequence[bytes]) -> NDArray[np.float32]:
        """Return how many nats each option gains behind what is written; shape (options,)."""
        if written.startswith(self._written):
            state = _advance(self._state, written[len(self._written) :])
        else:
            state = _advance(self._start, written)
        self._written, self._state = written, state
        if state.mode is _Mode.END:
            return np.zeros(len(options), dtype=np.float32)
        narrowed = _narrowed(state)
        return np.array([_potential(_advance(narrowed, option)) for option in options], dtype=np.float32)


def _narrowed(state: _State) -> _State:
    """Return the state with the candidates that are left, so that not each option looks at all of them."""
    field = state.field
    if state.mode is not _Mode.VALUE or field is None or not state.partial:
        return state
    left = tuple(each for each in field.candidates if each.agrees(state.partial))
    return replace(state, field=replace(field, candidates=left))


def _potential(state: _State) -> float:
    if state.mode is _Mode.KEY:
        return state.total + _of_key(state.frames[-1], state.partial)
    if state.mode is _Mode.VALUE and state.field is not None:
        return state.total + _of_value(state.field, state.partial, is_whole=False)
    return state.total


def _of_key(frame: _Frame, partial: bytes) -> float:
    """Return the best of what the keys that begin so bring: the fields before them cannot be stated any more."""
    skipped, best = 0.0, -math.inf
    for field in frame.fields[frame.next :]:
        if field.key.startswith(partial):
            best = max(best, -skipped)
        skipped += field.presence
    return best if best > -math.inf else 0.0


def _of_value(field: Field, written: bytes, *, is_whole: bool) -> float:
    """Return the support of a value, or of the best one that begins so, less that of the best of all."""
    agreeing = [
        each.support
        for each in field.candidates
        if (each.is_written(written) if is_whole else each.agrees(written))
    ]
    if field.is_text and (not written or written.startswith(b'"')):
        agreeing.append(0.0)
    gained = max(agreeing) - field.best if agreeing else 0.0
    return gained + _of_cut(field, written, is_whole=is_whole)


def _of_cut(field: Field, written: bytes, *, is_whole: bool) -> float:
    """Return what speaks against a string that is cut out of the text within a word or a number."""
    content = written[1:-1] if is_whole else written[1:]
    if field.edges is None or written[:1] != b'"' or not content:
        return 0.0
    is_right = field.edges.may_be(content) if is_whole else field.edges.may_begin(content)
    return 0.0 if is_right else AGAINST_CUT


def _advance(state: _State, written: bytes) -> _State:
    at = 0
    while at < len(written):
        plain = _PLAIN.match(written, at)
        if plain and state.mode is not _Mode.AFTER:
            if state.mode in (_Mode.KEY, _Mode.VALUE):
                state = replace(state, partial=state.partial + plain.group(), is_escaped=False)
            elif state.is_escaped:
                state = replace(state, is_escaped=False)
            at = plain.end()
        else:
            state = _STEPS[state.mode](state, written[at])
            at += 1
    return state


def _key(state: _State, byte: int) -> _State:
    if byte == _CLOSE and not state.partial:
        return _closed(state)
    partial, frame, skipped = state.partial + bytes([byte]), state.frames[-1], 0.0
    for number, field in enumerate(frame.fields[frame.next :], start=frame.next):
        if field.key == partial:
            frames = (*state.frames[:-1], replace(frame, next=number + 1))
            total = state.total - skipped
            return replace(state, frames=frames, mode=_Mode.VALUE, partial=b"", field=field, total=total)
        skipped += field.presence
    return replace(state, partial=partial)


def _value(state: _State, byte: int) -> _State:
    if not state.partial and byte in (_OPEN, _OPEN_LIST):
        return _opened(state, byte)
    if not state.partial and byte == _CLOSE_LIST:
        return _list_closed(state, count=0)
    if state.is_string:
        is_end = byte == _QUOTE and not state.is_escaped
        is_escaped = byte == _BACKSLASH and not state.is_escaped
        state = replace(state, partial=state.partial + bytes([byte]), is_string=not is_end, is_escaped=is_escaped)
        return _decided(state) if is_end else state
    if byte in (_COMMA, _CLOSE, _CLOSE_LIST):
        return _after(_decided(state), byte)
    return replace(state, partial=state.partial + bytes([byte]), is_string=byte == _QUOTE)


def _opened(state: _State, byte: int) -> _State:
    if byte == _OPEN and state.field is None:
        return replace(state, mode=_Mode.KEY)
    field = state.field
    if byte == _OPEN and field is not None and field.members is not None:
        return replace(state, frames=(*state.frames, _Frame(field.members)), mode=_Mode.KEY, field=None)
    if byte == _OPEN_LIST and field is not None and field.loose is not None:
        return replace(state, frames=(*state.frames, _Frame(list=field)), mode=_Mode.VALUE, field=_item(field, 0))
    return replace(state, mode=_Mode.ARRAY, depth=1, field=None)


def _decided(state: _State) -> _State:
    """Return the state behind a value, whose support is part of the total from now on."""
    gained = _of_value(state.field, state.partial, is_whole=True) if state.field is not None else 0.0
    return replace(state, mode=_Mode.AFTER, partial=b"", field=None, total=state.total + gained)


def _after(state: _State, byte: int) -> _State:
    frame = state.frames[-1]
    if frame.list is None:
        if byte == _COMMA:
            return replace(state, mode=_Mode.KEY)
        return _closed(state) if byte == _CLOSE else state
    number = frame.next + 1  # of the items that are written, and of the next one
    if byte == _COMMA:
        against = AGAINST_MORE if frame.list.items and number >= len(frame.list.items) else 0.0
        frames = (*state.frames[:-1], replace(frame, next=number))
        field = _item(frame.list, number)
        return replace(state, frames=frames, mode=_Mode.VALUE, field=field, total=state.total + against)
    return _list_closed(state, count=number) if byte == _CLOSE_LIST else state


def _closed(state: _State) -> _State:
    """Return the state behind an object: what it does not state by now, it does not state at all."""
    *outer, frame = state.frames
    total = state.total - sum(field.presence for field in frame.fields[frame.next :])
    return replace(state, frames=tuple(outer), mode=_Mode.AFTER if outer else _Mode.END, total=total)


def _list_closed(state: _State, *, count: int) -> _State:
    """Return the state behind a list of so many items."""
    *outer, frame = state.frames
    if frame.list is None:
        return state
    against = AGAINST_FEWER if count < len(frame.list.items) else 0.0
    return replace(state, frames=tuple(outer), mode=_Mode.AFTER, field=None, total=state.total + against)


def _item(field: Field, number: int) -> Field | None:
    return field.items[number] if number < len(field.items) else field.loose


def _array(state: _State, byte: int) -> _State:
    if state.is_string:
        is_end = byte == _QUOTE and not state.is_escaped
        return replace(state, is_string=not is_end, is_escaped=byte == _BACKSLASH and not state.is_escaped)
    if byte == _QUOTE:
        return replace(state, is_string=True)
    depth = state.depth + (byte in (_OPEN, _OPEN_LIST)) - (byte in (_CLOSE, _CLOSE_LIST))
    return replace(state, depth=depth, mode=_Mode.ARRAY if depth else _Mode.AFTER)


def _end(state: _State, _byte: int) -> _State:
    return state


_STEPS = {_Mode.KEY: _key, _Mode.VALUE: _value, _Mode.AFTER: _after, _Mode.ARRAY: _array, _Mode.END: _end}
