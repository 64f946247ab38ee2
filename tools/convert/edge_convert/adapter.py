"""Owns an adapter in PEFT layout: a folder in, one pair of float32 matrices per adapted projection out.

Knows nothing of the base model: whether the shapes fit it is for `merge` to say.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from edge_convert import adapterconfig, tensorfile
from edge_convert.adapterconfig import AdapterConfig
from edge_convert.architecture import PROJECTIONS
from edge_convert.arrays import F32, is_finite
from edge_convert.errors import AdapterError
from edge_convert.tensorfile import StoredTensor

CONFIG_NAME = "adapter_config.json"
WEIGHTS_NAME = "adapter_model.safetensors"
_TENSOR_NAME = re.compile(
    r"base_model\.model\.model\.layers\.(?P<layer>0|[1-9][0-9]{0,5})\.(?P<parent>self_attn|mlp)"
    r"\.(?P<projection>[a-z]+_proj)\.lora_(?P<side>[AB])\.weight",
    re.ASCII,
)


class Place(NamedTuple):
    """Where in a model a pair belongs: layer counted from 0, projection as Hugging Face names it."""

    layer: int
    projection: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """The two matrices of one update: a (rank, in) and b (out, rank), in float32."""

    a: F32
    b: F32


@dataclass(frozen=True, kw_only=True, slots=True)
class Adapter:
    """A LoRA adapter, complete in itself: every targeted projection of every adapted layer has its pair."""

    path: Path
    config: AdapterConfig
    pairs: Mapping[Place, Pair]


def load(folder: Path) -> Adapter:
    """Return the adapter of a folder.

    Raises:
        AdapterError: the configuration or a tensor is not that of LoRA, or tensors are missing or left over.
        OSError: one of the two files cannot be read.
    """
    config = adapterconfig.load(folder / CONFIG_NAME)
    path = folder / WEIGHTS_NAME
    tensors = tensorfile.read(path, AdapterError)
    try:
        pairs = _pairs({name: _decode(tensor) for name, tensor in tensors.items()}, config)
        _require_complete(pairs, config)
    except AdapterError as error:
        raise AdapterError(f"{path}: {error}") from error
    return Adapter(path=folder, config=config, pairs=pairs)


def _decode(tensor: StoredTensor) -> F32:
    array = tensor.float32()
    if not is_finite(array):
        raise AdapterError(f"{tensor.name}: expected finite numbers, got NaN or infinity")
    return array


def _pairs(tensors: Mapping[str, F32], config: AdapterConfig) -> dict[Place, Pair]:
    """Return the tensors two by two, after seeing that none is left over and none is alone."""
    sides: dict[Place, dict[str, F32]] = {}
    unused = []
    for name, tensor in tensors.items():
        match = _TENSOR_NAME.fullmatch(name)
        if match and _is_adapted(match, config):
            sides.setdefault(Place(int(match["layer"]), match["projection"]), {})[match["side"]] = tensor
        else:
            unused.append(name)
    if unused:
        raise AdapterError(
            f"{len(unused)} of {len(tensors)} tensors would go unused, since {CONFIG_NAME} does not target them; "
            f"the first is {unused[0]}"
        )
    for place, pair in sides.items():
        if len(pair) == 1:
            side = next(iter(pair))
            raise AdapterError(
                f"layer {place.layer}, {place.projection}: expected lora_A and lora_B, got lora_{side} alone"
            )
    return {place: Pair(a=sides[place]["A"], b=sides[place]["B"]) for place in sorted(sides)}


def _is_adapted(match: re.Match[str], config: AdapterConfig) -> bool:
    projection = PROJECTIONS.get(match["projection"])
    return (
        projection is not None
        and projection.parent == match["parent"]
        and config.includes(int(match["layer"]), projection.name)
    )


def _require_complete(pairs: Collection[Place], config: AdapterConfig) -> None:
    """Compare the pairs with what the configuration promises; without pairs there is nothing to merge."""
    layers = config.targets.layers or range(1 + max((place.layer for place in pairs), default=0))
    expected = targeted(config, layers)
    missing = expected - set(pairs)
    if missing or not pairs:
        first = min(missing, default=None)
        raise AdapterError(
            f"expected {len(expected)} pairs in {len(layers)} layers, as {CONFIG_NAME} targets them; "
            f"{len(missing)} are missing"
            + (f", the first is layer {first.layer}, {first.projection}" if first else "")
        )


def targeted(config: AdapterConfig, layers: Iterable[int]) -> set[Place]:
    """Return the places in some layers that are to have a pair."""
    return {Place(layer, name) for layer in layers for name in PROJECTIONS if config.includes(layer, name)}
