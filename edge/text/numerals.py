"""Owns what counts as a number in a text: finds the numerals and says which JSON numbers each may stand for.

Knows nothing of schemas or units. Only the digits 0 to 9 count: a numeral of another script is plain text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from edge.text.magnitudes import magnitudes, value

_RUN = re.compile(r"[0-9]+(?:[.,'’_][0-9]+)*")
_EXPONENT = re.compile(r"[eE]([-+]?)([0-9]+)(?![0-9])")
_POWER_OF_TEN = re.compile(r"\s?[×xX*·]\s?10(?:\^|\*\*|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻])[-+−]?[0-9⁰¹²³⁴⁵⁶⁷⁸⁹⁻]*")  # 1.2×10³: not read
_EXPONENT_DIGITS = 3  # no device means more; 1e999999 is no number to hand on, nor are its parts
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")  # written so that no digits can be shared out in two ways
_GROUPED = re.compile(r"([1-9][0-9]{0,2}(?:([.,'’_])[0-9]{3})(?:\2[0-9]{3})*)(?:(?!\2)[.,]([0-9]+))?")
_SPACED = re.compile(  # 1 013,2: one group behind a plain space, or several behind no-break or thin ones
    r"(?<![0-9.,'’_])(?<![0-9][ \u00a0\u2009\u202f])"
    r"([1-9][0-9]{0,2}(?: [0-9]{3}|(?:[\u00a0\u2009\u202f][0-9]{3})+))(?:[.,]([0-9]+))?"
    r"(?![0-9]|[.,'’_ \u00a0\u2009\u202f][0-9])"
)
_MINUS = "-−‐‑‒–－﹣"  # hyphens, dashes and minus signs: firmwares and editors send all of them
_BEFORE_SIGN = "=:(,;|[{<>/~"  # behind a letter or a digit, a dash joins: P-301A, 2025-11-22
_JOINS = "_.-−‐‑‒–－﹣"
_SIGN_APART = re.compile(
    r"(?:[=:] ?[-−–] {1,2}|(?<!\w)(?:minus|moins|menos|meno)\s+)\Z", re.IGNORECASE
)  # T = - 5.2
_REACH = 12  # characters before a numeral in which its sign may stand


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

    A numeral that can be read in two ways gives two: `1,5` is one and a half, or a list of 1 and 5. What a reader
    would not take it for is no reading: the day of `22.11.2025`, an octet of an address (see `magnitudes.py`).

    >>> [n.literal for n in find("T=-21.40C at 14:03, P-301A, 1,5 bar, .5 V, +007, 1.2e-3, 10²")]
    ['-21.40', '14', '3', '301', '1.5', '1', '5', '0.5', '7', '1.2e-3']
    """
    known = magnitudes(text)
    found = {*_runs(text, known), *_spaced(text)}
    return tuple(sorted(found, key=lambda n: (n.start, -n.end, n.literal)))


def _runs(text: str, known: frozenset[float]) -> Iterator[Numeral]:
    read_until = 0
    for run in _RUN.finditer(text):
        start, end = run.span()
        if start < read_until or _is_part_of_something_else(text, start, end):
            continue
        start -= _has_point_before(text, start)
        sign, sign_start = _sign(text, start)
        if power := _POWER_OF_TEN.match(text, end):
            read_until = power.end()
            continue
        exponent = _EXPONENT.match(text, end)
        if exponent and _has_exponent(text, start, end):
            read_until = exponent.end()  # its parts are no numbers of their own
            if _is_readable(exponent, text, start, end):
                literal = _legal(text[start:end], sign) + exponent.group()
                yield Numeral(literal=literal, start=sign_start, end=exponent.end())
            continue
        for literal, first, last in _readings(text[start:end], 0):
            is_whole = (first, last) == (0, end - start)
            is_sure = is_whole and (literal == text[start:end] or "," in text[start:end])
            if not is_sure and value(literal) not in known:
                continue
            is_signed = first == 0
            yield Numeral(
                literal=_legal(literal, sign if is_signed else ""),
                start=sign_start if is_signed else start + first,
                end=start + last,
            )


