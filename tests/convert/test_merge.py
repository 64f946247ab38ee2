"""Merging: the arithmetic against the paper's formula, and what does not fit."""

from pathlib import Path

import numpy as np
import pytest

from edge_convert import adapter, architecture, gguffile
from edge_convert.errors import AdapterError, BaseModelError
from edge_convert.merge import merge, merged, permute, require_fit
from tests.convert import tiny
from tests.convert.tiny import PeftAdapter


def test_merge_adds_the_scaled_product() -> None:
    """A case worked by hand: W + 0.5 * B @ A.

    B @ A is [[1], [2]] @ [[10, 20, 30]] = [[10, 20, 30], [20, 40, 60]]; half of it onto ones.
    """
    weight = np.ones((2, 3), dtype=np.float32)
    a, b = np.array([[10, 20, 30]], dtype=np.float32), np.array([[1], [2]], dtype=np.float32)

    assert merge(weight, a, b, scale=0.5).tolist() == [[6.0, 11.0, 16.0], [11.0, 21.0, 31.0]]


def test_merge_permutes_the_update_but_not_the_weight() -> None:
    """The base's weight is in llama.cpp's order already; only what is added needs reordering."""
    weight = np.array([[100], [200], [300], [400]], dtype=np.float32)
    a, b = np.ones((1, 1), dtype=np.float32), np.array([[1], [2], [3], [4]], dtype=np.float32)

    assert merge(weight, a, b, scale=1.0, heads=1).ravel().tolist() == [101.0, 203.0, 302.0, 404.0]


