"""The tokenizer of Hugging Face's layout: byte-level BPE is read, what llama.cpp would cut otherwise is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_convert import hubtokenizer
from edge_convert.errors import BaseModelError
from edge_convert.gguffile import Field
from tests.convert import hubs, tiny
from tests.convert.hubs import HubModel

SIZE = len(tiny.vocabulary())
CUT = "expected ByteLevel without a space before the text, alone or behind Digits one by one"


def test_tokens_types_and_merges_are_those_of_the_file(tmp_path: Path) -> None:
    """By number; those that control stand beside the vocabulary."""
    found = _fields(hubs.tiny_model(), tmp_path)

    assert found["tokenizer.ggml.tokens"].value == tiny.vocabulary()
    assert found["tokenizer.ggml.token_type"].value == [3, 3, 3] + [1] * (SIZE - 3)
    assert found["tokenizer.ggml.merges"].value == tiny.MERGES
    assert {key.removeprefix("tokenizer.ggml."): field.value for key, field in found.items() if "_id" in key} == {
        "bos_token_id": 1,
        "eos_token_id": 2,
    }


def test_merges_may_be_pairs(tmp_path: Path) -> None:
    """As newer files have them."""
    model = hubs.tiny_model()
    model.tokenizer["model"]["merges"] = [merge.split(" ") for merge in tiny.MERGES]

    assert _fields(model, tmp_path)["tokenizer.ggml.merges"].value == tiny.MERGES


def test_numbers_without_a_token_get_one_that_no_text_has(tmp_path: Path) -> None:
    """Embeddings often have more rows than there are tokens."""
    found = _fields(hubs.tiny_model(), tmp_path, size=SIZE + 2)

    tokens, types = found["tokenizer.ggml.tokens"].value, found["tokenizer.ggml.token_type"].value
    assert isinstance(tokens, list)
    assert isinstance(types, list)
    assert (tokens[-2:], types[-2:]) == ([f"[PAD{SIZE}]", f"[PAD{SIZE + 1}]"], [5, 5])


def test_added_tokens_that_are_plain_stay_whole(tmp_path: Path) -> None:
    """A word that was added is one token wherever it stands; one that looks like control is taken for it."""
    model = hubs.tiny_model()
    model.tokenizer["added_tokens"] += [
        {"id": SIZE, "content": "<think>", "special": False},
        {"id": SIZE + 1, "content": "<|tool|>", "special": False},
    ]

    types = _fields(model, tmp_path, size=SIZE + 2)["tokenizer.ggml.token_type"].value

    assert isinstance(types, list)
    assert types[-2:] == [4, 3]


def test_the_end_is_what_the_settings_say(tmp_path: Path) -> None:
    """As a text or an object; without settings, the number in config.json counts."""
    model = hubs.tiny_model()
    model.settings["eos_token"] = {"content": "<|endoftext|>", "special": True}
    named = _fields(model, tmp_path / "named")
    model.settings = {}
    model.config["eos_token_id"] = 1
    numbered = _fields(model, tmp_path / "numbered")

    assert named["tokenizer.ggml.eos_token_id"].value == 0
    assert numbered["tokenizer.ggml.eos_token_id"].value == 1


@pytest.mark.parametrize("place", ["settings", "file"])
def test_the_template_of_chats_comes_along(tmp_path: Path, place: str) -> None:
    """From the settings, or from a file of its own, as newer folders have it."""
    model = hubs.tiny_model()
    if place == "settings":
        model.settings["chat_template"] = "{{ messages }}"
    else:
        model.others["chat_template.jinja"] = "{{ messages }}"

    assert _fields(model, tmp_path)["tokenizer.chat_template"].value == "{{ messages }}"


def _set(*path: str | int, to: object) -> Callable[[HubModel], None]:
    def change(model: HubModel) -> None:
        place: Any = model.tokenizer
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return change


def _without_an_end(model: HubModel) -> None:
    del model.settings["eos_token"]
    del model.config["eos_token_id"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("model", "type", to="Unigram"), 'model.type: expected BPE, got "Unigram"'),
        (_set("model", to=None), "model.type: expected BPE, got null"),
        (_set("model", "byte_fallback", to=True), "model.byte_fallback: expected none, got true"),
        (_set("model", "ignore_merges", to=True), "model.ignore_merges: expected none, got true"),
        (_set("model", "dropout", to=0.1), "model.dropout: expected none, got 0.1"),
        (_set("model", "vocab", to=["a"]), 'model.vocab: expected tokens and their numbers, got ["a"]'),
        (_set("model", "vocab", "a", to=5000), f'"a": expected a number below {SIZE}, got 5000'),
        (_set("model", "vocab", "a", to=0), '"<|endoftext|>": expected a number of its own, got 0, "a"'),
        (_set("model", "merges", to=[]), "model.merges: expected pairs of tokens, got []"),
        (_set("model", "merges", to=["a b c"]), 'model.merges: expected pairs of tokens, got "a b c"'),
        (_set("model", "merges", to=[["a", "b c"]]), 'model.merges: expected pairs of tokens, got ["a", "b c"]'),
        (
            _set("added_tokens", 0, to={"id": 1}),
            'added_tokens: expected objects with their content, got {"id": 1}',
        ),
        (_set("normalizer", to={"type": "NFC"}), 'normalizer: expected none, got {"type": "NFC"}'),
        (_set("pre_tokenizer", to=None), f"pre_tokenizer: {CUT}, got null"),
        (
            _set("pre_tokenizer", "pretokenizers", to=[{"type": "Whitespace"}]),
            f'pre_tokenizer: {CUT}, got {{"type": "Sequence", "pretokenizers": [{{"type": "Whitespace"}}]}}',
        ),
        (
            _set("pre_tokenizer", to={"type": "ByteLevel", "add_prefix_space": True}),
            f'pre_tokenizer: {CUT}, got {{"type": "ByteLevel", "add_prefix_space": true}}',
        ),
        (
            _without_an_end,
            "expected a token that ends texts: eos_token in tokenizer_config.json, or eos_token_id in config.json",
        ),
    ],
)
def test_other_tokenizers_are_refused(tmp_path: Path, change: Callable[[HubModel], None], message: str) -> None:
    """The message names the file and the place, what was expected and what stands there."""
    model = hubs.tiny_model()
    change(model)

    with pytest.raises(BaseModelError) as error:
        _fields(model, tmp_path / "model")

    assert str(error.value) == f"{tmp_path / 'model' / 'tokenizer.json'}: {message}"


def _fields(model: HubModel, folder: Path, size: int = SIZE) -> dict[str, Field]:
    return hubtokenizer.fields(model.write(folder), model.config, size)
