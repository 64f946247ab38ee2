"""A smaller vocabulary: what goes, what must stay, and that all that stays is as before."""

from pathlib import Path

import numpy as np
import pytest

from edge.engine.model import Feed, Model
from edge_convert import gguffile, trimming, vocabulary
from edge_convert.conversion import Result
from edge_convert.errors import BaseModelError, ConversionError
from tests.convert import tiny

TEXTS = ["T=01 aa", " tin 0101", "Ünïcödé 🌡 \n\t", "aa aa a"]


def test_a_text_of_kept_tokens_has_the_same_tokens(converted: Result, tmp_path: Path) -> None:
    """Token for token, by the new numbers; and what was cut is spelled with smaller tokens."""
    small = tmp_path / "small.gguf"
    count = trimming.trim(converted.path, small, ["01", "Ġt"])
    before, after = spelled(converted.path, TEXTS), spelled(small, TEXTS)

    assert count == len(tiny.vocabulary()) - 1
    assert before[1:3] == after[1:3]
    assert (before[3], after[3]) == (["aa", "Ġ", "aa", "Ġ", "a"], ["a", "a", "Ġ", "a", "a", "Ġ", "a"])


def test_the_model_answers_as_before(converted: Result, tmp_path: Path) -> None:
    """The logits of the tokens that are left are the same, to the bit."""
    small = tmp_path / "small.gguf"
    trimming.trim(converted.path, small, ["01"])
    left = [number for number, token in enumerate(tiny.vocabulary()) if token not in {"Ġt", "aa"}]

    before = logits(converted.path, [left[200], left[40], left[100]])
    after = logits(small, [200, 40, 100])

    assert np.array_equal(before[left], after)


def test_a_file_without_tokens_is_refused(tmp_path: Path) -> None:
    """The message names it."""
    path = tmp_path / "tokens.txt"
    path.write_text("\n\n")

    with pytest.raises(ConversionError, match=f"^{path}: expected a token on each line, got none$"):
        trimming.load(path)


def test_tokens_of_another_base_are_refused(converted: Result, tmp_path: Path) -> None:
    """A vocabulary that was chosen for another tokenizer does not fit."""
    with pytest.raises(ConversionError) as error:
        trimming.trim(converted.path, tmp_path / "small.gguf", ["01", "the", "an"])

    assert str(error.value) == "expected tokens of the base, got 2 others, the first 'an'"


def test_a_tokenizer_without_merges_is_refused(tmp_path: Path) -> None:
    """Nothing is known of what its tokens are made from."""
    fields = {key: value for key, value in tiny.fields().items() if key != "tokenizer.ggml.merges"}
    path = tiny.write_base(tmp_path / "base.gguf", metadata=fields)

    with pytest.raises(BaseModelError) as error:
        trimming.trim(path, tmp_path / "small.gguf", ["a"])

    assert str(error.value) == (
        "expected a tokenizer with tokenizer.ggml.tokens, tokenizer.ggml.token_type and tokenizer.ggml.merges"
    )


def test_what_a_kept_token_is_made_from_is_kept() -> None:
    """Down to single characters, whatever was asked for."""
    merges = [("l", "o"), ("lo", "w"), ("h", "i"), ("low", "er")]
    tokens_ = ["l", "o", "w", "h", "i", "e", "r", "er", "lo", "low", "hi", "lower"]
    whole = vocabulary.Vocabulary(tokens=tokens_, types=[1] * len(tokens_), merges=[("e", "r"), *merges])

    left = vocabulary.trim(whole, ["lower"]).vocabulary

    assert set(tokens_) - set(left.tokens) == {"hi"}
    assert list(left.merges) == [("e", "r"), ("l", "o"), ("lo", "w"), ("low", "er")]


def spelled(path: Path, texts: list[str]) -> list[list[str]]:
    """Return the tokens of texts by a model's tokenizer, each as the vocabulary spells it."""
    spellings = gguffile.read(path).fields["tokenizer.ggml.tokens"].value
    assert isinstance(spellings, list)
    model = Model(path, threads=1, context_tokens=64, sequences=1)
    try:
        return [[str(spellings[number]) for number in model.tokenize(text)] for text in texts]
    finally:
        model.close()


def logits(path: Path, numbers: list[int]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Return the logits behind some tokens."""
    model = Model(path, threads=1, context_tokens=64, sequences=1)
    try:
        [[row]] = model.decode([Feed(tokens=numbers, position=0, sequence=0, wanted=(len(numbers) - 1,))])
        return row.copy()
    finally:
        model.close()
