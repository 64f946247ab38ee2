"""Owns the words that stand before a value, and how well they name what is asked for. Knows nothing of schemas.

`Air temp: 21.4` names a field `temperature_c` well, `soil` less; a code such as `1-0:1.4.0` names what is
described by just that code. Words are compared as people shorten them.
"""

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from edge.text import units

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W_a-zA-Z]+|[^\W_]")
_REACH = 64  # characters before a value in which its label may stand
_BEFORE_MARKS = re.compile(  # what may stand between a label and its value: marks, `is`, a remark in brackets
    r"(?:[ \t\"'=:>(|\-#.@]|(?<![^\W_])(?:is|are|was|now)(?![^\W_])|\([^()\n]*\))+\Z"
)
_ENDS = re.compile(r"[\n\r,;|{}\[\]<>()]|(?<=[^\s:=])\s{2,}|\t")  # of what stands before a label
_VALUE = re.compile(r"(?:(?<=[=:(\s])|^)[-+]?[0-9]+(?:[.,:/-][0-9]+)*\s?[^\s,;=:0-9]{0,3}(?=[\s,;]|$)")
_PAIR = re.compile(r"[^\s:=]+[:=][^\s:=]+\s+")  # a label with its value, without blanks: batt=low
_CODE = re.compile(r"[^\s\"'=(),;|\[\]{}<>]*[0-9][^\s\"'=(),;|\[\]{}<>]*")
_CLAUSE = re.compile(r"(?:\A|[\n,;|(])[ \t]*\Z")  # where a clause begins
_WORDS_BEHIND = re.compile(r"[ \t]+([^\W\d_]+)((?:[ \t]+[^\W\d_]+)*)")
_MOST_WORDS = 5
_OF_LETTER = 0.6  # how much of a word a letter is that stands for it: t in T=21
_WITHIN = 0.6  # how much of a word is one within which it stands: charge in bcharge
_STEM = 4  # letters that words of one stem share: volts, voltage
_SHORT = 3  # letters that a shortened word has: tmp is none of temperature, temp is
_FILLERS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "by",
        "for",
        "from",
        "in",
        "is",
        "now",
        "of",
        "on",
        "or",
        "the",
        "to",
        "was",
        "were",
        "with",
    ]
)
_STANDS_FOR = {
    "t": "temperature",
    "rh": "humidity",
    "h": "humidity",
    "p": "pressure",
    "v": "voltage",
    "u": "voltage",
    "i": "current",
    "amps": "current",
    "watts": "power",
    "lat": "latitude",
    "lon": "longitude",
    "lng": "longitude",
    "pct": "percent",
    "minimum": "min",
    "lowest": "min",
    "maximum": "max",
    "highest": "max",
    "peak": "max",
    "average": "avg",
    "mean": "avg",
    "threshold": "limit",
}


@dataclass(frozen=True, slots=True)
class Label:
    """What stands before a value.

    Attributes:
        words: lower-case, the last one nearest to the value.
        code: the run of characters before the value, where it holds a digit; empty else.
    """

    words: tuple[str, ...]
    code: str = ""


@dataclass(frozen=True)
class Wanted:
    """What is asked for: the words of its name and of its description."""

    name: str
    description: str = ""

    @cached_property
    def name_words(self) -> tuple[str, ...]:
        """The words of the name."""
        return words(self.name)

    @cached_property
    def described(self) -> tuple[str, ...]:
        """The words of the description; its numbers say nothing alone."""
        return tuple(word for word in words(self.description) if not word.isdigit())

    @cached_property
    def codes(self) -> frozenset[str]:
        """Runs of the description that hold a digit."""
        return frozenset(match.group().strip(".:-").lower() for match in _CODE.finditer(self.description))


def words(text: str) -> tuple[str, ...]:
    """Return the words of a name or a sentence, in lower case.

    >>> words("batteryVolts_2, actual")
    ('battery', 'volts', '2', 'actual')
    """
    found = (word.lower() for word in _WORD.findall(text))
    return tuple(word for word in found if word not in _FILLERS)


