"""The whole daemon at full load for a long time: memory, descriptors and threads stay flat."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.daemon import MOST_WORKERS
from edge.verbs.mosquitto import Mosquitto
from tests.chaos import sensors
from tests.chaos.patience import wait_until
from tests.chaos.process import Daemon

pytestmark = [pytest.mark.broker, pytest.mark.model]

DURATION_S = float(os.environ.get("EDGE_CHAOS_LOAD_S", "20"))
WARM_PART = 1 / 3  # of the time, in which caches and the allocator may still fill
GROWTH_BYTES = 24_000_000
MOST_UNANSWERED = 400
SAMPLE_S = 1.0
BRIEF_DESCRIPTORS = 4  # of files that are open for a moment, as those of /proc are; a leak is one for each message
OTHER_THREADS = 16  # beside the workers, which come into being one by one: model, main thread, control socket
LAST_ANSWERS_S = 120.0
SPOOL = "spool: {enabled: true}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Footprint:
    """What a process takes."""

    rss_bytes: int
    descriptors: int
    threads: int


def footprint(process_id: int) -> Footprint:
    """Return what a process takes now."""
    process = Path(f"/proc/{process_id}")
    pages = int((process / "statm").read_text().split()[1])
    return Footprint(
        rss_bytes=pages * os.sysconf("SC_PAGE_SIZE"),
        descriptors=len(list((process / "fd").iterdir())),
        threads=len(list((process / "task").iterdir())),
    )


class Load:
    """A client that keeps the daemon busy, and takes each answer off its list."""

    def __init__(self, port: int) -> None:
        self.waiting: set[int] = set()
        self.sent = self.answered = self.unexpected = 0
        self.health: dict[str, object] = {}
        self.is_served = False  # the daemon has said `online`, which it does behind its subscriptions
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([(f"{sensors.READINGS}#", 1), (f"{sensors.DEAD}#", 1)])
        self._client.subscribe([(sensors.HEALTH, 0), (sensors.STATUS, 1)])
        self._client.loop_start()

    def send(self, messages: Iterator[sensors.Sent], *, until_s: float) -> None:
        """Publish until a moment, never more ahead than the broker keeps."""
        for message in messages:
            while len(self.waiting) >= MOST_UNANSWERED and time.monotonic() < until_s:
                time.sleep(0.002)
            if time.monotonic() >= until_s:
                return
            self.waiting.add(message.number)
            self.sent += 1
            self._client.publish(message.topic, message.payload, qos=1)

    def leave(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if message.topic == sensors.HEALTH:
            self.health = json.loads(message.payload)
            return
        if message.topic == sensors.STATUS:
            self.is_served = message.payload == b"online"
            return
        number = sensors.number_answered(message.topic, bytes(message.payload))
        if number in self.waiting:
            self.waiting.discard(number)
            self.answered += 1
        else:
            self.unexpected += 1


def endless() -> Iterator[sensors.Sent]:
    """Yield the devices' messages, one after the other."""
    number = sensors.FIRST
    while True:
        yield sensors.message(number, seed=7)
        number += 1


@pytest.mark.parametrize("sections", ["", SPOOL], ids=["plain", "spool"])
def test_full_load(tmp_path: Path, model_path: Path, learned: Path, sections: str) -> None:
    """After the first third nothing grows any more; each message has one answer."""
    (tmp_path / "mosquitto").mkdir()
    shutil.copytree(learned, tmp_path / "state")
    config = tmp_path / "edge.yaml"
    # a cold message holds back the acknowledgements of all behind it, so that more than the usual 1,000 may wait
    broker = Mosquitto(tmp_path / "mosquitto", settings="max_queued_messages 0")
    broker.start()
    config.write_text(
        sensors.CONFIG.format(port=broker.port, client_id="load", model=model_path, mqtt="", sections=sections)
    )
    daemon, load = Daemon(config, tmp_path / "state"), Load(broker.port)
    daemon.start()
    try:
        wait_until(lambda: load.is_served, what="the daemon's subscriptions", details=daemon.tail)
        messages, begun_s = endless(), time.monotonic()
        samples: list[Footprint] = []
        while (passed_s := time.monotonic() - begun_s) < DURATION_S:
            load.send(messages, until_s=begun_s + min(DURATION_S, passed_s + SAMPLE_S))
            samples.append(footprint(daemon.process_id))
        wait_until(
            lambda: not load.waiting,
            what="the last answers",
            patience_s=LAST_ANSWERS_S,
            details=lambda: f"{len(load.waiting)} of {load.sent} wait\n{load.health}\n{daemon.tail()}",
        )
        code = daemon.terminate()
    finally:
        daemon.kill()
        load.leave()
        broker.stop()

    warm, rest = samples[: int(len(samples) * WARM_PART)], samples[int(len(samples) * WARM_PART) :]
    growth = max(each.rss_bytes for each in rest) - max(each.rss_bytes for each in warm)
    print(  # noqa: T201  # the figures of the long run
        f"{load.sent} messages in {DURATION_S:.0f} s, RSS at most {max(e.rss_bytes for e in rest) / 1e6:.0f} MB, "
        f"{growth / 1e6:+.1f} MB behind the first third, {rest[-1].descriptors} descriptors, "
        f"{rest[-1].threads} threads"
    )
    assert (code, load.answered, load.unexpected) == (0, load.sent, 0)
    assert growth < GROWTH_BYTES
    assert max(each.descriptors for each in rest) <= max(each.descriptors for each in warm) + BRIEF_DESCRIPTORS
    assert max(each.threads for each in rest) <= MOST_WORKERS + OTHER_THREADS
