"""The judge of the fuzzer notices what must not be; else a hundred thousand payloads would prove nothing."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.answer import Answer
from edge.engine.model import Feed
from edge.errors import ModelError
from edge.literal import Number
from edge.pipeline import Pipeline
from edge.routes import Routes
from tests.fuzz import verdict
from tests.fuzz.harness import LIMITS, ROUTES
from tests.fuzz.mindless import MindlessModel, control_tokens
from tests.made import ScriptedExtractor, message, prepared

WEATHER = ROUTES["weather"]


def answer_to(text: str, script: str | Exception) -> Answer:
    """Return the answer to a text of which the model writes what the script says, as if no grammar bound it."""
    pipeline = Pipeline(
        extractor=ScriptedExtractor(script),
        routes=Routes((WEATHER,)),
        prepared={"weather": prepared(WEATHER.schema)},
        limits=LIMITS,
        base_topic=verdict.BASE_TOPIC,
    )
    return pipeline.answer(message(text.encode(), topic="hostile/a/weather"))


def test_a_good_reading() -> None:
    """What is as it should be passes, and has a name."""
    found = answer_to("T=-21,40C RH=48%", '{"temperature":-21.40,"humidity":48}')

    assert verdict.outcome(found, WEATHER) == "reading"


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ('{"temperature":99}', r"\('temperature',\): 99 comes from nowhere"),
        ('{"temperature":2}', r"\('temperature',\): 2 comes from nowhere"),
        ('{"temperature":21,"humidity":48,"extra":5}', "with the key extra|breaks additionalProperties|KeyError"),
        (ZeroDivisionError("a bug"), "ZeroDivisionError: a bug"),
        (ModelError("llama_decode failed"), "llama_decode failed"),
    ],
)
def test_what_must_not_be(script: str | Exception, complaint: str) -> None:
    """An invented number, a field too many, and any failure of the program itself are noticed."""
    with pytest.raises(AssertionError, match=complaint):
        verdict.outcome(answer_to("T=21 RH=48", script), WEATHER)


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (b'{"temperature":-61}', "breaks minimum"),
        (b'{"humidity":48}', "breaks required"),
        (b'{"temperature":"21"}', "breaks type"),
        (b'{"temperature":21,"battery":"full"}', "breaks enum"),
        (b'{"temperature":21,"temperature":22}', "a key stands twice"),
        (b'{"temperature":NaN}', "NaN is no JSON"),
    ],
)
def test_readings_that_are_none(payload: bytes, complaint: str) -> None:
    """What breaks the schema, or is no JSON, is noticed whatever the validator says."""
    found = answer_to("T=21", '{"temperature":21}')

    with pytest.raises(AssertionError, match=complaint):
        verdict.outcome(replace(found, publication=replace(found.publication, payload=payload)), WEATHER)


@pytest.mark.parametrize("script", ['{"temperature":21}', "{}"])
def test_another_topic(script: str) -> None:
    """An answer that goes elsewhere is noticed, be it a reading or a dead letter."""
    found = answer_to("T=21", script)

    with pytest.raises(AssertionError, match="other/topic"):
        verdict.outcome(replace(found, publication=replace(found.publication, topic="other/topic")), WEATHER)


@pytest.mark.parametrize(
    ("source", "literal"),
    [
        ("21.4", "2.14"),
        ("21.4", "-21.4"),
        ("-21", "21"),
        ("5e3", "5e4"),
        ("1200", "12"),
        ("12", "1200"),
        ("4", "5"),
    ],
)
def test_what_a_text_does_not_spell(source: str, literal: str) -> None:
    """A sign, a digit, a point or an exponent that the characters do not have makes another number."""
    assert not verdict.spells(source, Number(literal).literal)


@pytest.mark.model
def test_a_control_token_in_the_feed(model_path: Path) -> None:
    """The model without a mind refuses to be fed one."""
    controls = control_tokens(model_path)
    with closing(MindlessModel(model_path, context_tokens=128, slots=1, controls=controls)) as model:
        plain = model.tokenize("T=21")
        model.decode([Feed(tokens=plain, position=0, sequence=0)])

        with pytest.raises(AssertionError, match="control tokens"):
            model.decode([Feed(tokens=[2], position=len(plain), sequence=0)])
