"""Owns a look at the broker: whether it lets this client in, and what it may do there.

Knows nothing of what the answers mean. The visitor comes under an id of its own, keeps nothing that it hears,
publishes one empty message on a topic of its own, and leaves no session behind. A broker may put the user's name
in place of the id (mosquitto: use_username_as_clientid). Then the visitor stands in the daemon's own session: it
finds out, as the broker has that session already, changes and acknowledges nothing there, and leaves at once.
"""

import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from edge.config.options import Mqtt, Protocol
from edge.mailbox import Mailbox
from edge.mqtt import clients, unreachable
from edge.mqtt.connection import Connection

PATIENCE_S = 10.0
_VERSION = "$SYS/broker/version"  # mosquitto(8)
_LONGEST_VERSION = 100  # bytes; it goes to a terminal


@dataclass(kw_only=True, slots=True)
class Visit:
    """What came of it.

    Attributes:
        trouble: why there was no connection, or why it ended before all was answered; None where it stood.
        error: what the attempt failed of; None where the broker answered.
        refusal: the broker's code for not letting this client in (MQTT 5, 3.2.2.2); None where it did.
        is_let_in: whether the broker took the connection.
        is_in_other_session: whether the broker had a session for this client, so that nothing was subscribed.
        refused_filters: the filters that may not be subscribed to.
        publication_refusal: the broker's words to the publication; None where it took it, or was not asked.
        version: what the broker calls itself; None where it does not say.
    """

    trouble: str | None = None
    error: Exception | None = None
    refusal: int | None = None
    is_let_in: bool = False
    is_in_other_session: bool = False
    refused_filters: list[str] = field(default_factory=list)
    publication_refusal: str | None = None
    version: str | None = None


def visit(
    options: Mqtt,
    *,
    password: str | None,
    tls: ssl.SSLContext | None,
    filters: Sequence[str],
    topic: str,
    timeout_s: float = PATIENCE_S,
    clock: Callable[[], float] = time.monotonic,
) -> Visit:
    """Return what the broker says to a visitor.

    Args:
        options: how the daemon reaches the broker; the visitor has its client id with `-doctor` behind it.
        password: of the daemon's user; None for none.
        tls: the terms of an encrypted connection; None for one that is not.
        filters: what the daemon subscribes to, not shared: else the visitor would take messages from others.
        topic: where the empty message goes.
        timeout_s: for all of it.
        clock: monotonic seconds.
    """
    own = replace(options, client_id=f"{options.client_id}-doctor")
    visitor = _Visitor(own, clients.visitor(own, password=password, tls=tls), filters, topic)
    visitor.work(timeout_s, clock)
    found = visitor.found
    if found.is_let_in and not found.is_in_other_session and options.protocol is not Protocol.MQTT_5:
        last = _Visitor(own, clients.visitor(own, password=password, tls=tls, is_clean=True), (), None)
        last.work(timeout_s, clock)  # over MQTT 3.1.1, it takes a connection of its own to end a session
    return found


class _Visitor:
    """One connection, and what is not answered yet."""

    def __init__(self, options: Mqtt, client: Any, filters: Sequence[str], topic: str | None) -> None:
        self.found = Visit()
        self._options = options
        self._is_mqtt5 = options.protocol is Protocol.MQTT_5
        self._client = client
        self._filters = filters
        self._topic = topic
        self._asked: dict[int, str] = {}  # subscriptions without an answer, by packet id
        self._published: int | None = None
        self._is_done = False
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message

    def work(self, timeout_s: float, clock: Callable[[], float]) -> None:
        """Connect, ask, wait for the answers, and leave."""
        self._connection = Connection(self._client, on_no_answer=self._on_no_answer, clock=clock)
        leave_at_s = clock() + timeout_s
        with closing(Mailbox[None]()) as nobody:
            while not self._is_done and (left_s := leave_at_s - clock()) > 0:
                self._connection.wait(left_s, nobody)
        if not self._is_done:
            self.found.trouble = unreachable.why(TimeoutError(), self._options)
        self._is_done = True
        if self._is_mqtt5 and not self.found.is_in_other_session:
            clients.leave_for_good(self._client)
        else:
            self._client.disconnect()
        self._client.loop_write()

    def _on_no_answer(self, error: Exception) -> None:
        self.found.error, self.found.trouble = error, unreachable.why(error, self._options)
        self._is_done = True

    def _on_connect(self, client: Any, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        found = self.found
        if reason.is_failure:
            found.refusal, found.trouble = reason.value, f"the broker refused: {reason}"
            self._is_done = True
            return
        found.is_let_in, found.is_in_other_session = True, flags.session_present
        self._connection.succeeded()
        if self._topic is None:
            self._is_done = True
            return
        if not found.is_in_other_session:
            for each in self._filters:
                options = {"options": clients.without_retained()} if self._is_mqtt5 else {"qos": 0}
                self._asked[client.subscribe(each, **options)[1]] = each
            client.subscribe(_VERSION, qos=0)  # retained, so it comes before the answer to what is asked next
        self._published = client.publish(self._topic, b"", qos=1).mid

    def _on_subscribe(self, _client: Any, _data: Any, mid: int, reasons: Sequence[Any], _properties: Any) -> None:
        each = self._asked.pop(mid, None)
        if each is not None and any(reason.is_failure for reason in reasons):
            self.found.refused_filters.append(each)

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        if mid == self._published:  # a broker answers in the order in which it was asked
            self.found.publication_refusal = str(reason) if reason.is_failure else None
            self._is_done = True

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        if message.topic == _VERSION:
            said = message.payload[:_LONGEST_VERSION].decode("utf-8", "replace")
            self.found.version = "".join(char for char in said if char.isprintable()) or None

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        trouble, is_early = self._connection.trouble, not self.found.is_let_in
        self._connection.failed()
        if self._is_done:  # it was us, or it is said already
            return
        self._is_done = True
        self.found.error = trouble
        if trouble is not None:
            self.found.trouble = unreachable.why(trouble, self._options)
        elif is_early:
            self.found.trouble = unreachable.why_ended_early(self._options)
        else:
            self.found.trouble = f"the connection ended: {reason}"
