"""Owns the outside consumer: hears readings and dead letters as any subscriber does, and judges them.

Knows nothing of the daemon's inside. It has a persistent session of its own at QoS 1, straight at the broker, and
compares each reading with what the message of its number stated.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.chaos import sensors
from tests.chaos.patience import wait_until
from tests.chaos.sensors import Sent

_DROPPED = "$SYS/broker/publish/messages/dropped"
_SESSION_S = 3600


class Consumer:
    """A subscriber of everything that a daemon publishes.

    Args:
        port: the broker's own.
        sent: the messages by number, as the publisher fills it.
        name: its client id.
    """

    def __init__(self, port: int, sent: Mapping[int, Sent], *, name: str = "consumer") -> None:
        self._sent = sent
        self._first_at: dict[str, int] = defaultdict(int)  # by topic: the latest number heard for the first time
        self.ids: dict[int, list[str | None]] = {}  # by number: the id of each copy; None over MQTT 3.1.1
        self.readings: set[int] = set()
        self.dead: dict[int, str] = {}  # by number: the reason
        self.corrupted: list[str] = []
        self.unexpected: dict[int, str] = {}  # by number: the reason of a dead letter that was not meant to be one
        self.out_of_order = 0
        self.redelivered = 0  # answers that the daemon marked so
        self.days: set[str] = set()  # on which the daemon says that it received something
        self.statuses: list[str] = []
        self.health: dict[str, Any] = {}
        self.dropped = 0  # what the broker says that it dropped, since its start
        self._dropped_before = 0
        self.heard = 0  # readings and dead letters, copies included
        self._changed = threading.Event()
        self._client = self._new_client(name)
        self._port = port

    @property
    def answered(self) -> int:
        """How many messages have an answer."""
        return len(self.ids)

    @property
    def is_connected(self) -> bool:
        """Whether its subscription stands."""
        return bool(self._client.is_connected() and self._changed.is_set())

    @property
    def dropped_in_all(self) -> int:
        """How many messages the broker says that it dropped, all its starts together."""
        return self._dropped_before + self.dropped

    def start(self) -> None:
        """Connect, and wait until the subscription stands."""
        details = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        details.SessionExpiryInterval = _SESSION_S
        self._client.connect("127.0.0.1", self._port, clean_start=False, properties=details)
        self._client.loop_start()
        wait_until(lambda: self.is_connected, what="the consumer to subscribe")

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _new_client(self, name: str) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
        client.reconnect_delay_set(0.05, 0.2)  # type: ignore[arg-type]  # paho takes parts of a second, too
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = lambda *_: self._changed.set()
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        topics = (f"{sensors.BASE_TOPIC}/#", f"{sensors.READINGS}#", _DROPPED)
        client.subscribe([(topic, 1) for topic in topics])

    def _on_disconnect(self, *_: object) -> None:
        self._changed.clear()

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        topic, payload = message.topic, bytes(message.payload)
        if topic == _DROPPED:
            if int(payload) < self.dropped:  # it started anew
                self._dropped_before += self.dropped
            self.dropped = int(payload)
        elif topic == sensors.STATUS:
            self.statuses.append(payload.decode())
        elif topic == sensors.HEALTH:
            self.health = json.loads(payload)
        elif topic.startswith((sensors.READINGS, sensors.DEAD)):
            self._answer(topic, payload, dict(getattr(message.properties, "UserProperty", [])))

    def _answer(self, topic: str, payload: bytes, properties: dict[str, str]) -> None:
        self._judge(topic, payload, properties)
        self.heard += 1

    def _judge(self, topic: str, payload: bytes, properties: dict[str, str]) -> None:
        number = sensors.number_answered(topic, payload)
        sent = self._sent.get(number) if number is not None else None
        if number is None or sent is None:
            self.corrupted.append(f"{topic}: {payload!r} answers nothing that was sent")
            return
        if topic.startswith(sensors.READINGS):
            self._judge_reading(sent, topic, payload)
            self.readings.add(number)
        else:
            self._judge_letter(sent, topic, payload)
        if properties and properties.get("source-topic") != sent.topic:
            self.corrupted.append(f"{topic}: expected the source {sent.topic}, got {properties}")
        self.days |= {properties["received-at"][:10]} if properties else set()
        self.redelivered += "redelivered" in properties
        if number not in self.ids:
            self.out_of_order += number < self._first_at[sent.topic]
            self._first_at[sent.topic] = max(number, self._first_at[sent.topic])
        self.ids.setdefault(number, []).append(properties.get("id"))

    def _judge_reading(self, sent: Sent, topic: str, payload: bytes) -> None:
        expected = sent.topic.replace(sensors.INPUTS, sensors.READINGS, 1)
        if topic != expected or payload.decode() != sent.reading:
            self.corrupted.append(f"{topic}: expected {sent.reading} on {expected}, got {payload!r}")

    def _judge_letter(self, sent: Sent, topic: str, payload: bytes) -> None:
        letter = json.loads(payload)
        self.dead[sent.number] = letter["reason"]
        if letter["reason"] != sent.reason:
            self.unexpected[sent.number] = f"{letter['reason']}: {letter['detail']}"
        if sensors.quoted(letter) != sent.payload[:4096] or letter["length"] != len(sent.payload):
            self.corrupted.append(f"{topic}: quotes {letter['payload']!r} of {sent.payload!r}")
        if letter["topic"] != sent.topic:
            self.corrupted.append(f"{topic}: expected the topic {sent.topic}, got {letter['topic']}")
