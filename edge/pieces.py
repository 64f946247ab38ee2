"""Owns the pieces of a text: the units at whose borders a copied string may start or end.

Knows nothing of schemas or grammars. A piece is a word, one character of a script that writes without spaces, one
white-space character, or one punctuation mark.
"""

import json
import re
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


def occurrences(value: str, text: str) -> list[tuple[int, int]]:
    """Return where a value stands in a text between borders of pieces: (start, end) offsets in text order.

    >>> occurrences("301A", "P-301A, P-301AB, 301A")
    [(2, 6), (17, 21)]
    """
    borders = set(accumulate(map(len, split(text)), initial=0))
    starts = [match.start() for match in re.finditer(f"(?={re.escape(value)})", text)] if value else []
    return [(start, start + len(value)) for start in starts if {start, start + len(value)} <= borders]
