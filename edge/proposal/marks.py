"""Owns the label that stands before a value, as it is written. Knows nothing of values and of names of fields."""

import re

from edge.text import labels

_LABEL_CHARS = 64  # before a value
_SYMBOL = 2  # letters


def before(text: str, start: int, begin: int = 0) -> str:
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
    return short(re.split(r"[=:]\s", written)[-1])


def short(label: str) -> str:
    """Return the end of a label that says what its value is.

    >>> short("DHT22 temp"), short("Heat index"), short("fan 2")
    ('temp', 'Heat index', 'fan 2')
    """
    words = label.split()
    if not words:
        return ""
    if words[-1].isalpha() and len(words[-1]) <= _SYMBOL:
        return words[-1]  # ok T:204.61
    cut = max((at + 1 for at, word in enumerate(words[:-1]) if re.search(r"[0-9]", word)), default=0)
    return " ".join(words[cut:][-3:])
