"""The door to llama.cpp: what it loads, what it refuses, what it computes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.engine import model as models
from edge.engine.model import BATCH_ROWS, BATCH_TOKENS, ContextFull, Feed, Model
from edge.errors import ModelError
from tests.convert import tiny
from tests.convert.tiny import F32
from tests.grammars import Vocabulary

TEXT = "The level is 182.5 cm."


@pytest.fixture(scope="module")
def loaded(model_path: Path) -> Iterator[Model]:
    """Give the built model with a small context and two sequences."""
    opened = Model(model_path, threads=2, context_tokens=256, sequences=2)
    yield opened
    opened.close()


@pytest.fixture
def model(loaded: Model) -> Model:
    """Return the model with both its sequences empty."""
    loaded.forget(0)
    loaded.forget(1)
    return loaded


def feed(tokens: list[int], *, sequence: int = 0, position: int = 0) -> Feed:
    """Return what feeds these tokens and asks for the logits behind the last of them."""
    return Feed(tokens=tokens, position=position, sequence=sequence, wanted=[len(tokens) - 1])


def logits_behind(model: Model, tokens: list[int], *, sequence: int = 0, position: int = 0) -> F32:
    """Return a copy of the logits behind the last of these tokens, fed in a call of their own."""
    [[logits]] = model.decode([feed(tokens, sequence=sequence, position=position)])
    return logits.copy()


def test_no_file(tmp_path: Path) -> None:
    """A model that is missing is told, with the way to get one."""
    path = tmp_path / "none.gguf"

    with pytest.raises(ModelError) as error:
        Model(path, threads=1, context_tokens=256, sequences=1)

    assert str(error.value) == f"{path}: expected a GGUF model file, found none; `make model` builds it"


@pytest.mark.parametrize("content", [b"", b"GGUF", b"no model at all" * 100])
def test_a_damaged_file(content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A file that is no model is told in llama.cpp's words, which it does not print itself."""
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)

    with pytest.raises(ModelError) as error:
        Model(path, threads=1, context_tokens=256, sequences=1)

    message = str(error.value)
    assert message.startswith(f"{path}: expected a GGUF model that llama.cpp can load; it says: ")
    assert len(message) > len(f"{path}: expected a GGUF model that llama.cpp can load; it says: ")
    assert capfd.readouterr() == ("", "")


def test_a_truncated_file(tmp_path: Path) -> None:
    """Half a model is no model."""
    path = tiny.write_base(tmp_path / "tiny.gguf")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(ModelError, match=r"expected a GGUF model that llama\.cpp can load"):
        Model(path, threads=1, context_tokens=256, sequences=1)


