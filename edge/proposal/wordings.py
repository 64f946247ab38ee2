"""Owns the values of a text that are no numbers: moments, what stands behind a mark, words of a state.

Knows nothing of the numbers, but where one begins in place of a word.
"""

import re
from collections.abc import Iterator

from edge.proposal import marks, naming
from edge.proposal.sighting import Kind, Sighting
from edge.text import numerals, units

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
_REACH = 12  # characters behind a clock in which a word says that it is a duration
_LONGEST_WORD = 64  # characters; what is longer is no value of a field


def moments(text: str) -> Iterator[Sighting]:
    """Yield dates and times; what says that it is a duration, and a date without a time, are words."""
    for match in _MOMENT.finditer(text):
        label = marks.before(text, match.start())
        around = label + text[match.end() : match.end() + _REACH]
        is_moment = ":" in match.group() and not naming.is_duration(around)
        yield Sighting(
            kind=Kind.MOMENT if is_moment else Kind.WORD,
            written=match.group(),
            start=match.start(),
            end=match.end(),
            label=label,
        )


def words(text: str) -> Iterator[Sighting]:
    """Yield what stands behind a mark and is no number."""
    for match in _MARKED.finditer(text):
        start, written = _value_at(text, match.end(), is_short="=" in match.group())
        if not written or len(written) > _LONGEST_WORD or _begins_with_number(text, start):
            continue
        if not any(char.isalnum() for char in written) or _is_heading(text, start, written):
            continue
        label = marks.short(match.group().rstrip("\"' \t=:"))
        remark = _REMARK.match(text, start + len(written))
        end = remark.end() if remark else start + len(written)
        yield Sighting(kind=Kind.WORD, written=written, start=start, end=end, label=label)


def states(text: str) -> Iterator[Sighting]:
    """Yield words of a state behind a word and a space: batt low."""
    for match in _STATED.finditer(text):
        yield Sighting(kind=Kind.WORD, written=match[2], start=match.start(2), end=match.end(2), label=match[1])


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
    is_code = _CODES.match(text, start) is not None
    return has_unit or (not is_code and re.match(r"[\w:]|[.-]\w", after) is None)


def _is_heading(text: str, start: int, written: str) -> bool:
    """Whether a mark ends a heading, and no label: a value with a unit follows, as in Cellar: humidity 68 %."""
    return any(
        units.beside(text, start + each.start, start + each.end) is not None for each in numerals.find(written)
    )
