"""Owns what is owed to the broker: which messages wait for their PUBACK, and in which order it may be sent.

Knows nothing of the broker's client or of answers. MQTT wants PUBACKs in the order of the PUBLISHes
([MQTT-4.6.0-2]), so a settled message waits for those that came before it. A PUBACK holds on its own connection
alone; on the next one the broker delivers again what it got none for, and such a message is recognised by its id.
"""

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto

from edge.message import Message

_MOST_PACKET_IDS = 65_535  # [MQTT-2.2.1]: a broker cannot wait for more PUBACKs than that


class Arrival(Enum):
    """What a message is to the ledger when it comes.

    NEW: to be answered. IN_HAND: delivered before, and its answer is under way. SETTLED: delivered before, and
    answered since: only its PUBACK was missing, which is due in its turn.
    """

    NEW = auto()
    IN_HAND = auto()
    SETTLED = auto()


@dataclass(kw_only=True, slots=True)
class _Entry:
    message: Message
    is_settled: bool = False


class Ledger:
    """The messages that are not acknowledged yet, in order of arrival."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, _Entry] = OrderedDict()  # of this connection, by message id
        self._adrift: set[str] = set()  # of earlier connections, not settled yet
        self._settled: OrderedDict[str, None] = (
            OrderedDict()
        )  # of earlier connections, settled and never acknowledged
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._entries)

    def begin(self, epoch: int, *, is_same_session: bool) -> None:
        """Begin a new connection.

        Args:
            epoch: its number; only its own messages are admitted from now on.
            is_same_session: whether the broker still knows of the earlier ones. If not, it delivers nothing again,
                and packet ids start over: a message that looks like an earlier one is another one.
        """
        self._epoch = epoch
        for message_id, entry in self._entries.items():
            if entry.is_settled:
                self._settled[message_id] = None
            else:
                self._adrift.add(message_id)
        self._entries.clear()
        if not is_same_session:
            self._adrift.clear()
            self._settled.clear()
        while len(self._settled) > _MOST_PACKET_IDS:
            self._settled.popitem(last=False)

    def admit(self, message: Message) -> Arrival:
        """Enter a message that has just arrived; one at QoS 0 is not kept, for nobody waits for its PUBACK.

        No PUBACK was ever sent for what counts as delivered before, so its packet id cannot stand for another
        message: an equal text is never taken for a redelivery.
        """
        if not message.qos or message.epoch != self._epoch:
            return Arrival.NEW
        if message.id in self._entries:
            return Arrival.IN_HAND
        is_settled = message.id in self._settled
        self._entries[message.id] = _Entry(message=message, is_settled=is_settled)
        if is_settled:
            del self._settled[message.id]
            return Arrival.SETTLED
        if message.id in self._adrift:
            self._adrift.discard(message.id)
            return Arrival.IN_HAND
        return Arrival.NEW

    def settle(self, message: Message) -> None:
        """Note that a message has all that it is to get: its answer is with the broker, or it is safe on disk."""
        entry = self._entries.get(message.id)
        if entry is not None:
            entry.is_settled = True
        elif message.id in self._adrift:
            self._adrift.discard(message.id)
            self._settled[message.id] = None

    def take_due(self) -> list[Message]:
        """Return the messages whose acknowledgement is now due, in order, and forget them."""
        due = []
        while self._entries and next(iter(self._entries.values())).is_settled:
            due.append(self._entries.popitem(last=False)[1].message)
        return due
