"""The golden texts: outputs follow the prompt contract, so that a model that answers well agrees with them."""

import json

import pytest

from edge.engine.model import Feed, Model
from edge.extraction.prompt import CONTRACTS
from edge.literal import dumps, leaves, loads
from edge_convert import agreement
from edge_convert.agreement import Choices
from edge_convert.conversion import Result
from edge_convert.golden import PROMPTS, TOKENIZER_STRINGS, Prompt
from edge_convert.progress import Step

EDGE_1, MAAZA_1 = CONTRACTS["edge-1"], CONTRACTS["maaza-1"]
INFERRED = {"low", "closed"}  # enum values, which need not be copies


@pytest.mark.parametrize("prompt", PROMPTS, ids=[prompt.text[:20] for prompt in PROMPTS])
def test_outputs_follow_the_contract(prompt: Prompt) -> None:
    """Compact JSON with its keys in schema order; strings are copies of the text."""
    document = loads(prompt.output)
    assert isinstance(document, dict)
    copied = [leaf.value for leaf in leaves(prompt.output) if isinstance(leaf.value, str)]

    assert dumps(document) == prompt.output
    assert list(document) == [name for name in prompt.fields if name in document]
    assert [value for value in copied if value not in prompt.text and value not in INFERRED] == []


def test_segments_are_those_of_the_contract() -> None:
    """Prefix with the schema, the text, the suffix."""
    prefix, text, suffix = PROMPTS[0].segments(EDGE_1)

    assert prefix == (
        'Extract the structured JSON data from the following text.\n\nSchema: {"temperature":number(°C),'
        '"humidity":number(%)}\n\nInput: '
    )
    assert (text, suffix) == ("T=21.4 RH=55%", "\n\nOutput:\n")
    assert "".join(PROMPTS[0].segments(MAAZA_1)) == (
        "Extract the structured JSON data from the following text.\n\nInput: T=21.4 RH=55%\n\nOutput:"
    )


def test_strings_hold_what_tokenizers_differ_in() -> None:
    """Control tokens as text, digits, line breaks, accents, other scripts, emoji."""
    joined = "".join(TOKENIZER_STRINGS)

    assert all(part in joined for part in ("<|im_end|>", "0123456789", "\r\n", "ü", "度", "🌡", "\t", "\u0301"))
    assert json.loads(json.dumps(TOKENIZER_STRINGS)) == list(TOKENIZER_STRINGS)


def test_choices_are_the_models_most_likely_tokens(converted: Result) -> None:
    """Asked one token at a time, the model chooses as it does when asked for whole outputs."""
    choices = agreement.ask(converted.path, EDGE_1, threads=2, step=Step.AFTER, report=lambda *_: None)

    assert choices.chosen[: len(_one_by_one(converted))] == _one_by_one(converted)
    assert len(choices.chosen) == len(choices.expected)


def test_accuracy_counts_expected_tokens() -> None:
    """Two of four positions as expected."""
    choices = Choices(tokens=(), expected=(1, 2, 3, 4), chosen=(1, 0, 3, 0))

    assert choices.accuracy == 0.5


def _one_by_one(converted: Result) -> tuple[int, ...]:
    """Return the first prompt's choices, each from a call of its own."""
    model = Model(converted.path, threads=2, context_tokens=1024, sequences=1)
    before = [token for segment in PROMPTS[0].segments(EDGE_1) for token in model.tokenize(segment)]
    output = [*model.tokenize(PROMPTS[0].output), model.end_token]
    chosen = []
    for position, token in enumerate([*before, *output[:-1]]):
        [[logits]] = model.decode([Feed(tokens=[token], position=position, sequence=0, wanted=[0])])
        chosen.append(int(logits.argmax()))
    model.close()
    return tuple(chosen[len(before) - 1 :])