def before(text: str, start: int) -> Label:
    """Return the label of what starts at an offset of a text.

    >>> before("Voltage: 229.60V", 9), before("T=21.4C RH=48%", 11)
    (Label(words=('voltage',), code=''), Label(words=('rh',), code=''))
    >>> before("1-0:1.4.0(02.351*kW)", 10).code
    '1-0:1.4.0'
    """
    head = _BEFORE_MARKS.sub("", text[max(0, start - _REACH) : start])
    run = re.search(r"[^\s\"'=(),;|\[\]{}<>]*$", head)
    code = run.group().strip(".:-") if run else ""
    if not re.search(r"[0-9]", code):
        code = ""
    head = head[max((end.end() for end in _ENDS.finditer(head)), default=0) :]
    values = list(_VALUE.finditer(head))
    if values and values[-1].end() < len(head):
        head = head[values[-1].end() :]
    pairs = list(_PAIR.finditer(head))
    if pairs and pairs[-1].end() < len(head):
        head = head[pairs[-1].end() :]
    return Label(words=words(head)[-_MOST_WORDS:], code=code.lower())


def behind(text: str, start: int, end: int) -> Label:
    """Return the words behind the number text[start:end], where it is the first of its clause; none elsewhere.

    >>> [behind("5 packets transmitted, 0 received", *place).words for place in ((0, 1), (23, 24))]
    [('packets', 'transmitted'), ('received',)]
    >>> behind("21.4 kWh, T 20", 0, 4).words, behind("T 20 P 7", 2, 4).words
    ((), ())
    """
    if not _CLAUSE.search(text, max(0, start - _REACH), start):
        return Label(())
    found = _WORDS_BEHIND.match(text, end)
    if found is None or units.named(found.group(1)) is not None:
        return Label(())
    return Label(words(f"{found.group(1)} {found.group(2)}")[:_MOST_WORDS])


@lru_cache(maxsize=1 << 14)  # a device says the same labels in each message
def likeness(label: Label, wanted: Wanted) -> float:
    """Return how well a label names what is wanted, 0 to 1.

    The geometric mean of two shares: of the label's words, those that are wanted; and of the wanted words, those
    in the label, by name or by description, whichever fits better. A code in both is enough.

    >>> wanted = Wanted("batteryVolts", "actual battery voltage")
    >>> lines = ("battery.voltage: 13", "input.voltage: 230")
    >>> [round(likeness(before(line, line.index(":") + 2), wanted), 2) for line in lines]
    [1.0, 0.5]
    """
    if label.code and label.code in wanted.codes:
        return 1.0
    if all(word.isdigit() for word in label.words):
        return 0.0
    everything = (*wanted.name_words, *wanted.described)
    of_label = _share(label.words, everything)
    of_wanted = max(_share(wanted.name_words, label.words), _share(wanted.described, label.words))
    return math.sqrt(of_label * of_wanted)


def is_same_word(one: str, other: str) -> bool:
    """Return whether two words in lower case are forms of one, as people write and shorten them.

    >>> pairs = [("temp", "temperature"), ("volts", "voltage"), ("rh", "humidity"), ("t", "the")]
    >>> [is_same_word(*pair) for pair in pairs]
    [True, True, True, False]
    """
    if one == other:
        return True
    one, other = _STANDS_FOR.get(one, one), _STANDS_FOR.get(other, other)
    shorter, longer = sorted((one, other), key=len)
    if one == other or (len(shorter) >= _SHORT and shorter.isalpha() and longer.startswith(shorter)):
        return True
    return len(shorter) > _STEM and shorter[:_STEM] == longer[:_STEM] and len(longer) - len(shorter) <= _STEM


def _share(of: Sequence[str], among: Collection[str]) -> float:
    """Return which share of words stands among others in some form; one that stands within another counts less."""
    return sum(max((_alike(word, other) for other in among), default=0.0) for word in of) / len(of) if of else 0.0


@lru_cache(maxsize=1 << 15)
def _alike(one: str, other: str) -> float:
    if is_same_word(one, other):
        return 1.0 if one == other or min(len(one), len(other)) > 1 else _OF_LETTER
    shorter, longer = sorted((one, other), key=len)
    return _WITHIN if len(shorter) >= _STEM and shorter in longer else 0.0
