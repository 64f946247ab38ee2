"""Owns the rules that each sample keeps: the product takes its schema, and could read its answer.

Knows nothing of how samples are made. What counts as a number, and where a string may begin and end, the product's
own code says; a sample that it could not read would teach nothing.
"""

import re
from collections.abc import Iterable

from edge.literal import JSON, Number
from edge.text import numerals, pieces
from edge_train.sample import Sample

_SEPARATOR = re.compile(r"[\n,;|/\t]| {2,}")
_DIGITS = re.compile(r"[0-9]{1,1}")
_DASHES = frozenset("-−‐‑‒–－﹣")  # they may be its sign
_BEFORE_MINUS = frozenset("=:(,;|[{<>/~")  # behind these, a minus is a sign
_MINUS_WORDS = ("minus ", "moins ", "menos ", "meno ", "Minus ", "Moins ", "Menos ", "Meno ")
_WORD = re.compile(r"(?:^|[^\w]|_)[^\W\d_]+\Z")  # letters alone, back to where the word begins
_REACH = 24
_MARKS = frozenset(".,'’_")  # they may join it to more digits
_TIMES = frozenset("×xX*·")  # … or to a power of ten
_EXPONENTS = frozenset("eExX")
_MOST_ITEMS = 64  # edge/extraction/grammar.py


class _Reader:
    """What can be read from one text; looked up line by line, and only where something is asked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = text.split("\n")
        self._literals: set[str] = set()
        self._integers: set[str] = set()
        self._read: set[int] = set()
        self._borders: frozenset[int] | None = None

    def room(self, items: JSON) -> int:
        """Return how many items an array may have, as the product's grammar counts."""
        separated = len(_SEPARATOR.findall(self.text)) + 1
        if isinstance(items, dict) and items.get("type") in {"number", "integer"}:
            return max(separated, len(numerals.find(self.text)))
        return separated

    def has_number(self, literal: str, *, is_integer: bool) -> bool:
        """Return whether some numeral of the text is this number."""
        if stands_plainly(literal, self.text) and not (is_integer and "." in literal):
            return True
        known = self._integers if is_integer else self._literals
        if literal in known:
            return True
        digits = _DIGITS.match(literal.lstrip("-0."))
        start = digits.group() if digits else ""  # .5 for 0.5, but never another digit first
        for k, line in enumerate(self._lines):
            if k not in self._read and start in line:
                self._read.add(k)
                for numeral in numerals.find(line):
                    self._literals.add(numeral.literal)
                    if (whole := numeral.integer_literal) is not None:
                        self._integers.add(whole)
                if literal in known:
                    return True
        return False

    def has_string(self, value: str) -> bool:
        """Return whether the text holds a string between borders of pieces, not blank at either end."""
        if not value or value != value.strip() or value not in self.text:
            return False
        if self._borders is None:
            self._borders = pieces.borders(self.text)
        return next(pieces.between(value, self.text, self._borders), None) is not None


def stands_plainly(literal: str, text: str) -> bool:
    """Return whether a numeral stands in a text so that nobody could read it otherwise.

    What is plain spares the product's search, which takes a third of the time of a sample; in doubt, False.

    >>> [stands_plainly("21.4", text) for text in ("T=21.4 C", "T21,4", "T=21.40", "P-21.4", "0x21.4", "21.4e3")]
    [True, True, False, False, False, False]
    """
    return _stands(literal, text) or ("." in literal and _stands(literal.replace(".", ","), text))


def _stands(spelled: str, text: str) -> bool:
    start = text.find(spelled)
    while start >= 0:
        end = start + len(spelled)
        if _may_begin(text, start) and _may_end(text[end : end + 1], text[end + 1 : end + 2]):
            return True
        start = text.find(spelled, end)
    return False


def _may_begin(text: str, start: int) -> bool:
    """Return whether what stands before a numeral is no part of it, be it a sign, digits or a hexadecimal mark."""
    before, further = text[max(0, start - 1) : start], text[max(0, start - 2) : max(0, start - 1)]
    if text[start] == "-":
        return not before or before.isspace() or before in _BEFORE_MINUS
    if before == " ":
        return further not in _DASHES and not text[:start].endswith(_MINUS_WORDS)
    if before in {",", "+"}:
        return not further.isdigit() and further not in _EXPONENTS
    if before.isalpha():  # glued to its label
        word = _WORD.search(text, max(0, start - _REACH), start)
        return before not in _EXPONENTS and word is not None
    return not before or not (before.isnumeric() or before in _DASHES or before in _MARKS)


def _may_end(after: str, beyond: str) -> bool:
    """Return whether what stands behind a numeral is no part of it: more digits, an exponent, a power of ten."""
    if after == " ":
        return beyond not in _TIMES
    if after in _MARKS:
        return not beyond.isdigit()
    if after in _EXPONENTS or after.isnumeric():
        return False
    return after not in _TIMES or beyond.isalpha()


def fault(sample: Sample) -> str | None:
    """Return what is wrong with a sample; None where it keeps the rules.

    >>> asked = {"type": "object", "properties": {"t": {"type": "number"}, "tag": {"type": "string"}}}
    >>> def sample(text, answer):
    ...     return Sample(schema=asked, text=text, answer=answer, family="-")
    >>> fault(sample("T=21,5 P-7", {"t": Number("21.5"), "tag": "P-7"}))
    >>> fault(sample("T=21,5 P-7", {"t": Number("22")}))
    't: the text has no number 22'
    >>> fault(sample("T=21,5 P-72", {"tag": "P-7"}))
    'tag: the text has no "P-7" of its own'
    """
    if not sample.text.strip():
        return "the text is blank"
    return next(iter(_faults(sample.schema, sample.answer, _Reader(sample.text), "")), None)


def _faults(node: JSON, value: JSON, reader: _Reader, path: str) -> Iterable[str]:
    """Yield what is wrong with a value; its node is one of this generator's own."""
    assert isinstance(node, dict)
    if "enum" in node:
        options = node["enum"]
        if not isinstance(options, list) or value not in options:
            yield f"{path}: {value} is none of the options"
    elif isinstance(value, dict):
        properties = node["properties"]
        assert isinstance(properties, dict)
        if [key for key in properties if key in value] != list(value):
            yield f"{path or 'answer'}: the keys are not those of the schema, in its order"
            return
        for key, item in value.items():
            yield from _faults(properties[key], item, reader, f"{path}/{key}" if path else key)
    elif isinstance(value, list):
        if len(value) > min(_MOST_ITEMS, reader.room(node["items"])):
            yield f"{path}: more items than the text has room for"
        for k, item in enumerate(value):
            yield from _faults(node["items"], item, reader, f"{path}/{k}")
    else:
        yield from _leaf_faults(node, value, reader, path)


def _leaf_faults(node: dict[str, JSON], value: JSON, reader: _Reader, path: str) -> Iterable[str]:
    kind = node["type"]
    if isinstance(value, bool):
        if kind != "boolean":
            yield f"{path}: a boolean where {kind} is asked"
    elif isinstance(value, Number):
        if kind not in {"number", "integer"}:
            yield f"{path}: a number where {kind} is asked"
        elif not reader.has_number(value.literal, is_integer=kind == "integer"):
            yield f"{path}: the text has no number {value.literal}"
    elif isinstance(value, str):
        if kind != "string":
            yield f"{path}: a string where {kind} is asked"
        elif not reader.has_string(value):
            yield f'{path}: the text has no "{value}" of its own'
    else:
        yield f"{path}: {value} is no value of a sample"
