"""Owns the quantizations that can be made, and what a file of each must hold. Knows nothing of how it is done."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edge_convert.arrays import F32
from edge_convert.errors import BaseModelError, ConversionError
from edge_convert.gguffile import ALIGNMENT_BYTES, GgufFile

VECTOR_TYPE = "F32"  # llama.cpp never quantizes a tensor of one dimension: norms stay as they are


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """One quantization, pure: every matrix in one type, the embeddings too.

    Attributes:
        type_name: ggml's, and the one that `--type` takes.
        block_values: so many values of a row share a scale; rows must divide into blocks.
        block_bytes: what a block takes on the disk.
        max_error: the largest relative error, as `arrays.relative_error` has it, that a matrix may suffer.
        min_agreement: the smallest share of positions at which the most likely token must stay the same.
        largest: the largest number that it holds.
    """

    type_name: str
    block_values: int
    block_bytes: int
    max_error: float
    min_agreement: float
    largest: float = math.inf

    def type_of(self, shape: tuple[int, ...]) -> str:
        """Return the type that a tensor of this shape gets.

        >>> RECIPES["Q4_0"].type_of((576, 1536)), RECIPES["Q4_0"].type_of((576,))
        ('Q4_0', 'F32')
        """
        return VECTOR_TYPE if len(shape) == 1 else self.type_name

    def size_bytes(self, shape: tuple[int, ...]) -> int:
        """Return what the data of a tensor take in the file, padding included.

        >>> RECIPES["Q4_0"].size_bytes((576, 1536))  # 27,648 blocks of 18 bytes
        497664
        """
        values = math.prod(shape)
        data = 4 * values if len(shape) == 1 else values // self.block_values * self.block_bytes
        return -(-data // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


RECIPES: Mapping[str, Recipe] = {
    # block_q4_0, ggml-common.h: 32 values of 4 bits and a scale in float16.
    # max_error: normally distributed weights lose 8.6 % of their norm. Measured on SmolLM2-135M with our first
    # adapter: 8.4 to 10.4 %, the embeddings 11.1 %. Heavy tails (Student's t, 3 degrees of freedom) lose 12.7 %;
    # a damaged or wrong tensor, 100 % and more.
    # min_agreement: measured on the same 97.4 % of 268 positions. Were the true share 96 %, one result in a
    # thousand would fall below 92 %; the base without its adapter agrees at 76 %.
    "Q4_0": Recipe(type_name="Q4_0", block_values=32, block_bytes=18, max_error=0.14, min_agreement=0.92),
    # block_iq4_nl: 4 bits for 16 values in uneven steps. Normally distributed weights lose 7.8 %. Measured with an
    # adapter that was trained through Q4_0: 9.1 % at most, agreement 95.5 %.
    "IQ4_NL": Recipe(type_name="IQ4_NL", block_values=32, block_bytes=18, max_error=0.13, min_agreement=0.92),
    # block_q8_0: 32 values of 8 bits and a scale in float16. Measured: 0.65 % at most, agreement 99.6 %.
    "Q8_0": Recipe(type_name="Q8_0", block_values=32, block_bytes=34, max_error=0.012, min_agreement=0.97),
    # Eleven bits of each number. Measured: 0.02 % of the norm, agreement 100 %.
    "F16": Recipe(
        type_name="F16", block_values=1, block_bytes=2, max_error=0.0005, min_agreement=0.98, largest=65_504
    ),
}


def require_blocks(base: GgufFile, recipe: Recipe) -> None:
    """See, before any work, that every row of the base divides into blocks; llama.cpp would use another type.

    Raises:
        BaseModelError: a row does not; the message names both numbers.
    """
    for tensor in base.tensors.values():
        if len(tensor.shape) > 1 and tensor.shape[-1] % recipe.block_values:
            raise BaseModelError(
                f"{base.path}: {tensor.name}: expected rows in multiples of {recipe.block_values} values, as "
                f"{recipe.type_name} has them, got {tensor.shape[-1]}"
            )


def require_range(name: str, weight: F32, recipe: Recipe) -> None:
    """See that the numbers of a merged matrix are not too large for a type.

    Raises:
        ConversionError: one is; the message names it.
    """
    largest = float(np.abs(weight).max()) if weight.ndim > 1 and recipe.largest < math.inf else 0.0
    if largest > recipe.largest:
        raise ConversionError(
            f"{name}: expected numbers up to {recipe.largest:,.0f}, as {recipe.type_name} holds them, "
            f"got {largest:,.0f}"
        )


def histogram(base: GgufFile, recipe: Recipe) -> Counter[str]:
    """Return how many tensors of each type the result must have."""
    return Counter(recipe.type_of(tensor.shape) for tensor in base.tensors.values())


def data_bytes(base: GgufFile, recipe: Recipe) -> int:
    """Return what the data of all tensors take in the result, to the byte."""
    return sum(recipe.size_bytes(tensor.shape) for tensor in base.tensors.values())
