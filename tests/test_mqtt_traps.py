"""The traps of MQTT, of mosquitto and of paho, each on a real mosquitto."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge import topics
from edge.answer import Publication
from edge.config.options import Mqtt
from edge.errors import BrokerError
from edge.mailbox import Mailbox
from edge.message import Message
from edge.mqtt.broker import Broker
from edge.mqtt.events import Confirmed, Connected, Disconnected, Event, Received, Statistic, Unsubscribed
from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto
from tests.client import PATIENCE_S

pytestmark = pytest.mark.broker

T = TypeVar("T")


class Line:
    """The program's door to MQTT, and what has come through it."""

    def __init__(self, options: Mqtt, *subscriptions: str, stale: tuple[str, ...] = ()) -> None:
        self.events: Mailbox[Event] = Mailbox()
        self.broker = Broker(
            options,
            password=None,
            status_topic=f"status/{options.client_id}",
            subscriptions=subscriptions,
            stale_subscriptions=stale,
            emit=self.events.put,
        )
        self.heard: list[Event] = []
        self.unread: deque[Message] = deque()
        self.broker.connect()

    def wait(self, is_it: Callable[[Event], bool]) -> Event:
        """Return the next event of a kind; all that come are remembered."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            event = self.events.take()
            if event is None:
                assert time.monotonic() < deadline_s, f"no such event came; heard {self.heard}"
                self.broker.wait(0.2, self.events)
                continue
            self.heard.append(event)
            if isinstance(event, Received):
                self.unread.append(event.message)
            if isinstance(event, Connected):
                self.broker.greet()
            if is_it(event):
                return event

    def connected(self) -> Connected:
        """Wait for a connection with its subscriptions in place."""
        event = cast("Connected", self.wait(lambda event: isinstance(event, Connected)))
        self.publish("settled", b"")  # the broker answers in order
        return event

    def message(self) -> Message:
        """Return the next message."""
        if not self.unread:
            self.wait(lambda event: isinstance(event, Received))
        return self.unread.popleft()

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish, and wait for the broker's word."""
        number = self.broker.publish(Publication(topic=topic, payload=payload))
        self.wait(lambda event: isinstance(event, Confirmed) and event.publication_id == number)

    def leave(self) -> None:
        """Close the connection; the session stays."""
        self.broker.close(timeout_s=5.0)
        self.events.close()


@contextmanager
def line(options: Mqtt, *subscriptions: str, stale: tuple[str, ...] = ()) -> Iterator[Line]:
    """Give a connected line."""
    opened = Line(options, *subscriptions, stale=stale)
    opened.connected()
    try:
        yield opened
    finally:
        opened.leave()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a mosquitto that runs."""
    with mosquitto.running(tmp_path) as running:
        yield running


def options(broker: Mosquitto, name: str = "edge", **others: Any) -> Mqtt:
    """Return how to reach a broker."""
    return Mqtt(host="127.0.0.1", port=broker.port, client_id=name, broker_statistics=False, **others)


def send(broker: Mosquitto, topic: str, *payloads: bytes, qos: int = 1, retain: bool = False) -> None:
    """Publish as some device does, and wait until the broker has it."""
    device = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    device.connect("127.0.0.1", broker.port)
    device.loop_start()
    for payload in payloads:
        device.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(PATIENCE_S)
    device.disconnect()
    device.loop_stop()


def test_messages_that_came_while_nobody_was_there_are_delivered(broker: Mosquitto) -> None:
    """Paho's default would wipe the session at each start of a process."""
    with line(options(broker), "raw/#"):
        pass
    send(broker, "raw/a", b"1", b"2")
    with line(options(broker), "raw/#") as back:
        assert [back.message().payload for _ in range(2)] == [b"1", b"2"]
        assert back.heard[0] == Connected(1, is_same_session=True)


def test_a_session_that_the_broker_does_not_know_is_told(broker: Mosquitto) -> None:
    """Then nothing of an earlier connection comes again."""
    fresh = Line(options(broker), "raw/#")
    assert fresh.connected() == Connected(1, is_same_session=False)
    fresh.leave()


def test_what_was_not_acknowledged_comes_again_and_says_so(broker: Mosquitto) -> None:
    """Redelivery happens at a reconnection alone, with the id of the first time."""
    with line(options(broker), "raw/#") as first:
        send(broker, "raw/a", b"1")
        early = first.message()
    with line(options(broker), "raw/#") as second:
        late = second.message()

    assert (early.is_redelivered, late.is_redelivered) == (False, True)
    assert early.id == late.id


