"""Owns one MQTT session: connect, subscribe, publish, acknowledge, the last will.

Knows nothing of routes or readings. The client's callbacks run while the owner waits (see `connection.py`) and
only hand events over; its errors leave as BrokerError.
"""

import logging
import secrets
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from edge.answer import Publication
from edge.config.options import Mqtt, Protocol
from edge.errors import BrokerError
from edge.message import Message, identity
from edge.mqtt import clients, unreachable
from edge.mqtt.connection import Connection, Wakeup
from edge.mqtt.events import (
    Confirmed,
    Connected,
    Disconnected,
    Event,
    Received,
    Requested,
    Statistic,
    Subscribed,
    Unsubscribed,
)
from edge.topics import TopicFilter

log = logging.getLogger(__name__)

OUTGOING_IN_FLIGHT = 20  # publications without a PUBACK, where the broker does not say how many it takes
OUTGOING_QUEUED = 65_000  # publications that may wait for their turn; paho's own default is without end
ONLINE, OFFLINE = "online", "offline"
SHARED = "$share/"
STATISTICS = ("store/messages/count", "retained messages/count", "publish/messages/dropped")  # mosquitto(8)
_SESSION_TAKEN_OVER = 0x8E  # MQTT 5, 2.4
_STATISTICS_TOPIC = "$SYS/broker/"
_PACKET_OVERHEAD_BYTES = 256  # more than the header of a PUBLISH and the frames of its properties


