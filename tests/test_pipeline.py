"""Whatever the message is, there is an answer."""

import hashlib
import json
import logging
import re
from dataclasses import replace

import pytest

from edge.answer import Answer
from edge.config.options import Limits, Shapes
from edge.errors import Reason, Rejected
from edge.extraction.extractor import Extractor
from edge.extraction.reading import Validator
from edge.inlet import Inlet
from edge.outlet import Outlet
from edge.pipeline import Pipeline
from edge.routes import OutputTopic, Route, Routes, TopicFilter
from edge.shapes.shapes import RouteShapes, ShapeCache
from tests.made import ScriptedExtractor, message, prepared, schema_of

SCHEMA = schema_of(
    {"t": {"type": "number", "unit": "°C", "maximum": 100}, "name": {"type": "string"}}, required=["t"]
)
ROUTES = Routes(
    (
        Route(
            name="tank",
            filters=(TopicFilter("sensors/+/raw"),),
            outlet=Outlet(topic=OutputTopic("readings/{1}"), retain=True),
            schema=SCHEMA,
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
        (b"T=68V", '{"t":68}', "unit_mismatch", "t: '68' is in V, expected °C"),
        (b"T=680F", '{"t":680}', "schema", "t: expected at most 100, got 360.00"),
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


def test_bounds_are_judged_in_the_unit_of_the_field() -> None:
    """148 °F is 64 °C, which is not above the maximum of 100."""
    found = answer_to(b"T=148F", '{"t":148}')

    assert found.publication.payload == b'{"t":64.44}'


def test_a_bug_is_logged_with_its_place_and_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    """The message that found a bug is named in the log; what the error says may quote its text, so it is not."""
    with caplog.at_level(logging.INFO, logger="edge"):
        found = answer_to(b"secret 5", ZeroDivisionError("secret 5"))

    (record,) = caplog.records
    line = re.sub(r":\d+", "", record.getMessage())
    assert line == (
        f"message_failed id={found.message.id} route=tank "
        "error=ZeroDivisionError at pipeline.py > pipeline.py > made.py"
    )
    assert record.levelname == "ERROR"
    assert "secret" not in caplog.text


def test_a_bug_is_told_in_full_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    """Who looks for it asks for the traceback."""
    with caplog.at_level(logging.DEBUG, logger="edge"):
        answer_to(b"x 5", ZeroDivisionError("a bug"))

    exc_info = caplog.records[-1].exc_info
    assert exc_info is not None
    assert exc_info[0] is ZeroDivisionError


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


def learning(extractor: Extractor) -> tuple[Pipeline, ShapeCache]:
    """Return a pipeline with a shape cache, and the cache."""
    shapes = RouteShapes(root=SCHEMA.root, validator=Validator(SCHEMA), fingerprint="test")
    cache = ShapeCache(Shapes(), {"tank": shapes})
    pipeline = Pipeline(
        extractor=extractor,
        routes=ROUTES,
        prepared={"tank": prepared(SCHEMA)},
        limits=Limits(payload_bytes=100),
        base_topic="edge/pi",
        cache=cache,
    )
    return pipeline, cache


def taught() -> tuple[Pipeline, ShapeCache]:
    """Return a pipeline that has read three texts like `t 21.4C`; its model reads 23.4, whatever comes."""
    pipeline, cache = learning(ScriptedExtractor('{"t":23.4}'))
    for script in ('{"t":21.4}', '{"t":22.4}', '{"t":23.4}'):
        reader = pipeline_of(ScriptedExtractor(script))
        text = f"t {script[5:9]}C"
        pipeline.learn(reader.answer(message(text.encode(), topic="sensors/a/raw")))
    return pipeline, cache


def carried(
    inlet: Inlet, publish: str = "readings/{1}", *, cache: ShapeCache | None = None, **limits: int
) -> Pipeline:
    """Return a pipeline whose route takes texts from payloads and topics so; its model always reads 21."""
    route = next(iter(ROUTES))
    outlet = replace(route.outlet, topic=OutputTopic(publish), has_meta=True)
    return Pipeline(
        extractor=ScriptedExtractor('{"t":21}'),
        routes=Routes((replace(route, inlet=inlet, outlet=outlet),)),
        prepared={"tank": prepared(SCHEMA)},
        limits=Limits(**limits),
        base_topic="edge/pi",
        cache=cache,
    )


LINES = Inlet(splits_lines=True)


def test_each_line_is_a_message() -> None:
    """A line is read as if it had come alone; its reading says which one it is."""
    pipeline = carried(LINES)
    parts = pipeline.parts(message(b"a 21\n\nb 21V\r\nc 21", topic="sensors/a/raw"))
    answers = [pipeline.answer(part) for part in parts]

    assert [part.payload for part in parts] == [b"a 21", b"b 21V", b"c 21"]
    assert [pipeline.parts(part) for part in parts] == [(part,) for part in parts]
    assert [str(each.rejected and each.rejected.reason) for each in answers] == ["None", "unit_mismatch", "None"]
    assert [each.publication.properties["part"] for each in answers] == ["1", "2", "3"]
    assert json.loads(answers[2].publication.payload)["meta"]["part"] == "3"


def test_a_known_line_needs_no_model() -> None:
    """Lines teach the shape cache as messages do, and are recalled one by one, each on its topic."""
    _, cache = taught()
    pipeline = carried(Inlet(splits_lines=True, place=("m",)), publish="readings/{id}", cache=cache)
    parts = pipeline.parts(message(b'{"id":7,"m":"t 19.7C\\nt is 18\\nt 18.25C"}', topic="sensors/a/raw"))

    recalled = [pipeline.recall(part) for part in parts]

    assert [
        found and (found.publication.topic, json.loads(found.publication.payload)["t"]) for found in recalled
    ] == [
        ("readings/7", 19.7),
        None,
        ("readings/7", 18.25),
    ]
    assert pipeline.recall(replace(parts[0], payload=b'{"m":"t 19.7C"}')) is None  # it has no topic


def test_the_dead_letter_of_a_line() -> None:
    """It holds that line alone, and its number."""
    pipeline = carried(LINES)
    answered = pipeline.answer(pipeline.parts(message(b"a 21\nb \xb0", topic="sensors/a/raw"))[1])

    letter = json.loads(answered.publication.payload)
    assert (letter["part"], letter["payload"], letter["length"]) == (2, "YiCw", 3)
    assert (letter["reason"], letter["detail"]) == ("not_utf8", "expected UTF-8, got byte 0xb0 at offset 2")


@pytest.mark.parametrize("payload", [b"a 21", b"\na 21\r\n"])
def test_a_single_line_is_the_message(payload: bytes) -> None:
    """It is not taken apart, and its text is the line."""
    pipeline = carried(LINES)
    whole = message(payload, topic="sensors/a/raw")

    assert pipeline.parts(whole) == (whole,)
    reading = pipeline.answer(whole).reading
    assert reading is not None
    assert reading.extraction.text == "a 21"


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"\n\n", "no_text: expected a line of text, got none"),
        (b"1\n2\n3", "too_many: expected at most 2 lines (limits.lines), got 3"),
        (b"1\n2" * 9, "oversize: expected at most 20 bytes, got 27"),
    ],
)
def test_lines_that_cannot_be_taken_apart(payload: bytes, why: str) -> None:
    """The message stays whole, and has one dead letter."""
    pipeline = carried(LINES, payload_bytes=20, lines=2)
    whole = message(payload, topic="sensors/a/raw")

    assert pipeline.parts(whole) == (whole,)
    assert str(pipeline.answer(whole).rejected) == why


