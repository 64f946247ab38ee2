"""Recipes: which types and sizes a result must have, known before it is made."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from edge_convert import gguffile, recipe
from edge_convert.errors import BaseModelError
from edge_convert.recipe import RECIPES
from tests.convert import tiny

Q4_0 = RECIPES["Q4_0"]


def test_matrices_are_quantized_and_vectors_are_not(base_path: Path) -> None:
    """The tiny base has seven matrices and two norms in each of two blocks, embeddings and a last norm."""
    assert recipe.histogram(gguffile.read(base_path), Q4_0) == Counter({"Q4_0": 15, "F32": 5})


def test_size_is_known_to_the_byte(base_path: Path) -> None:
    """Worked by hand, each tensor padded to 32 bytes.

    A row of 64 takes two blocks, 36 bytes. Embeddings 262 rows: 9,432, padded 9,440. A block: q and o 64 rows
    (2,304 each), k and v 32 rows (1,152 each), gate and up 96 rows (3,456 each), down 64 rows of three blocks
    (3,456), two norms of 256: 17,792. The last norm: 256.
    """
    assert recipe.data_bytes(gguffile.read(base_path), Q4_0) == 9_440 + 2 * 17_792 + 256


def test_rows_that_do_not_divide_into_blocks_are_refused(tmp_path: Path) -> None:
    """llama.cpp would store such a matrix in another type; the message names both numbers."""
    tensors = tiny.weights() | {"blk.0.ffn_down.weight": np.zeros((64, 80), dtype=np.float32)}
    base = gguffile.read(tiny.write_base(tmp_path / "odd.gguf", tensors))

    with pytest.raises(BaseModelError) as error:
        recipe.require_blocks(base, Q4_0)

    assert str(error.value) == (
        f"{base.path}: blk.0.ffn_down.weight: expected rows in multiples of 32 values, as Q4_0 has them, got 80"
    )
