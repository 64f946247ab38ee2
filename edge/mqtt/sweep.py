"""Owns a sweep of the broker: what it keeps on some topics is looked at, and what is ours is deleted there.

Knows nothing of what the messages mean. The visitor comes under an id of its own and leaves no session behind.
"""

import ssl
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

from edge.config.options import Mqtt, Protocol
from edge.errors import BrokerError
from edge.mailbox import Mailbox
from edge.mqtt import clients, unreachable
from edge.mqtt.connection import Connection

PATIENCE_S = 15.0
QUIET_S = 0.5  # after the last message that was kept; a broker need not send all of them at once


def sweep(
    options: Mqtt,
    *,
    password: str | None,
    tls: ssl.SSLContext | None,
    topic_filter: str,
    is_ours: Callable[[str, bytes], bool],
    timeout_s: float = PATIENCE_S,
    clock: Callable[[], float] = time.monotonic,
) -> list[str]:
    """Delete what the broker keeps on some topics, as far as it is ours; return the topics.

    Args:
        options: how the daemon reaches the broker; the visitor has its client id with `-sweep` behind it.
        password: of the daemon's user; None for none.
        tls: the terms of an encrypted connection; None for one that is not.
        topic_filter: of the topics.
        is_ours: tells by topic and payload.
        timeout_s: for all of it.
        clock: monotonic seconds.

    Raises:
        BrokerError: there is no connection, or the broker does not let the visitor read or delete there.
    """
    own = replace(options, client_id=f"{options.client_id}-sweep")
    is_clean = own.protocol is not Protocol.MQTT_5
    client = clients.visitor(own, password=password, tls=tls, is_clean=is_clean)
    visitor = _Visitor(own, client, topic_filter, is_ours, clock)
    try:
        visitor.work(clock() + timeout_s)
    finally:
        if is_clean:
            client.disconnect()
        else:
            clients.leave_for_good(client)
        client.loop_write()
    return sorted(visitor.deleted)


class _Visitor:
    """One connection, and what is not answered yet."""

    def __init__(
        self,
        options: Mqtt,
        client: Any,
        topic_filter: str,
        is_ours: Callable[[str, bytes], bool],
        clock: Callable[[], float],
    ) -> None:
        self.deleted: list[str] = []
        self._options = options
        self._client = client
        self._filter = topic_filter
        self._is_ours = is_ours
        self._clock = clock
        self._waiting: dict[int, str] = {}  # deletions without an answer
        self._trouble: str | None = None
        self._quiet_at_s: float | None = None  # known once the subscription stands
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        self._connection = Connection(client, on_no_answer=self._on_no_answer, clock=clock)

    def work(self, end_s: float) -> None:
        """Connect, look, delete, and wait for the answers."""
        with closing(Mailbox[None]()) as nobody:
            while self._trouble is None and not self._is_done():
                if self._clock() >= end_s:
                    self._trouble = unreachable.why(TimeoutError(), self._options)
                self._connection.wait(QUIET_S / 4, nobody)
        if self._trouble is not None:
            raise BrokerError(self._trouble)

    def _is_done(self) -> bool:
        return self._quiet_at_s is not None and self._clock() >= self._quiet_at_s and not self._waiting

    def _on_no_answer(self, error: Exception) -> None:
        self._trouble = unreachable.why(error, self._options)

    def _on_connect(self, client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._trouble = f"the broker refused: {reason}"
            return
        self._connection.succeeded()
        client.subscribe(self._filter, qos=1)

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._trouble = f"the broker does not let this user read {self._filter}"
        self._quiet_at_s = self._clock() + QUIET_S

    def _on_message(self, client: Any, _data: Any, message: Any) -> None:
        client.ack(message.mid, message.qos)
        topic = clients.topic_of(message)
        if not message.retain or not message.payload or not self._is_ours(topic, bytes(message.payload)):
            return
        self._quiet_at_s = self._clock() + QUIET_S
        self._waiting[client.publish(topic, b"", qos=1, retain=True).mid] = topic

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        topic = self._waiting.pop(mid, None)
        if topic is None:
            return
        if reason.is_failure:
            self._trouble = f"the broker does not let this user delete {topic}: {reason}"
        else:
            self.deleted.append(topic)

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        trouble = self._connection.trouble
        self._connection.failed()
        if self._trouble is None:
            known = unreachable.why(trouble, self._options) if trouble is not None else None
            self._trouble = known or f"the connection ended: {reason}"
