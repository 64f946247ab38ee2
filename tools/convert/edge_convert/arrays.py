"""Owns the float32 arrays that weights are worked on in. Knows nothing of files or of what a weight is for."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Buffer: TypeAlias = bytes | NDArray[np.uint8]

FLOAT_TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}  # safetensors' names; numpy has no bfloat16


def stored(data: Buffer, *, type_name: str, shape: Sequence[int]) -> NDArray[np.generic]:
    """Return little-endian bytes of one of FLOAT_TYPES as an array of that type, without copying them."""
    return np.frombuffer(data, dtype=FLOAT_TYPES[type_name]).reshape(shape)


def decode(data: Buffer, *, type_name: str, shape: Sequence[int]) -> F32:
    """Return little-endian bytes of one of FLOAT_TYPES as float32 in the shape given.

    A bfloat16 is the upper half of the float32 of the same value.

    >>> decode(bytes([0x80, 0x3F, 0x20, 0xC0]), type_name="BF16", shape=(2,)).tolist()
    [1.0, -2.5]
    >>> decode(bytes([0x00, 0x3C, 0x00, 0xC1]), type_name="F16", shape=(2, 1)).tolist()
    [[1.0], [-2.5]]
    """
    raw = stored(data, type_name=type_name, shape=shape)
    if type_name == "BF16":
        return (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.astype(np.float32)


def is_finite(array: F32) -> bool:
    """Return whether the array holds neither NaN nor infinity.

    >>> is_finite(np.array([1.0, np.inf], dtype=np.float32))
    False
    """
    return bool(np.isfinite(array).all())


def relative_error(pairs: Iterable[tuple[F32, F32]]) -> float:
    """Return the root of (sum of squared errors / sum of squares) over pieces (expected, observed).

    0.0 for pieces that agree, infinity where nothing but zeros was expected, NaN where either is not a number.

    >>> expected, observed = np.float32([3.0, 4.0]), np.float32([3.0, 4.5])
    >>> relative_error([(expected, observed)])  # 0.5 / 5
    0.1
    >>> relative_error([(np.float32([0.0]), np.float32([0.0]))])
    0.0
    """
    error = total = 0.0
    for expected, observed in pairs:
        difference = observed - expected
        error += float(np.vdot(difference, difference))
        total += float(np.vdot(expected, expected))
    if error == 0.0:
        return 0.0
    return float(np.sqrt(error / total)) if total else float("inf")
