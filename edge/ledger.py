"""Owns what is in flight: which messages wait for an answer, and in which order they may be acknowledged.

Knows nothing of the broker's client or of answers. MQTT wants PUBACKs in the order of the PUBLISHes
([MQTT-4.6.0-2]), so an answered message waits for those that came before it.
"""

from collections import OrderedDict
from dataclasses import dataclass

from edge.message import Message


@dataclass(kw_only=True, slots=True)
class _Entry:
    message: Message
    is_answered: bool = False


class Ledger:
    """The messages of one connection that are not acknowledged yet, in order of arrival."""

    def __init__(self) -> None:
        self._entries: OrderedDict[int, _Entry] = OrderedDict()  # by packet id
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._entries)

    def begin(self, epoch: int) -> None:
        """Forget the messages of earlier connections: the broker delivers them again, with new obligations."""
        self._entries.clear()
        self._epoch = epoch

    def admit(self, message: Message) -> None:
        """Enter a message that has just arrived; one at QoS 0 is not kept, for nobody waits for its PUBACK."""
        if message.qos and self.is_current(message):
            self._entries[message.packet_id] = _Entry(message=message)

    def is_current(self, message: Message) -> bool:
        """Whether an answer to this message still counts: one of an earlier connection will be delivered again."""
        return message.epoch == self._epoch or not message.qos

    def settle(self, message: Message) -> list[Message]:
        """Mark a message as answered; return the messages whose acknowledgement is now due, in order."""
        entry = self._entries.get(message.packet_id)
        if entry is None or entry.message is not message:
            return []
        entry.is_answered = True
        due = []
        while self._entries and next(iter(self._entries.values())).is_answered:
            due.append(self._entries.popitem(last=False)[1].message)
        return due
