"""Owns places that are told by counting: what `second value` and `column 9` mean in a text.

Knows nothing of schemas.
"""

import re
from dataclasses import dataclass

_WORDS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_NOUNS = "value|field|column|number|cell|entry|item|position|word"
_COUNTED = re.compile(
    rf"\b(?:(?P<word>{'|'.join(_WORDS)})|(?P<digits>[1-9][0-9]?)(?:st|nd|rd|th))\s+"
    rf"(?:(?P<of>[^\W\d_][\w-]*)\s+)?(?:{_NOUNS})s?\b|(?:\b(?:{_NOUNS})\s+|#)(?P<number>[1-9][0-9]?)\b",
    re.IGNORECASE,
)
_NO_NAMES = {"data", "numeric", "raw", "comma", "printed", "whole", "decimal"}
_SEPARATORS = (",", ";", "|", "\t", " ")
_FEWEST_CELLS = 3
_HEAD = re.compile(r"[$!][A-Za-z]+\Z")  # the name of an NMEA sentence is no field of it


@dataclass(frozen=True, slots=True)
class Ordinal:
    """A place in a row of values.

    Attributes:
        number: counted from 1.
        of: the label behind which to count; empty where the whole text is the row.
    """

    number: int
    of: str


def parse(description: str) -> Ordinal | None:
    """Return the place that a description tells; None where it tells none.

    >>> parse("second FS value"), parse("active power, column 10"), parse("lower irradiance (#2)"), parse("power")
    (Ordinal(number=2, of='FS'), Ordinal(number=10, of=''), Ordinal(number=2, of=''), None)
    """
    match = _COUNTED.search(description)
    if match is None:
        return None
    number = _WORDS.index(match["word"].lower()) + 1 if match["word"] else int(match["digits"] or match["number"])
    of = match["of"] or ""
    return Ordinal(number, "" if of.lower() in _NO_NAMES else of)


def find(text: str, ordinal: Ordinal) -> tuple[int, int] | None:
    """Return the offsets of the cell at a place of a text; None where the text has none.

    >>> text = "$GPRMC,181031,V,3926.276"
    >>> start, end = find(text, Ordinal(3, ""))
    >>> text[start:end]
    '3926.276'
    >>> find("<Idle|MPos:125.4,42.1|FS:0,12>", Ordinal(2, "FS"))
    (27, 29)
    """
    begin, end = 0, len(text)
    if ordinal.of:
        label = re.search(rf"(?<![^\W_]){re.escape(ordinal.of)}\s*[=:]\s*", text)
        if label is None:
            return None
        begin = label.end()
        end = begin + len(re.match(r"[^|;\n>\])]*", text[begin:]).group())  # type: ignore[union-attr]  # it may be empty
    elif named := re.match(r"[^\s:,;|]+:\s*(?=[^:]*\Z)", text):
        begin = named.end()
    line = text[begin:end].split("\n", maxsplit=1)[0]
    separator = max(_SEPARATORS, key=lambda mark: line.count(mark) * (0.5 if mark == " " else 1.0))
    cells, at = [], begin
    for cell in line.split(separator):
        cells.append((at, at + len(cell)))
        at += len(cell) + 1
    cells = [cell for cell in cells if separator != " " or cell[0] < cell[1]]
    if not ordinal.of and len(cells) < _FEWEST_CELLS:
        return None
    first = 1 if not ordinal.of and _HEAD.match(text[slice(*cells[0])]) else 0
    place = first + ordinal.number - 1
    return cells[place] if place < len(cells) else None