@pytest.mark.parametrize(("heads", "rows"), [(1, 64), (2, 64), (9, 576), (3, 192)])
def test_permutation_follows_its_definition(heads: int, rows: int) -> None:
    """Row s * half + i of a head goes to row 2 * i + s of it, for both halves s."""
    source = np.arange(rows * 2, dtype=np.float32).reshape(rows, 2)
    size = rows // heads
    expected = np.empty_like(source)
    for head in range(heads):
        for half in (0, 1):
            for i in range(size // 2):
                expected[head * size + 2 * i + half] = source[head * size + half * (size // 2) + i]

    assert permute(source, heads).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("name", "heads"), [("attn_q", tiny.HEADS), ("attn_k", tiny.HEADS_KV), ("ffn_down", None)]
)
def test_merged_weights_are_those_of_peft(tmp_path: Path, name: str, heads: int | None) -> None:
    """In Hugging Face's order, in float64: W + (alpha / r) * B @ A; tolerance 1e-6 of weights about 0.02."""
    base_path = tiny.write_base(tmp_path / "base.gguf", matrix_type="F32")
    peft = PeftAdapter()
    loaded = adapter.load(peft.write(tmp_path / "adapter"))
    base = gguffile.read(base_path)
    rows = tiny.SHAPES[name][0]
    to_gguf = (
        permute(np.arange(rows, dtype=np.float32)[:, None], heads).ravel().astype(int) if heads else range(rows)
    )
    from_gguf = np.argsort(to_gguf)

    found = dict(merged(base, architecture.inspect(base), loaded))

    for block in range(tiny.BLOCKS):
        a, b = (peft.tensors[tiny.lora_name(block, name, side)].astype(np.float64) for side in "AB")
        key = f"blk.{block}.{name}.weight"
        in_peft_order = tiny.weights()[key].astype(np.float64)[from_gguf] + 2.0 * b @ a
        np.testing.assert_allclose(found[key][from_gguf], in_peft_order, atol=1e-6)


def test_what_is_not_adapted_stays_as_it_is(tmp_path: Path) -> None:
    """Embeddings and norms come out bit for bit."""
    base = gguffile.read(tiny.write_base(tmp_path / "base.gguf", matrix_type="F32"))
    loaded = adapter.load(PeftAdapter().write(tmp_path / "adapter"))

    found = dict(merged(base, architecture.inspect(base), loaded))

    assert list(found) == list(tiny.weights())
    for name in ("token_embd.weight", "output_norm.weight", "blk.1.ffn_norm.weight"):
        assert found[name].tolist() == tiny.weights()[name].tolist()


def test_base_with_nan_is_refused(tmp_path: Path) -> None:
    """A base whose weights hold NaN is named with the tensor."""
    tensors = tiny.weights()
    tensors["blk.1.attn_v.weight"][3, 5] = np.nan
    base = gguffile.read(tiny.write_base(tmp_path / "base.gguf", tensors, matrix_type="F32"))
    loaded = adapter.load(PeftAdapter().write(tmp_path / "adapter"))

    with pytest.raises(BaseModelError) as error:
        list(merged(base, architecture.inspect(base), loaded))

    assert str(error.value) == f"{base.path}: blk.1.attn_v.weight: expected finite numbers, got NaN or infinity"


def test_overflow_is_refused(tmp_path: Path) -> None:
    """Finite inputs whose merged weight is not finite are named with the tensor."""
    peft = PeftAdapter()
    for side in "AB":
        name = tiny.lora_name(0, "attn_q", side)
        peft.tensors[name] = np.full(peft.tensors[name].shape, 1e30, dtype=np.float32)
    base = gguffile.read(tiny.write_base(tmp_path / "base.gguf"))
    loaded = adapter.load(peft.write(tmp_path / "adapter"))

    with pytest.raises(AdapterError) as error:
        list(merged(base, architecture.inspect(base), loaded))

    assert str(error.value) == (
        f"{loaded.path}: blk.0.attn_q.weight: merging it gives numbers too large for float32"
    )


def test_adapter_may_adapt_some_layers_if_it_says_so(tmp_path: Path) -> None:
    """With layers_to_transform [1] the weights of layer 0 stay as they are."""
    peft = PeftAdapter()
    peft.config["layers_to_transform"] = [1]
    peft.tensors = {name: tensor for name, tensor in peft.tensors.items() if ".layers.1." in name}
    base = gguffile.read(tiny.write_base(tmp_path / "base.gguf", matrix_type="F32"))
    loaded = adapter.load(peft.write(tmp_path / "adapter"))

    require_fit(loaded, base, architecture.inspect(base))
    found = dict(merged(base, architecture.inspect(base), loaded))

    is_same = {name: bool((found[name] == weight).all()) for name, weight in tiny.weights().items()}
    assert (is_same["blk.0.attn_q.weight"], is_same["blk.1.attn_q.weight"]) == (True, False)


def test_layers_beyond_the_base_are_refused(tmp_path: Path) -> None:
    """An adapter of three layers does not fit a base of two."""
    peft = PeftAdapter()
    peft.tensors |= {
        name.replace(".layers.1.", ".layers.2."): tensor
        for name, tensor in peft.tensors.items()
        if ".layers.1." in name
    }

    assert _misfit(tmp_path, peft) == "layer 2: expected layers of the base, which are 0 to 1"


def test_layers_left_out_are_refused(tmp_path: Path) -> None:
    """An adapter of one layer that does not say so is not for a base of two."""
    peft = PeftAdapter()
    peft.tensors = {name: tensor for name, tensor in peft.tensors.items() if ".layers.0." in name}

    assert _misfit(tmp_path, peft) == (
        "expected pairs in the 2 layers of the base, where they are targeted; 7 are missing, "
        "the first is layer 1, down_proj"
    )


@pytest.mark.parametrize(
    ("side", "shape", "got"),
    [
        ("A", (4, 60), "got lora_A (4, 60) and lora_B (96, 4)"),
        ("B", (64, 4), "got lora_A (4, 64) and lora_B (64, 4)"),
        ("A", (8, 64), "got lora_A (8, 64) and lora_B (96, 4)"),
        ("B", (96,), "got lora_A (4, 64) and lora_B (96,)"),
    ],
)
def test_shapes_that_do_not_chain_are_refused(tmp_path: Path, side: str, shape: tuple[int, ...], got: str) -> None:
    """The message names the weight's shape and those of both sides, expected and observed."""
    peft = PeftAdapter()
    peft.tensors[tiny.lora_name(1, "ffn_up", side)] = np.zeros(shape, dtype=np.float32)

    assert _misfit(tmp_path, peft) == (
        f"blk.1.ffn_up.weight is (96, 64) and r is 4: expected lora_A (4, 64) and lora_B (96, 4), {got}"
    )


def test_rank_of_the_configuration_must_be_that_of_the_tensors(tmp_path: Path) -> None:
    """With another r the scale would be wrong, whatever the tensors say."""
    peft = PeftAdapter()
    peft.config["r"] = 8

    assert _misfit(tmp_path, peft) == (
        "blk.0.ffn_down.weight is (64, 96) and r is 8: expected lora_A (8, 96) and lora_B (64, 8), "
        "got lora_A (4, 96) and lora_B (64, 4)"
    )


def _misfit(folder: Path, peft: PeftAdapter) -> str:
    """Return why an adapter does not fit the tiny base, without the adapter's path."""
    base = gguffile.read(tiny.write_base(folder / "base.gguf"))
    loaded = adapter.load(peft.write(folder / "adapter"))
    with pytest.raises(AdapterError) as error:
        require_fit(loaded, base, architecture.inspect(base))
    return str(error.value).removeprefix(f"{loaded.path}: ")
