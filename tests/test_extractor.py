"""The way from a text to an extraction: what opens, what is refused before the model is asked, what comes back."""

import json
import threading
from pathlib import Path

import pytest

from edge.config.options import Limits
from edge.errors import EdgeError, ModelError, Reason, Rejected
from edge.extraction.extractor import Extractor, open_model
from tests.convert import tiny
from tests.grammars import Vocabulary
from tests.made import schema_of

WEATHER = schema_of({"t": {"type": "number", "unit": "°C"}, "rh": {"type": "number", "unit": "%"}})


def limited(extractor: Extractor, vocabulary: Vocabulary, limits: Limits, context_tokens: int = 4096) -> Extractor:
    """Return an extractor of the same engine with other limits."""
    return Extractor(extractor.engine, tokenize=vocabulary.tokenize, context_tokens=context_tokens, limits=limits)


def test_a_model_of_another_contract(tmp_path: Path) -> None:
    """Weights that were trained for another prompt are refused, and so are those that do not say."""
    path = tiny.write_base(tmp_path / "tiny.gguf")

    with (
        pytest.raises(ModelError) as error,
        open_model(path, threads=1, context_tokens=256, limits=Limits()),
    ):
        pytest.fail("it opened")

    assert str(error.value) == (
        f"{path}: expected a model of the prompt contract edge-1 or maaza-1 (edge.prompt_contract), "
        "got one without a contract; convert its adapter with edge-convert"
    )


def test_no_model(tmp_path: Path) -> None:
    """A model that is missing is told."""
    with (
        pytest.raises(ModelError, match="expected a GGUF model file, found none"),
        open_model(tmp_path / "none.gguf", threads=None, context_tokens=256, limits=Limits()),
    ):
        pytest.fail("it opened")


@pytest.mark.model
def test_a_reading(extractor: Extractor) -> None:
    """A schema is made ready once, and reads any number of texts."""
    prepared = extractor.prepare(WEATHER)

    readings = [extractor.extract(prepared, text).json for text in ("T=21.4C RH=48%", "RH=50% T=-3C", "no news")]

    assert readings[:2] == ['{"t":21.4,"rh":48}', '{"t":-3,"rh":50}']
    assert readings[2] == "{}"


@pytest.mark.model
def test_a_schema_without_room(extractor: Extractor, vocabulary: Vocabulary) -> None:
    """A schema whose longest message would not fit the context is refused before any message comes."""
    tight = limited(extractor, vocabulary, Limits(), context_tokens=2048)
    prefix_tokens = len(extractor.prepare(WEATHER).prefix)

    with pytest.raises(EdgeError) as error:
        tight.prepare(WEATHER)

    assert str(error.value) == (
        f"schema of {prefix_tokens} tokens, message of 1024 and reading of 1024 "
        f"need {prefix_tokens + 2053} tokens; "
        "expected at most 2048 (model.context_tokens; see limits.message_tokens and limits.output_tokens)"
    )


@pytest.mark.model
def test_a_schema_whose_grammar_is_refused(extractor: Extractor) -> None:
    """A schema that is too deep for llguidance is refused, in its words, before any message comes."""
    items = '{"type":"array","items":' * 15 + "{}" + "}" * 15
    deep = schema_of({"deep": json.loads(items)})

    with pytest.raises(EdgeError) as error:
        extractor.prepare(deep)

    assert str(error.value).startswith("llguidance refuses the grammar of this schema: ")


@pytest.mark.model
@pytest.mark.parametrize(
    ("limits", "text", "expected"),
    [
        (Limits(message_tokens=8), "x " * 9, "too_long: expected at most 8 tokens, got 9"),
        (Limits(output_tokens=4), "T=21.4C RH=48%", "truncated: the reading does not end within 4 tokens"),
        (Limits(deadline_s=0.0), "T=1", "timeout: the deadline passed after "),
    ],
)
def test_limits(limits: Limits, text: str, expected: str, extractor: Extractor, vocabulary: Vocabulary) -> None:
    """A text that costs too much is rejected with the limit that it broke."""
    strict = limited(extractor, vocabulary, limits)

    with pytest.raises(Rejected) as error:
        strict.extract(extractor.prepare(WEATHER), text)

    assert str(error.value).startswith(expected)
    assert error.value.reason in Reason


@pytest.mark.model
def test_several_threads_may_ask(extractor: Extractor) -> None:
    """The engine takes one after the other, and each gets its own."""
    prepared = extractor.prepare(WEATHER)
    found: dict[int, str] = {}

    def ask(number: int) -> None:
        found[number] = extractor.extract(prepared, f"T={number}.5C").json

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(10, 14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {number: f'{{"t":{number}.5}}' for number in range(10, 14)}
