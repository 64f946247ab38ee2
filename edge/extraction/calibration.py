"""Owns what a probability of the model is worth: how often values of such a probability were right.

Knows nothing of texts or schemas. A calibration belongs to weights, and stands in the metadata of their GGUF.
"""

import math
from dataclasses import dataclass

from edge.errors import ModelError

SLOPE_KEY = "edge.calibration.slope"
INTERCEPT_KEY = "edge.calibration.intercept"
LEAST_DOUBT = 1e-6  # the log-odds of a probability end here, since those of 0 and 1 have no end


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """A line through log-odds (Platt 1999, "Probabilistic outputs for support vector machines").

    Attributes:
        slope: above 0, so that what is likelier stays likelier.
        intercept: below 0 where the model thinks too well of itself.
    """

    slope: float
    intercept: float

    def __call__(self, probability: float) -> float:
        """Return the share of right values among those of a probability, 0 to 1.

        >>> calibration = Calibration(slope=0.5, intercept=-0.5)
        >>> [round(calibration(probability), 3) for probability in (0.0, 0.5, 0.99, 1.0)]
        [0.001, 0.378, 0.858, 0.998]
        """
        log_odds = self.slope * log_odds_of(probability) + self.intercept
        return 1 / (1 + math.exp(-log_odds))


def log_odds_of(probability: float) -> float:
    """Return the logarithm of the odds, kept within ±13.8.

    >>> round(log_odds_of(0.9), 3), round(log_odds_of(1.0), 3)
    (2.197, 13.816)
    """
    bounded = min(1 - LEAST_DOUBT, max(LEAST_DOUBT, probability))
    return math.log(bounded / (1 - bounded))


def parse(slope: str | None, intercept: str | None) -> Calibration | None:
    """Return the calibration that the metadata of a GGUF state; None where they state none.

    >>> parse("0.500000", "-0.500000")
    Calibration(slope=0.5, intercept=-0.5)

    Raises:
        ModelError: they are no two numbers, or the slope is not above 0.
    """
    if slope is None and intercept is None:
        return None
    try:
        found = Calibration(slope=float(slope or ""), intercept=float(intercept or ""))
    except ValueError:
        found = Calibration(slope=0, intercept=0)
    if not (0 < found.slope < math.inf and math.isfinite(found.intercept)):
        raise ModelError(
            f"expected a slope above 0 and an intercept ({SLOPE_KEY}, {INTERCEPT_KEY}), "
            f"got {slope} and {intercept}"
        )
    return found
