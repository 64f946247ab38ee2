"""Owns GGUF files: metadata and tensors in, metadata and float32 tensors out. Knows nothing of architectures.

The only importer of `gguf`, which has no types of its own here: what comes from it is cast at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, dequantize
from numpy.typing import NDArray

from edge_convert.arrays import F32
from edge_convert.errors import GgufError

MAGIC = b"GGUF"
ARCHITECTURE_KEY = "general.architecture"
ALIGNMENT_BYTES = 32  # GGUF_DEFAULT_ALIGNMENT, gguf.h: the data of each tensor begin at a multiple
_ALL_F32 = 0  # LLAMA_FTYPE_ALL_F32, llama.h
_OF_THE_FILE = (
    "GGUF.",  # gguf's own words for the header
    "general.alignment",
    "general.file_type",
    "general.quantization_version",
    "quantize.",
)

Value = str | int | float | list[str] | list[int] | list[float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One metadatum: its value and GGUF's name for its type, such as "UINT32"; for a list, that of its items."""

    value: Value
    type_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tensor:
    """One tensor of an open file; its data stay on the disk until they are asked for.

    Attributes:
        shape: as numpy counts, (rows, columns): GGUF itself counts the other way round.
        type_name: ggml's, such as "Q4_1".
        size_bytes: of the data, without padding.
    """

    name: str
    shape: tuple[int, ...]
    type_name: str
    size_bytes: int
    data: NDArray[np.generic]

    def pieces(self, rows: int = 4096) -> Iterator[F32]:
        """Yield the tensor in float32, at most so many rows at a time; a vector in one piece.

        Raises:
            GgufError: gguf cannot dequantize this type.
        """
        step = rows if len(self.shape) > 1 else len(self.data)
        for start in range(0, len(self.data), step):
            try:
                piece = dequantize(self.data[start : start + step], GGMLQuantizationType[self.type_name])
            except NotImplementedError as error:
                raise GgufError(
                    f"{self.name}: expected a type that gguf can dequantize, got {self.type_name}"
                ) from error
            yield np.array(piece, dtype=np.float32)

    def float32(self) -> F32:
        """Return the whole tensor; raises as `pieces` does."""
        return np.concatenate(list(self.pieces()))


@dataclass(frozen=True, kw_only=True, slots=True)
class GgufFile:
    """An open GGUF file, or what would be one: metadata by key and tensors by name, both in file order."""

    path: Path
    fields: Mapping[str, Field]
    tensors: Mapping[str, Tensor]
    header_bytes: int  # all that comes before the data of the first tensor

    @property
    def model_fields(self) -> dict[str, Field]:
        """The metadata that speak of the model, not of how this file stores it."""
        return {key: field for key, field in self.fields.items() if not key.startswith(_OF_THE_FILE)}

    @property
    def stored_fields(self) -> dict[str, Field]:
        """All metadata, those of how this file stores the model among them, without gguf's own of the header."""
        return {key: field for key, field in self.fields.items() if not key.startswith("GGUF.")}


def read(path: Path) -> GgufFile:
    """Return an open GGUF file. Takes about two seconds for a vocabulary of 49,152.

    Raises:
        GgufError: the file is no GGUF, damaged, cut short, or has metadata that could not be written again.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        magic = file.read(len(MAGIC))
    if magic != MAGIC:
        raise GgufError(f'{path}: expected a GGUF file, which begins with "GGUF", got one with {magic!r}')
    try:
        with np.errstate(all="raise"):  # sizes made of damaged bytes overflow
            reader = GGUFReader(path)
            return GgufFile(
                path=path,
                fields={key: _field(key, field) for key, field in reader.fields.items()},
                tensors={tensor.name: _tensor(tensor) for tensor in reader.tensors},
                header_bytes=int(reader.data_offset),
            )
    except (ValueError, LookupError, ArithmeticError, MemoryError) as error:
        raise GgufError(f"{path}: expected a whole GGUF file, got one damaged or cut short ({error})") from error


def header_bytes(fields: Mapping[str, Field], shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Return what metadata and the list of tensors take in a file, or a little more."""
    size = 64  # magic, version, the two counts, padding
    for key, field in fields.items():
        items = field.value if isinstance(field.value, list) else [field.value]
        size += 32 + len(key.encode())  # lengths and types
        size += sum(8 + (len(item.encode()) if isinstance(item, str) else 0) for item in items)
    return size + sum(64 + len(name.encode()) for name in shapes)  # dimensions, type, place


def write(
    path: Path, fields: Mapping[str, Field], shapes: Mapping[str, tuple[int, ...]], tensors: Iterable[F32]
) -> None:
    """Write a GGUF file of float32 tensors, which come one by one, so that only one is in memory at a time.

    `fields` are those of a model, its architecture among them; `shapes` gives the tensors' names in their order.

    Raises:
        GgufError: the file cannot be opened, or the disk did not take all of it.
    """
    others = dict(fields)
    architecture = others.pop(ARCHITECTURE_KEY).value  # the writer puts it first, where readers expect it
    try:
        with closing(GGUFWriter(path, architecture)) as writer:
            writer.add_file_type(_ALL_F32)
            for key, field in others.items():
                _add(writer, key, field)
            for name, shape in shapes.items():
                writer.add_tensor_info(name, shape, np.dtype(np.float32), 4 * int(np.prod(shape)))
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_ti_data_to_file()
            for tensor in tensors:
                writer.write_tensor_data(np.ascontiguousarray(tensor))
    except OSError as error:
        raise GgufError(f"{path}: cannot be written to its end ({error})") from error


def write_stored(path: Path, fields: Mapping[str, Field], tensors: Iterable[Tensor]) -> None:
    """Write a GGUF file of tensors as they are stored in another, with all its metadata.

    Raises:
        GgufError: the file cannot be opened, or the disk did not take all of it.
    """
    others = dict(fields)
    architecture = others.pop(ARCHITECTURE_KEY).value
    try:
        with closing(GGUFWriter(path, architecture)) as writer:
            for key, field in others.items():
                _add(writer, key, field)
            for tensor in tensors:
                writer.add_tensor(tensor.name, tensor.data, raw_dtype=GGMLQuantizationType[tensor.type_name])
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
    except OSError as error:
        raise GgufError(f"{path}: cannot be written to its end ({error})") from error


def _add(writer: Any, key: str, field: Field) -> None:
    item_type = GGUFValueType[field.type_name]
    if isinstance(field.value, list):
        writer.add_key_value(key, field.value, GGUFValueType.ARRAY, sub_type=item_type)
    else:
        writer.add_key_value(key, field.value, item_type)


def _field(key: str, field: Any) -> Field:
    """Return gguf's field as ours; lists without items or of lists lose their type in gguf's reader."""
    names = [value_type.name for value_type in field.types]
    if names == ["ARRAY"] or names[:2] == ["ARRAY", "ARRAY"]:
        raise ValueError(f"metadata {key}: expected a list with items, and none of lists")
    return Field(value=cast("Value", field.contents()), type_name=names[-1])


def _tensor(tensor: Any) -> Tensor:
    shape = tuple(int(size) for size in reversed(tensor.shape))
    if not shape or 0 in shape:
        raise ValueError(f"tensor {tensor.name}: expected at least one value, got shape {shape}")
    return Tensor(
        name=str(tensor.name),
        shape=shape,
        type_name=tensor.tensor_type.name,
        size_bytes=int(tensor.n_bytes),
        data=tensor.data,
    )
