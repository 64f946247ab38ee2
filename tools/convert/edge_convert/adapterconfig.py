"""Owns `adapter_config.json` of the PEFT layout: a JSON document in, the figures of plain LoRA out.

Knows nothing of weights. PEFT knows many kinds of adapters; whatever is not plain LoRA is refused by name, also
what a later PEFT may invent: a key that is unknown here must be off (false, null, empty, or "none").
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from edge.literal import JSON, dumps
from edge_convert.architecture import PROJECTIONS
from edge_convert.errors import AdapterError

_READ = {
    "base_model_name_or_path",
    "init_lora_weights",
    "layers_to_transform",
    "lora_alpha",
    "peft_type",
    "r",
    "target_modules",
}
_WITHOUT_EFFECT = {  # on the weights of a finished adapter: they speak of training, loading or bookkeeping
    "auto_mapping",
    "exclude_modules",
    "inference_mode",
    "layers_pattern",
    "lora_dropout",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
    "task_type",
}
_NAMES = list(PROJECTIONS)
_KEEPS_THE_BASE = (True, False, None, "gaussian", "eva")  # other initializations change the base's weights too


@dataclass(frozen=True, kw_only=True, slots=True)
class AdapterConfig:
    """The figures of a plain LoRA adapter.

    Attributes:
        base: the hub id, or path, of the model that it was trained on; None where the adapter does not say.
        targets: Hugging Face's names of the adapted projections.
        layers: the adapted layers; None means all.
    """

    base: str | None
    rank: int
    alpha: float
    targets: frozenset[str]
    layers: frozenset[int] | None

    @property
    def scale(self) -> float:
        """The factor of B @ A: alpha / rank."""
        return self.alpha / self.rank


def load(path: Path) -> AdapterConfig:
    """Return the figures of a configuration file.

    Raises:
        AdapterError: the file is no JSON object, or it describes more than plain LoRA on the seven projections.
        OSError: the file cannot be read.
    """
    try:
        document = json.loads(path.read_bytes(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise AdapterError(f"{path}: expected JSON ({error})") from error
    if not isinstance(document, dict):
        raise AdapterError(f"{path}: expected a JSON object, got {json.dumps(document)[:40]}")
    try:
        return parse(document)
    except AdapterError as error:
        raise AdapterError(f"{path}: {error}") from error


def parse(document: Mapping[str, JSON]) -> AdapterConfig:
    """Return the figures of a configuration document.

    >>> config = parse({"peft_type": "LORA", "r": 16, "lora_alpha": 32, "target_modules": ["q_proj"]})
    >>> config.rank, config.scale, sorted(config.targets)
    (16, 2.0, ['q_proj'])
    >>> parse({"peft_type": "LORA", "r": 16, "lora_alpha": 32, "target_modules": ["q_proj"], "use_dora": True})
    Traceback (most recent call last):
    edge_convert.errors.AdapterError: only plain LoRA can be merged; expected these to be off: use_dora (true)

    Raises:
        AdapterError: a key has a value that is not plain LoRA on the seven projections.
    """
    if document.get("peft_type") != "LORA":
        raise _unexpected(document, "peft_type", '"LORA"')
    _require_off(document)
    if document.get("init_lora_weights") not in _KEEPS_THE_BASE:
        raise _unexpected(document, "init_lora_weights", 'true, false, "gaussian" or "eva"')
    return AdapterConfig(
        base=_base(document),
        rank=_rank(document),
        alpha=_alpha(document),
        targets=_targets(document),
        layers=_layers(document),
    )


def _refuse(constant: str) -> JSON:
    raise ValueError(f"{constant} is not JSON")


def _unexpected(document: Mapping[str, JSON], key: str, expected: str) -> AdapterError:
    return AdapterError(f"{key}: expected {expected}, got {dumps(document.get(key))}")


def _require_off(document: Mapping[str, JSON]) -> None:
    on = [
        f"{key} ({dumps(value)})"
        for key, value in document.items()
        if key not in _READ | _WITHOUT_EFFECT and value and value != "none"
    ]
    if on:
        raise AdapterError(f"only plain LoRA can be merged; expected these to be off: {', '.join(on)}")


def _base(document: Mapping[str, JSON]) -> str | None:
    base = document.get("base_model_name_or_path")
    if base is not None and not isinstance(base, str):
        raise _unexpected(document, "base_model_name_or_path", "a string")
    return base


def _rank(document: Mapping[str, JSON]) -> int:
    rank = document.get("r")
    if not _is_whole(rank) or rank < 1:
        raise _unexpected(document, "r", "a whole number above 0")
    return rank


def _alpha(document: Mapping[str, JSON]) -> float:
    alpha = document.get("lora_alpha")
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not 0 < alpha < math.inf:
        raise _unexpected(document, "lora_alpha", "a number above 0")
    return alpha


def _targets(document: Mapping[str, JSON]) -> frozenset[str]:
    targets = document.get("target_modules")
    if not isinstance(targets, list) or not targets or any(target not in _NAMES for target in targets):
        raise _unexpected(document, "target_modules", f"a list of {', '.join(_NAMES)}")
    return frozenset(map(str, targets))


def _layers(document: Mapping[str, JSON]) -> frozenset[int] | None:
    layers = document.get("layers_to_transform")
    listed = layers if isinstance(layers, list) else [layers]
    numbers = frozenset(layer for layer in listed if _is_whole(layer))
    if layers is not None and (len(numbers) != len(listed) or not numbers):
        raise _unexpected(document, "layers_to_transform", "null or a list of layer numbers")
    return numbers or None


def _is_whole(value: JSON) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
