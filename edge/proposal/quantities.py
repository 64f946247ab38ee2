"""Owns the numbers of a text that are values, with labels and units. Knows nothing of values that are words."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from edge.proposal import marks, naming
from edge.proposal.sighting import Kind, Sighting
from edge.text import numerals, ordinals, units
from edge.text.numerals import Numeral
from edge.text.units import Unit

_EPOCH = re.compile(r"1[0-9]{9}(?:[0-9]{3})?")  # seconds or milliseconds, from 2001 to 2033
_CHECKSUM = re.compile(r"\*[0-9A-Fa-f]{2}\s*\Z")
_DASHES = "-−‐‑‒–－﹣"
_LABEL_CHARS = 64  # before a value
_ROW = 20  # places of a row without labels that are counted


def find(text: str, is_free: Callable[[int, int], bool]) -> Iterator[Sighting]:
    """Yield the numbers of a text that are values, in text order.

    Args:
        text: of a device.
        is_free: tells of two offsets whether nothing else was found between them.
    """
    row = [ordinals.find(text, ordinals.Ordinal(number, "")) for number in range(1, _ROW + 1)]
    last: Sighting | None = None
    quantity = ""  # the label that a following `max` belongs to
    end = begin = 0  # of the number before; behind its unit
    for numeral in _readings(text):
        if numeral.start < end or not is_free(numeral.start, numeral.end) or _is_part(text, numeral):
            continue
        seen = _seen(text, numeral, marks.before(text, numeral.start, begin))
        if seen is None:
            continue
        end, begin = numeral.end, _end_with_unit(text, numeral)
        if last and not seen.label and _says_it_again(text, last, seen):
            continue  # 23.4°C 74.12°F
        if naming.is_qualifier(seen.label):
            seen = replace(seen, label=f"{quantity} {seen.label}".strip())
        elif seen.label:
            quantity = seen.label
        else:
            seen = replace(seen, place=_place(row, numeral))
        last = seen
        yield seen


def _seen(text: str, numeral: Numeral, label: str) -> Sighting | None:
    """Return what a number with this label is; None for one that only names something, or ends a word."""
    start, end = numeral.start, numeral.end
    if naming.is_number_of_one(label) and re.fullmatch(r"\w ", text[max(0, start - 2) : start]):
        return None  # Temperature for the device 1
    if naming.is_time(label) and _EPOCH.fullmatch(numeral.literal):
        return Sighting(kind=Kind.MOMENT, written=numeral.literal, start=start, end=end, label=label)
    unit = units.beside(text, start, end) or _hinted(text, numeral, label)
    glued = _glued(text, start)
    if glued and not (naming.is_quantity(glued) and (unit or "." in numeral.literal)):
        return None  # BME280, but not T21.4C
    if unit is None and text[end : end + 1].isalpha():
        return None
    return Sighting(
        kind=Kind.NUMBER, written=numeral.literal, start=start, end=end, label=glued or label, unit=unit
    )


def _readings(text: str) -> list[Numeral]:
    """Return the numerals of a text, of the ways to read one the likeliest first.

    >>> [_readings(text)[0].literal for text in ("11,250 h", "12,5 °C", "12,5 °C", "FS:0,12 of 1.5")]
    ['11250', '12.5', '12.5', '0']
    """
    has_points = re.search(r"(?<![0-9.])[0-9]+\.[0-9]+(?![0-9.])", text) is not None

    def unlikeliness(numeral: Numeral) -> int:
        written = text[numeral.start : numeral.end].lstrip("+" + _DASHES)
        if re.fullmatch(r"[0-9]{1,3}(?:,[0-9]{3})+", written):
            return int("." in numeral.literal)
        return int(has_points and "," in written and "." in numeral.literal and "." not in written)

    return sorted(numerals.find(text), key=lambda each: (each.start, unlikeliness(each), -each.end))


def _is_part(text: str, numeral: Numeral) -> bool:
    """Whether a number belongs to something longer: an address, a version, P-301, the sum behind a sentence."""
    before, behind = text[max(0, numeral.start - 2) : numeral.start], text[numeral.end : numeral.end + 2]
    is_joined = re.fullmatch(r"[0-9][-:.]", before) or re.fullmatch(r"[-:.][0-9]", behind)
    if before[-1:] == ":" and re.search(
        r"[^\W\d]\w*:\Z", text[max(0, numeral.start - _LABEL_CHARS) : numeral.start]
    ):
        is_joined = re.fullmatch(r"[-:.][0-9]", behind)  # T1:50.2
    is_code = before[-1:] in _DASHES and before[-1:] != "" and before[:1].isalnum()
    is_code = is_code or re.match(r"\s?:\s", text[numeral.end : numeral.end + 3]) is not None  # Battery 0: 73 %
    is_sum = text[numeral.start - 1 : numeral.start] == "*" and _CHECKSUM.match(text, numeral.start - 1)
    return bool(is_joined or is_code or is_sum)


def _glued(text: str, start: int) -> str:
    """Return the letters that a number continues, as in T21.4; "#" for digits or marks that nobody can name."""
    run = re.search(r"[\w.]*\Z", text[max(0, start - _LABEL_CHARS) : start])
    word = run.group() if run else ""
    if not word or text[start : start + 1] in _DASHES + "+":
        return ""
    return word if word.isalpha() else "#"


def _hinted(text: str, numeral: Numeral, label: str) -> Unit | None:
    """Return the unit of a label or a cell: believed where its spelling is long, or where the label agrees."""
    unit = units.in_label(text, numeral.start, numeral.end)
    if unit is None or (len(unit.symbol) == 1 and not re.search(r"[,;|]", text)):
        return None
    return unit if not label or len(unit.symbol) > 1 or naming.dimension(label) == unit.dimension else None


def _says_it_again(text: str, last: Sighting, seen: Sighting) -> bool:
    """Whether a number says the one before in another unit."""
    is_near = re.search(r"[\n,;|]", text[last.end : seen.start]) is None
    if not is_near or last.unit is None or seen.unit is None:
        return False
    return last.unit.dimension == seen.unit.dimension and last.unit != seen.unit


def _place(cells: Sequence[tuple[int, int] | None], numeral: Numeral) -> int:
    for number, cell in enumerate(cells, start=1):
        if cell is not None and cell[0] <= numeral.start and numeral.end <= cell[1]:
            return number
    return 0


def _end_with_unit(text: str, numeral: Numeral) -> int:
    """Return where a number ends with the unit behind it, so that no label has that in it."""
    if units.beside(text, numeral.start, numeral.end) is None:
        return numeral.end
    behind = re.match(r"[ \t]?[^\s,;:=|()<>{}\[\]]+", text[numeral.end :])
    return numeral.end + (behind.end() if behind else 0)
