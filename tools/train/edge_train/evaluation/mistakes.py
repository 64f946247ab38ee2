"""Owns the kinds of mistakes: what in an answer differs from the right one, and how. Knows nothing of models.

The generator is improved from the counts of kinds, never from the texts of a test.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from edge.literal import JSON, Path


class Kind(StrEnum):
    """How a value can be wrong."""

    UNREAD = "no answer at all"
    MISSING = "missing"
    EXTRA = "extra"
    WRONG_CHOICE = "wrong choice of an enum or boolean"
    WRONG_BOUNDARY = "wrong boundary"
    WRONG_VALUE = "wrong value picked"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """One value that differs; None stands for a value that is not there."""

    kind: Kind
    path: Path
    expected: JSON
    got: JSON


def mistakes(expected: JSON, got: JSON, asked: JSON) -> list[Mistake]:
    """Return what is wrong with an answer; nothing where it equals the right one.

    Args:
        expected: the right answer.
        got: the answer as decoded; None where there is none.
        asked: the JSON Schema.

    >>> asked = {"properties": {"tag": {"type": "string"}, "t": {"type": "number"}, "on": {"type": "boolean"}}}
    >>> found = mistakes({"tag": "P-7", "t": 21}, {"tag": "P-7 north", "t": 55, "on": True}, asked)
    >>> [(mistake.kind.value, mistake.path) for mistake in found]
    [('wrong boundary', ('tag',)), ('wrong value picked', ('t',)), ('extra', ('on',))]
    """
    if got is None:
        return [Mistake(kind=Kind.UNREAD, path=(), expected=expected, got=None)]
    return list(_compared(expected, got, asked, ()))


def _compared(expected: JSON, got: JSON, asked: JSON, path: Path) -> Iterator[Mistake]:
    spec = asked if isinstance(asked, dict) else {}
    if isinstance(expected, dict) and isinstance(got, dict):
        properties = spec.get("properties")
        known = properties if isinstance(properties, dict) else {}
        for key in [*expected, *(key for key in got if key not in expected)]:
            yield from _member(key, expected, got, known.get(key), path)
    elif isinstance(expected, list) and isinstance(got, list):
        for k in range(max(len(expected), len(got))):
            if k >= len(got):
                yield Mistake(kind=Kind.MISSING, path=(*path, k), expected=expected[k], got=None)
            elif k >= len(expected):
                yield Mistake(kind=Kind.EXTRA, path=(*path, k), expected=None, got=got[k])
            else:
                yield from _compared(expected[k], got[k], spec.get("items"), (*path, k))
    elif expected != got:
        yield Mistake(kind=_kind(expected, got, spec), path=path, expected=expected, got=got)


def _member(
    key: str, expected: dict[str, JSON], got: dict[str, JSON], asked: JSON, path: Path
) -> Iterator[Mistake]:
    if key not in got:
        yield Mistake(kind=Kind.MISSING, path=(*path, key), expected=expected[key], got=None)
    elif key not in expected:
        yield Mistake(kind=Kind.EXTRA, path=(*path, key), expected=None, got=got[key])
    else:
        yield from _compared(expected[key], got[key], asked, (*path, key))


def _kind(expected: JSON, got: JSON, spec: dict[str, JSON]) -> Kind:
    if "enum" in spec or isinstance(expected, bool):
        return Kind.WRONG_CHOICE
    if isinstance(expected, str) and isinstance(got, str) and (expected in got or got in expected):
        return Kind.WRONG_BOUNDARY
    return Kind.WRONG_VALUE
