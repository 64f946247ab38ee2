"""Owns the door to the MQTT client: connect, subscribe, publish, acknowledge, the last will.

Knows nothing of routes or readings. The only importer of paho: its callbacks run while the owner waits (see
`connection.py`) and only hand events over; its errors leave as BrokerError.
"""

import logging
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt import properties
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.answer import Publication
from edge.config.options import Mqtt, Protocol
from edge.connection import Connection, Wakeup
from edge.errors import BrokerError
from edge.message import Message

log = logging.getLogger(__name__)

OUTGOING_IN_FLIGHT = 20  # publications without a PUBACK, where the broker does not say how many it takes
ONLINE, OFFLINE = "online", "offline"


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection stands; messages of earlier epochs will be delivered again."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is gone, or an attempt failed; the client tries again by itself."""

    why: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message arrived."""

    message: Message


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The broker answered a publication. The refusal is None where it took it, else the broker's words."""

    publication_id: int
    refusal: str | None


Event = Connected | Disconnected | Received | Confirmed


class Broker:
    """One MQTT session that outlives its connections.

    Args:
        emit: takes the events; called inside `wait`.
        clock: the present moment, aware, UTC.
        monotonic: seconds that never go back.
    """

    def __init__(
        self,
        options: Mqtt,
        *,
        password: str | None,
        status_topic: str,
        subscriptions: Sequence[str],
        emit: Callable[[Event], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._is_mqtt5 = options.protocol is Protocol.MQTT_5
        self._status_topic = status_topic
        self._subscriptions = subscriptions
        self._emit = emit
        self._clock = clock
        self._epoch = 0
        self._was_refused = False  # the last attempt, by the broker
        self._client = self._new_client(password)
        self._monotonic = monotonic
        self._connection = Connection(self._client, on_no_answer=self._on_no_answer, clock=monotonic)

    def connect(self) -> None:
        """Let `wait` connect, and go on trying for ever; Connected says when it worked."""
        arguments: dict[str, Any] = {}
        if self._is_mqtt5:
            details = _properties(PacketTypes.CONNECT)
            details.SessionExpiryInterval = self._options.session_expiry_s
            details.ReceiveMaximum = self._options.in_flight
            # paho's own default wipes the stored session at each start of a process
            arguments = {"clean_start": False, "properties": details}
        self._client.connect_async(
            self._options.host, self._options.port, keepalive=self._options.keepalive_s, **arguments
        )

    def wait(self, timeout_s: float, wakeup: Wakeup) -> None:
        """Let the connection work until something came of it, or until the wake-up; at most so long."""
        self._connection.wait(timeout_s, wakeup)

    def greet(self) -> None:
        """Subscribe, then say that the daemon is there. To be called on each Connected, not on paho's thread."""
        for topic_filter in self._subscriptions:
            if self._is_mqtt5:  # retained messages only at the first subscription: a restart reads nothing twice
                options = SubscribeOptions(qos=1, noLocal=True, retainHandling=1)
                self._client.subscribe(topic_filter, options=options)
            else:
                self._client.subscribe(topic_filter, qos=1)
        # after the subscriptions: who hears `online` may publish at once, and nothing of it is missed
        self._client.publish(self._status_topic, ONLINE, qos=1, retain=True)

    def publish(self, publication: Publication) -> int:
        """Hand a publication over at QoS 1 and return its number; Confirmed bears the same number.

        Raises:
            BrokerError: the client does not take it.
        """
        details: Any = _JsonProperties(publication.properties) if self._is_mqtt5 else None
        try:
            info = self._client.publish(
                publication.topic, publication.payload, qos=1, retain=publication.retain, properties=details
            )
        except ValueError as error:
            raise BrokerError(f"cannot publish to {publication.topic!r}: {error}") from error
        return info.mid

    def acknowledge(self, message: Message) -> None:
        """Send the PUBACK of a message; on a later connection its number would be another message's."""
        if message.epoch == self._epoch:
            self._client.ack(message.packet_id, message.qos)

    def close(self, *, timeout_s: float) -> None:
        """Say that the daemon leaves, and disconnect; the session stays with the broker."""
        if self._client.is_connected():
            leave_at_s = self._monotonic() + timeout_s
            try:
                said = self._client.publish(self._status_topic, OFFLINE, qos=1, retain=True)
                while not said.is_published() and self._monotonic() < leave_at_s:
                    opened = self._client.socket()
                    if opened is None:
                        break
                    self._connection.wait(timeout_s, opened)
            except (RuntimeError, ValueError) as error:
                log.warning("offline_not_published why=%s", error)
        self._client.disconnect()
        self._client.loop_write()

    def _new_client(self, password: str | None) -> paho.Client:
        options = self._options
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=options.client_id,
            protocol=paho.MQTTv5 if self._is_mqtt5 else paho.MQTTv311,
            clean_session=None if self._is_mqtt5 else False,
            manual_ack=True,
        )
        client.max_inflight_messages_set(OUTGOING_IN_FLIGHT)
        client.will_set(self._status_topic, OFFLINE, qos=1, retain=True)
        if options.username is not None:
            client.username_pw_set(options.username, password)
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        return client

    def _on_connect(self, client: Any, _data: Any, _flags: Any, reason: ReasonCode, details: Any) -> None:
        self._was_refused = reason.is_failure
        if reason.is_failure:
            self._emit(Disconnected(f"the broker refused: {reason}"))
            return
        self._connection.succeeded()
        # paho does not heed what the broker says, and has no public way to set it now ([MQTT-3.3.4-9])
        client._max_inflight_messages = getattr(details, "ReceiveMaximum", OUTGOING_IN_FLIGHT)  # noqa: SLF001
        self._epoch += 1
        self._emit(Connected(self._epoch))

    def _on_no_answer(self) -> None:
        self._emit(Disconnected(f"no broker answers at {self._options.host}:{self._options.port}"))

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        self._connection.failed()
        if self._was_refused:  # said already, and better
            return
        self._emit(Disconnected(f"the connection ended: {reason}"))

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self._emit(
            Received(
                Message(
                    topic=_topic(message),
                    payload=bytes(message.payload),
                    qos=message.qos,
                    packet_id=message.mid,
                    epoch=self._epoch,
                    received_at=self._clock(),
                )
            )
        )

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        self._emit(Confirmed(mid, str(reason) if reason.is_failure else None))

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, reasons: Sequence[ReasonCode], _p: Any) -> None:
        for reason in reasons:
            if reason.is_failure:
                log.error("subscription_refused why=%s hint=check the broker's access rules", reason)


