"""Owns `pattern`: regular expressions that are searched for in time linear in the text, by RE2.

Knows nothing of schemas. The only importer of `re2`, whose failures leave as `PatternError`. Python's own `re`
backtracks: a pattern as short as `^(a+)+$` and a text of forty letters would keep it busy for hours.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import re2

from edge.literal import excerpt

MAX_CHARS = 1000  # of a pattern; longer ones were written by programs, for what an enum says better
_MEMORY_BYTES = 1 << 20  # of a compiled pattern and its states; RE2's own default is eight times as much
_MEANINGS = [  # what RE2 says, and what a regular expression should be in place of that
    (r"invalid perl operator: \(\?<?[=!]", "without lookahead and lookbehind, as linear time has none"),
    (r"invalid perl operator: \(\?(?:P|>)", "without references and atomic groups, as linear time has none"),
    (r"invalid escape sequence: \\[1-9k]", "without references to a group, as linear time has none"),
    (r"invalid escape sequence: \\u", r"with the character itself, or \x{…} around its hexadecimal number"),
    (r"invalid escape sequence: \\Z", "with $ for the end of the text"),
    (r"invalid escape sequence", r"with escapes of RE2, such as \d, \w, \s, \b, \p{L} and \x{…}"),
    (r"invalid character class range: \\[pP]", r"with the short name of a class, as in \p{L}, \p{Lu}, \p{Greek}"),
    (r"bad repetition operator", "with one sign of repetition at a time"),
    (r"invalid repetition size", "that repeats nothing more than 1000 times"),
    (r"pattern too large", f"that compiles into {_MEMORY_BYTES >> 20} MiB"),
]


class PatternError(ValueError):
    """A pattern that cannot be used; the text says what was expected and what was found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """A compiled pattern."""

    text: str
    _compiled: Any = field(compare=False, repr=False)  # re2 has no types

    def is_in(self, text: str) -> bool:
        r"""Return whether the pattern matches anywhere in a text; ^ and $ are the very beginning and end of it.

        >>> [compiled("^P-[0-9]+$").is_in(text) for text in ("P-301", "P-301A", "P-301\n")]
        [True, False, False]
        """
        return self._compiled.search(text) is not None


def compiled(text: str) -> Pattern:
    """Return the pattern that a text writes, in the syntax of RE2.

    Raises:
        PatternError: RE2 does not take it, it is too long, it needs too much memory, or it is no Unicode.
    """
    if len(text) > MAX_CHARS:
        raise PatternError(f"expected a regular expression of at most {MAX_CHARS} characters, got {len(text)}")
    options = re2.Options()
    options.max_mem = _MEMORY_BYTES
    options.log_errors = False
    try:
        return Pattern(text=text, _compiled=re2.compile(text, options))
    except UnicodeEncodeError as error:
        raise PatternError("expected a regular expression of characters, got half of a surrogate pair") from error
    except re2.error as error:
        complaint = error.args[0].decode(errors="replace")
        raise PatternError(f"expected a regular expression{_meaning(complaint)}, got {excerpt(text)}") from error


def _meaning(complaint: str) -> str:
    """Return what a pattern should have been that RE2 complains of.

    >>> _meaning("invalid repetition size: {1,2000}"), _meaning("missing ): (a")
    (' that repeats nothing more than 1000 times', ' (missing ))')
    """
    meaning = next((meaning for what, meaning in _MEANINGS if re.match(what, complaint)), None)
    return f" {meaning}" if meaning else f" ({complaint.partition(':')[0]})"
