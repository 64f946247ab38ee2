"""Owns safetensors files: names, types and shapes at once, data as they are asked for. Knows nothing of models."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from edge_convert.arrays import F32, FLOAT_TYPES, decode, stored
from edge_convert.errors import ConversionError

_LENGTH_BYTES = 8  # of the header's length, at the file's beginning


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredTensor:
    """A tensor of an open file.

    Attributes:
        type_name: one of FLOAT_TYPES.
        shape: rows and columns.
        data: its bytes; they stay on the disk until they are used.
    """

    path: Path
    name: str
    type_name: str
    shape: tuple[int, ...]
    data: NDArray[np.uint8]

    def raw(self) -> NDArray[np.generic]:
        """Return the tensor in its own type, still on the disk; a bfloat16 as the 16 bits that it has."""
        return stored(self.data, type_name=self.type_name, shape=self.shape)

    def float32(self) -> F32:
        """Return the whole tensor."""
        return decode(self.data, type_name=self.type_name, shape=self.shape)


def read(path: Path, failure: type[ConversionError]) -> Mapping[str, StoredTensor]:
    """Return the tensors of a file by name, in the order of the names.

    Raises:
        ConversionError: of the kind given: the file is damaged, or a tensor is of a type that is no float.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        try:
            with safe_open(path, framework="numpy"):  # sees that the header is whole and fits the file
                header_bytes = int.from_bytes(file.read(_LENGTH_BYTES), "little")
                header = json.loads(file.read(header_bytes))
        except SafetensorError as error:
            raise failure(f"{path}: expected a safetensors file ({error})") from error
    header.pop("__metadata__", None)
    data = np.memmap(path, dtype=np.uint8, mode="r")[_LENGTH_BYTES + header_bytes :]
    return {name: _tensor(path, name, header[name], data, failure) for name in sorted(header)}


def _tensor(
    path: Path, name: str, entry: Mapping[str, Any], data: NDArray[np.uint8], failure: type[ConversionError]
) -> StoredTensor:
    type_name, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    if type_name not in FLOAT_TYPES:
        raise failure(f"{path}: {name}: expected one of {', '.join(FLOAT_TYPES)}, got {type_name}")
    return StoredTensor(path=path, name=name, type_name=type_name, shape=shape, data=data[begin:end])
