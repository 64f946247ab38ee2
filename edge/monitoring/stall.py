"""Owns the suspicion that a worker is stuck: messages wait for the model, and the model has nothing to do.

Knows nothing of workers and of the model.
"""

from collections.abc import Callable


class Stall:
    """How long it has been so.

    >>> now_s = [0.0]
    >>> stall = Stall(clock=lambda: now_s[0])
    >>> stall.look(is_stalled=True)
    >>> now_s[0] = 40.0
    >>> stall.look(is_stalled=True)
    >>> stall.lasting_s
    40.0
    >>> stall.look(is_stalled=False)
    >>> stall.lasting_s
    0.0

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since_s: float | None = None

    def look(self, *, is_stalled: bool) -> None:
        """Note how it is now; to be called each second or so, as a moment alone means nothing."""
        if not is_stalled:
            self._since_s = None
        elif self._since_s is None:
            self._since_s = self._clock()

    @property
    def lasting_s(self) -> float:
        """Since when it has been so at each look, in seconds; 0.0 where it is not."""
        return 0.0 if self._since_s is None else self._clock() - self._since_s
