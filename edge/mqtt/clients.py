"""Owns the MQTT client as paho gives it: how one is made and connected, what packets say beside topic and payload.

Knows nothing of sessions or events. The only importer of paho; what paho does amiss is mended here.
"""

import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt import properties
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.config.options import Mqtt, Protocol

QUEUE_FULL = MQTTErrorCode.MQTT_ERR_QUEUE_SIZE


def new(options: Mqtt, *, password: str | None, tls: ssl.SSLContext | None, is_clean: bool = False) -> Any:
    """Return a client that is not connected yet; what it gets is acknowledged by hand.

    Args:
        options: where the broker is, and as whom to connect.
        password: None for no password.
        tls: the terms of an encrypted connection; None for one that is not.
        is_clean: whether to end the session that the broker has; over MQTT 3.1.1 only.
    """
    is_mqtt5 = options.protocol is Protocol.MQTT_5
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=options.client_id,
        protocol=paho.MQTTv5 if is_mqtt5 else paho.MQTTv311,
        clean_session=None if is_mqtt5 else is_clean,
        manual_ack=True,
    )
    if options.username is not None:
        client.username_pw_set(options.username, password)
    if tls is not None:
        client.tls_set_context(tls)
    client.on_socket_open = _send_at_once
    return client


def connect(client: Any, options: Mqtt, *, receive_maximum: int) -> None:
    """Let a client connect once it is let work; the session stays with the broker between connections."""
    arguments: dict[str, Any] = {}
    if options.protocol is Protocol.MQTT_5:
        details = _properties(PacketTypes.CONNECT)
        details.SessionExpiryInterval = options.session_expiry_s
        details.ReceiveMaximum = receive_maximum
        # paho's own default wipes the stored session at each start of a process
        arguments = {"clean_start": False, "properties": details}
    client.connect_async(options.host, options.port, keepalive=options.keepalive_s, **arguments)


def visitor(options: Mqtt, *, password: str | None, tls: ssl.SSLContext | None, is_clean: bool = False) -> Any:
    """Return a client for a look at the broker, about to connect: without a last will.

    A session that the broker has under this client id is taken up and kept: it is another's, where the broker puts
    names of users in the place of ids. `is_clean` ends it, over MQTT 3.1.1; over MQTT 5, `leave_for_good` does.
    What is not acknowledged is delivered again, to whose it is.
    """
    client = new(options, password=password, tls=tls, is_clean=is_clean)
    connect(client, options, receive_maximum=1)
    return client


def once_retained(*, is_shared: bool) -> Any:
    """Return the options of a subscription for MQTT 5: retained messages come only when it is new.

    So a restart reads nothing twice. noLocal would be an error for a shared subscription ([MQTT-3.8.3-4]).
    """
    return SubscribeOptions(qos=1, noLocal=not is_shared, retainHandling=1)


def without_retained() -> Any:
    """Return the options of a subscription for MQTT 5 that brings no retained messages."""
    return SubscribeOptions(qos=0, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)


def live() -> Any:
    """Return the options of a subscription for MQTT 5 to what others say now, not surely, and not what we say."""
    return SubscribeOptions(qos=0, noLocal=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)


def leave_for_good(client: Any) -> None:
    """Disconnect over MQTT 5, and have the broker forget the session."""
    details = _properties(PacketTypes.DISCONNECT)
    details.SessionExpiryInterval = 0
    client.disconnect(properties=details)


def _send_at_once(_client: Any, _data: Any, opened: Any) -> None:
    """Let small packets go out as they come: an acknowledgement that waits for company costs 40 ms (Nagle)."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class JsonProperties:
    """The properties of a PUBLISH of JSON, packed as MQTT 5 wants them (2.2.2): all that paho asks of them.

    paho's own class checks each assignment against each name, which takes longer than a replay.
    """

    __slots__ = ("_packed",)

    def __init__(self, user_properties: Mapping[str, str], *, correlation: bytes | None = None) -> None:
        pairs = (b"\x26" + _utf8(name) + _utf8(value) for name, value in user_properties.items())
        data = b"\x09" + _framed(correlation) if correlation is not None else b""
        body = _JSON_IN_UTF8 + data + b"".join(pairs)
        self._packed: bytes = VariableByteIntegers.encode(len(body)) + body  # type: ignore[no-untyped-call]  # paho

    def pack(self) -> bytes:
        """Return the length and the properties."""
        return self._packed


def _utf8(text: str) -> bytes:
    return _framed(text.encode())


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


_JSON_IN_UTF8 = b"\x01\x01\x03" + _utf8("application/json")  # payload format indicator, content type


def _properties(packet_type: int) -> Any:
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho leaves it untyped


def reply_of(message: Any) -> tuple[str | None, bytes | None]:
    """Return where whoever sent a message wants the answer, and what it is to bear; None for what is not said."""
    details = getattr(message, "properties", None)  # there are none over MQTT 3.1.1
    correlation = getattr(details, "CorrelationData", None)
    return getattr(details, "ResponseTopic", None), None if correlation is None else bytes(correlation)


def topic_of(message: Any) -> str:
    """Return the topic of a message; one that is not UTF-8, which MQTT forbids, becomes a topic of no route."""
    try:
        return str(message.topic)
    except UnicodeDecodeError:
        return "\ufffd"


def _tolerate_zero_width_no_break_space(read: Callable[[bytes, int], tuple[str, int]]) -> Any:
    """Let paho read U+FEFF in a property: it takes it for a malformed packet and disconnects.

    The broker delivers the message again on each connection, so one such message would end all traffic; and MQTT
    allows the character ([MQTT-1.5.4-3]). It is read as U+FFFD, which is as long.
    """
    return lambda buffer, length: read(bytes(buffer).replace(b"\xef\xbb\xbf", b"\xef\xbf\xbd"), length)


properties.readUTF = _tolerate_zero_width_no_break_space(properties.readUTF)
