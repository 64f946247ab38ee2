"""What is published for a message: its reading, or its dead letter."""

import base64
import dataclasses
import hashlib
import json
from dataclasses import replace

import pytest

from edge import answer
from edge.answer import Answer, Publication
from edge.errors import Reason, Rejected
from edge.extraction.extraction import Extraction, Value
from edge.extraction.reading import Reading
from edge.literal import Number
from edge.message import Message
from edge.outlet import Outlet
from edge.routes import Match, OutputTopic, Route, TopicFilter
from tests.made import message, schema_of

MATCH = Match(
    route=Route(
        name="tank",
        filters=(TopicFilter("sensors/tank"),),
        schema=schema_of({"t": {"type": "number"}}),
        outlet=Outlet(topic=OutputTopic("readings/tank"), retain=True),
    ),
    captures=(),
)
PROVENANCE = {"source-topic": "sensors/tank", "received-at": "2026-01-02T12:00:00.123Z"}


def dead_letter(source: Message, detail: str = "why") -> Answer:
    """Return the answer to a message that was rejected on the route tank."""
    return answer.of_rejection(source, Rejected(Reason.SCHEMA, detail), route="tank", base_topic="edge/pi")


def test_a_reading() -> None:
    """A reading is published as it was written, with where it came from beside it."""
    source = message(b"T=21.40")
    extraction = Extraction(text="T=21.40", json='{"t":21.40}', values=(), left_out=(), duration_s=0.1)
    reading = Reading(json='{"t":21.40}', extraction=extraction)

    found = answer.of_reading(source, reading, MATCH)

    assert found == Answer(
        message=source,
        route="tank",
        rejected=None,
        reading=reading,
        publication=Publication(
            topic="readings/tank",
            payload=b'{"t":21.40}',
            retain=True,
            properties={"id": source.id, **PROVENANCE, "confidence": "1.0000"},
        ),
    )


def test_a_reading_that_tells_its_source() -> None:
    """Constants and `meta` come behind what was read; the confidence is that of the least sure value."""
    source = message(b"T=21.40")
    values = tuple(
        Value(path=(name,), value=name, span=None, confidence=sure) for name, sure in (("a", 1), ("b", 0.25))
    )
    extraction = Extraction(text="", json='{"a":1}', values=values, left_out=(), duration_s=0.1)
    outlet = replace(MATCH.route.outlet, constants={"site": "barn", "floor": Number("2.0")}, has_meta=True)
    match = replace(MATCH, route=replace(MATCH.route, outlet=outlet))

    found = answer.of_reading(source, Reading(json='{"a":1}', extraction=extraction), match)

    assert json.loads(found.publication.payload) == {
        "a": 1,
        "site": "barn",
        "floor": 2.0,
        "meta": {"id": source.id, **PROVENANCE, "confidence": "0.2500"},
    }
    assert b'{"a":1,"site":"barn","floor":2.0,"meta":{' in found.publication.payload


def test_a_dead_letter() -> None:
    """A dead letter says when, what, where, why, and holds the message."""
    source = message("T=21 °C".encode())
    rejected = Rejected(Reason.UNIT_MISMATCH, "t: '21' is in °C, expected °F")

    found = answer.of_rejection(source, rejected, route="tank", base_topic="edge/pi")

    assert found.publication.payload.decode() == (
        f'{{"ts":"2026-01-02T12:00:00.123Z","id":"{source.id}","topic":"sensors/tank","route":"tank",'
        '"reason":"unit_mismatch","detail":"t: \'21\' is in °C, expected °F",'
        '"payload":"T=21 °C","encoding":"utf8",'
        f'"length":8,"sha256":"{hashlib.sha256(source.payload).hexdigest()}"}}'
    )
    assert found.publication == Publication(
        topic="edge/pi/dead/tank",
        payload=found.publication.payload,
        retain=False,
        is_dead_letter=True,
        properties={"id": source.id, **PROVENANCE},
    )
    assert (found.message, found.route, found.rejected) == (source, "tank", rejected)


def test_a_dead_letter_without_a_route() -> None:
    """What no route took goes to a topic that no route can have."""
    found = answer.of_rejection(message(b""), Rejected(Reason.NO_ROUTE, "…"), route=None, base_topic="edge/pi")

    assert found.publication.topic == "edge/pi/dead/_unrouted"
    assert json.loads(found.publication.payload)["route"] is None


def test_a_failure_of_the_program() -> None:
    """A bug becomes a dead letter that names the error."""
    found = answer.of_failure(message(b"x"), ZeroDivisionError("by zero"), route="tank", base_topic="edge/pi")

    letter = json.loads(found.publication.payload)
    assert (letter["reason"], letter["detail"]) == ("model_error", "ZeroDivisionError: by zero")


@pytest.mark.parametrize(
    ("payload", "excerpt", "encoding"),
    [
        (b"", "", "utf8"),
        (b'say "hi"\n\x00', 'say "hi"\n\x00', "utf8"),
        (b"x" * 4097, "x" * 4096, "utf8"),
        (b"x" * 4095 + "°".encode(), "x" * 4095, "utf8"),  # the cut goes through a character
        (b"x" * 4094 + "👍".encode(), "x" * 4094, "utf8"),
        (b"\xff\x00", "/wA=", "base64"),
        (b"x\xc2", base64.b64encode(b"x\xc2").decode(), "base64"),  # no cut: the message itself ends there
        (b"\xff" * 5000, base64.b64encode(b"\xff" * 4096).decode(), "base64"),
    ],
)
def test_what_a_dead_letter_holds_of_the_message(payload: bytes, excerpt: str, encoding: str) -> None:
    """At most 4 kB of the payload, as text where it is text, and the length and sha256 of all of it."""
    letter = json.loads(dead_letter(message(payload)).publication.payload)

    assert (letter["payload"], letter["encoding"]) == (excerpt, encoding)
    assert (letter["length"], letter["sha256"]) == (len(payload), hashlib.sha256(payload).hexdigest())


def test_a_long_detail_is_cut() -> None:
    """A detail that quotes a long message does not repeat all of it."""
    letter = json.loads(dead_letter(message(b"x"), "d" * 5000).publication.payload)

    assert letter["detail"] == "d" * 1000


def test_what_may_have_been_answered_before_says_so() -> None:
    """A consumer drops a reading that it has seen only where it bears this mark: equal readings are data."""
    source = dataclasses.replace(message(b"x"), is_redelivered=True)
    found = answer.of_rejection(source, Rejected(Reason.MISSING, "y"), route="tank", base_topic="edge/pi")

    assert found.publication.properties["redelivered"] == "true"
