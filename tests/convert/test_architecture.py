"""The llama architecture: its figures are read, and what is no whole llama model is named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_convert import architecture, gguffile
from edge_convert.architecture import Architecture
from edge_convert.errors import BaseModelError
from tests.convert import tiny

Q = "blk.0.attn_q.weight"


def test_figures_are_read(base_path: Path) -> None:
    """Two blocks, two heads, one of keys and values."""
    found = architecture.inspect(gguffile.read(base_path))

    assert found == Architecture(block_count=2, head_count=2, head_count_kv=1)


def test_heads_of_keys_default_to_all(tmp_path: Path) -> None:
    """Models older than grouped queries do not state how many heads of keys they have."""
    metadata = tiny.fields()
    del metadata["llama.attention.head_count_kv"]

    found = architecture.inspect(gguffile.read(tiny.write_base(tmp_path / "old.gguf", metadata=metadata)))

    assert found.head_count_kv == 2


def test_other_architecture_is_refused(tmp_path: Path) -> None:
    """A GGUF of another kind of model has other tensors under other names."""
    path = tiny.write_base(tmp_path / "qwen.gguf", architecture="qwen2")

    assert _fault(path) == "general.architecture: expected llama, got qwen2"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"llama.block_count": 0}, "llama.block_count: expected a number above 0, got 0"),
        ({"llama.block_count": "2"}, "llama.block_count: expected a number above 0, got 2"),
        (
            {"llama.attention.head_count": [2, 2]},
            "llama.attention.head_count: expected a number above 0, got [2, 2]",
        ),
        (
            {"llama.block_count": 3},
            "expected a llama model with the tensors of 3 blocks; blk.2.attn_norm.weight is missing",
        ),
        (
            {"llama.attention.head_count": 5},
            f"{Q}: expected a matrix with rows in multiples of 10 (2 halves x 5 heads), got shape (64, 64)",
        ),
    ],
)
def test_figures_that_cannot_be_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """Metadata that contradict the tensors, or say nothing, are named."""
    path = tiny.write_base(tmp_path / "odd.gguf", metadata=tiny.fields() | change)

    assert _fault(path) == message


def test_missing_figure_is_refused(tmp_path: Path) -> None:
    """A file without its number of blocks is no model."""
    metadata = tiny.fields()
    del metadata["llama.block_count"]

    path = tiny.write_base(tmp_path / "odd.gguf", metadata=metadata)

    assert _fault(path) == "llama.block_count: expected a number above 0, got None"


def test_projection_that_is_no_matrix_is_refused(tmp_path: Path) -> None:
    """A tensor of one dimension cannot be adapted."""
    tensors = tiny.weights() | {"blk.1.ffn_up.weight": np.zeros(64, dtype=np.float32)}
    path = tiny.write_base(tmp_path / "odd.gguf", tensors)

    assert _fault(path) == "blk.1.ffn_up.weight: expected a matrix with rows, got shape (64,)"


def _fault(path: Path) -> str:
    """Return why a base is refused, without its path."""
    with pytest.raises(BaseModelError) as error:
        architecture.inspect(gguffile.read(path))
    return str(error.value).removeprefix(f"{path}: ")
