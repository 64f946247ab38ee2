"""Owns a model's folder in Hugging Face's layout: the folder in, metadata and tensors as of a GGUF out.

Knows nothing of adapters. Weights stay as they are stored, in bfloat16, float16 or float32, but for the rows of q
and k, which come in llama.cpp's order.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from edge_convert import files, gguffile, hubconfig, hubtokenizer, jsonfile, merge, tensorfile
from edge_convert.errors import BaseModelError
from edge_convert.gguffile import Field, GgufFile, Tensor
from edge_convert.hubconfig import HubConfig
from edge_convert.hubweights import Weight, weights
from edge_convert.tensorfile import StoredTensor

WEIGHTS_NAME = "model.safetensors"
INDEX_NAME = "model.safetensors.index.json"
REPOSITORY_KEY = "general.source.repo_url"
_OUTPUT, _EMBEDDINGS = "lm_head.weight", "model.embed_tokens.weight"
_OPTIONAL = (hubtokenizer.SETTINGS_NAME, hubtokenizer.TEMPLATE_NAME, INDEX_NAME)
_RECOMPUTED = ".rotary_emb.inv_freq"  # older checkpoints hold it; it follows from the figures


def parts(folder: Path) -> list[Path]:
    """Return the files that make the model, in an order of their own.

    Raises:
        BaseModelError: there are no weights, or the index of their shards is none.
        OSError: a file cannot be read.
    """
    names = [hubconfig.NAME, hubtokenizer.NAME, *(name for name in _OPTIONAL if (folder / name).exists())]
    return [*(folder / name for name in names), *_shards(folder)]


def sha256(folder: Path) -> str:
    """Return a hash of the names and contents of the files that make the model; raises as `parts` does."""
    lines = [f"{files.sha256(path)}  {path.name}\n" for path in parts(folder)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def read(folder: Path, hub_id: str | None = None) -> GgufFile:
    """Return a model as it will stand in a GGUF.

    Args:
        folder: with config.json, tokenizer.json and safetensors, whole or in shards.
        hub_id: where it is from; None where nothing tells.

    Raises:
        BaseModelError: it is no llama model, or its files do not fit together.
        OSError: a file cannot be read.
    """
    config = hubconfig.load(folder)
    document = jsonfile.read(folder / hubconfig.NAME, BaseModelError)
    tensors = dict(_tensors(folder, config))  # first: they bound what the figures claim
    fields = config.fields() | hubtokenizer.fields(folder, document, config.vocabulary_size)
    if hub_id:
        fields[REPOSITORY_KEY] = Field(value=f"https://huggingface.co/{hub_id}", type_name="STRING")
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    return GgufFile(
        path=folder, fields=fields, tensors=tensors, header_bytes=gguffile.header_bytes(fields, shapes)
    )


def _shards(folder: Path) -> Sequence[Path]:
    if (folder / WEIGHTS_NAME).exists():
        return [folder / WEIGHTS_NAME]
    index = folder / INDEX_NAME
    if not index.exists():
        raise BaseModelError(f"{folder}: expected {WEIGHTS_NAME}, or {INDEX_NAME} and its shards, got neither")
    places = jsonfile.read(index, BaseModelError).get("weight_map")
    names = sorted({str(name) for name in places.values()}) if isinstance(places, dict) else []
    odd = next((name for name in names if Path(name).name != name or not name.endswith(".safetensors")), None)
    if not names or odd is not None:
        raise BaseModelError(f"{index}: weight_map: expected names of safetensors beside it, got {odd}")
    return [folder / name for name in names]


def _tensors(folder: Path, config: HubConfig) -> Iterator[tuple[str, Tensor]]:
    stored = _stored(folder)
    if config.is_tied and _OUTPUT in stored:
        _require_tied(stored.pop(_OUTPUT), stored.get(_EMBEDDINGS))
    count = len(stored)
    for weight in weights(config):
        if weight.hub_name not in stored:
            raise BaseModelError(f"{folder}: {weight.hub_name}: expected {weight.shape}, found no such tensor")
        yield weight.name, _tensor(stored.pop(weight.hub_name), weight)
    if stored:
        first = min(stored)
        raise BaseModelError(
            f"{stored[first].path}: {len(stored)} of {count} tensors are not those of a llama model of "
            f"{config.block_count} layers; the first is {first}"
        )


def _stored(folder: Path) -> dict[str, StoredTensor]:
    """Return all tensors of the folder by name, but for those that are recomputed."""
    stored: dict[str, StoredTensor] = {}
    for path in _shards(folder):
        for name, tensor in tensorfile.read(path, BaseModelError).items():
            if name in stored:
                raise BaseModelError(f"{path}: {name}: expected it once, found it in {stored[name].path.name} too")
            if not name.endswith(_RECOMPUTED):
                stored[name] = tensor
    return stored


def _require_tied(output: StoredTensor, embeddings: StoredTensor | None) -> None:
    if embeddings is None or not np.array_equal(output.raw(), embeddings.raw()):
        raise BaseModelError(
            f"{output.path}: {_OUTPUT}: expected {_EMBEDDINGS} once more, since tie_word_embeddings is true, "
            "got another"
        )


def _tensor(stored: StoredTensor, weight: Weight) -> Tensor:
    if stored.shape != weight.shape:
        raise BaseModelError(f"{stored.path}: {stored.name}: expected {weight.shape}, got {stored.shape}")
    data = stored.raw()
    if weight.heads:
        order = merge.permute(np.arange(len(data), dtype=np.float32)[:, None], weight.heads)
        data = data[order.ravel().astype(np.intp)]
    return Tensor(
        name=weight.name,
        shape=weight.shape,
        type_name=stored.type_name,
        size_bytes=data.nbytes,
        data=data.view(np.uint8) if stored.type_name == "BF16" else data,  # gguf takes bfloat16 as bytes
    )
