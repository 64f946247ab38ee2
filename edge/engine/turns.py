"""Owns the order in which waiting work is taken up: flows take turns, and within a flow first come, first served.

Knows nothing of what the work is.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Work that waits, by flow.

    >>> turns: Turns[str] = Turns()
    >>> for flow, work in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1")]:
    ...     turns.add(flow, work)
    >>> turns.add_first("c", "c1")
    >>> list(turns)
    ['c1', 'a1', 'b1', 'a2', 'a3']
    """

    def __init__(self) -> None:
        self._flows: OrderedDict[str, deque[T]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        """Take all work, one after the other."""
        while self:
            yield self.take()

    def add(self, flow: str, work: T) -> None:
        """Let work wait behind that of its flow."""
        self._flows.setdefault(flow, deque()).append(work)
        self._count += 1

    def add_first(self, flow: str, work: T) -> None:
        """Let work that was already taken once wait before all other."""
        self._flows.setdefault(flow, deque()).appendleft(work)
        self._flows.move_to_end(flow, last=False)
        self._count += 1

    def take(self) -> T:
        """Return the work whose turn it is; its flow comes last then."""
        flow, waiting = next(iter(self._flows.items()))
        work = waiting.popleft()
        self._count -= 1
        if waiting:
            self._flows.move_to_end(flow)
        else:
            del self._flows[flow]
        return work
