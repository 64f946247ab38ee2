"""Owns the ceiling of the transport: a bare client that publishes each message back, and does nothing else.

Knows nothing of readings. QoS 1 in and out and manual acknowledgement after the broker has the answer, as the
daemon does it; run as a program of its own, so that it has a processor to itself as the daemon has.
"""

import sys
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge_bench.transport import INPUT, OUTPUT, send_at_once

READY = "ready"


def main(port: int, in_flight: int) -> None:
    """Echo until the process is ended; a line on standard output says when it is subscribed."""
    unconfirmed: dict[int, paho.MQTTMessage] = {}

    def on_connect(client: paho.Client, _data: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
        client.subscribe(f"{INPUT}/#", qos=1)

    def on_subscribe(_client: Any, _data: Any, _mid: int, _reasons: Any, _properties: Any) -> None:
        sys.stdout.write(READY + "\n")
        sys.stdout.flush()

    def on_message(client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        sent = client.publish(OUTPUT + message.topic.removeprefix(INPUT), message.payload, qos=1)
        unconfirmed[sent.mid] = message

    def on_publish(client: paho.Client, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        if message := unconfirmed.pop(mid, None):
            client.ack(message.mid, message.qos)

    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, manual_ack=True)
    client.max_inflight_messages_set(in_flight)
    client.on_socket_open = send_at_once
    client.on_connect, client.on_subscribe = on_connect, on_subscribe
    client.on_message, client.on_publish = on_message, on_publish
    details = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    details.ReceiveMaximum = in_flight
    client.connect("127.0.0.1", port, properties=details)
    client.loop_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