def test_an_acknowledgement_of_an_earlier_connection_is_not_sent(broker: Mosquitto) -> None:
    """Its packet id may be another message's by now, which would be lost."""
    with line(options(broker), "raw/#") as opened:
        send(broker, "raw/a", b"1")
        old = opened.message()
        broker_of = opened.broker
        broker_of.acknowledge(replace(old, epoch=old.epoch - 1))
    with line(options(broker), "raw/#") as again:
        same = again.message()
        assert same.id == old.id
        again.broker.acknowledge(same)
        again.publish("settled", b"")
    with line(options(broker), "raw/#") as last:
        send(broker, "raw/a", b"2")
        assert last.message().payload == b"2"


def test_no_more_is_sent_ahead_than_in_flight(broker: Mosquitto) -> None:
    """The receive maximum leaves the rest with the broker until something is acknowledged."""
    with line(options(broker, in_flight=2), "raw/#") as opened:
        send(broker, "raw/a", b"1", b"2", b"3")
        first = opened.message()
        opened.message()
        opened.publish("settled", b"")
        assert sum(isinstance(event, Received) for event in opened.heard) == 2
        opened.broker.acknowledge(first)

        assert opened.message().payload == b"3"


def test_the_broker_s_own_receive_maximum_is_heeded(tmp_path: Path) -> None:
    """Mosquitto ends the connection of a client that sends more ahead than it said; paho does not look."""
    narrow = Mosquitto(tmp_path, settings="max_inflight_messages 2")
    narrow.start()
    try:
        with line(options(narrow)) as opened:
            numbers = {opened.broker.publish(Publication(topic="x", payload=b"%d" % n)) for n in range(50)}
            while numbers:
                event = opened.wait(lambda event: isinstance(event, Confirmed))
                numbers.discard(cast("Confirmed", event).publication_id)
            assert not any(isinstance(event, Disconnected) for event in opened.heard)
    finally:
        narrow.stop()


def test_a_packet_that_the_broker_does_not_take_is_refused_here(tmp_path: Path) -> None:
    """It would end the connection, and be sent again on the next one, for ever."""
    small = Mosquitto(tmp_path, settings="max_packet_size 1000")
    small.start()
    try:
        with line(options(small)) as opened:
            with pytest.raises(BrokerError) as error:
                opened.broker.publish(Publication(topic="x", payload=b"." * 999))
            opened.publish("x", b"." * 500)
            assert not any(isinstance(event, Disconnected) for event in opened.heard)
    finally:
        small.stop()

    assert str(error.value) == "the broker takes packets of at most 1000 bytes, got 1000"


def test_a_large_message_is_not_discarded_by_the_broker(broker: Mosquitto) -> None:
    """A client that names a maximum packet size never hears of what exceeds it: this one names none."""
    with line(options(broker), "raw/#") as opened:
        send(broker, "raw/a", b"x" * 2_000_000)
        assert len(opened.message().payload) == 2_000_000


def test_a_publication_without_a_connection_goes_out_on_the_next_one(broker: Mosquitto) -> None:
    """The client keeps it, and the broker's confirmation bears its number."""
    with line(options(broker)) as opened:
        broker.stop()
        opened.wait(lambda event: isinstance(event, Disconnected))
        number = opened.broker.publish(Publication(topic="x", payload=b"1"))
        broker.start()
        event = opened.wait(lambda event: isinstance(event, Confirmed) and event.publication_id == number)

        assert cast("Confirmed", event).refusal is None


def test_a_refused_publication_says_why(tmp_path: Path) -> None:
    """MQTT 5 gives a reason with the PUBACK."""
    rules = tmp_path / "acl"
    rules.write_text("topic read #\ntopic write settled\ntopic write status/#\n")
    rules.chmod(0o644)
    strict = Mosquitto(tmp_path, settings=f"acl_file {rules}")
    strict.start()
    try:
        with line(options(strict)) as opened:
            number = opened.broker.publish(Publication(topic="forbidden", payload=b"1"))
            event = opened.wait(lambda event: isinstance(event, Confirmed) and event.publication_id == number)
    finally:
        strict.stop()

    assert cast("Confirmed", event).refusal == "Not authorized"


@pytest.mark.parametrize("qos", [1, 2])
def test_what_is_published_at_qos_2_arrives_at_qos_1(broker: Mosquitto, qos: int) -> None:
    """Subscribed at QoS 1, since paho's manual acknowledgement is doubtful above it."""
    with line(options(broker), "raw/#") as opened:
        send(broker, "raw/a", b"1", qos=qos)
        got = opened.message()
        opened.broker.acknowledge(got)
        opened.publish("settled", b"")

    assert got.qos == 1
    with line(options(broker), "raw/#") as again:
        again.publish("settled", b"")
        assert not any(isinstance(event, Received) for event in again.heard)


