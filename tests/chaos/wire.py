"""Owns MQTT packets as they pass on a wire: where one ends, and what a PUBLISH and a PUBACK say.

Knows nothing of the program under test: it reads bytes by the standard (MQTT 5 and 3.1.1, chapter 2), so that what
the program's own MQTT client believes is checked from outside.
"""

from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, PUBACK, DISCONNECT = 1, 2, 3, 4, 14
REFUSED = 0x80  # reason codes from here on are failures (MQTT 5, 2.4)
_CONTINUES = 0x80  # the bit of a length that says that another byte follows


@dataclass(frozen=True, kw_only=True, slots=True)
class Packet:
    """One control packet: its kind, its flags, what follows its fixed header, and all of its bytes."""

    kind: int
    flags: int
    body: bytes
    raw: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Publish:
    """A PUBLISH. The packet id is 0 at QoS 0."""

    topic: str
    payload: bytes
    qos: int
    packet_id: int


class Reader:
    """Cuts a stream of bytes into packets."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Packet]:
        """Return the packets that are complete now.

        >>> reader = Reader()
        >>> reader.feed(bytes([0x40, 2, 0])), [packet.kind for packet in reader.feed(bytes([7, 0xD0, 0]))]
        ([], [4, 13])
        """
        self._rest += data
        packets = []
        at = 0
        while (whole := _length(self._rest, at + 1)) is not None:
            size, start = whole
            if len(self._rest) < start + size:
                break
            first = self._rest[at]
            packets.append(
                Packet(
                    kind=first >> 4,
                    flags=first & 0x0F,
                    body=self._rest[start : start + size],
                    raw=self._rest[at : start + size],
                )
            )
            at = start + size
        self._rest = self._rest[at:]
        return packets


def publish(packet: Packet, *, is_mqtt5: bool) -> Publish:
    """Return what a PUBLISH says."""
    body = packet.body
    qos = packet.flags >> 1 & 3
    end = 2 + int.from_bytes(body[:2])
    topic = body[2:end].decode()
    packet_id = int.from_bytes(body[end : end + 2]) if qos else 0
    end += 2 if qos else 0
    if is_mqtt5:
        properties = _length(body, end)
        assert properties is not None
        size, start = properties
        end = start + size
    return Publish(topic=topic, payload=body[end:], qos=qos, packet_id=packet_id)


def puback(packet: Packet) -> tuple[int, int]:
    """Return the packet id and the reason code of a PUBACK; over MQTT 3.1.1 the code is always 0, success.

    >>> puback(Packet(kind=4, flags=0, body=bytes([0, 7]), raw=b""))
    (7, 0)
    """
    return int.from_bytes(packet.body[:2]), packet.body[2] if len(packet.body) > 2 else 0


def speaks_mqtt5(connect: Packet) -> bool:
    """Whether a CONNECT asks for MQTT 5, by the level behind the protocol's name."""
    return connect.body[6] == 5


def connack(reason: int, *, is_mqtt5: bool) -> bytes:
    """Return a CONNACK that refuses; for MQTT 3.1.1 the reason is one of its own return codes."""
    body = bytes([0, reason, 0]) if is_mqtt5 else bytes([0, reason])
    return bytes([CONNACK << 4, len(body)]) + body


def disconnect(reason: int) -> bytes:
    """Return the DISCONNECT with which a broker of MQTT 5 ends a connection."""
    return bytes([DISCONNECT << 4, 1, reason])


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """Return a variable byte integer and where it ends; None where it is not complete.

    >>> _length(bytes([0xC1, 2]), 0), _length(bytes([0xC1]), 0)
    ((321, 2), None)
    """
    value, shift = 0, 0
    for position in range(at, len(data)):
        value |= (data[position] & ~_CONTINUES) << shift
        if data[position] < _CONTINUES:
            return value, position + 1
        shift += 7
    return None