def _send_at_once(_client: Any, _data: Any, opened: Any) -> None:
    """Let small packets go out as they come: an acknowledgement that waits for company costs 40 ms (Nagle)."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _JsonProperties:
    """The properties of a PUBLISH of JSON, packed as MQTT 5 wants them (2.2.2): all that paho asks of them.

    paho's own class checks each assignment against each name, which takes longer than a replay.
    """

    __slots__ = ("_packed",)

    def __init__(self, user_properties: Mapping[str, str]) -> None:
        pairs = (b"\x26" + _utf8(name) + _utf8(value) for name, value in user_properties.items())
        body = _JSON_IN_UTF8 + b"".join(pairs)
        self._packed: bytes = VariableByteIntegers.encode(len(body)) + body  # type: ignore[no-untyped-call]  # paho

    def pack(self) -> bytes:
        """Return the length and the properties."""
        return self._packed


def _utf8(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


_JSON_IN_UTF8 = b"\x01\x01\x03" + _utf8("application/json")  # payload format indicator, content type


def _properties(packet_type: int) -> Any:
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho leaves it untyped


def _topic(message: paho.MQTTMessage) -> str:
    """Return the topic of a message; one that is not UTF-8, which MQTT forbids, becomes a topic of no route."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return "\ufffd"


def _tolerate_zero_width_no_break_space(read: Callable[[bytes, int], tuple[str, int]]) -> Any:
    """Let paho read U+FEFF in a property: it takes it for a malformed packet and disconnects.

    The broker delivers the message again on each connection, so one such message would end all traffic; and MQTT
    allows the character ([MQTT-1.5.4-3]). It is read as U+FFFD, which is as long.
    """
    return lambda buffer, length: read(bytes(buffer).replace(b"\xef\xbb\xbf", b"\xef\xbf\xbd"), length)


properties.readUTF = _tolerate_zero_width_no_break_space(properties.readUTF)