class Broker:
    """One MQTT session that outlives its connections.

    Args:
        tls: the terms of an encrypted connection; None for one that is not.
        asides: filters of what is no message, but a request or word of another program. They come at QoS 0: nobody
            waits for an acknowledgement, and none of yesterday is heeded today.
        subscriptions: what to subscribe to, as the broker is told it.
        stale_subscriptions: what the session may still hold from an earlier configuration, to be ended.
        emit: takes the events; called inside `wait`.
        clock: the present moment, aware, UTC.
        monotonic: seconds that never go back.
    """

    def __init__(
        self,
        options: Mqtt,
        *,
        password: str | None,
        tls: ssl.SSLContext | None = None,
        status_topic: str,
        asides: Sequence[str] = (),
        subscriptions: Sequence[str],
        stale_subscriptions: Sequence[str] = (),
        emit: Callable[[Event], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._is_mqtt5 = options.protocol is Protocol.MQTT_5
        self._status_topic = status_topic
        self._asides = tuple(map(TopicFilter, asides))
        self._subscriptions = subscriptions
        self._stale_subscriptions = stale_subscriptions
        self._watched: set[int] = set()  # subscriptions that a broker may refuse in peace, by packet id
        self._awaited: set[int] = set()  # subscriptions of `resubscribe` without an answer, by packet id
        self._most_packet_bytes: int | None = None  # what the broker takes; None: all
        self._emit = emit
        self._clock = clock
        self._epoch = 0
        self._was_refused = False  # the last attempt, by the broker
        self._client = self._new_client(password, tls)
        self._monotonic = monotonic
        self._connection = Connection(self._client, on_no_answer=self._on_no_answer, clock=monotonic)

    def connect(self) -> None:
        """Let `wait` connect, and go on trying for ever; Connected says when it worked."""
        clients.connect(self._client, self._options, receive_maximum=self._options.in_flight)

    def wait(self, timeout_s: float, wakeup: Wakeup) -> None:
        """Let the connection work until something came of it, or until the wake-up; at most so long."""
        self._connection.wait(timeout_s, wakeup)

    def greet(self) -> None:
        """Subscribe, then say that the daemon is there. To be called on each Connected, not inside a callback."""
        self._settle(self._subscriptions)
        if self._options.broker_statistics:
            for name in STATISTICS:
                _, number = self._client.subscribe(f"{_STATISTICS_TOPIC}{name}", qos=0)
                self._watched.add(number or 0)
        # after the subscriptions: who hears `online` may publish at once, and nothing of it is missed
        self._client.publish(self._status_topic, ONLINE, qos=1, retain=True)

    def resubscribe(
        self, subscriptions: Sequence[str], stale_subscriptions: Sequence[str], asides: Sequence[str] | None = None
    ) -> int:
        """Have other subscriptions from now on: at once where there is a connection, else on the next one.

        Return how many times Subscribed will come, unless the connection ends before: once for each subscription
        of this and of earlier calls that the broker has yet to answer.

        Args:
            subscriptions: as in the beginning, likewise the others.
            stale_subscriptions: those that are to end.
            asides: None for those from before.
        """
        if asides is not None:
            self._asides = tuple(map(TopicFilter, asides))
        fresh = [each for each in subscriptions if each not in self._subscriptions]
        self._subscriptions, self._stale_subscriptions = subscriptions, stale_subscriptions
        if self._client.is_connected():
            self._awaited |= self._settle(fresh)
        return len(self._awaited)

    def _settle(self, subscriptions: Sequence[str]) -> set[int]:
        """End what is stale, and subscribe. Return the packet ids that the broker's answers will bear."""
        numbers: set[int] = set()
        for stale in self._stale_subscriptions:
            self._client.unsubscribe(stale)
        for topic_filter in subscriptions:
            is_aside = topic_filter in {each.text for each in self._asides}
            if self._is_mqtt5:
                is_shared = topic_filter.startswith(SHARED)
                options = clients.live() if is_aside else clients.once_retained(is_shared=is_shared)
                _, number = self._client.subscribe(topic_filter, options=options)
            else:
                _, number = self._client.subscribe(topic_filter, qos=0 if is_aside else 1)
            if number is not None:  # None: the connection has just ended, and the next one begins with all of them
                numbers.add(number)
        return numbers

    def announce(self, topic: str, payload: bytes, *, retain: bool = True) -> None:
        """Publish at QoS 0, while there is a connection: what is out of date soon need not be delivered surely.

        Raises:
            BrokerError: the broker said that it takes nothing as long.
        """
        self._check_size(Publication(topic=topic, payload=payload))
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=0, retain=retain)

    def publish(self, publication: Publication) -> int:
        """Hand a publication over at QoS 1 and return its number; Confirmed bears the same number.

        Raises:
            BrokerError: the client does not take it, or the broker said that it takes nothing as long.
        """
        details: Any = None
        if self._is_mqtt5:
            details = clients.JsonProperties(publication.properties, correlation=publication.correlation)
        self._check_size(publication)
        try:
            info = self._client.publish(
                publication.topic, publication.payload, qos=1, retain=publication.retain, properties=details
            )
        except ValueError as error:
            raise BrokerError(f"cannot publish to {publication.topic!r}: {error}") from error
        if info.rc == clients.QUEUE_FULL:
            raise BrokerError(
                f"cannot publish to {publication.topic!r}: {OUTGOING_QUEUED} publications wait already"
            )
        return int(info.mid)

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

    def _new_client(self, password: str | None, tls: ssl.SSLContext | None) -> Any:
        made = clients.new(self._options, password=password, tls=tls)
        made.max_inflight_messages_set(OUTGOING_IN_FLIGHT)
        made.max_queued_messages_set(OUTGOING_QUEUED)
        made.will_set(self._status_topic, OFFLINE, qos=1, retain=True)
        made.on_connect = self._on_connect
        made.on_disconnect = self._on_disconnect
        made.on_message = self._on_message
        made.on_publish = self._on_publish
        made.on_subscribe = self._on_subscribe
        made.on_unsubscribe = self._on_unsubscribe
        return made

    def _on_connect(self, connected: Any, _data: Any, flags: Any, reason: Any, details: Any) -> None:
        self._was_refused = reason.is_failure
        if reason.is_failure:
            self._emit(Disconnected(f"the broker refused: {reason}"))
            return
        self._connection.succeeded()
        # paho does not heed what the broker says, and has no public way to set it now ([MQTT-3.3.4-9])
        connected._max_inflight_messages = getattr(details, "ReceiveMaximum", OUTGOING_IN_FLIGHT)  # noqa: SLF001
        self._most_packet_bytes = getattr(details, "MaximumPacketSize", None)
        self._epoch += 1
        self._emit(Connected(self._epoch, is_same_session=flags.session_present))

    def _on_no_answer(self, error: Exception) -> None:
        self._emit(Disconnected(unreachable.why(error, self._options)))

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        trouble, is_early = self._connection.trouble, not self._connection.is_accepted
        self._connection.failed()
        self._awaited.clear()
        if self._was_refused:  # said already, and better
            return
        why = f"the connection ended: {reason}"
        if trouble is not None:
            why = unreachable.why(trouble, self._options)
        elif is_early:
            why = unreachable.why_ended_early(self._options)
        self._emit(Disconnected(why, is_takeover=reason.value == _SESSION_TAKEN_OVER))

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        topic = clients.topic_of(message)
        if topic.startswith(_STATISTICS_TOPIC):
            if message.payload.isdigit():
                self._emit(Statistic(topic.removeprefix(_STATISTICS_TOPIC), int(message.payload[:18])))
            return
        payload = bytes(message.payload)
        if self._is_aside(topic):
            if not message.retain:  # what a broker kept is not asked now
                self._emit(Requested(topic, payload, *clients.reply_of(message)))
            self._client.ack(message.mid, message.qos)  # at QoS 1 by a subscription of an earlier configuration
            return
        # equal messages at QoS 0 are different messages, and none is ever delivered again
        own_id = "" if message.qos else identity(topic, payload, secrets.token_hex(8))
        self._emit(
            Received(
                Message(
                    topic=topic,
                    payload=payload,
                    qos=message.qos,
                    packet_id=message.mid,
                    epoch=self._epoch,
                    received_at=self._clock(),
                    is_redelivered=message.dup,
                    id=own_id,
                )
            )
        )

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        self._emit(Confirmed(mid, str(reason) if reason.is_failure else None))

    def _on_subscribe(self, _client: Any, _data: Any, mid: int, reasons: Sequence[Any], _p: Any) -> None:
        is_watched = mid in self._watched
        self._watched.discard(mid)
        if mid in self._awaited:
            self._awaited.discard(mid)
            self._emit(Subscribed())
        for reason in reasons:
            if reason.is_failure and is_watched:
                log.info("broker_statistics_refused why=%s", reason)
            elif reason.is_failure:
                log.error("subscription_refused why=%s hint=check the broker's access rules", reason)

    def _on_unsubscribe(self, _client: Any, _data: Any, _mid: int, _reasons: Any, _properties: Any) -> None:
        self._emit(Unsubscribed())

    def _is_aside(self, topic: str) -> bool:
        return any(each.captures(topic) is not None for each in self._asides)

    def _check_size(self, publication: Publication) -> None:
        """Refuse what the broker would end the connection for ([MQTT-3.2.2-15])."""
        if self._most_packet_bytes is None:
            return
        properties_bytes = sum(len(n.encode()) + len(v.encode()) + 5 for n, v in publication.properties.items())
        properties_bytes += len(publication.correlation or b"")
        size = len(publication.topic.encode()) + len(publication.payload) + properties_bytes
        if size + _PACKET_OVERHEAD_BYTES > self._most_packet_bytes:
            raise BrokerError(f"the broker takes packets of at most {self._most_packet_bytes} bytes, got {size}")
