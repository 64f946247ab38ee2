"""Owns what counts as a number in a text: finds the numerals and says which JSON numbers each may stand for.

Knows nothing of schemas or units. Only the digits 0 to 9 count: a numeral of another script is plain text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_RUN = re.compile(r"[0-9]+(?:[.,'’_][0-9]+)*")
_EXPONENT = re.compile(r"[eE][-+]?[0-9]+(?![0-9A-Za-z])")
_EXPONENT_DIGITS = 3  # no device means more; 1e999999 is no number to hand on, nor are its parts
_GROUPED = re.compile(r"([1-9][0-9]{0,2}(?:([.,'’_])[0-9]{3})(?:\2[0-9]{3})*)(?:(?!\2)[.,]([0-9]+))?")
_SPACED = re.compile(  # 1 013,2: one group behind a plain space, or several behind no-break or thin ones
    r"(?<![0-9.,'’_])(?<![0-9][ \u00a0\u2009\u202f])"
    r"([1-9][0-9]{0,2}(?: [0-9]{3}|(?:[\u00a0\u2009\u202f][0-9]{3})+))(?:[.,]([0-9]+))?"
    r"(?![0-9]|[.,'’_ \u00a0\u2009\u202f][0-9])"
)
_MINUS, _PLUS = "-−", "+"
_SIGN_APART = re.compile(r"[=:] ?([-−]) {1,2}\Z")  # T = - 5.2
_BEFORE_SIGN = "=:(,;|[{<>\"'/~"  # behind a letter or a digit, a dash joins: P-301A, 2025-11-22


@dataclass(frozen=True, kw_only=True, slots=True)
class Numeral:
    """One way to read text[start:end] as a number; start and end are code-point offsets, the sign included."""

    literal: str
    start: int
    end: int

    @property
    def integer_literal(self) -> str | None:
        """The literal without a fraction of zeros; None where the number is not whole (or has an exponent).

        >>> [Numeral(literal=t, start=0, end=0).integer_literal for t in ("7", "100.0", "0.5", "1e3")]
        ['7', '100', None, None]
        """
        whole = re.fullmatch(r"(-?[0-9]+)(?:\.0*)?", self.literal)
        return whole.group(1) if whole else None


def find(text: str) -> tuple[Numeral, ...]:
    """Return every reading of every numeral of a text, in text order, the longer first.

    A numeral that can be read in two ways gives two: `1,5` is one and a half, or a list of 1 and 5.

    >>> [n.literal for n in find("T=-21.40C at 14:03, P-301A, 1,5 bar, .5 V, +007, 1.2e-3, 10²")]
    ['-21.40', '14', '3', '301', '1.5', '1', '5', '0.5', '7', '1.2e-3']
    """
    found = {*_runs(text), *_spaced(text)}
    return tuple(sorted(found, key=lambda n: (n.start, -n.end, n.literal)))


def _runs(text: str) -> Iterator[Numeral]:
    read_until = 0
    for run in _RUN.finditer(text):
        start, end = run.span()
        if start < read_until or _is_part_of_something_else(text, start, end):
            continue
        if text[start - 1 : start] == "." and not (
            start > 1 and (text[start - 2].isalnum() or text[start - 2] == ".")
        ):
            start -= 1
        sign, sign_start = _sign(text, start)
        exponent = _EXPONENT.match(text, end)
        if (
            exponent
            and re.fullmatch(r"[0-9]*\.?[0-9]+", text[start:end])
            and not text[start - 1 : start].isalnum()
        ):
            is_readable = len(exponent.group().lstrip("eE+-")) <= _EXPONENT_DIGITS
            if is_readable:
                literal = _legal(text[start:end], sign) + exponent.group()
                yield Numeral(literal=literal, start=sign_start, end=exponent.end())
            if not is_readable or "." in text[start:end] or not exponent.group()[1].isdigit():
                read_until = exponent.end()  # surely an exponent: its parts are no numbers of their own
                continue
        for literal, first, last in _readings(text[start:end], 0):
            is_signed = first == 0
            yield Numeral(
                literal=_legal(literal, sign if is_signed else ""),
                start=sign_start if is_signed else start + first,
                end=start + last,
            )


def _readings(body: str, offset: int) -> Iterator[tuple[str, int, int]]:
    """Yield the numbers that a run of digits and marks may be, each with its place: as a whole, and in parts.

    >>> list(_readings("1.234,5", 0))
    [('1234.5', 0, 7), ('1.234', 0, 5), ('1234', 0, 5), ('5', 6, 7)]
    """
    end = offset + len(body)
    if re.fullmatch(r"[0-9]*\.?[0-9]+", body):
        yield body, offset, end
    if grouped := _GROUPED.fullmatch(body):
        whole = re.sub(r"[^0-9]", "", grouped.group(1))
        yield whole + (f".{grouped.group(3)}" if grouped.group(3) else ""), offset, end
    if re.fullmatch(r"[0-9]+,[0-9]+", body):
        yield body.replace(",", "."), offset, end
    mark = next((mark for mark in (",", "'", "’", "_") if mark in body), "." if body.count(".") > 1 else None)
    if mark:
        for part in body.split(mark):
            yield from _readings(part, offset) if part else ()
            offset += len(part) + 1


def _spaced(text: str) -> Iterator[Numeral]:
    for match in _SPACED.finditer(text):
        sign, start = _sign(text, match.start())
        whole = re.sub(r"[^0-9]", "", match.group(1))
        literal = whole + (f".{match.group(2)}" if match.group(2) else "")
        yield Numeral(literal=_legal(literal, sign), start=start, end=match.end())


def _is_part_of_something_else(text: str, start: int, end: int) -> bool:
    """Whether the run belongs to a hexadecimal number (0x1E), or to a numeral with other digits (5½, 10², ١2)."""
    word = re.search(r"[0-9A-Za-z]*$", text[max(0, start - 20) : start])
    is_hexadecimal = (
        re.match(r"0[xX][0-9a-fA-F]", (word.group() if word else "") + text[start : end + 2]) is not None
    )
    neighbours = text[start - 1 : start] if start else ""
    neighbours += text[end : end + 1]
    return is_hexadecimal or any(char.isnumeric() and not char.isascii() for char in neighbours)


def _sign(text: str, start: int) -> tuple[str, int]:
    """Return the sign of the numeral that starts here ("-" or "") and where the numeral starts with its sign."""
    mark, before = text[start - 1 : start], text[start - 2 : start - 1]
    if start and mark in _MINUS + _PLUS and (start == 1 or before.isspace() or before in _BEFORE_SIGN):
        return ("-" if mark in _MINUS else ""), start - 1
    if apart := _SIGN_APART.search(text, max(0, start - 6), start):  # no need to look further back
        return "-", apart.start(1)
    return "", start


def _legal(body: str, sign: str) -> str:
    """Return digits with a decimal point as a JSON number.

    >>> [_legal(body, "-") for body in ("007", ".5", "0", "00.50")]
    ['-7', '-0.5', '-0', '-0.50']
    """
    whole, point, fraction = body.partition(".")
    return sign + (whole.lstrip("0") or "0") + point + fraction
