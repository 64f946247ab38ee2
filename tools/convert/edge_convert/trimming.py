"""Owns a model file with a smaller vocabulary: rows of the embeddings are left out, the others stay to the bit.

Knows nothing of which tokens are worth keeping. Embeddings are quantized row by row, so nothing is quantized anew.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge_convert import gguffile, vocabulary
from edge_convert.errors import ConversionError, VerificationError
from edge_convert.gguffile import Field, GgufFile, Tensor
from edge_convert.vocabulary import MERGES_KEY, TOKENS_KEY, TYPES_KEY, Trimmed

_EMBEDDINGS = "token_embd.weight"
_SIZE_KEY = "llama.vocab_size"
_NUMBERED = "_token_id"  # how metadata that hold a token's number end


def load(path: Path) -> list[str]:
    """Return the tokens of a file, one a line, spelled as in a GGUF.

    Raises:
        ConversionError: it names none.
        OSError: it cannot be read.
    """
    tokens = path.read_text(encoding="utf-8").splitlines()
    if not any(tokens):
        raise ConversionError(f"{path}: expected a token on each line, got none")
    return [token for token in tokens if token]


def trim(source: Path, target: Path, kept: Sequence[str]) -> int:
    """Write a model with some of its tokens, and those that these need; return how many it has now.

    Raises:
        ConversionError: a token is none of the model's, or the model has an output of its own beside embeddings.
        VerificationError: what was written is not what was meant.
        GgufError: the source cannot be read, or the target not be written.
    """
    file = gguffile.read(source)
    if "output.weight" in file.tensors:
        raise ConversionError(f"{source}: expected a model whose embeddings are its output too, got output.weight")
    trimmed = vocabulary.trim(
        vocabulary.parse(*(_value(file, key) for key in (TOKENS_KEY, TYPES_KEY, MERGES_KEY))), kept
    )
    fields = _fields(file, trimmed)
    gguffile.write_stored(target, fields, _tensors(file, trimmed))
    _require(gguffile.read(target), file, fields, trimmed)
    return len(trimmed.numbers)


def _fields(file: GgufFile, trimmed: Trimmed) -> dict[str, Field]:
    """Return the metadata with the tokens that are left, under their new numbers."""
    renumbered = {old: new for new, old in enumerate(trimmed.numbers)}
    left = trimmed.vocabulary
    changed: dict[str, list[str] | list[int]] = {
        TOKENS_KEY: list(left.tokens),
        TYPES_KEY: list(left.types),
        MERGES_KEY: [" ".join(pair) for pair in left.merges],
    }
    fields = {}
    for key, field in file.stored_fields.items():
        if key in changed:
            fields[key] = replace(field, value=changed[key])
        elif key == _SIZE_KEY:
            fields[key] = replace(field, value=len(left.tokens))
        elif key.startswith("tokenizer.") and key.endswith(_NUMBERED) and isinstance(field.value, int):
            fields[key] = replace(field, value=_renumbered(renumbered, key, field.value))
        else:
            fields[key] = field
    return fields


def _renumbered(renumbered: dict[int, int], key: str, number: int) -> int:
    if number not in renumbered:
        raise ConversionError(f"metadata {key}: expected a token that controls, got number {number}, a plain one")
    return renumbered[number]


def _tensors(file: GgufFile, trimmed: Trimmed) -> Iterator[Tensor]:
    for name, tensor in file.tensors.items():
        if name == _EMBEDDINGS:
            data = np.ascontiguousarray(tensor.data[np.asarray(trimmed.numbers)])
            shape = (len(trimmed.numbers), *tensor.shape[1:])
            yield replace(tensor, data=data, shape=shape, size_bytes=data.nbytes)
        else:
            yield tensor


def _require(result: GgufFile, source: GgufFile, fields: dict[str, Field], trimmed: Trimmed) -> None:
    """Read the result anew, and see that it has the metadata and each byte of the tensors that it should have."""
    if result.stored_fields != fields:
        differing = [key for key in fields if result.fields.get(key) != fields[key]]
        raise VerificationError(f"result: metadata {', '.join(differing[:3])}: expected as written, got another")
    for tensor in _tensors(source, trimmed):
        found = result.tensors.get(tensor.name)
        if (
            found is None
            or (found.shape, found.type_name) != (tensor.shape, tensor.type_name)
            or not np.array_equal(found.data, tensor.data)
        ):
            raise VerificationError(
                f"result: {tensor.name}: expected the bytes of the untrimmed model, got others"
            )


def _value(file: GgufFile, key: str) -> object:
    field = file.fields.get(key)
    return None if field is None else field.value
