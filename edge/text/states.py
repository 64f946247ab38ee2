"""Owns the words by which texts say that something is so, or not: yes, off, OK, FAULT.

Knows nothing of where they stand.
"""

import re

from edge.text import labels

_STATE = re.compile(  # perhaps behind a few words that say that a state comes
    r"[\s\"'=:]*(?:(?:sending|state|status|is|was|now|currently|set|to)\s+)*"
    r"(?:(?P<yes>yes|on|true|enabled|active|1)|(?P<no>no|off|false|disabled|inactive|0)"
    r"|(?P<good>ok|okay|good|normal|passed|healthy)"
    r"|(?P<bad>fail|failed|failure|fault|faulty|error|bad|defective|broken|alarm))(?![\w.,:/-]*[\w])",
    re.IGNORECASE,
)
_GOOD_NAMES = frozenset(["ok", "okay", "good", "healthy", "normal", "passed", "fine", "valid"])
_BAD_NAMES = frozenset(
    ["fail", "failed", "failure", "fault", "error", "bad", "defective", "broken", "alarm", "problem"]
)


def said(text: str, start: int, name: str) -> bool | None:
    """Return what a text says at an offset for a boolean of a name; None where it says no state there.

    OK makes `battery_ok` true and `test_failed` false; of `pump` it says nothing.

    >>> [said("state: OK", 7, name) for name in ("battery_ok", "test_failed", "pump")]
    [True, False, None]
    >>> said("pump: Sending state ON", 6, "pump"), said("pump: online", 6, "pump")
    (True, None)
    """
    found = _STATE.match(text, start)
    if found is None:
        return None
    if found.lastgroup in ("yes", "no"):
        return found.lastgroup == "yes"
    words = {*labels.words(name)}
    if words & _GOOD_NAMES:
        return found.lastgroup == "good"
    return found.lastgroup == "bad" if words & _BAD_NAMES else None