def _readings(body: str, offset: int, *, is_part: bool = False) -> Iterator[tuple[str, int, int]]:
    """Yield the numbers that a run of digits and marks may be, each with its place: as a whole, and in parts.

    A part is not grouped in its turn: `1.234,5` is no list of 1234 and 5.

    >>> list(_readings("1.234,5", 0))
    [('1234.5', 0, 7), ('1.234', 0, 5), ('5', 6, 7)]
    """
    end = offset + len(body)
    if _PLAIN.fullmatch(body):
        yield body, offset, end
    if not is_part and (grouped := _GROUPED.fullmatch(body)):
        whole = re.sub(r"[^0-9]", "", grouped.group(1))
        yield whole + (f".{grouped.group(3)}" if grouped.group(3) else ""), offset, end
    if re.fullmatch(r"[0-9]+,[0-9]+", body):
        yield body.replace(",", "."), offset, end
    mark = next((mark for mark in (",", "'", "’", "_") if mark in body), "." if body.count(".") > 1 else None)
    if mark:
        for part in body.split(mark):
            yield from _readings(part, offset, is_part=True) if part else ()
            offset += len(part) + 1


def _spaced(text: str) -> Iterator[Numeral]:
    for match in _SPACED.finditer(text):
        sign, start = _sign(text, match.start())
        whole = re.sub(r"[^0-9]", "", match.group(1))
        literal = whole + (f".{match.group(2)}" if match.group(2) else "")
        yield Numeral(literal=_legal(literal, sign), start=start, end=match.end())


def _has_point_before(text: str, start: int) -> bool:
    """Whether a decimal point begins the numeral: in `=.5`, but not in `a.5`, where a sentence ends, or `..5`."""
    before = text[start - 2 : start - 1] if start > 1 else ""
    return text[start - 1 : start] == "." and not before.isalnum() and before != "."


def _is_part_of_something_else(text: str, start: int, end: int) -> bool:
    """Whether the run belongs to a hexadecimal number (0x1E), or to a numeral with other digits (5½, 10², ١2)."""
    word = re.search(r"[0-9A-Za-z]*\Z", text[max(0, start - 20) : start])
    is_hexadecimal = (
        re.match(r"0[xX][0-9a-fA-F]", (word.group() if word else "") + text[start : end + 2]) is not None
    )
    neighbours = text[start - 1 : start] if start else ""
    neighbours += text[end : end + 1]
    return is_hexadecimal or any(char.isnumeric() and not char.isascii() for char in neighbours)


def _has_exponent(text: str, start: int, end: int) -> bool:
    """Whether the run is a mantissa, and not the digits of a word such as `D6C0E5`."""
    return _PLAIN.fullmatch(text[start:end]) is not None and not text[start - 1 : start].isalnum()


def _is_readable(exponent: re.Match[str], text: str, start: int, end: int) -> bool:
    """Whether an exponent is one for sure: short, and with a unit behind it only where nothing else is meant."""
    sign, digits = exponent.groups()
    is_glued = text[exponent.end() : exponent.end() + 1].isalpha()
    return len(digits) <= _EXPONENT_DIGITS and (not is_glued or bool(sign) or "." in text[start:end])


def _sign(text: str, start: int) -> tuple[str, int]:
    """Return the sign of the numeral that starts here ("-" or "") and where the numeral starts with its sign."""
    if start and text[start - 1] in _MINUS + "+" and _may_be_signed(text, start - 1):
        return ("" if text[start - 1] == "+" else "-"), start - 1
    if apart := _SIGN_APART.search(text, max(0, start - _REACH), start):
        return "-", apart.start() + len(apart.group()) - len(apart.group().lstrip("=: "))
    return "", start


def _may_be_signed(text: str, at: int) -> bool:
    """Whether a sign at this place belongs to the numeral behind it, and does not join it to what stands before.

    >>> [_may_be_signed(t, t.index("-")) for t in ("-5", "T=-5", "T(C)-5", "#-5", "P-5", "20°-25", "2025-11")]
    [True, True, True, True, False, False, False]
    """
    before, further = text[at - 1 : at], text[at - 2 : at - 1] if at > 1 else ""
    if not at or before.isspace() or before in _BEFORE_SIGN:
        return True
    if before.isalnum() or before in _JOINS:
        return False
    return not further.isdigit()


def _legal(body: str, sign: str) -> str:
    """Return digits with a decimal point as a JSON number.

    >>> [_legal(body, "-") for body in ("007", ".5", "0", "00.50")]
    ['-7', '-0.5', '-0', '-0.50']
    """
    whole, point, fraction = body.partition(".")
    return sign + (whole.lstrip("0") or "0") + point + fraction
