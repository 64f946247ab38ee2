"""Owns the learning rate over a training: a short rise, then half a cosine. Knows nothing of optimizers."""

import math
from dataclasses import dataclass

_FLOOR = 0.03  # of the peak, at the end


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """How the learning rate goes.

    Attributes:
        peak: the largest.
        warm_up_steps: after how many steps it would be reached, were it not falling already.
    """

    peak: float
    warm_up_steps: int

    def rate(self, step: int, progress: float) -> float:
        """Return the learning rate of a step.

        Args:
            step: counted from 0.
            progress: which share of the time is over, 0 to 1.

        >>> schedule = Schedule(peak=1e-3, warm_up_steps=4)
        >>> [round(schedule.rate(*at), 6) for at in ((0, 0.0), (9, 0.0), (50, 0.5), (99, 1.0))]
        [0.00025, 0.001, 0.000515, 3e-05]
        """
        rise = min(1.0, (step + 1) / self.warm_up_steps)
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        return self.peak * rise * (_FLOOR + (1 - _FLOOR) * fall)
