"""Owns one layer of a llama model: attention, feed-forward part, their norms. Knows nothing of other layers.

An object of plain attributes, so that torch compiles the code once for all layers.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from edge_train.training.projection import Projection

Rotation = tuple[Tensor, Tensor]  # cosines and sines, shape (length, half of a head)


class Layer:
    """A layer with its weights.

    Args:
        projections: by Hugging Face's names.
        norms: before attention, and before the feed-forward part.
        heads, heads_kv: of queries, and of keys and values.
        epsilon: of the norms.
    """

    def __init__(
        self,
        projections: Mapping[str, Projection],
        norms: tuple[Tensor, Tensor],
        *,
        heads: int,
        heads_kv: int,
        epsilon: float,
    ) -> None:
        self._q, self._k, self._v, self._o = (projections[f"{name}_proj"] for name in "qkvo")
        self._gate, self._up, self._down = (projections[f"{name}_proj"] for name in ("gate", "up", "down"))
        self._attention_norm, self._feed_forward_norm = norms
        self._heads, self._heads_kv = heads, heads_kv
        self._epsilon = epsilon

    def __call__(self, inputs: Tensor, rotation: Rotation) -> Tensor:
        """Return the outputs, shape (batch, length, width) as the inputs."""
        middle = inputs + self._attend(norm(inputs, self._attention_norm, self._epsilon), rotation)
        normed = norm(middle, self._feed_forward_norm, self._epsilon)
        return middle + self._down(functional.silu(self._gate(normed)) * self._up(normed))

    def _attend(self, inputs: Tensor, rotation: Rotation) -> Tensor:
        q = _rotated(_split(self._q(inputs), self._heads), rotation)
        k = _rotated(_split(self._k(inputs), self._heads_kv), rotation)
        v = _split(self._v(inputs), self._heads_kv)
        repeats = self._heads // self._heads_kv
        k, v = k.repeat_interleave(repeats, 1), v.repeat_interleave(repeats, 1)
        seen = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self._o(seen.transpose(1, 2).reshape(inputs.shape[0], inputs.shape[1], -1))


def norm(inputs: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """Return rows divided by the root of their mean square, times a weight."""
    return functional.rms_norm(inputs, weight.shape, weight, epsilon)


def _split(rows: Tensor, heads: int) -> Tensor:
    """Return rows of shape (batch, length, heads * size) as (batch, heads, length, size)."""
    return rows.view(rows.shape[0], rows.shape[1], heads, -1).transpose(1, 2)


def _rotated(heads: Tensor, rotation: Rotation) -> Tensor:
    """Return heads turned by their positions; Hugging Face's order turns the two halves of a head together."""
    first, second = heads.chunk(2, -1)
    cosine, sine = rotation
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], -1)
