"""Owns a message as it came from the broker: its bytes and its identity.

Knows nothing of the MQTT client, of routes or of what becomes of the message.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
        part: which part of the message that came it is, counted from 1; 0 for the whole of it.
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
    part: int = 0

    def __post_init__(self) -> None:
        if not self.id:
            object.__setattr__(self, "id", identity(self.topic, self.payload, str(self.packet_id)))

    def parts(self, payloads: Sequence[bytes]) -> tuple["Message", ...]:
        """Return the message as several, each with an id of its own that a redelivery has, too."""
        return tuple(
            replace(self, payload=payload, part=number, id=identity(self.topic, payload, f"{self.id}/{number}"))
            for number, payload in enumerate(payloads, start=1)
        )


def identity(topic: str, payload: bytes, number: str) -> str:
    """Return the name of a message: 32 hexadecimal digits that never depend on the time of arrival.

    The number is what tells it from an equal message on the same topic: at QoS 1 the broker's packet id.

    >>> identity("a", b"T=1", "7") == identity("a", b"T=1", "8")
    False
    """
    parts = (topic.encode(), number.encode(), payload)
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.sha256(framed).hexdigest()[:32]
