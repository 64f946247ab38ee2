"""Owns where dates and times of day stand in a text, as devices write them. Knows nothing of what they mean."""

import re
from collections.abc import Iterator

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?[ ]+)?"
_MOMENT = re.compile(
    r"(?<![\w.:/-])(?:"
    + "|".join(
        (
            r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}",
            r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})(?![\w.])",
            rf"{_WEEKDAY}{_MONTH}[ ]+[0-9]{{1,2}}\b",
            rf"[0-9]{{1,2}}[ -]{_MONTH}\b",
            r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![:\w]*:)",
            r"[0-9]{8}T[0-9]{4,6}",  # and as telegrams run them together
            r"[0-9]{6}Z\b",
            r"[0-9]{12}[SWZ]\b",
        )
    )
    + ")"
)


def find(text: str) -> Iterator[int]:
    """Yield where dates and times begin; of a date with its time, where the date does, and the time as well.

    >>> text = "Jul  3 23:16:09 ftpd: 2024-03-21T20:23 at 141420Z, mac 00:1a:2b:3c"
    >>> [text[start:][:8] for start in find(text)]
    ['Jul  3 2', '23:16:09', '2024-03-', '141420Z,']
    """
    for match in _MOMENT.finditer(text):
        yield match.start()
