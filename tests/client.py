"""Owns another client of the broker: what a device and a consumer do, on the program's own door to MQTT."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from edge.answer import Publication
from edge.config.options import Mqtt
from edge.mailbox import Mailbox
from edge.message import Message
from edge.mqtt.broker import Broker
from edge.mqtt.events import Confirmed, Connected, Event, Received

PATIENCE_S = 30.0  # until a test gives up waiting; no test asserts how long something took


class Client:
    """Publishes, and remembers every message that it hears, in order."""

    def __init__(self, broker: Broker, events: Mailbox[Event]) -> None:
        self.broker = broker
        self.events = events
        self.heard: list[Message] = []

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1 and wait until the broker has it."""
        data = payload.encode() if isinstance(payload, str) else payload
        number = self.broker.publish(Publication(topic=topic, payload=data, retain=retain))
        self._wait(lambda event: isinstance(event, Confirmed) and event.publication_id == number)

    def hear(self, topic: str, *, after: int = 0, patience_s: float = PATIENCE_S) -> Message:
        """Return the next message on a topic, of those heard after the first so many."""
        for message in self.heard[after:]:
            if message.topic == topic:
                return message
        event = self._wait(
            lambda event: isinstance(event, Received) and event.message.topic == topic, patience_s=patience_s
        )
        return cast("Received", event).message

    def reading(self, topic: str, *, after: int = 0) -> Any:
        """Return the JSON of the next message on a topic."""
        return json.loads(self.hear(topic, after=after).payload)

    def _wait(self, is_it: Any, *, patience_s: float = PATIENCE_S) -> Event:
        deadline_s = time.monotonic() + patience_s
        while True:
            event = self.events.take()
            if event is None:
                assert time.monotonic() < deadline_s, "no such event came"
                self.broker.wait(deadline_s - time.monotonic(), self.events)
                continue
            if isinstance(event, Connected):
                self.broker.greet()
            if isinstance(event, Received):
                self.heard.append(event.message)
                self.broker.acknowledge(event.message)
            if is_it(event):
                return event


@contextmanager
def connected(port: int, *, name: str, topics: tuple[str, ...] = ("#",)) -> Iterator[Client]:
    """Give a client that hears some topics, for as long as the block lasts."""
    events: Mailbox[Event] = Mailbox()
    broker = Broker(
        Mqtt(host="127.0.0.1", port=port, client_id=name, keepalive_s=600),  # it is not always waited for
        password=None,
        status_topic=f"clients/{name}",
        subscriptions=topics,
        emit=events.put,
    )
    broker.connect()
    try:
        yield Client(broker, events)
    finally:
        broker.close(timeout_s=1.0)
        events.close()
