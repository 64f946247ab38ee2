"""Owns what is in hand: the messages that have come and have no answer at the broker yet, and since when.

Knows nothing of what is done with them. It bounds what arrives at QoS 0, which no broker holds back.
"""

from collections.abc import Callable

from edge.message import Message

MOST_LOOSE_BYTES = 16 * 1024 * 1024  # of messages at QoS 0; a publisher of large ones could fill the memory else


class InHand:
    """The messages in hand, oldest first.

    Args:
        most_loose: how many messages at QoS 0 may wait at a time.
        clock: monotonic seconds.
    """

    def __init__(self, *, most_loose: int, clock: Callable[[], float]) -> None:
        self._most_loose = most_loose
        self._clock = clock
        self._since_s: dict[int, float] = {}  # by identity: equal messages may be in hand together
        self._loose_bytes: dict[int, int] = {}
        self._all_loose_bytes = 0

    def __len__(self) -> int:
        return len(self._since_s)

    @property
    def oldest_s(self) -> float:
        """How long the oldest message has been waiting; 0.0 where none waits."""
        return self._clock() - next(iter(self._since_s.values())) if self._since_s else 0.0

    def has_room(self, message: Message) -> bool:
        """Whether a message may be taken; one at QoS 1 always may, as the broker counts those for us."""
        if message.qos:
            return True
        is_within = self._all_loose_bytes + len(message.payload) <= MOST_LOOSE_BYTES
        return len(self._loose_bytes) < self._most_loose and (is_within or not self._loose_bytes)

    def begin(self, message: Message) -> None:
        """Note that a message is being worked on."""
        self._since_s[id(message)] = self._clock()
        if not message.qos:
            self._loose_bytes[id(message)] = len(message.payload)
            self._all_loose_bytes += len(message.payload)

    def end(self, message: Message) -> float:
        """Note that a message has its answer; return how long it was in hand, 0.0 for one that was not."""
        now_s = self._clock()
        since_s = self._since_s.pop(id(message), now_s)
        self._all_loose_bytes -= self._loose_bytes.pop(id(message), 0)
        return now_s - since_s
