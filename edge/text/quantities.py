"""Owns what stands around the numbers of a text: the label of each, and whether it is one of its own.

Knows nothing of what is asked for.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.text import labels, numerals
from edge.text.labels import Label
from edge.text.numerals import Numeral

OF_EARLIER_LABEL = 0.5  # of a label before the number before
_QUALIFIERS = frozenset(  # say which of several, and not of what
    [
        *(
            "min",
            "max",
            "avg",
            "mean",
            "low",
            "high",
            "lower",
            "upper",
            "peak",
            "total",
            "limit",
            "threshold",
            "crit",
        ),
        *("alarm", "was", "set", "target", "setpoint", "nominal", "soll", "ist", "umbral", "grenze", "grenzwert"),
    ]
)
_GLUED = re.compile(r"[^\W\d_]{2}\Z")  # before a number that is the end of a name: ADC7
_OF_LABEL = re.compile(r"[\"']?[ \t]*[:=](?![0-9])")  # behind a number that belongs to the next label: temp1: 21
_WORD_BEFORE = re.compile(r"(?<![^\W_])[^\W\d_]+[ \t]+\Z")
_REACH = 16
_NONE = Label(())


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what stands around it.

    Attributes:
        label: what names it; of a number without one, that of the number before it in its line.
        weight: how much that label counts, 0 to 1.
        is_part: whether the number is part of a longer one, of a date, a time or an address.
        has_word: whether a word stands right before it.
    """

    numeral: Numeral
    label: Label
    weight: float
    is_part: bool
    has_word: bool


def find(text: str) -> Iterator[Quantity]:
    r"""Yield the numbers of a text, in its order.

    >>> [(each.numeral.literal, each.label.words) for each in find("Cycles 3100 lower 24\ntemp1: 7")]
    [('3100', ('cycles',)), ('24', ('cycles', 'lower')), ('1', ()), ('7', ('temp', '1'))]
    """
    found = numerals.find(text)
    for numeral, (label, weight), is_part in zip(
        found, _labels(text, found), _are_parts(text, found), strict=True
    ):
        has_word = _WORD_BEFORE.search(text, max(0, numeral.start - _REACH), numeral.start) is not None
        yield Quantity(numeral, label, weight, is_part, has_word)


def _labels(text: str, found: Sequence[Numeral]) -> Iterator[tuple[Label, float]]:
    last, base, last_end = _NONE, _NONE, 0
    for numeral in found:
        if _OF_LABEL.match(text, numeral.end) or _GLUED.search(text, max(0, numeral.start - 2), numeral.start):
            yield _NONE, 0.0
            continue
        label = labels.before(text, numeral.start)
        if not label.words and not label.code:
            label = labels.behind(text, numeral.start, numeral.end)
        is_same_line = "\n" not in text[last_end : numeral.start]
        if label.words or label.code:
            if label.words and _QUALIFIERS.issuperset(label.words) and is_same_line:
                label = Label((*base.words, *label.words), label.code)
            else:
                base = label
            last, last_end = label, numeral.end
            yield label, 1.0
        elif is_same_line and last_end:
            yield last, OF_EARLIER_LABEL
        else:
            yield label, 0.0


def _are_parts(text: str, found: Sequence[Numeral]) -> Iterator[bool]:
    longest_end = 0  # of the numbers before, which come in text order, the longer first
    for numeral in found:
        before, behind = text[max(0, numeral.start - 2) : numeral.start], text[numeral.end : numeral.end + 2]
        is_joined = re.fullmatch(r"[0-9][-:.]", before) or re.fullmatch(r"[-:.][0-9]", behind)
        yield bool(is_joined) or numeral.end <= longest_end
        longest_end = max(longest_end, numeral.end)
