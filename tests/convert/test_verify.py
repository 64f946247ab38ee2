"""Verification: each way in which a result can differ from its recipe is seen, on real files made to differ."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge_convert import agreement, conversion, gguffile, verify
from edge_convert.conversion import Plan, Result
from edge_convert.errors import VerificationError
from edge_convert.progress import Step, silent
from edge_convert.recipe import RECIPES
from tests.convert import tiny
from tests.convert.tiny import RawGguf

Q4_0 = RECIPES["Q4_0"]


def test_good_result_has_figures(converted: Result) -> None:
    """Fifteen matrices in Q4_0, whose errors are those of normally distributed weights: 8 to 10 %."""
    figures = converted.figures

    assert figures.tensor_types == {"Q4_0": 15, "F32": 5}
    assert 0.08 < figures.worst_error < 0.10
    assert figures.agreement > 0.99
    assert (figures.golden_prompts, figures.golden_strings) == (12, 14)
    assert figures.size_bytes == converted.path.stat().st_size


def _without_a_norm(raw: RawGguf) -> None:
    del raw.tensors["blk.1.attn_norm.weight"]


def _with_a_bias(raw: RawGguf) -> None:
    raw.tensors["blk.0.attn_q.bias"] = raw.tensors["blk.0.attn_norm.weight"]


def _with_embeddings_left(raw: RawGguf) -> None:
    raw.tensors["token_embd.weight"] = (tiny.weights()["token_embd.weight"], tiny.kind("F32"))


def _with_a_row_less(raw: RawGguf) -> None:
    data, kind = raw.tensors["blk.0.ffn_up.weight"]
    raw.tensors["blk.0.ffn_up.weight"] = data[1:], kind


def _without_the_contract(raw: RawGguf) -> None:
    del raw.metadata["edge.prompt_contract"]


def _with_another_epsilon(raw: RawGguf) -> None:
    raw.metadata["llama.attention.layer_norm_rms_epsilon"] = 1.0


def _with_much_to_read(raw: RawGguf) -> None:
    raw.metadata["general.description"] = "x" * 5000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without_a_norm, "expected the 20 tensors of the base, got 19; they differ in blk.1.attn_norm.weight"),
        (_with_a_bias, "expected the 20 tensors of the base, got 21; they differ in blk.0.attn_q.bias"),
        (_with_embeddings_left, "token_embd.weight: expected (262, 64) in Q4_0, got (262, 64) in F32"),
        (_with_a_row_less, "blk.0.ffn_up.weight: expected (96, 64) in Q4_0, got (95, 64) in Q4_0"),
        (
            _without_the_contract,
            "metadata edge.prompt_contract: expected it as it was written, got another or none",
        ),
        (
            _with_another_epsilon,
            "metadata llama.attention.layer_norm_rms_epsilon: expected it as it was written, got another or none",
        ),
    ],
)
def test_other_contents_are_refused(
    planned: Plan, converted: Result, tmp_path: Path, change: Callable[[RawGguf], None], message: str
) -> None:
    """Tensors, types, shapes and metadata must all be what the recipe says; the message names what is not."""
    raw = RawGguf.read(converted.path)
    change(raw)

    with pytest.raises(VerificationError) as error:
        _verify(raw.write(tmp_path / "odd.gguf"), planned)

    assert str(error.value) == f"result: {message}"


def test_bytes_too_many_are_refused(planned: Plan, converted: Result, tmp_path: Path) -> None:
    """More metadata than the base's and our own, or bytes after the last tensor, are not ours."""
    raw = RawGguf.read(converted.path)
    _with_much_to_read(raw)
    path = raw.write(tmp_path / "large.gguf")
    bound = planned.base.header_bytes + 4096 + 45_280

    with pytest.raises(VerificationError) as error:
        _verify(path, planned)

    assert str(error.value) == f"result: expected at most {bound:,} bytes, got {path.stat().st_size:,}"


