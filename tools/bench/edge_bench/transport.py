"""Owns the load on a broker: a client in this process that publishes texts and hears what becomes of each.

Knows nothing of who answers. Each message has its number as the last level of its topic, and its answer bears the
same number, so that no text need be alike or unlike another. Publishes at QoS 1, as many ahead of their answers as
the window allows; hears at QoS 0, so that the load takes little of the machine from what is measured.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.errors import EdgeError

INPUT, OUTPUT, BASE = "bench", "readings", "edge/bench"
STATUS = f"{BASE}/status"
CONNECT_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A message to publish: which route takes it, and its text."""

    route: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What became of some messages, in the order in which they were published.

    Attributes:
        answers: the reading of each; None for a dead letter.
        times_ms: from a message's publication to its answer.
    """

    answers: tuple[str | None, ...]
    times_ms: tuple[float, ...]
    duration_s: float


def send_at_once(_client: paho.Client, _data: Any, opened: Any) -> None:
    """Let a socket send small packets without waiting for the one before: 40 ms each, where two ends wait."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Load:
    """A client that is connected as long as its block lasts.

    Args:
        window: how many messages may be without an answer.
    """

    def __init__(self, port: int, *, window: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._port = port
        self._window = window
        self._clock = clock
        self._subscribed = threading.Event()
        self._served = threading.Event()
        self._room = threading.Semaphore(window)
        self._answers: dict[int, tuple[float, str | None]] = {}
        self._started_s: list[float] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.max_inflight_messages_set(window)
        self._client.on_socket_open = send_at_once
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        """Connect and subscribe; raise EdgeError where the broker does not answer."""
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        if not self._subscribed.wait(CONNECT_S):
            raise EdgeError(f"the broker did not answer within {CONNECT_S:.0f} s")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def await_daemon(self, *, patience_s: float) -> None:
        """Wait until a daemon says `online`, which it does behind its subscriptions: what comes before is lost.

        Raises:
            EdgeError: it did not say so.
        """
        if not self._served.wait(patience_s):
            raise EdgeError(f"the daemon did not say `online` within {patience_s:.0f} s")

    def send(self, messages: Sequence[Sent], *, patience_s: float) -> Heard:
        """Publish messages, and wait until each has its answer.

        Raises:
            EdgeError: no answer came for so long.
        """
        first = len(self._started_s)
        begun_s = self._clock()
        for number, message in enumerate(messages, start=first):
            if not self._room.acquire(timeout=patience_s):
                raise EdgeError(self._silence(first, len(messages), patience_s))
            self._started_s.append(self._clock())
            self._client.publish(f"{INPUT}/{message.route}/{number}", message.text.encode(), qos=1)
        for _ in range(self._window):  # whoever holds the whole window has all answers
            if not self._room.acquire(timeout=patience_s):
                raise EdgeError(self._silence(first, len(messages), patience_s))
        self._room.release(self._window)
        found = [self._answers[number] for number in range(first, first + len(messages))]
        return Heard(
            answers=tuple(answer for _, answer in found),
            times_ms=tuple(
                1000 * (at_s - started_s)
                for (at_s, _), started_s in zip(found, self._started_s[first:], strict=True)
            ),
            duration_s=max((at_s for at_s, _ in found), default=begun_s) - begun_s,
        )

    def _silence(self, first: int, count: int, patience_s: float) -> str:
        answered = sum(number >= first for number in self._answers)
        return f"no answer for {patience_s:.0f} s; {answered} of {count} messages were answered"

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
        client.subscribe([(f"{OUTPUT}/#", 0), (f"{BASE}/dead/#", 0), (STATUS, 0)])

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, _reasons: Any, _properties: Any) -> None:
        self._subscribed.set()

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        at_s = self._clock()
        if message.topic == STATUS:
            if message.payload == b"online":
                self._served.set()
            return
        is_reading = message.topic.startswith(OUTPUT)
        topic = message.topic if is_reading else str(json.loads(message.payload)["topic"])
        number = int(topic.rpartition("/")[2])
        if number in self._answers:
            return  # delivered twice, which QoS 1 allows
        self._answers[number] = (at_s, message.payload.decode() if is_reading else None)
        self._room.release()
