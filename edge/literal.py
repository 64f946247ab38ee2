"""Owns JSON whose numbers keep their spelling: `21.40` stays `21.40`, 400 digits stay 400 digits.

Knows nothing of schemas. A number is a `Number`, an exact decimal that remembers how it was written, so that a
reading never passes through a float.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self, TypeAlias, cast

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | Number | bool | None"
Pointer: TypeAlias = str  # a JSON Pointer, RFC 6901: "/readings/0/temperature"
Path: TypeAlias = tuple[str | int, ...]  # the same place as keys and indices: ("readings", 0, "temperature")

_MAX_SHOWN = 60  # characters of a value that a message quotes


class Number(Decimal):
    """A decimal number with the JSON literal that it was made from.

    >>> number = Number("21.40")
    >>> number.literal, number == Decimal("21.4")
    ('21.40', True)
    """

    literal: str

    def __new__(cls, literal: str) -> Self:
        """Return the number that a JSON literal names."""
        number = super().__new__(cls, literal)
        number.literal = literal
        return number

    def __repr__(self) -> str:
        return self.literal


def loads(text: str) -> JSON:
    """Return the value of a JSON text, every number of it a `Number`.

    >>> loads('{"t":21.40,"n":7}')
    {'t': 21.40, 'n': 7}

    Raises:
        ValueError: the text is not JSON (NaN and Infinity are not).
    """

    def refuse(constant: str) -> JSON:
        raise ValueError(f"{constant} is not JSON")

    return cast("JSON", json.loads(text, parse_float=Number, parse_int=Number, parse_constant=refuse))


def dumps(value: JSON) -> str:
    """Return compact JSON, keys in their order, text unescaped where JSON allows, a `Number` as it was written.

    >>> dumps({"t": Number("21.40"), "unit": "°C", "ok": True})
    '{"t":21.40,"unit":"°C","ok":true}'
    """
    if isinstance(value, Number):
        return value.literal
    if isinstance(value, dict):
        return "{" + ",".join(f"{dumps(key)}:{dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dumps, value)) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def encoded(value: JSON) -> bytes:
    r"""Return compact JSON as UTF-8, whatever stands in it.

    Half of a surrogate pair, as names of files and JSON's own escapes may hold, is no UTF-8; it stays the escape.

    >>> encoded({"a°": json.loads('"\\ud800"')}).decode()
    '{"a°":"\\ud800"}'
    """
    return dumps(value).encode("utf-8", "backslashreplace")


def excerpt(value: JSON) -> str:
    """Return a value as messages quote it: as JSON, cut where it is long.

    >>> excerpt("x" * 99)
    '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'
    """
    shown = dumps(value)
    return shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "…"


def pointer(path: Path) -> Pointer:
    """Return a path as a JSON Pointer.

    >>> pointer(("a/b", 0, "m~n"))
    '/a~1b/0/m~0n'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def dotted(path: Path) -> str:
    """Return a path as people write it.

    >>> dotted(("routes", 2, "fields", "humidity"))
    'routes[2].fields.humidity'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """A string, number, boolean or null of a JSON text: where it hangs, and where it is written."""

    path: Path
    value: str | Number | bool | None
    start: int
    end: int


def leaves(text: str) -> list[Leaf]:
    """Return the leaves of a compact JSON text, in the order in which they are written.

    >>> [(leaf.path, leaf.value, text[leaf.start : leaf.end])
    ...  for text in ['{"a":[21.40,"x"]}'] for leaf in leaves(text)]
    [(('a', 0), 21.40, '21.40'), (('a', 1), 'x', '"x"')]
    """
    found: list[Leaf] = []
    _walk(text, 0, (), found)
    return found


def replaced(text: str, converters: Mapping[Path, Callable[[str], str]]) -> str:
    """Return a JSON text with the literals at some paths replaced by what is made of them.

    >>> replaced('{"a":[1,"x"],"b":2.50}', {("a", 0): lambda number: number + "0"})
    '{"a":[10,"x"],"b":2.50}'
    """
    if not converters:
        return text
    parts, at = [], 0
    for leaf in leaves(text):
        if leaf.path in converters:
            parts += [text[at : leaf.start], converters[leaf.path](text[leaf.start : leaf.end])]
            at = leaf.end
    return "".join([*parts, text[at:]])


def _walk(text: str, at: int, path: Path, found: list[Leaf]) -> int:
    """Add the leaves of the value that starts here; return where it ends."""
    if text[at] not in "{[":
        end = _end(_STRING if text[at] == '"' else _BARE, text, at)
        found.append(
            Leaf(path=path, value=cast("str | Number | bool | None", loads(text[at:end])), start=at, end=end)
        )
        return end
    is_object, index = text[at] == "{", 0
    at += 1
    while text[at] not in "}]":
        at += text[at] == ","
        key: str | int = index
        if is_object:
            end = _end(_STRING, text, at)
            key, at = cast("str", loads(text[at:end])), end + 1
        at = _walk(text, at, (*path, key), found)
        index += 1
    return at + 1


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_BARE = re.compile(r"[^,\]}]+")  # a number, true, false or null


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    if match is None:
        raise ValueError(f"not compact JSON at character {at}")
    return match.end()
