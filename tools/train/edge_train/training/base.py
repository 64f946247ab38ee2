"""Owns the base model as training needs it: float32 matrices in Hugging Face's order of rows, read from its GGUF.

Knows nothing of torch or of adapters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_convert import architecture, files, gguffile, merge, origin
from edge_convert.adapter import Place
from edge_convert.architecture import PROJECTIONS, Architecture
from edge_convert.arrays import F32
from edge_convert.errors import BaseModelError
from edge_convert.gguffile import GgufFile

_OWN_OUTPUT = "output.weight"
_ROTATION_BASE = 10_000.0  # llama.cpp's, where the file says nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """A base model in memory.

    Attributes:
        hub_id: None where nothing tells which model it is.
        norms: of each layer, before attention and before the feed-forward part.
        projections: shape (out, in) each.
        rotation_base: of the rotary position embedding.
        epsilon: of the norms.
    """

    file: GgufFile
    sha256: str
    hub_id: str | None
    figures: Architecture
    embedding: F32
    output_norm: F32
    norms: tuple[tuple[F32, F32], ...]
    projections: Mapping[Place, F32]
    rotation_base: float
    epsilon: float


def read(path: Path) -> Base:
    """Return the base model of a GGUF; takes a few seconds.

    Raises:
        BaseModelError: it is no llama model with tied embeddings.
        GgufError: it cannot be read as GGUF.
        OSError: it cannot be read at all.
    """
    file = gguffile.read(path)
    figures = architecture.inspect(file)
    if _OWN_OUTPUT in file.tensors:
        raise BaseModelError(f"{path}: expected a model whose embeddings are its output too, got {_OWN_OUTPUT}")
    sha256 = files.sha256(path)
    layers = range(figures.block_count)
    return Base(
        file=file,
        sha256=sha256,
        hub_id=origin.hub_id(file, sha256),
        figures=figures,
        embedding=file.tensors["token_embd.weight"].float32(),
        output_norm=file.tensors["output_norm.weight"].float32(),
        norms=tuple((_norm(file, layer, "attn"), _norm(file, layer, "ffn")) for layer in layers),
        projections={
            Place(layer, name): _projection(file, figures, Place(layer, name))
            for layer in layers
            for name in PROJECTIONS
        },
        rotation_base=_number(file, "llama.rope.freq_base", _ROTATION_BASE),
        epsilon=_number(file, "llama.attention.layer_norm_rms_epsilon", None),
    )


def hugging_face_order(rows: F32, heads: int) -> F32:
    """Return the rows of q or k in Hugging Face's order: what `merge.permute` does, undone.

    >>> rows = np.arange(16, dtype=np.float32).reshape(8, 2)
    >>> bool((hugging_face_order(merge.permute(rows, 2), 2) == rows).all())
    True
    """
    places = np.arange(len(rows), dtype=np.float32).reshape(-1, 1)
    came_from = merge.permute(places, heads).ravel().astype(np.intp)
    return rows[np.argsort(came_from)]


def _projection(file: GgufFile, figures: Architecture, place: Place) -> F32:
    weight = file.tensors[architecture.tensor_name(*place)].float32()
    heads = figures.permuted_heads(place.projection)
    return weight if heads is None else hugging_face_order(weight, heads)


def _norm(file: GgufFile, layer: int, part: str) -> F32:
    return file.tensors[f"blk.{layer}.{part}_norm.weight"].float32()


def _number(file: GgufFile, key: str, default: float | None) -> float:
    field = file.fields.get(key)
    value = default if field is None else field.value
    if not isinstance(value, int | float):
        raise BaseModelError(f"{file.path}: {key}: expected a number, got {value}")
    return float(value)
