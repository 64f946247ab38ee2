"""Owns what tests of encrypted connections need: CAs of their own, certificates, and a client that tells all."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import trustme

from edge.answer import Publication
from edge.config.options import Mqtt, Tls
from edge.mailbox import Mailbox
from edge.message import Message
from edge.mqtt import tls
from edge.mqtt.broker import Broker
from edge.mqtt.events import Confirmed, Connected, Disconnected, Event, Received
from edge.verbs.mosquitto import Mosquitto
from tests.client import PATIENCE_S

YEAR = timedelta(days=365)


class Authority:
    """A CA, and the files of what it issues, in a folder.

    Attributes:
        file: its own certificate.
    """

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self._ca = trustme.CA()
        self.file = folder / f"{name}.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def issue(self, *names: str, file: str = "server", starts: timedelta = -YEAR, ends: timedelta = YEAR) -> Tls:
        """Return the files of a certificate for some names that holds for some time, seen from now."""
        now = datetime.now(UTC)
        made = self._ca.issue_cert(*names, not_before=now + starts, not_after=now + ends)
        certificate, key = self._folder / f"{file}.crt", self._folder / f"{file}.key"
        made.cert_chain_pems[0].write_to_path(certificate)
        made.private_key_pem.write_to_path(key)
        key.chmod(0o600)
        return Tls(certificate=certificate, key=key)


def listening(shown: Tls, *, asks_for: Path | None = None) -> str:
    """Return the lines of mosquitto.conf that show a certificate to clients, and may ask for theirs."""
    lines = [f"certfile {shown.certificate}", f"keyfile {shown.key}"]
    if asks_for is not None:
        lines += [f"cafile {asks_for}", "require_certificate true"]
    return "\n".join(lines)


class Line:
    """A client of a broker: the program's own door to MQTT, and all that has come through it."""

    def __init__(self, options: Mqtt, *topics: str, password: str | None = None) -> None:
        self.events: Mailbox[Event] = Mailbox()
        self.heard: list[Event] = []
        self.messages: list[Message] = []
        self.broker = Broker(
            options,
            password=password,
            tls=tls.context(options.tls, {}) if options.tls is not None else None,
            status_topic=f"status/{options.client_id}",
            subscriptions=topics,
            emit=self.events.put,
        )
        self.broker.connect()

    def wait(self, is_it: Callable[[Event], bool]) -> Event:
        """Return the next event of a kind; messages that come are acknowledged and remembered."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            event = self.events.take()
            if event is None:
                left_s = deadline_s - time.monotonic()
                assert left_s > 0, f"no such event came; heard {[e for e in self.heard if not _is_message(e)]}"
                self.broker.wait(left_s, self.events)
                continue
            self.heard.append(event)
            if isinstance(event, Connected):
                self.broker.greet()
            if isinstance(event, Received):
                self.messages.append(event.message)
                self.broker.acknowledge(event.message)
            if is_it(event):
                return event

    def trouble(self) -> str:
        """Return why the next attempt fails, or the connection ends."""
        return cast("Disconnected", self.wait(lambda event: isinstance(event, Disconnected))).why

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> str | None:
        """Publish at QoS 1; return the broker's refusal, None where it takes the message."""
        number = self.broker.publish(Publication(topic=topic, payload=payload, retain=retain))
        event = self.wait(lambda event: isinstance(event, Confirmed) and event.publication_id == number)
        return cast("Confirmed", event).refusal

    def hear(self, count: int) -> list[Message]:
        """Return the first so many messages that come."""
        while len(self.messages) < count:
            self.wait(_is_message)
        return self.messages[:count]


@contextmanager
def line(options: Mqtt, *topics: str, password: str | None = None) -> Iterator[Line]:
    """Give a client for as long as the block lasts; it is connected from the first wait on."""
    opened = Line(options, *topics, password=password)
    try:
        yield opened
    finally:
        opened.broker.close(timeout_s=1.0)
        opened.events.close()


@contextmanager
def connected(options: Mqtt, *topics: str, password: str | None = None) -> Iterator[Line]:
    """Give a client that is connected, and whose subscriptions the broker has."""
    with line(options, *topics, password=password) as opened:
        opened.wait(lambda event: isinstance(event, Connected))
        opened.wait(lambda event: isinstance(event, Confirmed))  # of the status, which follows the subscriptions
        yield opened


@contextmanager
def started(broker: Mosquitto) -> Iterator[Mosquitto]:
    """Let a broker run for as long as the block lasts."""
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def _is_message(event: Event) -> bool:
    return isinstance(event, Received)
