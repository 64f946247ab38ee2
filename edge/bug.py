"""Owns how an error of this program is told without what it quotes. Knows nothing of where it goes."""

import traceback
from pathlib import Path


def told(error: BaseException) -> str:
    """Return the kind of an error and the places it came through, innermost last; its words may quote a message.

    >>> try:
    ...     int("the text of a message")
    ... except ValueError as error:
    ...     told(error).split(" ")[0]
    'ValueError'
    """
    places = (f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__))
    return f"{type(error).__name__} at {' > '.join(places)}"