def test_equal_messages_at_qos_0_have_ids_of_their_own(broker: Mosquitto) -> None:
    """None of them is ever delivered again, and two equal readings are two readings."""
    with line(options(broker), "raw/#") as opened:
        send(broker, "raw/a", b"OPEN", b"OPEN", qos=0)
        one, two = opened.message(), opened.message()

    assert (one.qos, one.packet_id) == (0, 0)
    assert one.id != two.id


def test_a_retained_message_is_read_once(broker: Mosquitto) -> None:
    """It comes with the first subscription of a session; a restart reads nothing twice."""
    send(broker, "raw/a", b"kept", retain=True)
    with line(options(broker), "raw/#") as first:
        kept = first.message()
        first.broker.acknowledge(kept)
        first.publish("settled", b"")
    with line(options(broker), "raw/#") as second:
        second.publish("settled", b"")

    assert kept.payload == b"kept"
    assert not any(isinstance(event, Received) for event in second.heard)


def test_a_stale_subscription_is_ended(broker: Mosquitto) -> None:
    """The session would go on with it; the broker's answer is an event."""
    with line(options(broker), "old/#"):
        pass
    with line(options(broker), "new/#", stale=("old/#",)) as opened:
        if not any(isinstance(event, Unsubscribed) for event in opened.heard):
            opened.wait(lambda event: isinstance(event, Unsubscribed))
        send(broker, "old/a", b"1")
        send(broker, "new/a", b"2")
        assert opened.message().payload == b"2"


def test_members_of_a_group_share_the_messages(broker: Mosquitto) -> None:
    """Each message goes to one of them; with noLocal, the broker would end the connection."""
    with (
        line(options(broker, "one"), "$share/pis/raw/#") as one,
        line(options(broker, "two"), "$share/pis/raw/#") as two,
    ):
        send(broker, "raw/a", b"1", b"2", b"3", b"4")
        got = [each.message().payload for each in (one, two) for _ in range(2)]

    assert sorted(got) == [b"1", b"2", b"3", b"4"]


def test_own_publications_do_not_come_back(broker: Mosquitto) -> None:
    """Whatever a filter covers, the daemon does not read what it wrote itself."""
    with line(options(broker), "#") as opened:
        opened.publish("raw/a", b"own")
        send(broker, "raw/a", b"other")

        assert opened.message().payload == b"other"


def test_the_broker_says_how_it_is(tmp_path: Path) -> None:
    """Its statistics come as figures, and as no messages."""
    talkative = Mosquitto(tmp_path, settings="sys_interval 1")
    talkative.start()
    try:
        with line(replace(options(talkative), broker_statistics=True), "raw/#") as opened:
            names: set[str] = set()
            while len(names) < 3:
                opened.wait(lambda event: isinstance(event, Statistic))
                names |= {event.name for event in opened.heard if isinstance(event, Statistic)}
    finally:
        talkative.stop()

    assert names == {"store/messages/count", "retained messages/count", "publish/messages/dropped"}
    assert not any(isinstance(event, Received) for event in opened.heard)


def test_another_client_with_the_same_id_ends_the_connection(broker: Mosquitto) -> None:
    """The end is told in words, and the client tries again by itself."""
    with line(options(broker)) as first, line(options(broker)):
        event = first.wait(lambda event: isinstance(event, Disconnected))

    assert cast("Disconnected", event).why.startswith("the connection ended: ")


def test_no_value_of_a_payload_makes_the_broker_hang_up(broker: Mosquitto) -> None:
    """Whatever character a device puts into a topic: the broker takes the publication, on the level it was for."""
    planes = [plane + last for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)]
    hostile = [*range(0x20), *map(ord, "+#/$"), *range(0x7F, 0xA0), 0xD800, 0xDFFF, 0xFDD0, 0xFDEF, *planes]
    with line(options(broker, "reader"), "out/+") as reader, line(options(broker)) as opened:
        for number, code in enumerate(hostile):
            topic = f"out/{number}{topics.level(chr(code) + 'a')}"
            opened.publish(topic, b"x")
            heard = reader.message()
            reader.broker.acknowledge(heard)
            assert heard.topic == topic

        assert not any(isinstance(event, Disconnected) for event in opened.heard)
