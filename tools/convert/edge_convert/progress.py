"""Owns the words for how far a conversion is. Knows nothing of how that is shown."""

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """The steps of a conversion that take noticeable time, in order."""

    MERGE = "merge in float32"
    QUANTIZE = "quantize"
    BEFORE = "ask the merged model"
    WEIGHTS = "compare weights"
    AFTER = "ask the result"
    TRIM = "trim the vocabulary"


Report = Callable[[Step, int, int], None]  # the step, how much of it is done, how much there is


def silent(_step: Step, _done: int, _total: int) -> None:
    """Report nothing."""
