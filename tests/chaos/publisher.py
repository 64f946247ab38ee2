"""Owns the outside load: publishes the devices' messages at QoS 1 and notes which of them the broker accepted.

Knows nothing of the daemon. What counts as an input is what the broker has acknowledged; a message whose
acknowledgement a broken connection took along is doubtful, and is not sent again.
"""

import threading
import time
from collections.abc import Callable, Iterable

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from tests.chaos.sensors import Sent

IN_FLIGHT = 50  # publications without an acknowledgement
_PAUSE_S = 0.002
_RETRY_S = 0.05
_NOBODY = 0x10  # MQTT 5, 2.4: no matching subscribers


class Publisher:
    """A client that publishes from a thread of its own.

    Args:
        port: the broker's own.
        may_send: asked before each message: whether the next one may go out now.
        qos: of all messages from now on.
    """

    def __init__(self, port: int, *, may_send: Callable[[], bool], qos: int = 1) -> None:
        self._port = port
        self._may_send = may_send
        self.qos = qos
        self._client: paho.Client | None = None
        self._pending: dict[int, Sent] = {}
        self._thread: threading.Thread | None = None
        self._is_stopping = False
        self.offered: dict[int, Sent] = {}  # all messages handed to a client, by number
        self.accepted: set[int] = set()
        self.unheard: set[int] = set()  # the broker said that nobody subscribes
        self.doubtful: set[int] = set()

    def send(self, messages: Iterable[Sent]) -> None:
        """Publish messages from now on, behind this call's back."""
        assert self._thread is None or not self._thread.is_alive()
        self._thread = threading.Thread(target=self._publish_all, args=(messages,), name="chaos-publisher")
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether all messages are out, and each accepted or doubtful."""
        return (self._thread is None or not self._thread.is_alive()) and not self._pending

    def close(self) -> None:
        """Stop sending and leave."""
        self._is_stopping = True
        if self._thread is not None:
            self._thread.join()
        self._drop_client()

    def _publish_all(self, messages: Iterable[Sent]) -> None:
        for message in messages:
            while not self._is_stopping and not self._try(message):
                time.sleep(_PAUSE_S)
        while self._pending and not self._is_stopping:
            self._heed_losses()
            time.sleep(_PAUSE_S)

    def _try(self, message: Sent) -> bool:
        self._heed_losses()
        client = self._client or self._connect()
        if client is None:
            time.sleep(_RETRY_S)
            return False
        if len(self._pending) >= IN_FLIGHT or not self._may_send():
            return False
        self.offered[message.number] = message  # before it goes: its answer may come while `publish` returns
        info = client.publish(message.topic, message.payload, qos=self.qos)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.doubtful.add(message.number)
        else:
            self._pending[info.mid] = message
        return True

    def _heed_losses(self) -> None:
        """Give up a connection that is gone: what it had not acknowledged is doubtful."""
        if self._client is not None and not self._client.is_connected():
            self._drop_client()

    def _drop_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()
        self.doubtful |= {message.number for message in self._pending.values()}
        self._pending.clear()

    def _connect(self) -> paho.Client | None:
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, reconnect_on_failure=False)
        client.max_inflight_messages_set(IN_FLIGHT)
        client.on_publish = self._on_publish
        try:
            client.connect("127.0.0.1", self._port)
        except OSError:
            return None
        client.loop_start()
        for _ in range(500):
            if client.is_connected():
                self._client = client
                return client
            time.sleep(_PAUSE_S)
        client.loop_stop()
        return None

    def _on_publish(
        self, client: paho.Client, _data: object, mid: int, reason: ReasonCode, _properties: object
    ) -> None:
        while client is self._client and mid not in self._pending:
            time.sleep(_PAUSE_S)  # acknowledged before `publish` returned its number
        message = self._pending.pop(mid, None)
        if message is None:
            return
        if reason.value == _NOBODY:
            self.unheard.add(message.number)
        else:
            self.accepted.add(message.number)
