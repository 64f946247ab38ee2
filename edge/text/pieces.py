"""Owns the pieces of a text: the units at whose borders a copied string may start or end.

Knows nothing of schemas or grammars. A piece is a word, one character of a script that writes without spaces, one
white-space character, or one punctuation mark.
"""

import json
import re
from collections.abc import Iterator
from itertools import accumulate

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PIECE = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w)+|\s|[^\w\s]")


def split(text: str) -> list[str]:
    r"""Return the pieces of a text; joined, they are the text.

    >>> split("P-301A ok\n水位")
    ['P', '-', '301A', ' ', 'ok', '\n', '水', '位']
    """
    return _PIECE.findall(text)


def escape(piece: str) -> str:
    r"""Return a piece as it stands inside a JSON string.

    >>> escape('"'), escape("\n"), escape("°C")
    ('\\"', '\\n', '°C')
    """
    return json.dumps(piece, ensure_ascii=False)[1:-1]


def borders(text: str) -> frozenset[int]:
    """Return the offsets at which a copied string may start or end.

    >>> sorted(borders("T=21"))
    [0, 1, 2, 4]
    """
    return frozenset(accumulate(map(len, split(text)), initial=0))


def occurrences(value: str, text: str) -> list[tuple[int, int]]:
    """Return where a value stands in a text between borders of pieces: (start, end) offsets in text order.

    >>> occurrences("301A", "P-301A, P-301AB, 301A")
    [(2, 6), (17, 21)]
    """
    return list(between(value, text, borders(text)))


def between(value: str, text: str, borders: frozenset[int]) -> Iterator[tuple[int, int]]:
    """Yield what `occurrences` returns, for callers that have the borders of the text at hand.

    Occurrences may overlap, as those of `a a` in `a a a`. Where they do, the value repeats itself after its
    period, and one period behind an occurrence tells whether another begins there: the time is linear in the text.
    """
    period = _period(value)
    tail = value[len(value) - period :]
    start = text.find(value) if value else -1
    while start >= 0:
        end = start + len(value)
        if start in borders and end in borders:
            yield start, end
        is_repeated = text.startswith(tail, end)
        start = start + period if is_repeated else text.find(value, start + period)


def _period(value: str) -> int:
    """Return after how many characters a text repeats itself; its length where it does not.

    >>> _period("abab"), _period("aba"), _period("abc")
    (2, 2, 3)
    """
    common, lengths = 0, [0]  # of the longest end that each beginning has in common with its own beginning
    for char in value[1:]:
        while common and char != value[common]:
            common = lengths[common - 1]
        common += char == value[common]
        lengths.append(common)
    return len(value) - lengths[-1]