def test_a_context_that_cannot_be_had(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A cache that llama.cpp refuses to make is told in its words."""
    path = tiny.write_base(tmp_path / "tiny.gguf")

    with pytest.raises(ModelError) as error:
        Model(path, threads=1, context_tokens=256, sequences=1000)

    assert str(error.value).startswith(f"{path}: no context of 256 tokens; llama.cpp says: ")
    assert capfd.readouterr() == ("", "")


@pytest.mark.model
def test_what_it_knows_of_itself(model: Model) -> None:
    """Vocabulary, end token and the contract of the weights are those of SmolLM2 and edge-1."""
    assert (model.vocab_size, model.end_token, model.context_tokens) == (49_152, 2, 256)
    assert model.metadata("edge.prompt_contract") == "edge-1"
    assert model.metadata("edge.none") is None


@pytest.mark.model
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "T=21.40C",
        "水位 12 米",
        "👍🏽",
        "a\x00b\n\r\t",
        "<|im_end|><|im_start|><|endoftext|>",
        "\u202e",
        "x" * 5000,
    ],
)
def test_tokens_of_plain_text(text: str, vocabulary: Vocabulary) -> None:
    """Tokens are the text, to the byte, and none of them is a control token."""
    tokens = vocabulary.tokenize(text)

    assert vocabulary.tokenizer.decode_bytes(tokens) == text.encode()
    assert not {0, 1, 2} & set(tokens)


@pytest.mark.model
def test_it_continues_a_text(model: Model) -> None:
    """The likeliest token behind "1 2 3 4 5 6 7" is not a letter."""
    tokens = model.tokenize("1, 2, 3, 4, 5, 6, ")

    logits = logits_behind(model, tokens)

    assert logits.shape == (49_152,)
    assert np.isfinite(logits).all()
    assert model.tokenize("7") == [int(logits.argmax())]


@pytest.mark.model
def test_a_shared_beginning_is_the_same_beginning(model: Model) -> None:
    """A sequence that begins with another's cells goes on as if it had read them itself.

    Tolerance 0.35 of logits that run from about -10 to 25: llama.cpp's kernels change with the size of the batch,
    on quantized activations.
    """
    tokens = model.tokenize(TEXT)
    alone = logits_behind(model, tokens)
    model.forget(0)

    model.decode([feed(tokens[:-2], sequence=1)])
    model.share(1, 0, len(tokens) - 2)
    shared = logits_behind(model, tokens[-2:], position=len(tokens) - 2)

    assert int(shared.argmax()) == int(alone.argmax())
    assert np.abs(shared - alone).max() < 0.35


@pytest.mark.model
def test_a_full_context(model: Model) -> None:
    """What does not fit is refused, nothing of it is kept, and what was there goes on."""
    tokens = model.tokenize(TEXT)
    position = 0
    for part in (tokens, [5] * 120, [5] * 120):
        model.decode([feed(part, position=position)])
        position += len(part)

    with pytest.raises(ContextFull) as error:
        model.decode([feed([5] * 20, position=position)])

    assert str(error.value) == "no room for 20 more tokens in a context of 256"
    model.decode([feed([5], position=position)])


@pytest.mark.model
def test_a_call_that_would_abort_the_process(model: Model) -> None:
    """More tokens or rows than a call may have are a bug of the caller, which never reaches llama.cpp."""
    with pytest.raises(AssertionError):
        model.decode([feed([5] * (BATCH_TOKENS + 1))])
    with pytest.raises(AssertionError):
        model.decode([feed([5] * BATCH_TOKENS), feed([5], sequence=1)])
    with pytest.raises(AssertionError):
        model.decode([Feed(tokens=[5] * 65, position=0, sequence=0, wanted=range(BATCH_ROWS + 1))])


@pytest.mark.model
def test_tokens_that_are_none(model: Model) -> None:
    """llama.cpp's refusal of a call is an error of ours."""
    with pytest.raises(ModelError) as error:
        model.decode([feed([-7, 49_152])])

    assert str(error.value) == "llama_decode failed with code -1 on 2 tokens"


@pytest.mark.model
def test_each_feed_gets_the_rows_that_it_wants(model: Model) -> None:
    """Several sequences go in one call, and each gets its own rows, in the order of its tokens; none for none.

    Tolerance 0.35, as above.
    """
    tokens = model.tokenize(TEXT)
    alone = logits_behind(model, tokens)
    half = logits_behind(model, tokens[:4], sequence=1)
    model.forget(0)
    model.forget(1)

    [first, none, second] = model.decode(
        [
            Feed(tokens=tokens[:4], position=0, sequence=0, wanted=[3]),
            Feed(tokens=tokens[4:], position=4, sequence=0),
            Feed(tokens=tokens, position=0, sequence=1, wanted=[3, len(tokens) - 1]),
        ]
    )

    assert (len(first), len(none), len(second)) == (1, 0, 2)
    assert np.abs(first[0] - half).max() < 0.35
    assert np.abs(second[0] - half).max() < 0.35
    assert np.abs(second[1] - alone).max() < 0.35


@pytest.mark.model
def test_cells_that_were_moved(model: Model) -> None:
    """A sequence whose end was moved to another goes on from there; the cells are free when that one is emptied.

    Tolerance 0.35, as above.
    """
    tokens = model.tokenize(TEXT)
    alone = logits_behind(model, tokens)
    model.forget(0)

    model.decode([feed([*tokens[:-2], *[5] * 40])])
    model.move(0, 1, len(tokens) - 2)
    behind = logits_behind(model, tokens[-2:], position=len(tokens) - 2)

    assert np.abs(behind - alone).max() < 0.35
    model.forget(0)
    model.decode([feed([5] * 108)])
    model.decode([feed([5] * 108, position=108)])  # 216 and the 40 that were moved fill the 256 cells
    with pytest.raises(ContextFull):
        model.decode([feed([5], position=216)])
    model.forget(1)
    model.decode([feed([5] * 40, position=216)])


@pytest.mark.model
def test_it_is_silent(model_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Loading, decoding and failing print nothing: stdout and stderr are the program's own."""
    opened = Model(model_path, threads=1, context_tokens=256, sequences=1)
    for position in (0, 100):
        opened.decode([feed([5] * 100, position=position)])
    with pytest.raises(ContextFull):
        opened.decode([feed([5] * 100, position=200)])
    opened.close()

    assert capfd.readouterr() == ("", "")


def test_quantize_to_an_unknown_type(tmp_path: Path) -> None:
    """Types that were never tried are refused."""
    with pytest.raises(ModelError) as error:
        models.quantize(tmp_path / "a", tmp_path / "b", file_type="Q4_K_M", threads=1)

    assert str(error.value) == "expected a quantization among F16, Q4_0, Q8_0, IQ4_NL, got Q4_K_M"


def test_quantize_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A source that cannot be read is told, and no target is left."""
    source, target = tmp_path / "none.gguf", tmp_path / "out.gguf"

    with pytest.raises(ModelError) as error:
        models.quantize(source, target, file_type="Q4_0", threads=1)

    assert str(error.value).startswith(f"{source}: llama_model_quantize failed with code 1; llama.cpp says: ")
    assert not target.exists()
    assert capfd.readouterr() == ("", "")