def test_a_message_of_several_lines_is_never_read_as_one() -> None:
    """Who asks for an answer without taking it apart loses nothing: it is rejected."""
    found = carried(LINES).answer(message(b"a 21\nb 21", topic="sensors/a/raw"))

    assert str(found.rejected) == "too_many: expected one line, got 2"


def test_a_message_too_deep_to_be_taken_apart() -> None:
    """What cannot be written out again becomes a dead letter, and no end of the main thread."""
    pipeline = carried(Inlet(splits_lines=True, place=("m",)))
    deep = b'{"m":"a\\nb","x":' + b"[" * 9000 + b"]" * 9000 + b"}"
    whole = message(deep, topic="sensors/a/raw")

    assert pipeline.parts(whole) == (whole,)
    assert pipeline.answer(whole).rejected is not None


def test_a_topic_that_takes_its_end_from_the_payload() -> None:
    """Of each line, too: the rest of the document stands beside it."""
    pipeline = carried(Inlet(splits_lines=True, place=("m",)), publish="readings/{1}/{device.id}")
    whole = message(b'{"device":{"id":"+7"},"m":"a 21\\nb 21"}', topic="sensors/a/raw")

    answers = [pipeline.answer(part) for part in pipeline.parts(whole)]
    assert [each.publication.topic for each in answers] == ["readings/a/_7", "readings/a/_7"]


def test_a_payload_without_what_the_topic_names() -> None:
    """The dead letter says what is missing, and the model is not asked."""
    pipeline = carried(Inlet(place=("m",)), publish="readings/{device.id}")
    found = pipeline.answer(message(b'{"device":{},"m":"what the model fails on"}', topic="sensors/a/raw"))

    assert str(found.rejected) == (
        "no_topic: expected a value at $.device.id for the topic, got nothing at $.device.id"
    )


def test_a_known_wording_needs_no_model() -> None:
    """Behind three readings the fourth text of their shape is answered at once, and says so."""
    pipeline, _ = taught()

    found = pipeline.recall(message(b"t 19.70C", topic="sensors/a/raw"))

    assert found is not None
    assert found.publication.payload == b'{"t":19.70}'
    assert (found.publication.topic, found.publication.retain, found.route) == ("readings/a", True, "tank")
    assert found.replay is not None


@pytest.mark.parametrize(
    "payload", [b"T is 19.7C", b"t 191.7C", b"\xff", b"t 19.7C" * 30], ids=["shape", "bound", "bytes", "size"]
)
def test_in_doubt_the_model_is_asked(payload: bytes) -> None:
    """Another wording, a value beyond its bounds, no text and too long a text are no matter of the cache."""
    pipeline, _ = taught()

    assert pipeline.recall(message(payload, topic="sensors/a/raw")) is None


def test_an_audit_is_what_the_model_reads() -> None:
    """It reads the text of the replay; the cache drops a shape on which the two differ."""
    pipeline, cache = taught()
    found = pipeline.recall(message(b"t 19.7C", topic="sensors/a/raw"))
    assert found is not None
    assert found.replay is not None

    audit = pipeline.audit(found.replay)
    doubt = cache.audited(audit.replay, audit.json, duration_s=audit.duration_s)

    assert (audit.json, audit.is_done) == ('{"t":23.4}', True)
    assert doubt is not None
    assert pipeline.recall(message(b"t 19.7C", topic="sensors/a/raw")) is None


def test_a_cache_that_fails_is_no_end(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the cache is logged and counted, and the model reads the message."""
    pipeline, cache = taught()
    monkeypatch.setattr(cache, "recall", lambda _route, _text: 1 / 0)

    found = pipeline.recall(message(b"t 19.7C", topic="sensors/a/raw"))

    assert found is None
    assert cache.counts["cache_failures"] == 1
    assert "cache_failed at=recall" in caplog.text
