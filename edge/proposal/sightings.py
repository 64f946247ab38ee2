"""Owns what one text shows without a model: values with the labels, units and marks around them, in text order.

Knows nothing of other texts and of how fields are named. What looks like no value is passed over: a proposal that
lacks a field is mended sooner than one with a wrong one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.proposal import naming
from edge.text import labels, numerals, ordinals, units
from edge.text.numerals import Numeral
from edge.text.units import Unit

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_CLOCK = r"[0-9]{1,2}:[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,6})?)?"
_MOMENT = re.compile(
    r"(?<![\w.:/-])(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}"
    rf"(?:[T ]{_CLOCK}(?:\s?[+-][0-9]{{2}}:?[0-9]{{2}}|Z)?)?"
    rf"|[0-9]{{1,2}}[./][0-9]{{1,2}}[./](?:[0-9]{{4}}(?:,? {_CLOCK})?|[0-9]{{2}},? {_CLOCK})"
    rf"|(?:{_MONTHS}) {{1,2}}[0-9]{{1,2}} {_CLOCK}|{_CLOCK})(?![\w:/-])"
)
_MARKED = re.compile(
    r"[^\W\d](?:[\w#]|[./-](?=\w)|[ ](?=[^\W_])){0,64}[\"']?[ \t]{0,16}(?:[=:](?!//)|\t)[ \t]*(?=\S)"
)
_QUOTED = re.compile(r"([\"'])([^\"'\n]*)\1")
_REST = re.compile(r"[^,;|\n\r\t{}<>\[\]()]{0,128}?(?=[,;|\n\r\t{}<>\[\]()]|[ ]{2}|[ ]*\Z)")
_CODES = re.compile(r"0[0-9]+(?:,[0-9]+)+(?![\w.,])")  # 001,036,0879
_REMARK = re.compile(r" *\([^()\n]*\)")
_FURTHER = re.compile(r"[=:]")
_STATES = (
    "low|ok|on|off|open|closed|good|bad|online|offline|idle|running|stopped|"
    "true|false|yes|no|enabled|disabled|active|inactive"
)
_STATED = re.compile(  # where a clause ends, or the next label begins: no word of a sentence
    rf"(?<![\w=:.-])(?!(?:has|is|was|are|now|and) )([^\W\d_]\w{{2,}}) ({_STATES})"
    rf"(?=\s*(?:[,;|.()\]\n]|\Z)|\s+\w+(?:\s*[=:]|\s+(?:[-+.0-9]|(?:{_STATES})\b)))",
    re.IGNORECASE,
)
_CHECKSUM = re.compile(r"\*[0-9A-Fa-f]{2}\s*\Z")
_DASHES = "-−‐‑‒–－﹣"
_REACH = 12  # characters behind a clock in which a word says that it is a duration
_LONGEST_TEXT = 4096  # characters; about limits.message_tokens
_LONGEST_WORD = 64  # characters; what is longer is no value of a field
_LABEL_CHARS = 64  # before a value
_SYMBOL = 2  # letters
_ROW = 20  # places of a row without labels that are counted


class Kind(StrEnum):
    """What a value is."""

    NUMBER = "number"
    WORD = "word"
    MOMENT = "moment"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """A value of a text.

    Attributes:
        written: the number as JSON has it, else the characters of the text.
        start: its offset in the text.
        end: likewise, behind its last character.
        label: what stands before it, as written; empty where nothing does.
        unit: of a number; None where none is seen.
        place: its place in a row of values, counted from 1; 0 where it has a label, or nothing can be counted.
    """

    kind: Kind
    written: str
    start: int
    end: int
    label: str
    unit: Unit | None = None
    place: int = 0


def find(text: str) -> list[Sighting]:
    """Return the values of a text, as far as the model would read it.

    >>> [(s.label, s.written, s.unit and s.unit.symbol) for s in find("BME280 -> T=21.4C RH=48% batt low")]
    [('T', '21.4', '°C'), ('RH', '48', '%'), ('batt', 'low', None)]
    >>> [(s.label, s.written) for s in find("MODEL : SMART-UPS 1400, ip=10.0.0.7, at 2026-01-02 11:58:03")]
    [('MODEL', 'SMART-UPS 1400'), ('ip', '10.0.0.7'), ('', '2026-01-02 11:58:03')]
    """
    text = text[:_LONGEST_TEXT]
    found = list(_moments(text))
    found += [each for each in _words(text) if _is_free(each.start, each.end, found)]
    found += _numbers(text, list(found))
    found += [each for each in _states(text) if _is_free(each.start, each.end, found)]
    return sorted(found, key=lambda each: each.start)


def _is_free(start: int, end: int, taken: list[Sighting]) -> bool:
    return not any(each.start < end and start < each.end for each in taken)


def _moments(text: str) -> Iterator[Sighting]:
    for match in _MOMENT.finditer(text):
        label = _label(text, match.start())
        around = label + text[match.end() : match.end() + _REACH]
        is_moment = ":" in match.group() and not naming.is_duration(around)
        yield Sighting(
            kind=Kind.MOMENT if is_moment else Kind.WORD,
            written=match.group(),
            start=match.start(),
            end=match.end(),
            label=label,
        )


def _words(text: str) -> Iterator[Sighting]:
    """Yield what stands behind a mark and is no number."""
    for match in _MARKED.finditer(text):
        start, written = _value_at(text, match.end(), is_short="=" in match.group())
        if not written or len(written) > _LONGEST_WORD or _begins_with_number(text, start):
            continue
        if not any(char.isalnum() for char in written) or _is_heading(text, start, written):
            continue
        label = _short(match.group().rstrip("\"' \t=:"))
        remark = _REMARK.match(text, start + len(written))
        end = remark.end() if remark else start + len(written)
        yield Sighting(kind=Kind.WORD, written=written, start=start, end=end, label=label)


def _value_at(text: str, start: int, *, is_short: bool) -> tuple[int, str]:
    """Return what stands behind a mark and where: in quotes, or up to the end of what belongs together."""
    if quoted := _QUOTED.match(text, start):
        return quoted.start(2), quoted.group(2)
    rest = _CODES.match(text, start) or _REST.match(text, start)
    written = rest.group().rstrip() if rest else ""
    if is_short or _FURTHER.search(written):
        written = written.split(maxsplit=1)[0] if written else ""
    return start, "" if _FURTHER.search(written) and not re.search(r"[0-9A-Fa-f]{2}:", written) else written


def _begins_with_number(text: str, start: int) -> bool:
    """Whether a number stands here, alone or with its unit: 21.4C does, 10.0.0.7 and 0xA053 do not."""
    reach = text[start : start + _LONGEST_WORD]
    first = next((each for each in numerals.find(reach) if each.start == 0), None)
    if first is None:
        return False
    after = reach[first.end : first.end + 2]
    has_unit = units.beside(text, start, start + first.end) is not None
    return has_unit or re.match(r"[\w:]|[.-]\w|,[0-9]", after) is None


def _is_heading(text: str, start: int, written: str) -> bool:
    """Whether a mark ends a heading, and no label: a value with a unit follows, as in Cellar: humidity 68 %."""
    return any(
        units.beside(text, start + each.start, start + each.end) is not None for each in numerals.find(written)
    )


def _numbers(text: str, taken: list[Sighting]) -> Iterator[Sighting]:
    last: Sighting | None = None
    quantity = ""  # the label that a following `max` belongs to
    end = begin = 0
    cells = [ordinals.find(text, ordinals.Ordinal(number, "")) for number in range(1, _ROW + 1)]
    for numeral in _readings(text):
        if numeral.start < end or not _is_free(numeral.start, numeral.end, taken) or _is_part(text, numeral):
            continue
        label = _label(text, numeral.start, begin)
        if naming.is_number_of_one(label) and re.fullmatch(
            r"\w ", text[max(0, numeral.start - 2) : numeral.start]
        ):
            continue  # Temperature for the device 1
        unit = units.beside(text, numeral.start, numeral.end) or _hinted(text, numeral, label)
        glued = _glued(text, numeral.start)
        if (glued and not (naming.is_quantity(glued) and (unit or "." in numeral.literal))) or (
            unit is None and text[numeral.end : numeral.end + 1].isalpha()
        ):
            continue
        end = numeral.end
        begin = _end_with_unit(text, numeral)
        if last and unit and not label and _says_it_again(text, last, unit, numeral):
            continue  # 23.4°C 74.12°F
        if naming.is_qualifier(label):
            label = f"{quantity} {label}".strip()
        elif label:
            quantity = label
        last = Sighting(
            kind=Kind.NUMBER,
            written=numeral.literal,
            start=numeral.start,
            end=numeral.end,
            label=glued or label,
            unit=unit,
            place=0 if glued or label else _place(cells, numeral),
        )
        if naming.is_time(label) and re.fullmatch(r"1[0-9]{9}(?:[0-9]{3})?", numeral.literal):
            last = Sighting(kind=Kind.MOMENT, written=numeral.literal, start=numeral.start, end=end, label=label)
        yield last


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
    run = re.search(r"[\w.]*\Z", text[max(0, start - _LONGEST_WORD) : start])
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


def _says_it_again(text: str, last: Sighting, unit: Unit, numeral: Numeral) -> bool:
    """Whether a number says the one before in another unit."""
    between = text[last.end : numeral.start]
    is_near = re.search(r"[\n,;|]", between) is None
    return is_near and last.unit is not None and last.unit.dimension == unit.dimension and last.unit != unit


def _place(cells: Sequence[tuple[int, int] | None], numeral: Numeral) -> int:
    for number, cell in enumerate(cells, start=1):
        if cell is not None and cell[0] <= numeral.start and numeral.end <= cell[1]:
            return number
    return 0


def _states(text: str) -> Iterator[Sighting]:
    """Yield words of a state behind a word and a space: batt low."""
    for match in _STATED.finditer(text):
        yield Sighting(kind=Kind.WORD, written=match[2], start=match.start(2), end=match.end(2), label=match[1])


def _end_with_unit(text: str, numeral: Numeral) -> int:
    """Return where a number ends with the unit behind it, so that no label has that in it."""
    if units.beside(text, numeral.start, numeral.end) is None:
        return numeral.end
    behind = re.match(r"[ \t]?\S+", text[numeral.end :])
    return numeral.end + (behind.end() if behind else 0)


def _label(text: str, start: int, begin: int = 0) -> str:
    """Return what stands before a value, as written; not what is before `begin`, where another value ends."""
    head = text[max(begin, start - _LABEL_CHARS) : start]
    if run := re.search(r"([^\s\"'=:,;|()\[\]{}<>]+)[\"']?[ \t]*=[ \t]*[\"'+-]?\Z", head):
        return run[1] if re.search(r"[^\W\d]", run[1]) else ""
    label = labels.before(head, len(head))
    if not label.words or all(word.isdigit() for word in label.words):
        return label.code
    spelled = r"[\W_]*".join(map(re.escape, label.words))
    matches = list(re.finditer(spelled, head, re.IGNORECASE))
    written = matches[-1].group() if matches else " ".join(label.words)
    return _short(re.split(r"[=:]\s", written)[-1])


def _short(label: str) -> str:
    """Return the end of a label that says what its value is.

    >>> _short("DHT22 temp"), _short("Heat index"), _short("fan 2")
    ('temp', 'Heat index', 'fan 2')
    """
    words = label.split()
    if not words:
        return ""
    if words[-1].isalpha() and len(words[-1]) <= _SYMBOL:
        return words[-1]  # ok T:204.61
    cut = max((at + 1 for at, word in enumerate(words[:-1]) if re.search(r"[0-9]", word)), default=0)
    return " ".join(words[cut:][-3:])
