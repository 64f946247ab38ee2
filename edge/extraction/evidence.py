"""Owns the question whether a text states a value that is no copy of it: `batt low`, `motion=1`, `relay: off`.

Knows nothing of learning. What is stated in words and in bare 0 and 1 is the same in all texts of a shape; what is
not may hang on a number, as in `batt 5%`, which means low. When in doubt, a value is not stated.
"""

import re
from collections.abc import Iterator

from edge.literal import JSON, Path
from edge.schema.schema import Kind, Node
from edge.text import pieces

_STATES = frozenset(
    [
        *("on", "off", "yes", "no", "true", "false", "open", "opened", "closed", "shut", "active", "inactive"),
        *("enabled", "disabled", "detected", "clear", "cleared", "none", "ok", "okay", "good", "bad", "fault"),
        *("alarm", "normal", "low", "high", "running", "stopped", "idle", "online", "offline", "up", "down"),
    ]
)
_COUNTERS = frozenset(
    [
        *("seq", "sn", "serial", "id", "uid", "msg", "msgid", "frame", "pkt", "packet", "uptime", "ts", "time"),
        *("fw", "ver", "version", "rev"),
    ]
)
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W_a-zA-Z]+")
_WORD = re.compile(r"[^\W_]+")
_VALUE = re.compile(r"(?P<mark>[\s\"']*+[=:][\s\"']*+|\s++)(?P<value>[^\W_]++)")
_NUMBER = re.compile(
    r"(?P<word>[\s\"'=:]++[^\W\d_]++)?[\s\"'=:]*+[-+(]?[.]?(?P<digits>[0-9]++(?:[.,'’:/-][0-9]++)*+)"
)
_ENDS_CLAUSE = re.compile(r"[0-9,;|\n\r]")
_REACH = 12  # characters behind a word in which a number would be its neighbour
_PREFIX = 3  # letters that an abbreviation shares with its word: batt, temp, hum


def is_stated(value: JSON, node: Node, path: Path, text: str, *, is_shared: bool = False) -> bool:
    """Whether the words of a text state the value of a field that is inferred (enum, const, boolean, null).

    Args:
        value: as the reading has it.
        node: the field's.
        path: the field's, whose name is looked for in the text.
        text: what the reading was read from.
        is_shared: whether another field has the same value, so that one word may be meant for either.

    >>> battery = Node(literals=("low", "ok"))
    >>> texts = ("T=21 batt low", "batt 5%", "fan low, batt 5%", "low=0")
    >>> [is_stated("low", battery, ("battery",), text) for text in texts]
    [True, False, False, False]
    >>> is_stated(True, Node(kinds=(Kind.BOOLEAN,)), ("motion",), "motion=1 lux=30")
    True
    """
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    labels = list(_labels(name, text))
    if any(_is_followed_by_number(end, value, text) for _, end in labels):
        return False
    if any(_is_followed_by_value(end, text) for _, end in labels):
        return True
    if not isinstance(value, str) or is_shared or _is_label(value, text):
        return False
    return _stands(value, node, labels, text)


def is_inferred(node: Node) -> bool:
    """Whether a value here need not stand in the text.

    >>> is_inferred(Node(literals=("low", "ok"))), is_inferred(Node(kinds=(Kind.NUMBER,)))
    (True, False)
    """
    return node.literals is not None or bool({Kind.BOOLEAN, Kind.NULL} & set(node.kinds)) or node.kinds == ()


def is_counted(before: str) -> bool:
    """Whether the words before a number say that it counts or names something: no state hangs on it.

    >>> is_counted("C seq="), is_counted(" batt ")
    (True, False)
    """
    words = [word for part in _WORD.findall(before) for word in _PART.findall(part)]
    return bool(words) and words[-1].lower() in _COUNTERS


def has_meaning(between: str) -> bool:
    """Whether characters between numbers say what a number is: a word, a unit.

    >>> [has_meaning(between) for between in (" RH=", "%; ", ", ", "")]
    [True, True, False, False]
    """
    return any(char.isalpha() or char in "%°" for char in between)


