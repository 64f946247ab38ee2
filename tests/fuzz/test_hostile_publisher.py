"""A client that may publish anything, at the daemon as its users run it: every message has one answer."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.message import Message
from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto
from tests.client import PATIENCE_S, Client
from tests.fuzz import payloads, verdict
from tests.running import leave, serving

pytestmark = [pytest.mark.broker, pytest.mark.model]

SEEDS = range(60)
ALL_S = 10 * PATIENCE_S  # until all is answered that came before the last message
LEVELS = [
    "龙江",
    "a b",
    "{1}",
    '"',
    "\\",
    "'; --",
    "🚰",
    "a" * 1000,
    "$SYS",
    "..",
    "%2f",
    "",
    "\u202e",
    "\ufeff",
    "é",
]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a mosquitto that runs."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with mosquitto.running(folder) as running:
        yield running


def answered(heard: Message) -> str | None:
    """Return the topic of the message that something heard is the answer to; None for no answer."""
    if heard.topic.startswith("edge/test/dead/"):
        topic = verdict.parsed(heard.payload)["topic"]
        assert isinstance(topic, str)
        return topic
    if heard.topic.startswith("readings/greenhouse/"):
        verdict.parsed(heard.payload)
        return heard.topic.replace("readings/", "raw/", 1)
    return None


def say_all(client: Client) -> list[str]:
    """Publish a hostile payload to each of many topics, a device's line to the last; return the topics."""
    levels = [*map(str, SEEDS), *LEVELS]
    for seed, level in enumerate(levels):
        chance = random.Random(seed)  # noqa: S311  # no secret
        client.publish(f"raw/greenhouse/{level}", payloads.payload(chance))
    client.publish("raw/greenhouse/last", "T=21.4C RH=48%")
    return [f"raw/greenhouse/{level}" for level in [*levels, "last"]]


def test_one_answer_to_each(tmp_path: Path, broker: Mosquitto, model_path: Path) -> None:
    """Nothing is lost, answered twice or sent elsewhere; and the daemon reads on as if nothing had been."""
    with serving(tmp_path, broker, model_path) as (client, process):
        asked = say_all(client)
        last = json.loads(client.hear("readings/greenhouse/last", patience_s=ALL_S).payload)
        code, _ = leave(process)
        client.hear("edge/test/status", after=len(client.heard))  # offline, behind every answer

        answers = Counter(topic for heard in client.heard if (topic := answered(heard)) is not None)

    assert (code, last) == (0, {"temperature": 21.4, "humidity": 48})
    assert answers == Counter(asked)
