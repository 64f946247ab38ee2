"""Owns the door to the MQTT client: connect, subscribe, publish, acknowledge, the last will.

Knows nothing of routes or readings. The only importer of paho: its callbacks run on paho's thread and only hand
events over; its errors leave as BrokerError.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt import properties
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.answer import Publication
from edge.config.options import Mqtt, Protocol
from edge.errors import BrokerError
from edge.message import Message

log = logging.getLogger(__name__)

RECONNECT_MOST_S = 30  # the longest pause between two attempts; the shortest is 1 s
OUTGOING_IN_FLIGHT = 20  # paho's own default; it does not read the broker's receive maximum
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
        emit: takes the events; called on paho's thread, so it must only pass them on.
        clock: the present moment, aware, UTC.
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

    def connect(self) -> None:
        """Start to connect, and go on trying for ever; Connected says when it worked."""
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
        self._client.loop_start()

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
        details = None
        if self._is_mqtt5:
            details = _properties(PacketTypes.PUBLISH)
            details.PayloadFormatIndicator = 1  # UTF-8
            details.ContentType = "application/json"
            details.UserProperty = list(publication.properties.items())
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
            try:
                self._client.publish(self._status_topic, OFFLINE, qos=1, retain=True).wait_for_publish(timeout_s)
            except (RuntimeError, ValueError) as error:
                log.warning("offline_not_published why=%s", error)
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def is_alive(self) -> bool:
        """Whether paho's thread runs: an exception in a callback ends it, and the process would stay up deaf."""
        thread = self._client._thread  # noqa: SLF001  # paho has no public way to ask
        return thread is not None and thread.is_alive()

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
        client.reconnect_delay_set(1, RECONNECT_MOST_S)
        client.will_set(self._status_topic, OFFLINE, qos=1, retain=True)
        if options.username is not None:
            client.username_pw_set(options.username, password)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        return client

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        self._was_refused = reason.is_failure
        if reason.is_failure:
            self._emit(Disconnected(f"the broker refused: {reason}"))
        else:
            self._epoch += 1
            self._emit(Connected(self._epoch))

    def _on_connect_fail(self, _client: Any, _data: Any) -> None:
        self._emit(Disconnected(f"no broker answers at {self._options.host}:{self._options.port}"))

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
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
