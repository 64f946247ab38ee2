"""Owns a message as it came from the broker: its bytes and its identity.

Knows nothing of the MQTT client, of routes or of what becomes of the message.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One PUBLISH.

    Attributes:
        packet_id: the broker's number for it on this connection; 0 at QoS 0.
        epoch: which connection it came over, counted from 1; an acknowledgement holds on that connection alone.
        received_at: aware, UTC.
        is_redelivered: whether it may have been answered before: the broker says so (DUP), or an earlier process
            put it on disk.
        row: where it stands in the spool; 0 for a message that is not there.
        id: a name that a redelivery of the same message has, too; given "", it is `identity` of the rest.
    """

    topic: str
    payload: bytes
    qos: int
    packet_id: int
    epoch: int
    received_at: datetime
    is_redelivered: bool = False
    row: int = 0
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            object.__setattr__(self, "id", identity(self.topic, self.payload, str(self.packet_id)))


def identity(topic: str, payload: bytes, number: str) -> str:
    """Return the name of a message: 32 hexadecimal digits that never depend on the time of arrival.

    The number is what tells it from an equal message on the same topic: at QoS 1 the broker's packet id.

    >>> identity("a", b"T=1", "7") == identity("a", b"T=1", "8")
    False
    """
    parts = (topic.encode(), number.encode(), payload)
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.sha256(framed).hexdigest()[:32]
