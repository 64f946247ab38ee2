"""Owns the forms of the runs of digits in a text: what about them decides how its numerals are read.

Knows nothing of keys or templates. A form is written in digits, which no other character of a key is, so no text
can be mistaken for another's key: `T=-#.#` has the key `T=-9.6`.
"""

import re
from collections.abc import Sequence
from typing import TypeAlias

BARE = ("0", "1")  # a whole numeral as it stands
FREE = "9"  # any number of digits, the first of them no zero (but the zero of 0.5)
ZEROS = "8"  # any number of digits behind leading zeros: 007
THOUSANDS = "7"  # a fraction of three digits, which may be a group: 1.234
FRACTION = "6"  # any other fraction
LITERAL = "5"  # the digits follow: what they are decides what the rest is, as in 0x1E and 10^3
CLOCK = "4"  # of a date or time; the number of digits follows, and a leading zero makes no difference
WIDE, WIDE_ZEROS = "3", "2"  # the number of digits follows

Doubt: TypeAlias = tuple[
    int, int
]  # segments[start:end] are one whole number, if the text has it elsewhere as well
OPEN: Doubt = (0, 0)  # … or it is not as simple as that

AROUND = ".,'’_ "  # what joins runs to one row of `magnitudes.py`
_MARKS = ".,'’_"  # … and to one numeral
_SPACES = " \u00a0\u2009\u202f"
_DASHES = "-−‐‑‒–－﹣+"
_JOINTS = ":/" + _DASHES
_POWERS = tuple("xX^⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_GROUP = 3  # digits
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_CLOCK_DIGITS = 2


def of(segments: Sequence[str]) -> tuple[list[str], list[Doubt]]:
    """Return the form of each run, and what the forms leave open.

    Args:
        segments: of a text: literals and runs of digits in turn, a literal first and last.

    >>> of(["T=-", "21", ".", "40", " at ", "09", ":", "30", ", door ", "1", ""])
    (['9', '6', '42', '42', '1'], [])
    """
    forms: list[str] = []
    doubts: list[Doubt] = []
    last = len(segments) - 1
    at = 1
    while at < last:
        end = at + 1  # of what the marks join to one numeral: segments[at:end]
        while end < last and len(segments[end]) == 1 and segments[end] in _MARKS:
            end += 2
        found, open_ = _numeral(segments, at, end)
        forms += found
        doubts += open_
        at = end + 1
    return forms, doubts


def _numeral(segments: Sequence[str], at: int, end: int) -> tuple[Sequence[str], Sequence[Doubt]]:
    """Return the forms of the runs of one numeral, segments[at:end], and what they leave open."""
    before, after = segments[at - 1], segments[end]
    runs = segments[at:end:2]
    if after[:1] in _POWERS or after.startswith("**"):
        return [*_fixed(runs[:-1]), LITERAL + runs[-1]], () if len(runs) == 1 else (OPEN,)
    is_dated = at > 1 and len(before) == 1 and before in _JOINTS
    is_dated = is_dated or (end < len(segments) - 1 and len(after) == 1 and after in _JOINTS)
    if len(runs) == 1:
        return _alone(segments, at, is_dated=is_dated)
    if before[-1:] == ".":
        return _fixed(runs), (OPEN,)
    if len(runs) > len(("whole", "fraction")):
        return _joined(segments, at, end)
    return _pair(segments, at, is_dated=is_dated)


def _pair(segments: Sequence[str], at: int, *, is_dated: bool) -> tuple[Sequence[str], Sequence[Doubt]]:
    """Return the forms of two runs that a mark joins: 21.4, 21,4, 1'013."""
    whole, mark, fraction = segments[at : at + 3]
    is_fixed = is_dated or _is_glued(segments[at - 1])
    is_group = len(fraction) == _GROUP >= len(whole) and whole[0] != "0"
    if mark == ",":
        forms = [_whole(whole), THOUSANDS if is_group else f"{WIDE}{len(fraction)}"]
        return (_fixed((whole, fraction)) if is_fixed else forms), ()
    if mark != ".":
        return _fixed((whole, fraction)), (OPEN,)
    doubts = ((at, at + 3),) if is_group and not _is_apart(segments, at) else ()
    if not is_fixed:
        return (_whole(whole), THOUSANDS if is_group else FRACTION), doubts
    is_time = is_dated and len(fraction) != _GROUP  # 11.250 may be a group, 01.250 may not
    return [_clock(whole) if is_time else _fixed([whole])[0], *_fixed([fraction])], doubts


def _is_apart(segments: Sequence[str], at: int) -> bool:
    """Whether no marks or spaces alone stand between two runs, from `at` on, and those around them."""
    before, after = segments[at - 1], segments[at + 3]
    is_begun, is_ended = at == 1, at + 3 == len(segments) - 1
    return (is_begun or before.strip(AROUND) != "") and (is_ended or after.strip(AROUND) != "")


def _alone(segments: Sequence[str], at: int, *, is_dated: bool) -> tuple[Sequence[str], Sequence[Doubt]]:
    """Return the form of a run that no mark joins to another."""
    run, before, after = segments[at], segments[at - 1], segments[at + 1]
    is_spaced = after in _SPACES and after != "" and at + 2 < len(segments)
    doubts = (OPEN,) if is_spaced and len(run) <= _GROUP == len(segments[at + 2]) else ()
    if is_dated:
        return (_clock(run),), doubts
    if _is_glued(before):
        return _fixed((run,)), doubts
    if run in BARE and not (is_spaced or (before in _SPACES and at > 1) or _is_signed(before)):
        return (run,), ()
    return (_whole(run),), doubts


def _joined(segments: Sequence[str], at: int, end: int) -> tuple[Sequence[str], Sequence[Doubt]]:
    """Return the forms of three runs or more: of a list, a date, a version, an address."""
    runs, marks = segments[at:end:2], set(segments[at + 1 : end : 2])
    if marks == {"."}:
        is_date = [len(run) for run in runs] in ([2, 2, 4], [2, 2, 2])
        is_group = all(len(run) == _GROUP for run in runs[1:])
        parts = [(place, place + 1) for place in range(at, end, 2)]
        return ([_clock(run) for run in runs] if is_date else _fixed(runs)), [OPEN] if is_group else parts
    cells = [cell.split(".") for cell in "".join(segments[at:end]).split(",")]
    if not marks <= {",", "."} or max(map(len, cells)) > len(("whole", "fraction")):
        return _fixed(runs), (OPEN,)
    is_list = len(cells) > len(("whole", "fraction")) or len(cells[-1]) > 1
    is_group = _GROUPED.fullmatch("".join(segments[at:end])) is not None
    if not is_list or is_group or _is_glued(segments[at - 1]):
        return _fixed(runs), ()
    return [form for cell in cells for form in (_whole(cell[0]), *[FRACTION] * (len(cell) - 1))], ()


def _whole(run: str) -> str:
    return ZEROS if run[0] == "0" and len(run) > 1 else FREE


def _fixed(runs: Sequence[str]) -> list[str]:
    return [f"{WIDE_ZEROS if run[0] == '0' else WIDE}{len(run)}" for run in runs]


def _clock(run: str) -> str:
    """Return the form of a run in a date or a time, where 09 is no other form than 10."""
    return f"{CLOCK}{len(run)}" if len(run) == _CLOCK_DIGITS else _fixed([run])[0]


def _is_glued(before: str) -> bool:
    """Whether a run continues a word: node12, P-301, 1e-5."""
    if before[-1:] in _DASHES and before:
        before = before[:-1]
    return before[-1:].isalnum() or before[-1:] == "_"


def _is_signed(before: str) -> bool:
    return before != "" and before[-1] in _DASHES + "."
