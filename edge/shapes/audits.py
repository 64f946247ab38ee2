"""Owns what audits of replays may cost: a share of the engine's time, saved up while it is not spent.

Knows nothing of shapes or of the engine. The clock is an argument, so that tests are exact.
"""

from collections.abc import Callable

SAVED_S = 60.0  # after so long without an audit, no more is saved up


class Budget:
    """The time that audits may take.

    >>> now = [0.0]
    >>> budget = Budget(share=0.1, clock=lambda: now[0])
    >>> budget.is_open(), now.append(now.pop() + 10.0), budget.is_open()
    (False, None, True)
    >>> budget.spend(2.0), budget.is_open()  # 1 s was saved, so 10 s must pass until a second one is there
    (None, False)

    Args:
        share: of all time, 0 to 1.
        clock: monotonic seconds.
    """

    def __init__(self, *, share: float, clock: Callable[[], float]) -> None:
        self.share = share
        self._clock = clock
        self._saved_s = 0.0
        self._counted_at_s = clock()

    def is_open(self) -> bool:
        """Whether an audit may begin now."""
        now_s = self._clock()
        self._saved_s += (now_s - self._counted_at_s) * self.share
        self._saved_s = min(self._saved_s, SAVED_S * self.share)
        self._counted_at_s = now_s
        return self._saved_s > 0

    def spend(self, duration_s: float) -> None:
        """Take note of what an audit took."""
        self._saved_s -= duration_s
