"""Owns what a message gets: its reading or its dead letter, as something to publish.

Knows nothing of the broker's client and of how a reading comes about.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from edge.errors import Reason, Rejected
from edge.extraction import normalize
from edge.extraction.reading import Reading
from edge.literal import JSON, dumps
from edge.message import Message
from edge.routes import Match
from edge.shapes.replay import Replay

DEAD_PAYLOAD_BYTES = 4096  # of the payload, at most, go into a dead letter; its length and sha256 name the rest
DEAD_DETAIL_CHARS = 1000
UNROUTED = "_unrouted"  # no route can have this name


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """A PUBLISH to be: always at QoS 1. Properties travel as MQTT 5 user properties, and not at all over 3.1.1.

    Attributes:
        correlation: of a response, what its request bore (MQTT 5); None for none.
    """

    topic: str
    payload: bytes
    retain: bool = False
    is_dead_letter: bool = False
    properties: dict[str, str] = field(default_factory=dict)
    correlation: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The one answer to a message.

    Attributes:
        route: the name of the route that the message took; None where none did.
        rejected: why there is no reading; None where there is one.
        reading: the model's; None where there is none, and for a replay.
        replay: the shape cache's; None where the model was asked.
    """

    message: Message
    publication: Publication
    route: str | None
    rejected: Rejected | None = None
    reading: Reading | None = None
    replay: Replay | None = None


def of_reading(message: Message, reading: Reading, match: Match) -> Answer:
    """Return the answer that publishes a reading as its route says.

    Raises:
        Rejected: timestamp, as `normalize.with_moments`; likewise `of_replay`.
    """
    publication = _publication(message, reading.json, reading.confidence, match)
    return Answer(message=message, publication=publication, route=match.route.name, reading=reading)


def of_replay(message: Message, replay: Replay, match: Match) -> Answer:
    """Return the answer that publishes a reading of the shape cache as its route says."""
    publication = _publication(message, replay.json, replay.recipe.confidence, match)
    return Answer(message=message, publication=publication, route=match.route.name, replay=replay)


def of_rejection(message: Message, rejected: Rejected, *, route: str | None, base_topic: str) -> Answer:
    """Return the answer that publishes a dead letter to `<base_topic>/dead/<route>`."""
    letter: dict[str, JSON] = {
        "ts": _timestamp(message.received_at),
        "id": message.id,
        **({"part": message.part} if message.part else {}),
        "topic": message.topic,
        "route": route,
        "reason": str(rejected.reason),
        "detail": rejected.detail[:DEAD_DETAIL_CHARS],
        **_excerpt(message.payload),
        "length": len(message.payload),
        "sha256": hashlib.sha256(message.payload).hexdigest(),
    }
    publication = Publication(
        topic=f"{base_topic}/dead/{route or UNROUTED}",
        payload=dumps(letter).encode(),
        is_dead_letter=True,
        properties=_provenance(message),
    )
    return Answer(message=message, publication=publication, route=route, rejected=rejected)


def of_failure(message: Message, error: Exception, *, route: str | None, base_topic: str) -> Answer:
    """Return the answer to a message on which this program failed: a dead letter with the reason model_error."""
    rejected = Rejected(Reason.MODEL_ERROR, f"{type(error).__name__}: {error}")
    return of_rejection(message, rejected, route=route, base_topic=base_topic)


def _publication(message: Message, json: str, confidence: float, match: Match) -> Publication:
    outlet, zone = match.route.outlet, match.route.zone
    if zone is not None:
        json = normalize.with_moments(json, match.route.schema.root, zone, message.received_at)
    properties = {**_provenance(message), "confidence": f"{confidence:.4f}"}
    return Publication(
        topic=match.output_topic,
        payload=outlet.payload(json, properties).encode(),
        retain=outlet.retain,
        properties=properties,
    )


def _excerpt(payload: bytes) -> dict[str, JSON]:
    r"""Return the beginning of a payload, as text where it is text.

    >>> _excerpt(b"T=21"), _excerpt(b"\xff\x00")
    ({'payload': 'T=21', 'encoding': 'utf8'}, {'payload': '/wA=', 'encoding': 'base64'})
    """
    head = payload[:DEAD_PAYLOAD_BYTES]
    try:
        return {"payload": head.decode(), "encoding": "utf8"}
    except UnicodeDecodeError as error:
        is_cut = len(payload) > len(head) and error.reason == "unexpected end of data"
        if is_cut:  # in the middle of a character, which is left out
            return {"payload": head[: error.start].decode(), "encoding": "utf8"}
        return {"payload": base64.b64encode(head).decode(), "encoding": "base64"}


def _provenance(message: Message) -> dict[str, str]:
    known = {"id": message.id, "source-topic": message.topic, "received-at": _timestamp(message.received_at)}
    if message.part:
        known["part"] = str(message.part)
    return {**known, "redelivered": "true"} if message.is_redelivered else known


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
