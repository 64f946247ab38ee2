"""Owns a while of listening: what others publish on some topics, for a person who wants to see it.

Knows nothing of what the messages mean. The listener comes under an id of its own, asks for QoS 0 so that it holds
nobody up, and leaves no session behind.
"""

import ssl
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from edge.config.options import Mqtt, Protocol
from edge.errors import BrokerError
from edge.mailbox import Mailbox
from edge.mqtt import clients, unreachable
from edge.mqtt.connection import Connection

_LOOK_S = 0.2  # how often the clock is looked at


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """One message."""

    topic: str
    payload: bytes


def listen(
    options: Mqtt,
    *,
    password: str | None,
    tls: ssl.SSLContext | None,
    topic_filter: str,
    seconds: float,
    most: int,
    clock: Callable[[], float] = time.monotonic,
) -> list[Heard]:
    """Return what came on some topics within a while, retained messages first; of equal messages one.

    Args:
        options: how the daemon reaches the broker; the listener has its client id with `-init` behind it.
        password: of the daemon's user; None for none.
        tls: the terms of an encrypted connection; None for one that is not.
        topic_filter: of the topics.
        seconds: how long; a person may end it earlier, by Ctrl-C, and has what came until then.
        most: as many messages are enough.
        clock: monotonic seconds.

    Raises:
        BrokerError: there is no connection, or the broker does not let this user read there.
    """
    own = replace(options, client_id=f"{options.client_id}-init")
    is_clean = own.protocol is not Protocol.MQTT_5
    client = clients.visitor(own, password=password, tls=tls, is_clean=is_clean)
    listener = _Listener(own, client, topic_filter, most, clock)
    try:
        listener.work(clock() + seconds)
    except KeyboardInterrupt:
        pass
    finally:
        if is_clean:
            client.disconnect()
        else:
            clients.leave_for_good(client)
        client.loop_write()
    return list(listener.heard)


class _Listener:
    """One connection, and what came over it."""

    def __init__(
        self, options: Mqtt, client: Any, topic_filter: str, most: int, clock: Callable[[], float]
    ) -> None:
        self.heard: dict[Heard, None] = {}
        self._options = options
        self._client = client
        self._filter = topic_filter
        self._most = most
        self._clock = clock
        self._trouble: str | None = None
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._connection = Connection(client, on_no_answer=self._on_no_answer, clock=clock)

    def work(self, end_s: float) -> None:
        """Connect and listen."""
        with closing(Mailbox[None]()) as nobody:
            while self._trouble is None and len(self.heard) < self._most and self._clock() < end_s:
                self._connection.wait(_LOOK_S, nobody)
        if self._trouble is not None:
            raise BrokerError(self._trouble)

    def _on_no_answer(self, error: Exception) -> None:
        self._trouble = unreachable.why(error, self._options)

    def _on_connect(self, client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._trouble = f"the broker refused: {reason}"
            return
        self._connection.succeeded()
        client.subscribe(self._filter, qos=0)

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._trouble = f"the broker does not let this user read {self._filter}"

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        if len(self.heard) < self._most:
            self.heard[Heard(topic=clients.topic_of(message), payload=bytes(message.payload))] = None

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        trouble = self._connection.trouble
        self._connection.failed()
        if self._trouble is None:
            known = unreachable.why(trouble, self._options) if trouble is not None else None
            self._trouble = known or f"the connection ended: {reason}"
