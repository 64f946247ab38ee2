"""Owns the arithmetic of merging: base weight + LoRA update, in llama.cpp's order of rows.

Knows nothing of file formats. In the paper's letters: W' = W + (alpha / r) * B @ A, or (alpha / sqrt(r)) where
the adapter is rank-stabilized, as PEFT's `merge_and_unload` computes it, in float32.
"""

from collections.abc import Iterator

import numpy as np

from edge_convert.adapter import Adapter, targeted
from edge_convert.architecture import Architecture, tensor_name
from edge_convert.arrays import F32, is_finite
from edge_convert.errors import AdapterError, BaseModelError
from edge_convert.gguffile import GgufFile


def merge(weight: F32, a: F32, b: F32, *, scale: float, heads: int | None = None) -> F32:
    """Return the base weight with one LoRA update added, in float32.

    Shapes: weight (out, in), a (rank, in), b (out, rank). scale = alpha / rank, or as above. heads: of q and k
    alone, whose rows llama.cpp permutes in the weight, and so in the update; None leaves the rows in order.

    >>> zeros = np.zeros((2, 2), dtype=np.float32)
    >>> merge(zeros, np.float32([[1, 2]]), np.float32([[3], [0]]), scale=0.5).tolist()
    [[1.5, 3.0], [0.0, 0.0]]
    """
    update = (b @ a) * np.float32(scale)
    return weight + (update if heads is None else permute(update, heads))


def permute(rows: F32, heads: int) -> F32:
    """Return the rows of q or k in llama.cpp's order.

    Hugging Face rotates row i of a head together with row i + half; llama.cpp rotates neighbours, so within each
    head the two halves interleave: 0, half, 1, half + 1, …

    >>> permute(np.float32([[0], [1], [2], [3], [10], [11], [12], [13]]), heads=2).ravel().tolist()
    [0.0, 2.0, 1.0, 3.0, 10.0, 12.0, 11.0, 13.0]
    """
    half = rows.shape[0] // heads // 2
    return rows.reshape(heads, 2, half, -1).swapaxes(1, 2).reshape(rows.shape)


def require_fit(adapter: Adapter, base: GgufFile, architecture: Architecture) -> None:
    """See, before any work, that each pair of the adapter has a weight in the base and chains with its shape.

    Raises:
        AdapterError: layers beyond the base's, layers left out unsaid, or shapes that do not chain; the message
            names all three.
    """
    layers = {place.layer for place in adapter.pairs}
    block_count = architecture.block_count
    if max(layers) >= block_count:
        raise AdapterError(
            f"{adapter.path}: layer {max(layers)}: expected layers of the base, which are 0 to {block_count - 1}"
        )
    if missing := targeted(adapter.config, range(block_count)) - adapter.pairs.keys():
        first = min(missing)
        raise AdapterError(
            f"{adapter.path}: expected pairs in the {block_count} layers of the base, where they are targeted; "
            f"{len(missing)} are missing, the first is layer {first.layer}, {first.projection}"
        )
    for place, pair in adapter.pairs.items():
        rank = adapter.config.rank_of(*place)
        name = tensor_name(*place)
        rows, columns = base.tensors[name].shape
        if pair.a.shape != (rank, columns) or pair.b.shape != (rows, rank):
            raise AdapterError(
                f"{adapter.path}: {name} is {(rows, columns)} and r is {rank}: expected lora_A {(rank, columns)} "
                f"and lora_B {(rows, rank)}, got lora_A {pair.a.shape} and lora_B {pair.b.shape}"
            )


def merged(base: GgufFile, architecture: Architecture, adapter: Adapter) -> Iterator[tuple[str, F32]]:
    """Yield the base's tensors by name, in float32 and file order, each with its update if it has one.

    Raises:
        BaseModelError: a weight of the base is NaN or infinite.
        AdapterError: a merged weight is infinite.
        GgufError: a tensor's type cannot be dequantized.
    """
    places = {tensor_name(*place): place for place in adapter.pairs}
    for name, tensor in base.tensors.items():
        weight = tensor.float32()
        if not is_finite(weight):
            raise BaseModelError(f"{base.path}: {name}: expected finite numbers, got NaN or infinity")
        if place := places.get(name):
            pair, heads = adapter.pairs[place], architecture.permuted_heads(place.projection)
            with np.errstate(over="ignore", invalid="ignore"):  # judged by the next line
                weight = merge(weight, pair.a, pair.b, scale=adapter.config.scale_of(*place), heads=heads)
            if not is_finite(weight):
                raise AdapterError(f"{adapter.path}: {name}: merging it gives numbers too large for float32")
        yield name, weight
