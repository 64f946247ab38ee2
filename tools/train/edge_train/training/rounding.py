"""Owns the rounding that a weight goes through in the shipped file: ggml's Q4_0, to the bit, and back.

Knows nothing of training. What the model will be rounded to, it should be trained in.
"""

import torch
from torch import Tensor

BLOCK_VALUES = 32  # QK4_0, ggml-common.h
_LEVELS = 15


def q4_0(weight: Tensor) -> Tensor:
    """Return a weight in float32 as Q4_0 keeps it: of each 32 values of a row, a scale in float16 and 4 bits each.

    The scale is the value of largest magnitude, the first of equals, divided by -8 (`quantize_row_q4_0_ref`,
    ggml-quants.c). Shapes: (rows, columns), columns a multiple of 32.

    >>> q4_0(torch.tensor([[1.0, -8.0] + [0.4] * 30]))[0, :3].tolist()
    [1.0, -8.0, 0.0]
    """
    blocks = weight.reshape(-1, BLOCK_VALUES)
    largest = blocks.gather(1, blocks.abs().argmax(1, keepdim=True))
    scale = largest / -8.0
    inverse = torch.where(scale == 0, torch.zeros_like(scale), 1.0 / scale)
    levels = (blocks * inverse).add_(8.5).floor_().clamp_(0, _LEVELS).sub_(8.0)
    return levels.mul_(scale.half().float()).view(weight.shape)