def is_any_absent(node: Node, value: JSON) -> bool:
    """Whether a reading lacks a field that could have been inferred: that, too, may hang on a number.

    >>> from edge.schema.schema import parse
    >>> root = parse({"type": "object", "properties": {"t": {"type": "number"}, "low": {"type": "boolean"}}}).root
    >>> is_any_absent(root, {"t": 21}), is_any_absent(root, {"t": 21, "low": False})
    (True, False)
    """
    if isinstance(value, dict):
        return any(
            is_any_absent(prop.node, value[prop.name]) if prop.name in value else _may_infer(prop.node)
            for prop in node.properties
        )
    if isinstance(value, list) and node.items is not None:
        return any(is_any_absent(node.items, item) for item in value)
    return False


def _may_infer(node: Node) -> bool:
    if node.is_object:
        return any(_may_infer(prop.node) for prop in node.properties)
    return _may_infer(node.items) if node.items is not None else is_inferred(node)


def _labels(name: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where the words stand that name a field: its whole name, a part of it, or an abbreviation of one."""
    yield from pieces.occurrences(name.lower(), text.lower()) if len(text.lower()) == len(text) else ()
    parts = [part.lower() for part in _PART.findall(name)]
    for match in _WORD.finditer(text):
        word = match.group().lower()
        if any(_is_same_word(word, part) for part in parts):
            yield match.span()


def _is_same_word(word: str, part: str) -> bool:
    shorter, longer = sorted((word, part), key=len)
    return word == part or (len(shorter) >= _PREFIX and shorter.isalpha() and longer.startswith(shorter))


def _is_followed_by_number(end: int, value: JSON, text: str) -> bool:
    """Whether a label's value is a number: `batt 5%`, `battery level: 5%`, but not `batt low 5%` for low."""
    match = _NUMBER.match(text, end)
    if match is None or (match["word"] is None and match["digits"] in {"0", "1"}):
        return False
    word = (match["word"] or "").strip(" \t\r\n\"'=:").lower()
    return word not in _STATES and word != value


def _is_followed_by_value(end: int, text: str) -> bool:
    """Whether a bare 0 or 1 or a word stands behind a label: any word behind a mark, a state's behind a space."""
    match = _VALUE.match(text, end)
    if match is None:
        return False
    value, is_marked = match["value"].lower(), match["mark"].strip(" \t\r\n\"'") != ""
    rest = text[match.end() : match.end() + _REACH]
    if value in {"0", "1"}:
        return re.match(r"[.,'’:/-]?[0-9]", rest) is None
    is_word = is_marked and re.search(r"[0-9]", value) is None and re.match(r"\s*[-+]?[0-9]", rest) is None
    return value in _STATES or is_word


def _is_label(value: str, text: str) -> bool:
    """Whether a value stands before a value of its own, and so states nothing: `running=0`."""
    return re.search(rf"(?<![^\W_]){re.escape(value)}[\s\"']*[=:]", text, re.IGNORECASE) is not None


def _stands(value: str, node: Node, labels: list[tuple[int, int]], text: str) -> bool:
    """Whether a value stands in a text, alone of its kind, and beside its label where the text has one."""
    found = _occurrences(value, text)
    others = [
        place
        for other in node.literals or ()
        if isinstance(other, str) and other != value
        for place in _occurrences(other, text)
    ]
    rivals = [(s, e) for s, e in others if not any(a <= s and e <= b for a, b in found)]
    found = [(s, e) for s, e in found if not any(a <= s and e <= b for a, b in others)]
    if len(found) != 1 or rivals:
        return False
    start, end = found[0]
    if re.search(r"[0-9]", text[start:end]):
        return False
    between = [text[label_end:start] if label_end <= start else text[end:label] for label, label_end in labels]
    return not labels or any(_ENDS_CLAUSE.search(gap) is None for gap in between)


def _occurrences(value: str, text: str) -> list[tuple[int, int]]:
    lowered = text.lower()
    if len(lowered) != len(text):  # İ becomes two characters
        return []
    spellings = dict.fromkeys((value.lower(), value.lower().replace("_", " ")))
    return [place for spelling in spellings for place in pieces.occurrences(spelling, lowered)]