def test_damaged_matrix_is_refused(planned: Plan, converted: Result, tmp_path: Path) -> None:
    """Blocks of zeros in place of weights are an error of 1.0, the whole norm."""
    raw = RawGguf.read(converted.path)
    data, kind = raw.tensors["blk.1.ffn_gate.weight"]
    raw.tensors["blk.1.ffn_gate.weight"] = np.zeros_like(data), kind

    with pytest.raises(VerificationError) as error:
        _verify(raw.write(tmp_path / "damaged.gguf"), planned)

    assert str(error.value) == (
        f"result: blk.1.ffn_gate.weight: expected quantizing to change it by at most {Q4_0.max_error:.4f} "
        "of its norm, got 1.0000"
    )


def test_nan_in_a_scale_is_refused(planned: Plan, converted: Result, tmp_path: Path) -> None:
    """An error that is not a number is beyond every bound. The first two bytes of a block are its scale."""
    raw = RawGguf.read(converted.path)
    data = raw.tensors["blk.0.attn_k.weight"][0]
    data[0, :2] = np.frombuffer(np.float16(np.nan).tobytes(), dtype=np.uint8)

    with pytest.raises(VerificationError, match=r"blk\.0\.attn_k\.weight: .*, got nan"):
        _verify(raw.write(tmp_path / "damaged.gguf"), planned)


def test_changed_norm_is_refused(planned: Plan, converted: Result, tmp_path: Path) -> None:
    """Vectors are not quantized, so they may not change at all."""
    raw = RawGguf.read(converted.path)
    raw.tensors["output_norm.weight"][0][7] = 1.001

    with pytest.raises(VerificationError) as error:
        _verify(raw.write(tmp_path / "damaged.gguf"), planned)

    assert str(error.value) == (
        "result: output_norm.weight: expected quantizing to change it by at most 0.0000 of its norm, got 0.0001"
    )


def test_other_tokens_are_refused(planned: Plan, tmp_path: Path) -> None:
    """A base without the merge of two a's makes 64 tokens of 64 a's, the result 32."""
    metadata = tiny.fields()
    metadata["tokenizer.ggml.merges"] = [*tiny.MERGES[:2], "b b"]
    other = agreement.tokenize(tiny.write_base(tmp_path / "other.gguf", metadata=metadata))
    token = tiny.vocabulary().index("a")
    pair = tiny.vocabulary().index("aa")

    with pytest.raises(VerificationError) as error:
        verify.require_tokens(other, agreement.tokenize(planned.base.path))

    assert (
        str(error.value) == f"result: {'a' * 64!r}: expected the base's tokens {[token] * 64}, got {[pair] * 32}"
    )


def test_other_choices_are_refused(planned: Plan, converted: Result, tmp_path: Path) -> None:
    """A model whose every token looks like another's most likely answers differently."""
    shuffled = tiny.weights()
    shuffled["token_embd.weight"] = np.roll(shuffled["token_embd.weight"], 1, axis=0)
    shuffled["output.weight"] = tiny.weights()["token_embd.weight"]
    other = tiny.write_base(tmp_path / "other.gguf", shuffled)
    before, after = (
        agreement.ask(path, planned.contract, threads=2, step=Step.AFTER, report=silent)
        for path in (converted.path, other)
    )

    with pytest.raises(VerificationError) as error:
        verify.require_agreement(before, after, planned.recipe)

    assert str(error.value) == (
        f"result: expected the most likely token unchanged at {Q4_0.min_agreement:.1%} of {len(before.chosen)} "
        "positions or more, got 0.0%"
    )


def _verify(path: Path, planned: Plan) -> None:
    """Judge a file that needs no model to be refused."""
    result = gguffile.read(path)
    verify.require_contents(result, planned.base, conversion.result_fields(planned), planned.recipe)
    verify.require_weights(result, conversion.merged_weights(planned), planned.recipe, silent)
