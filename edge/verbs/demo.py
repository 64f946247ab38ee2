"""Owns `edge demo`: a private broker, the daemon as a user starts it, messages in, answers shown and judged.

Knows nothing of the daemon's inside: it sees what any MQTT client sees.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from edge import config
from edge.answer import Publication
from edge.config.options import Config, Mqtt
from edge.errors import EdgeError
from edge.mailbox import Mailbox
from edge.message import Message
from edge.mqtt.broker import Broker
from edge.mqtt.events import Connected, Event, Received
from edge.verbs import demoscript, mosquitto, terminal
from edge.verbs.demoscript import Outcome, Sample

READY_S = 60.0  # for the daemon to load the model and connect
ANSWER_S = 60.0  # for one answer; a first message also decodes its schema
LEAVE_S = 30.0
_CLIENT = "edge-demo-audience"


def run(config_file: Path, messages_file: Path) -> int:
    """Show the messages of a file and their answers; return 0 if each became what it should have, else 1.

    Raises:
        EdgeError: a file cannot be used, or broker or daemon do not start.
    """
    console = Console(highlight=False)
    samples = demoscript.load(messages_file)
    settings = config.load(config_file, hostname=socket.gethostname())
    with (
        tempfile.TemporaryDirectory(prefix="edge-demo-") as folder,
        mosquitto.running(Path(folder)) as private,
        _audience(settings, private.port) as audience,
        _daemon(config_file, private.port, Path(folder)) as daemon,
    ):
        audience.wait_until_online(daemon)
        console.print(f"[bold]mosquitto on port {private.port}, edge run --config {config_file}[/bold]\n")
        outcomes = []
        for number, sample in enumerate(samples, start=1):
            outcomes.append(audience.ask(sample, settings))
            terminal.show_outcome(console, outcomes[-1], number, len(samples))
        code = _stop(daemon)
    return terminal.show_summary(console, outcomes, code)


@dataclass(kw_only=True, slots=True)
class _Audience:
    """Another client of the broker: publishes the messages and hears the answers."""

    broker: Broker
    events: Mailbox[Event]
    base_topic: str

    def wait_until_online(self, daemon: "subprocess.Popen[bytes]") -> None:
        """Wait for the daemon's status; raise EdgeError if it does not come."""
        deadline_s = time.monotonic() + READY_S
        while daemon.poll() is None and time.monotonic() < deadline_s:
            message = self.next_message(timeout_s=1.0)
            if message and message.topic == f"{self.base_topic}/status" and message.payload == b"online":
                return
        raise EdgeError(f"the daemon did not come online within {READY_S:.0f} s (exit code {daemon.poll()})")

    def ask(self, sample: Sample, settings: Config) -> Outcome:
        """Publish one message and return what became of it."""
        match = settings.routes.match(sample.topic)
        topics = {f"{self.base_topic}/dead/{match.route.name if match else '_unrouted'}"}
        topics |= {match.output_topic} if match else set()
        started_s = time.monotonic()
        self.broker.publish(Publication(topic=sample.topic, payload=sample.payload))
        answer = None
        while answer is None and time.monotonic() - started_s < ANSWER_S:
            message = self.next_message(timeout_s=1.0)
            answer = message if message and message.topic in topics else None
        return demoscript.judge(sample, match, answer, ms=1000 * (time.monotonic() - started_s))

    def next_message(self, *, timeout_s: float) -> Message | None:
        """Return the next message, acknowledged; None where none comes in time."""
        event = self.events.take()
        if event is None:
            self.broker.wait(timeout_s, self.events)
            event = self.events.take()
        if isinstance(event, Connected):
            self.broker.greet()
        if not isinstance(event, Received):
            return None
        self.broker.acknowledge(event.message)
        return event.message


@contextmanager
def _audience(settings: Config, port: int) -> Iterator[_Audience]:
    events: Mailbox[Event] = Mailbox()
    outputs = [route.outlet.topic.as_filter(each) for route in settings.routes for each in route.filters]
    broker = Broker(
        Mqtt(host="127.0.0.1", port=port, client_id=_CLIENT),
        password=None,
        status_topic=f"{_CLIENT}/status",
        subscriptions=[f"{settings.base_topic}/#", *dict.fromkeys(output.text for output in outputs)],
        emit=events.put,
    )
    broker.connect()
    try:
        yield _Audience(broker=broker, events=events, base_topic=settings.base_topic)
    finally:
        broker.close(timeout_s=1.0)
        events.close()


@contextmanager
def _daemon(config_file: Path, port: int, state: Path) -> "Iterator[subprocess.Popen[bytes]]":
    command = [sys.executable, "-m", "edge", "run", "--log-level", "warning", "--config", str(config_file)]
    command += ["--set", "mqtt.host=127.0.0.1", "--set", f"mqtt.port={port}"]
    variables = {**os.environ, "STATE_DIRECTORY": str(state)}  # what the demo learns is not the user's
    process = subprocess.Popen(command, env=variables)  # noqa: S603  # ourselves
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _stop(daemon: "subprocess.Popen[bytes]") -> int:
    """Ask the daemon to leave, as systemd does; return its exit code."""
    daemon.terminate()
    try:
        return daemon.wait(LEAVE_S)
    except subprocess.TimeoutExpired:
        return -1
