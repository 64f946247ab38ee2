"""The vocabulary: the bytes of tokens, which of them a mask allows, and what a choice among them is."""

import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
from llguidance import LLTokenizer
from numpy.typing import NDArray

from edge.engine.tokens import Tokens, allowed_tokens


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    """Return a vocabulary whose tokens are bytes."""
    return Tokens(LLTokenizer("byte"), 256)


def logits_of(**weights: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Return a row of logits in which some letters have a weight before the softmax, and the others none."""
    row = np.full(256, -50.0, dtype=np.float32)
    for letter, weight in weights.items():
        row[ord(letter)] = math.log(weight)
    return row


def allowed(characters: str) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the tokens of some characters, as a mask gives them: ascending."""
    return np.array(sorted(map(ord, characters)), dtype=np.intp)


def test_text(tokens: Tokens) -> None:
    """Tokens are their bytes, one after the other; none are none."""
    assert tokens.text(list("21.4 °C".encode())) == "21.4 °C".encode()
    assert tokens.text([]) == b""


def test_the_likeliest_of_the_allowed_is_chosen(tokens: Tokens) -> None:
    """Probabilities are among those that the grammar allows: what it forbids does not count, however likely."""
    token, choice = tokens.choose(logits_of(a=3.0, b=1.0, c=96.0), allowed("ab"), b"written")

    assert token == ord("a")
    assert (choice.start, choice.end) == (7, 8)
    assert choice.probability == pytest.approx(0.75)
    assert choice.gap == pytest.approx(math.log(3.0), abs=1e-6)


def test_one_allowed_token_is_sure(tokens: Tokens) -> None:
    """A choice of one has no runner-up."""
    token, choice = tokens.choose(logits_of(c=96.0), allowed("a"), b"")

    assert (token, choice.probability, choice.gap) == (ord("a"), 1.0, math.inf)


def test_of_equals_the_first_is_chosen(tokens: Tokens) -> None:
    """A tie has a gap of nothing, and always the same winner."""
    token, choice = tokens.choose(logits_of(b=2.0, a=2.0), allowed("ab"), b"")

    assert (token, choice.probability, choice.gap) == (ord("a"), 0.5, 0.0)


def test_what_is_known_beside_the_model_leans_the_choice(tokens: Tokens) -> None:
    """Nats are added to the logits of the options, in their order, behind what is written."""
    asked: list[tuple[bytes, list[bytes]]] = []

    def lean(written: bytes, options: Sequence[bytes]) -> NDArray[np.float32]:
        asked.append((written, list(options)))
        return np.log(np.array([1.0, 9.0], dtype=np.float32))

    token, choice = tokens.choose(logits_of(a=3.0, b=1.0, c=96.0), allowed("ab"), b'{"t":', lean)

    assert asked == [(b'{"t":', [b"a", b"b"])]
    assert token == ord("b")
    assert choice.probability == pytest.approx(0.75)


def test_how_likely_a_value_ends(tokens: Tokens) -> None:
    """A string ends at a quotation mark, a number where no digit, point, sign or exponent goes on."""
    row = logits_of(**{'"': 1.0, "5": 2.0, ".": 3.0, ",": 4.0, "}": 5.0, "E": 1.0})

    _, choice = tokens.choose(row, allowed('"5.,}E'), b"")

    assert choice.closing == pytest.approx(1 / 16)
    assert choice.beyond == pytest.approx(10 / 16)


def test_the_logits_stay_as_they_are(tokens: Tokens) -> None:
    """A row is a view of the model's memory: choosing writes nothing into it."""
    row = logits_of(a=3.0, b=1.0)
    before = row.copy()

    tokens.choose(row, allowed("ab"), b"")

    assert (row == before).all()


def test_huge_logits_overflow_nothing(tokens: Tokens) -> None:
    """Only differences count."""
    row = np.full(256, -3e38, dtype=np.float32)
    row[ord("a")] = 3e4

    _, choice = tokens.choose(row, allowed("ab"), b"")

    assert (choice.probability, choice.closing, choice.beyond) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize("size", [1, 31, 32, 33, 64, 100, 262, 1000])
def test_masks(size: int) -> None:
    """The bits of a mask, found word by word, are those found bit by bit, without those beyond the vocabulary."""
    chance = random.Random(size)  # noqa: S311  # no secret
    words = -(-size // 32)
    for share in (0.0, 0.01, 0.5, 1.0):
        bits = [chance.random() < share for _ in range(words * 32)]
        mask = np.packbits(np.array(bits), bitorder="little").tobytes()

        assert allowed_tokens(mask, size).tolist() == [token for token in range(size) if bits[token]]
