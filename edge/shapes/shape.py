"""Owns what two texts have in common when they differ in their digits alone: the shape.

Knows nothing of schemas, routes or learning. Texts of one shape have the same numerals in the same places, made in
the same way of their runs of digits (`numerals.find`), so a reading of one says where that of another stands.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from edge.shapes import template
from edge.shapes.template import Cut
from edge.text import forms
from edge.text.forms import BARE, CLOCK, LITERAL, OPEN, THOUSANDS, WIDE, WIDE_ZEROS, ZEROS, Doubt
from edge.text.magnitudes import magnitudes

MAX_CHARS = 2000  # longer texts are no lines of a sensor; the model reads each of them
MAX_RUNS = 200
MAX_DIGITS = 40  # of one run; beyond, no two floats are told apart

_RUNS = re.compile("([0-9]+)")
_ROWS = re.compile(r"[0-9][0-9.,'’ _]*")  # what `magnitudes.py` takes together
_EXPONENT = re.compile(r"[0-9][eE][-+]?[0-9]")
_EXACT_DIGITS = 15  # which a float tells apart


class Shape(NamedTuple):
    """The shape of a text, and what is the text's own.

    Attributes:
        key: equal for texts of one shape, and for no others.
        runs: the runs of the digits 0 to 9 as they stand in the text.
    """

    key: str
    runs: tuple[str, ...]


def of(text: str) -> Shape | None:
    """Return the shape of a text; None for one that is too long to have one.

    >>> of("T=-21.40C RH=48%").key == of("T=-3.5C RH=100%").key
    True
    >>> len({of(t).key for t in ("t=21", "t=-21", "t=21.4", "t=2,1", "t=007", "t=1", "t=0", "t=1.234")})
    8
    """
    if len(text) > MAX_CHARS:
        return None
    segments = _RUNS.split(text)
    runs = segments[1::2]
    if not runs:
        return Shape("|" + text, ())
    if len(runs) > MAX_RUNS or max(map(len, runs)) > MAX_DIGITS:
        return None
    found, doubts = forms.of(segments)
    doubt = _settled(text, segments, found, doubts) if doubts else ""
    segments[1::2] = found
    return Shape(f"{doubt}|{''.join(segments)}", tuple(runs))


def cut(text: str, shape: Shape) -> Cut:
    """Return a text of a shape, cut at its runs."""
    return template.cut(text, _RUNS.split(text), _RUNS.findall(shape.key.partition("|")[2]))


def shown(key: str, known: dict[int, str] | None = None) -> str:
    """Return a key as people read it: `#` for a number of any length, `##` for two digits.

    Args:
        key: of a shape.
        known: the digits of runs that a recipe takes for constant.

    >>> shown(of("2025-11-22 T=-21.40C door 1").key), shown(of("PM2.5 T=3").key, {0: "2", 1: "5"})
    ('####-##-## T=-#.#C door 1', 'PM2.5 T=#')
    """
    count = iter(range(MAX_RUNS))

    def show(form: re.Match[str]) -> str:
        run = next(count)
        if known and run in known:
            return known[run]
        name, rest = form.group()[0], form.group()[1:]
        if name in {WIDE, WIDE_ZEROS, CLOCK}:
            return "#" * int(rest)
        if name == LITERAL:
            return rest
        return name if name in BARE else {ZEROS: "0#", THOUSANDS: "###"}.get(name, "#")

    return _RUNS.sub(show, key.partition("|")[2])


def _settled(text: str, segments: Sequence[str], found: Sequence[str], doubts: Sequence[Doubt]) -> str:
    """Return how the numerals are read whose forms leave that open, as it depends on digits elsewhere.

    `22.11.2025 T=22` has the day as a candidate, `22.11.2025 T=21` has not (see `magnitudes.py`).
    """
    if OPEN in doubts:
        numbers = template.numbers(template.cut(text, segments, found))
        return ";".join("".join(map(str, each.parts)) if each else "?" for each in numbers)
    has_zeros = any(not run.strip("0") for run in segments[1::2])  # 22.00 is 22
    is_exact = not has_zeros and all(len(row) <= _EXACT_DIGITS for row in _ROWS.findall(text))
    is_exact = is_exact and not _EXPONENT.search(text)
    known: frozenset[float] | None = None
    bits = []
    for at, end in doubts:
        digits = "".join(segments[at:end:2]).lstrip("0")
        if is_exact and digits and digits not in f"{''.join(segments[1:at:2])} {''.join(segments[end + 1 :: 2])}":
            continue  # no other row of digits can have this value
        known = magnitudes(text) if known is None else known
        if float(digits or "0") in known:
            bits.append(f"{at}-{end}")
    return ";".join(bits)
