"""`edge try`: one text, no broker."""

import json
from dataclasses import replace

import pytest

from edge.config.options import Limits
from edge.errors import Reason, Rejected
from edge.extraction.extractor import Extractor
from edge.inlet import Inlet
from edge.trial import Trial
from edge.verbs import tryout
from tests.made import NOON, ScriptedExtractor, extracted, prepared, schema_of

SCHEMA = schema_of(
    {"t": {"type": "number", "unit": "°C"}, "low": {"type": "boolean"}, "a/b": {"type": "string"}}, required=["t"]
)


def read(text: str, json_text: str) -> Trial:
    """Return the trial of a text that was read as this JSON."""
    extraction = extracted(text, SCHEMA, json_text)
    reading = prepared(SCHEMA).validator.judge(extraction)
    return Trial(extraction=extraction, reading=reading, rejected=None, published=reading.json)


REJECTED = Trial(extraction=None, reading=None, rejected=Rejected(Reason.OVERSIZE, "expected at most 1 [b]"))


def test_a_reading(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody watches, the reading is all that is printed."""
    code = tryout.show(read("T=21.40C x", '{"t":21.40,"a/b":"x"}'), as_json=False)

    assert code == 0
    assert capsys.readouterr() == ('{"t":21.40,"a/b":"x"}\n', "")


def test_a_rejection(capsys: pytest.CaptureFixture[str]) -> None:
    """A rejection is told on stderr, and by the exit code."""
    code = tryout.show(REJECTED, as_json=False)

    assert code == 1
    assert capsys.readouterr() == ("", "rejected: oversize: expected at most 1 [b]\n")


def test_a_reading_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The document holds reading, spans, confidence, rejection and time, under JSON Pointers."""
    code = tryout.show(read("T=21.40C x", '{"t":21.40,"low":true,"a/b":"x"}'), as_json=True)

    assert code == 0
    assert capsys.readouterr().out == (
        '{"reading":{"t":21.40,"low":true,"a/b":"x"},"spans":{"/t":[2,7],"/a~1b":[9,10]},"units":{"/t":"°C"},'
        '"confidence":{"/t":1.0000,"/low":1.0000,"/a~1b":1.0000},"rejected":null,"ms":500.0}\n'
    )


def test_a_rejection_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """What was rejected before it was read has no spans and no time."""
    code = tryout.show(REJECTED, as_json=True)

    assert code == 1
    assert json.loads(capsys.readouterr().out) == {
        "reading": None,
        "spans": {},
        "units": {},
        "confidence": {},
        "rejected": {"reason": "oversize", "detail": "expected at most 1 [b]"},
        "ms": None,
    }


CELSIUS = schema_of({"t": {"type": "number", "unit": "°C"}}, required=["t"])


@pytest.mark.model
@pytest.mark.parametrize(
    ("payload", "reading", "rejected"),
    [
        (b"T=21.4C", '{"t":21.4}', None),
        (b"T=68F", '{"t":20.00}', None),
        (b"T=68V", None, "unit_mismatch: t: '68' is in V, expected °C"),
        (b"no news", None, "missing: t: the schema requires it, and the text does not state it"),
        (b"T=21\xb0C", None, "not_utf8: expected UTF-8, got byte 0xb0 at offset 4"),
        (b"x" * 101, None, "oversize: expected at most 100 bytes, got 101"),
        (b"", None, "missing: t: the schema requires it, and the text does not state it"),
    ],
)
def test_attempts(payload: bytes, reading: str | None, rejected: str | None, extractor: Extractor) -> None:
    """A payload is judged exactly as the daemon would."""
    route = tryout.of_schema(CELSIUS)
    trial = tryout.attempt(extractor, route, payload, Limits(payload_bytes=100), arrived_at=NOON)

    assert (trial.reading and trial.reading.json) == reading
    assert (trial.rejected and str(trial.rejected)) == rejected


def lines(payload: bytes, script: str, **limits: int) -> list[str]:
    """Return what becomes of each line of a payload that a scripted model reads."""
    route = replace(tryout.of_schema(CELSIUS), inlet=Inlet(splits_lines=True))
    trials = tryout.attempts(ScriptedExtractor(script), route, payload, Limits(**limits), arrived_at=NOON)
    return [str(trial.rejected or trial.published) for trial in trials]


def test_lines_are_tried_one_by_one() -> None:
    """Each is read by itself, and one that is no text stands beside the others."""
    assert lines(b"T=21\n\n\xff\nT=21C\n", '{"t":21}') == [
        '{"t":21}',
        "not_utf8: expected UTF-8, got byte 0xff at offset 0",
        '{"t":21}',
    ]


def test_lines_that_are_too_many() -> None:
    """They are one rejection."""
    assert lines(b"T=21\nT=21\nT=21", '{"t":21}', lines=2) == [
        "too_many: expected at most 2 lines (limits.lines), got 3"
    ]


@pytest.mark.model
def test_a_rejected_text_still_shows_what_was_read(
    extractor: Extractor, capsys: pytest.CaptureFixture[str]
) -> None:
    """The spans of a reading that was rejected tell where it went wrong."""
    trial = tryout.attempt(extractor, tryout.of_schema(CELSIUS), b"T=68V", Limits(), arrived_at=NOON)
    code = tryout.show(trial, as_json=True)

    document = json.loads(capsys.readouterr().out)
    assert code == 1
    assert document["reading"] is None
    assert document["spans"] == {"/t": [2, 4]}
    assert document["units"] == {"/t": "V"}
    assert 0 < document["confidence"]["/t"] <= 1
    assert document["rejected"] == {"reason": "unit_mismatch", "detail": "t: '68' is in V, expected °C"}
    assert document["ms"] > 0
