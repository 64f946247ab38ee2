"""Adapters in PEFT layout: every float type is read alike; what is missing, left over or broken is named."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from edge_convert import adapter
from edge_convert.adapter import Place
from edge_convert.errors import AdapterError
from tests.convert import tiny
from tests.convert.tiny import PeftAdapter

Q_A = tiny.lora_name(0, "attn_q", "A")


def test_adapter_has_a_pair_for_each_projection_of_each_layer(adapter_path: Path) -> None:
    """Seven projections of two layers, in order, in float32."""
    loaded = adapter.load(adapter_path)

    assert len(loaded.pairs) == 14
    assert next(iter(loaded.pairs)) == Place(0, "down_proj")
    assert loaded.pairs[Place(1, "k_proj")].a.shape == (4, 64)
    assert loaded.pairs[Place(1, "k_proj")].b.shape == (32, 4)
    assert {pair.a.dtype for pair in loaded.pairs.values()} == {np.dtype(np.float32)}
    assert loaded.config.scale_of(1, "k_proj") == 2.0


@pytest.mark.parametrize("type_name", ["F32", "F16", "BF16"])
def test_float_types_are_read_alike(tmp_path: Path, type_name: str) -> None:
    """Values that all three types can hold come out the same: sums of a few powers of two."""
    values = np.array([[1.0, -2.5, 0.15625, 0.0]] * 4, dtype=np.float32)
    data = {
        "F32": values.tobytes(),
        "F16": values.astype(np.float16).tobytes(),
        "BF16": (values.view(np.uint32) >> 16).astype(np.uint16).tobytes(),
    }[type_name]
    folder = _one_pair(tmp_path, type_name, data)

    loaded = adapter.load(folder)

    assert loaded.pairs[Place(0, "q_proj")].a.tolist() == values.tolist()
    assert loaded.pairs[Place(0, "q_proj")].b.tolist() == values.tolist()


@pytest.mark.parametrize(("type_name", "size_bytes"), [("F64", 8), ("I8", 1), ("F8_E4M3", 1), ("BOOL", 1)])
def test_other_types_are_refused(tmp_path: Path, type_name: str, size_bytes: int) -> None:
    """Only the three float types that adapters come in are read."""
    folder = _one_pair(tmp_path, type_name, bytes(16 * size_bytes))

    assert _fault(folder) == f"{Q_A}: expected one of F32, F16, BF16, got {type_name}"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    """One such number anywhere is enough."""
    values = np.zeros((4, 4), dtype=np.float32)
    values[2, 3] = value
    folder = _one_pair(tmp_path, "F32", values.tobytes())

    assert _fault(folder) == f"{Q_A}: expected finite numbers, got NaN or infinity"


@pytest.mark.parametrize(
    "name",
    [
        "base_model.model.lm_head.lora_A.weight",
        "base_model.model.model.embed_tokens.lora_embedding_A",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector.weight",
        "base_model.model.model.layers.0.self_attn.gate_proj.lora_A.weight",
        "base_model.model.model.layers.0.self_attn.qkv_proj.lora_A.weight",
        "base_model.model.model.layers.00.self_attn.q_proj.lora_A.weight",
    ],
)
def test_tensors_that_would_go_unused_are_refused(tmp_path: Path, name: str) -> None:
    """Nothing in an adapter is skipped: what has no place in the base is named."""
    peft = PeftAdapter()
    peft.tensors[name] = np.zeros((4, 4), dtype=np.float32)

    assert _fault(peft.write(tmp_path / "adapter")) == (
        f"1 of 29 tensors would go unused, since adapter_config.json does not target them; the first is {name}"
    )


@pytest.mark.parametrize("change", [{"target_modules": ["k_proj", "v_proj"]}, {"layers_to_transform": [7]}])
def test_tensors_outside_the_configured_targets_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    """A projection or layer that the configuration does not name may not come along."""
    peft = PeftAdapter()
    peft.config |= change
    message = _fault(peft.write(tmp_path / "adapter"))

    assert message.endswith(
        " tensors would go unused, since adapter_config.json does not target them; "
        "the first is base_model.model.model.layers.0.mlp.down_proj.lora_A.weight"
    )


@pytest.mark.parametrize(("side", "other"), [("A", "B"), ("B", "A")])
def test_missing_partner_is_refused(tmp_path: Path, side: str, other: str) -> None:
    """One side of a pair alone cannot be merged."""
    peft = PeftAdapter()
    del peft.tensors[tiny.lora_name(1, "attn_output", side)]

    assert _fault(peft.write(tmp_path / "adapter")) == (
        f"layer 1, o_proj: expected lora_A and lora_B, got lora_{other} alone"
    )


def test_missing_pairs_are_refused(tmp_path: Path) -> None:
    """A projection that the configuration targets must be there in each layer."""
    peft = PeftAdapter()
    for side in "AB":
        del peft.tensors[tiny.lora_name(0, "attn_v", side)]

    assert _fault(peft.write(tmp_path / "adapter")) == (
        "expected 14 pairs in 2 layers, as adapter_config.json targets them; 1 are missing, "
        "the first is layer 0, v_proj"
    )


def test_adapter_without_tensors_is_refused(tmp_path: Path) -> None:
    """An empty safetensors file has nothing to merge."""
    peft = PeftAdapter(tensors={})

    assert _fault(peft.write(tmp_path / "adapter")) == (
        "expected 7 pairs in 1 layers, as adapter_config.json targets them; 7 are missing, "
        "the first is layer 0, down_proj"
    )


@pytest.mark.parametrize(
    "data", [b"", b"not safetensors at all, but long enough", (2).to_bytes(8, "little") + b"[]"]
)
def test_broken_safetensors_are_refused(adapter_path: Path, tmp_path: Path, data: bytes) -> None:
    """What safetensors cannot read is passed on with its reason, which is in its own words."""
    folder = _copy(adapter_path, tmp_path)
    (folder / "adapter_model.safetensors").write_bytes(data)

    assert _fault(folder).startswith("expected a safetensors file (")


def test_cut_safetensors_are_refused(adapter_path: Path, tmp_path: Path) -> None:
    """A download that ended early is seen."""
    folder = _copy(adapter_path, tmp_path)
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])

    assert _fault(folder).startswith("expected a safetensors file (")


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_missing_file_is_named(adapter_path: Path, tmp_path: Path, name: str) -> None:
    """The operating system's error carries the file's path."""
    folder = _copy(adapter_path, tmp_path)
    (folder / name).unlink()

    with pytest.raises(FileNotFoundError) as error:
        adapter.load(folder)

    assert error.value.filename == str(folder / name)


def _one_pair(folder: Path, type_name: str, data: bytes) -> Path:
    """Return an adapter for q_proj of layer 0 alone, both of its sides (4, 4) with the data given."""
    config = tiny.config() | {"layers_to_transform": [0], "target_modules": ["q_proj"]}
    path = PeftAdapter(config=config).write(folder / "adapter")
    tensors = {tiny.lora_name(0, "attn_q", side): (type_name, (4, 4), data) for side in "AB"}
    (path / "adapter_model.safetensors").write_bytes(tiny.safetensors(tensors))
    return path


def _copy(source: Path, folder: Path) -> Path:
    return Path(shutil.copytree(source, folder / "adapter"))


def _fault(folder: Path) -> str:
    """Return why an adapter is refused, without the path of its weights."""
    with pytest.raises(AdapterError) as error:
        adapter.load(folder)
    return str(error.value).removeprefix(f"{folder / 'adapter_model.safetensors'}: ")
