"""Owns a message as it came from the broker: its bytes, its text, its identity.

Knows nothing of the MQTT client, of routes or of what becomes of the message.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from edge.errors import Reason, Rejected


@dataclass(frozen=True, kw_only=True)
class Message:
    """One PUBLISH.

    Attributes:
        packet_id: the broker's number for it on this connection; 0 at QoS 0.
        epoch: which connection it came over, counted from 1; an acknowledgement holds on that connection alone.
        received_at: aware, UTC.
    """

    topic: str
    payload: bytes
    qos: int
    packet_id: int
    epoch: int
    received_at: datetime

    @cached_property
    def id(self) -> str:
        """A name that a redelivery of the same message has too: it never depends on the time of arrival.

        >>> from datetime import UTC
        >>> def arrival(second: int) -> Message:
        ...     at = datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)
        ...     return Message(topic="a", payload=b"T=1", qos=1, packet_id=7, epoch=second, received_at=at)
        >>> arrival(1).id == arrival(2).id, len(arrival(1).id)
        (True, 32)
        """
        parts = (self.topic.encode(), str(self.packet_id).encode(), self.payload)
        framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hashlib.sha256(framed).hexdigest()[:32]


def text(payload: bytes, *, limit_bytes: int) -> str:
    """Return the text of a payload.

    >>> text("21 °C".encode(), limit_bytes=100)
    '21 °C'

    Raises:
        Rejected: oversize, or not_utf8 with the place of the first byte that is no UTF-8.
    """
    if len(payload) > limit_bytes:
        raise Rejected(Reason.OVERSIZE, f"expected at most {limit_bytes} bytes, got {len(payload)}")
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise Rejected(
            Reason.NOT_UTF8, f"expected UTF-8, got byte 0x{payload[error.start]:02x} at offset {error.start}"
        ) from error
