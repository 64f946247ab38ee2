"""Owns a daemon without a model for tests: the real main loop on a real mosquitto, and a script for weights."""

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge import config, daemon, service
from edge.bridge.info import Program
from edge.bridge.loglines import LogLines
from edge.config.options import Config
from edge.dead.deadletters import DeadLetters
from edge.delivery.intake import Intake
from edge.event import Event, Stop
from edge.extraction.extractor import Extractor
from edge.generation import Generation, asides
from edge.homeassistant.known import KnownDevices
from edge.mailbox import Mailbox
from edge.mainloop import MainLoop, Settings
from edge.memory import BYTES_PER_MB, MemoryGuard
from edge.mqtt.broker import Broker
from edge.mqtt.session import Session
from edge.pipeline import Pipeline
from edge.verbs.mosquitto import Mosquitto
from tests import made
from tests.client import PATIENCE_S

if TYPE_CHECKING:
    from edge.engine.engine import Engine

PROGRAM = Program(version="1.2.3", model_sha256="ab" * 32, quantization="Q4_0", prompt_contract="edge-1")
CONFIG = """
base_topic: edge/t
mqtt: {{host: 127.0.0.1, port: {port}, client_id: edge-t}}
bridge: {{requests: true}}
limits: {{payload_bytes: 1000}}
routes:
  - name: tank
    subscribe: raw/tank/+
    publish: readings/tank/{{1}}
    fields:
      level: {{type: number, unit: cm}}
"""


@dataclass(kw_only=True)
class EngineAtRest:
    """What the main loop looks at of an engine."""

    last_alive_s: float
    fed_tokens: int = 700
    decode_calls: int = 20
    is_idle: bool = True


class Daemon:
    """A daemon that runs in a thread.

    Attributes:
        config_file: what a reload reads.
    """

    def __init__(self, folder: Path, broker: Mosquitto, text: str = CONFIG, *, extractor: Extractor) -> None:
        self._state = folder
        self.config_file = folder / "edge.yaml"
        self.config_file.write_text(text.format(port=broker.port), encoding="utf-8")
        self.events: Mailbox[Event] = Mailbox()
        self.engine = EngineAtRest(last_alive_s=time.monotonic())
        self._extractor = extractor
        self._stack = ExitStack()
        self._log_lines = LogLines(self.events.put, clock=time.monotonic)
        first = self._generation(self._read())
        self._loop = self._made(first)
        self._thread = threading.Thread(target=self._loop.serve, daemon=True)
        self._first = first

    def start(self) -> None:
        """Begin to serve."""
        self._stack.enter_context(service.also_logging_to(self._log_lines))
        daemon.serve_http(self._first.config, self.events, PROGRAM.build, self._stack)
        self._thread.start()

    def stop(self) -> None:
        """End, as at SIGTERM."""
        self.events.put(Stop("SIGTERM"))
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self._stack.close()
        self.events.close()

    def _read(self) -> Config:
        return config.load(self.config_file, hostname="pi")

    def _generation(self, config: Config) -> Generation:
        prepared = {route.name: made.prepared(route.schema) for route in config.routes}
        pipeline = Pipeline(
            extractor=self._extractor,
            routes=config.routes,
            prepared=prepared,
            limits=config.limits,
            base_topic=config.base_topic,
        )
        return Generation(config=config, prepared=prepared, shapes={}, pipeline=pipeline, cache=None)

    def _made(self, first: Generation) -> MainLoop:
        options = first.config
        session = Session(None, client_id=options.mqtt.client_id, subscriptions=first.subscriptions)
        return MainLoop(
            Settings(base_topic=options.base_topic),
            generation=first,
            reread=lambda _now: self._generation(self._read()),
            broker=Broker(
                options.mqtt,
                password=None,
                status_topic=f"{options.base_topic}/status",
                asides=asides(options),
                subscriptions=first.subscriptions,
                emit=self.events.put,
            ),
            engine=cast("Engine", self.engine),
            events=self.events,
            intake=Intake(
                None, is_storing=False, when_full=options.spool.when_full, window=64, clock=time.monotonic
            ),
            dead=DeadLetters(options.dead, None, payload_bytes=1000),
            session=session,
            guard=MemoryGuard(500, clock=time.monotonic, resident=lambda: 312 * BYTES_PER_MB),
            program=PROGRAM,
            devices=KnownDevices(self._state),
            log_lines=self._log_lines,
            uniform=lambda least, _most: least / 10,
        )


class Stranger:
    """Another client of the broker, over MQTT 5: another library's way of use than the daemon's."""

    def __init__(self, port: int, name: str, *, protocol: Any = paho.MQTTv5) -> None:
        self._heard: queue.Queue[Any] = queue.Queue()
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=protocol)
        self._client.on_message = lambda _client, _data, message: self._heard.put(message)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def listen(self, *topics: str) -> None:
        """Hear what is published on these topics from now on, and what the broker keeps of them."""
        for topic in topics:
            self._subscribed.clear()
            self._client.subscribe(topic, qos=1)
            assert self._subscribed.wait(PATIENCE_S)

    def say(
        self,
        topic: str,
        payload: str | bytes | dict[str, Any] = b"",
        *,
        response_topic: str | None = None,
        correlation: bytes | None = None,
        retain: bool = False,
    ) -> None:
        """Publish at QoS 1, and wait until the broker has it."""
        details: Any = None
        if response_topic is not None or correlation is not None:
            details = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        if response_topic is not None:
            details.ResponseTopic = response_topic
        if correlation is not None:
            details.CorrelationData = correlation
        data = json.dumps(payload) if isinstance(payload, dict) else payload
        sent = self._client.publish(topic, data, qos=1, retain=retain, properties=details)
        sent.wait_for_publish(PATIENCE_S)

    def hear(self, topic: str) -> Any:
        """Return the next message on a topic, as the library gives it; others are passed over."""
        while True:
            message = self._heard.get(timeout=PATIENCE_S)
            if message.topic == topic:
                return message

    def told(self, topic: str) -> Any:
        """Return the JSON of the next message on a topic."""
        return json.loads(self.hear(topic).payload)

    def heard_topics(self) -> list[str]:
        """Return the topics of all that has come and was not asked for yet."""
        return [self._heard.get().topic for _ in range(self._heard.qsize())]

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def stranger(
    broker: Mosquitto, *topics: str, name: str = "stranger", protocol: Any = paho.MQTTv5
) -> Iterator[Stranger]:
    """Give another client that hears some topics."""
    client = Stranger(broker.port, name, protocol=protocol)
    try:
        client.listen(*topics)
        yield client
    finally:
        client.close()


@contextmanager
def served(
    folder: Path,
    broker: Mosquitto,
    text: str = CONFIG,
    *,
    script: str | Exception = '{"level":182.5}',
    extractor: Extractor | None = None,
) -> Iterator[Daemon]:
    """Give a daemon that is online.

    Args:
        folder: for its configuration.
        broker: which runs.
        text: the configuration.
        script: what the model writes for each text, or the error with which it fails.
        extractor: in place of one that keeps to the script.
    """
    running = Daemon(folder, broker, text, extractor=extractor or made.ScriptedExtractor(script))
    with stranger(broker, "edge/t/status", name="door") as door:
        running.start()
        try:
            while door.hear("edge/t/status").payload != b"online":
                pass
            yield running
        finally:
            running.stop()
