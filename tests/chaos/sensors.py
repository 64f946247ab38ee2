"""Owns the devices of the chaos tests: what they send, and what a truthful program makes of each message.

Knows nothing of brokers. Each message bears a number of its own, by which its answer is found again.
"""

import base64
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

BASE_TOPIC = "edge/chaos"
INPUTS = "raw/"
READINGS = "readings/"
DEAD = f"{BASE_TOPIC}/dead/"
STATUS = f"{BASE_TOPIC}/status"
HEALTH = f"{BASE_TOPIC}/bridge/health"
PAYLOAD_BYTES = 1000  # limits.payload_bytes of the configuration below
FIRST = 1000  # messages are numbered from here: 0 and 1 are spelled alike in all shapes

CONFIG = """
base_topic: edge/chaos
mqtt: {{host: 127.0.0.1, port: {port}, client_id: {client_id}, keepalive_s: 5, {mqtt}}}
model: {{path: {model}}}
limits: {{payload_bytes: 1000}}
{sections}
routes:
  - name: bench
    subscribe: raw/bench/+
    publish: readings/bench/{{1}}
    fields: &fields
      seq: {{type: integer}}
      temperature: {{type: number, unit: °C}}
      humidity: {{type: number, unit: "%", minimum: 0, maximum: 100}}
  - name: slow
    subscribe: raw/slow/+
    publish: readings/slow/{{1}}
    shapes: false
    fields:
      seq: {{type: integer}}
      temperature: {{type: number, unit: °C}}
      humidity: {{type: number, unit: "%", minimum: 0, maximum: 100}}
"""

Wording = Callable[[int, str, str], str]
WORDINGS: dict[str, Wording] = {
    "north": lambda seq, t, rh: f"seq={seq}; temperature {t}; humidity {rh}",
    "south": lambda seq, t, rh: f"seq: {seq}, temperature: {t} °C, humidity: {rh} %",
    "east": lambda seq, t, rh: f'{{"seq":{seq},"temperature":{t},"humidity":{rh}}}',
    "west": lambda seq, t, rh: f"sensor seq={seq} temperature={t}C humidity={rh}%",
}
_NUMBER = re.compile(rb'seq"?[=:] ?(\d+)')


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """One message, and what is to become of it.

    Attributes:
        reading: the JSON of its reading; None for a dead letter.
        reason: why it becomes a dead letter; None for a reading.
    """

    number: int
    topic: str
    payload: bytes
    reading: str | None = None
    reason: str | None = None


def message(number: int, *, seed: int, is_quick: bool = False, is_slow: bool = False) -> Sent:
    """Return the message of a number: always the same under one seed.

    Of a hundred messages two are not UTF-8 and one is too large, and, unless all are to be quick, one lacks its
    temperature and two take a route without shapes: those three are read by the model. If all are to be slow, all
    readings take that route.
    """
    draw = random.Random(f"{seed}-{number}")  # noqa: S311  # the same messages each time
    place = draw.choice(sorted(WORDINGS))
    temperature, humidity = f"{draw.uniform(10, 40):.1f}", str(draw.randrange(20, 96))
    text = WORDINGS[place](number, temperature, humidity)
    topic = f"{INPUTS}bench/{place}"
    kind = (number + seed) % 100
    if kind in {20, 70}:
        return Sent(number=number, topic=topic, payload=text.encode() + b" \xff", reason="not_utf8")
    if kind == 45:
        payload = text.encode().ljust(PAYLOAD_BYTES + 1)
        return Sent(number=number, topic=topic, payload=payload, reason="oversize")
    if kind == 90 and not is_quick:
        return Sent(
            number=number, topic=topic, payload=f"seq={number}; humidity {humidity}".encode(), reason="missing"
        )
    reading = f'{{"seq":{number},"temperature":{temperature},"humidity":{humidity}}}'
    if is_slow or (kind in {10, 60} and not is_quick):
        topic = f"{INPUTS}slow/{place}"
    return Sent(number=number, topic=topic, payload=text.encode(), reading=reading)


def warming(rounds: int) -> Iterator[Sent]:
    """Yield messages of each wording in turn, for the shape cache to learn from."""
    for number in range(100, 100 + rounds):
        for place, wording in WORDINGS.items():
            payload = wording(number, f"{number / 7:.1f}", str(number - 70)).encode()
            yield Sent(number=number, topic=f"{INPUTS}bench/{place}", payload=payload)


def number_in(text: bytes) -> int | None:
    """Return the number that a message bears; None where it bears none.

    >>> number_in(b'{"seq":1234,"temperature":21.4}'), number_in(b"online")
    (1234, None)
    """
    found = _NUMBER.search(text)
    return int(found.group(1)) if found else None


def number_answered(topic: str, payload: bytes) -> int | None:
    """Return the number of the message that a publication answers; None where it answers none."""
    if topic.startswith(READINGS):
        return number_in(payload)
    return number_in(quoted(json.loads(payload))) if topic.startswith(DEAD) else None


def quoted(letter: dict[str, Any]) -> bytes:
    """Return the beginning of the payload that a dead letter quotes."""
    text = str(letter["payload"])
    return base64.b64decode(text) if letter["encoding"] == "base64" else text.encode()
