"""Owns how a calibration is found and judged: values of known truth in, the line through their log-odds out.

Knows nothing of models, texts or files.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from edge.extraction.calibration import Calibration, log_odds_of

BINS = 10
_STEPS = 50
_PRIOR = 1e-3  # of the squared figures, so that a set without a wrong value has an answer, too
_LEAST_SLOPE = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """One value of a prediction.

    Attributes:
        group: the case that it belongs to; values of one case rise and fall together.
        confidence: what was said of it, 0 to 1.
        is_right: whether the right answer has the same value in the same place.
    """

    group: str
    confidence: float
    is_right: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """The values whose confidences lie between two bounds; both means are 0 where there is none."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


def fit(judgements: Sequence[Judgement]) -> Calibration:
    """Return the likeliest calibration, by Newton's method on the logistic loss (Platt 1999).

    >>> sure = [Judgement(group="", confidence=0.99, is_right=number % 4 > 0) for number in range(400)]
    >>> doubtful = [Judgement(group="", confidence=0.6, is_right=number % 2 > 0) for number in range(400)]
    >>> found = fit([*sure, *doubtful])
    >>> round(found(0.99), 2), round(found(0.6), 2)
    (0.75, 0.5)
    """
    rows = np.array([[log_odds_of(each.confidence), 1.0] for each in judgements]).reshape(-1, 2)
    truth = np.array([each.is_right for each in judgements], dtype=float)
    figures = np.zeros(2)
    for _ in range(_STEPS):
        expected = 1 / (1 + np.exp(-(rows @ figures)))
        slope = rows.T @ (expected - truth) + _PRIOR * (figures - [1.0, 0.0])
        bend = (rows * (expected * (1 - expected))[:, None]).T @ rows + _PRIOR * np.eye(2)
        figures = figures - np.linalg.solve(bend, slope)
    return Calibration(slope=max(_LEAST_SLOPE, float(figures[0])), intercept=float(figures[1]))


def together(sets: Mapping[str, Sequence[Judgement]]) -> list[Judgement]:
    """Return the judgements of all sets."""
    return [each for one in sets.values() for each in one]


def cross_fitted(sets: Mapping[str, Sequence[Judgement]]) -> dict[str, list[Judgement]]:
    """Return the judgements with calibrated confidences, each by a calibration that has not seen its case.

    The cases of a set are dealt into two halves in the order in which they come; one calibration is for all sets.
    """
    halves = {name: _halves(one) for name, one in sets.items()}
    calibrations = [fit([each for one in halves.values() for each in one[1 - half]]) for half in (0, 1)]
    return {
        name: [each for half in (0, 1) for each in apply(calibrations[half], one[half])]
        for name, one in halves.items()
    }


def apply(calibration: Callable[[float], float], judgements: Iterable[Judgement]) -> list[Judgement]:
    """Return the judgements with calibrated confidences."""
    return [
        Judgement(group=each.group, confidence=calibration(each.confidence), is_right=each.is_right)
        for each in judgements
    ]


def bins(judgements: Sequence[Judgement]) -> list[Bin]:
    """Return the judgements in bins of equal width, the last with both its bounds.

    >>> made = {0.95: True, 1.0: False}
    >>> last = bins([Judgement(group="", confidence=each, is_right=right) for each, right in made.items()])[-1]
    >>> last.count, last.right, round(last.confidence, 3)
    (2, 0.5, 0.975)
    """
    found = []
    for low, high in pairwise(number / BINS for number in range(BINS + 1)):
        inside = [each for each in judgements if low <= each.confidence < high or each.confidence == high == 1]
        count = len(inside)
        found.append(
            Bin(
                low=low,
                high=high,
                count=count,
                confidence=sum(each.confidence for each in inside) / max(1, count),
                right=sum(each.is_right for each in inside) / max(1, count),
            )
        )
    return found


def expected_error(judgements: Sequence[Judgement]) -> float:
    """Return the expected calibration error (Guo et al. 2017): how far confidence and truth lie apart, on average.

    >>> expected_error([Judgement(group="", confidence=0.9, is_right=right) for right in (True, False)])
    0.4
    """
    total = sum(each.count * abs(each.confidence - each.right) for each in bins(judgements))
    return total / max(1, len(judgements))


def _halves(judgements: Sequence[Judgement]) -> list[list[Judgement]]:
    number = {group: k for k, group in enumerate(dict.fromkeys(each.group for each in judgements))}
    return [[each for each in judgements if number[each.group] % 2 == half] for half in (0, 1)]
