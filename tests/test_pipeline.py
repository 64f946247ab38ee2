"""Whatever the message is, there is an answer."""

import hashlib
import json
import logging

import pytest

from edge.answer import Answer
from edge.config.options import Limits
from edge.errors import Reason, Rejected
from edge.extractor import Extractor
from edge.pipeline import Pipeline
from edge.routes import OutputTopic, Route, Routes, TopicFilter
from tests.made import ScriptedExtractor, message, prepared, schema_of

SCHEMA = schema_of(
    {"t": {"type": "number", "unit": "°C", "maximum": 100}, "name": {"type": "string"}}, required=["t"]
)
ROUTES = Routes(
    (
        Route(
            name="tank",
            filters=(TopicFilter("sensors/+/raw"),),
            output=OutputTopic("readings/{1}"),
            schema=SCHEMA,
            retain=True,
        ),
    )
)


def pipeline_of(extractor: Extractor) -> Pipeline:
    """Return a pipeline with one route, a limit of 100 bytes, and this extractor."""
    return Pipeline(
        extractor=extractor,
        routes=ROUTES,
        prepared={"tank": prepared(SCHEMA)},
        limits=Limits(payload_bytes=100),
        base_topic="edge/pi",
    )


def answer_to(payload: bytes, script: str | Exception = "{}", *, topic: str = "sensors/a/raw") -> Answer:
    """Return the answer to a payload that the extractor reads as the script says."""
    return pipeline_of(ScriptedExtractor(script)).answer(message(payload, topic=topic))


def test_a_reading() -> None:
    """A good message becomes its reading, on the topic of its route."""
    found = answer_to(b"a: 21.40C", '{"t":21.40,"name":"a"}')

    assert found.publication.topic == "readings/a"
    assert found.publication.payload == b'{"t":21.40,"name":"a"}'
    assert found.publication.retain
    assert (found.route, found.rejected) == ("tank", None)


@pytest.mark.parametrize(
    ("payload", "script", "reason", "detail"),
    [
        (b"T=\xb0", "{}", "not_utf8", "expected UTF-8, got byte 0xb0 at offset 2"),
        (b"x" * 101, "{}", "oversize", "expected at most 100 bytes, got 101"),
        (b"", "{}", "missing", "t: the schema requires it, and the text does not state it"),
        (b"T=121", '{"t":121}', "schema", "t: expected at most 100, got 121"),
        (b"T=68F", '{"t":68}', "unit_mismatch", "t: '68' is in °F, expected °C"),
        (
            b"68F 68K",
            '{"t":68}',
            "ambiguous_unit",
            "t: '68' stands in the text with different units (K, °F), expected °C",
        ),
        (
            b"x",
            Rejected(Reason.TOO_LONG, "expected at most 9 tokens, got 10"),
            "too_long",
            "expected at most 9 tokens, got 10",
        ),
        (b"x", Rejected(Reason.TIMEOUT, "the deadline passed"), "timeout", "the deadline passed"),
        (b"x", Rejected(Reason.TRUNCATED, "it does not end"), "truncated", "it does not end"),
        (b"x", ZeroDivisionError("a bug"), "model_error", "ZeroDivisionError: a bug"),
        (b"x", RecursionError(), "model_error", "RecursionError: "),
    ],
)
def test_a_dead_letter(payload: bytes, script: str | Exception, reason: str, detail: str) -> None:
    """Whatever stands against a message is the reason of its dead letter, on the topic of its route."""
    found = answer_to(payload, script)

    letter = json.loads(found.publication.payload)
    assert (letter["reason"], letter["detail"]) == (reason, detail)
    assert found.publication.topic == "edge/pi/dead/tank"
    assert not found.publication.retain
    assert found.rejected is not None
    assert found.rejected.reason == reason


def test_no_route() -> None:
    """A topic that no route takes is told, whatever the payload."""
    found = answer_to(b"\xff" * 200, topic="sensors/raw")

    letter = json.loads(found.publication.payload)
    assert (letter["reason"], letter["detail"]) == (
        "no_route",
        "no route of the configuration takes the topic sensors/raw",
    )
    assert found.publication.topic == "edge/pi/dead/_unrouted"
    assert found.route is None


def test_all_fields_of_a_dead_letter() -> None:
    """The document is the same for every reason, and holds nothing else."""
    found = answer_to(b"T=121", '{"t":121}')

    assert json.loads(found.publication.payload) == {
        "ts": "2026-01-02T12:00:00.123Z",
        "id": found.message.id,
        "topic": "sensors/a/raw",
        "route": "tank",
        "reason": "schema",
        "detail": "t: expected at most 100, got 121",
        "payload": "T=121",
        "encoding": "utf8",
        "length": 5,
        "sha256": hashlib.sha256(b"T=121").hexdigest(),
    }


def test_units_are_judged_before_bounds() -> None:
    """148 °F is a wrong unit, not a value above the maximum."""
    found = answer_to(b"T=148F", '{"t":148}')

    assert found.rejected is not None
    assert found.rejected.reason is Reason.UNIT_MISMATCH


def test_a_bug_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """The message that found a bug is named in the log, and its text is not."""
    with caplog.at_level(logging.DEBUG):
        found = answer_to(b"secret 5", ZeroDivisionError("a bug"))

    (record,) = caplog.records
    assert record.getMessage() == f"message_failed id={found.message.id} route=tank"
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError
    assert "secret" not in caplog.text


@pytest.mark.model
def test_the_real_extractor(extractor: Extractor) -> None:
    """A message goes all the way through the model; one that is too long does not."""
    pipeline = Pipeline(
        extractor=extractor,
        routes=ROUTES,
        prepared={"tank": extractor.prepare(SCHEMA)},
        limits=Limits(),
        base_topic="edge/pi",
    )
    reading = pipeline.answer(message(b"T=21.4C", topic="sensors/a/raw"))
    too_long = pipeline.answer(message(b"7 " * 1200, topic="sensors/a/raw"))

    assert reading.publication.payload == b'{"t":21.4}'
    assert too_long.rejected is not None
    assert str(too_long.rejected) == "too_long: expected at most 1024 tokens, got 2399"
