"""Owns `adapter_config.json` of the PEFT layout: a JSON document in, the figures of LoRA out.

Knows nothing of weights. PEFT knows many kinds of adapters; what is not LoRA is refused by name, also what a later
PEFT may invent: a key that is unknown here must be off (false, null, empty, or "none").
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard, TypeVar

from edge.literal import JSON, dumps
from edge_convert import jsonfile, targeting
from edge_convert.architecture import module_name
from edge_convert.errors import AdapterError, unexpected
from edge_convert.targeting import Targets

Figure = TypeVar("Figure", int, float)

_READ = {
    "alpha_pattern",
    "base_model_name_or_path",
    "exclude_modules",
    "init_lora_weights",
    "layers_to_transform",
    "lora_alpha",
    "peft_type",
    "r",
    "rank_pattern",
    "target_modules",
    "use_rslora",
}
_WITHOUT_EFFECT = {  # on the weights of a finished adapter: they speak of training, loading or bookkeeping
    "auto_mapping",
    "eva_config",
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
_KEEPS_THE_BASE = (True, False, None, "gaussian", "eva")  # other initializations change the base's weights too


@dataclass(frozen=True, kw_only=True, slots=True)
class AdapterConfig:
    """The figures of a LoRA adapter.

    Attributes:
        base: the hub id, or path, of the model that it was trained on; None where the adapter does not say.
        rank, alpha: of all updates that no pattern says otherwise of.
        targets: which modules it changes.
        rank_pattern, alpha_pattern: figures of some modules; see `targeting.chosen`.
        is_rank_stabilized: whether alpha is divided by the root of the rank (rsLoRA) in place of the rank.
    """

    base: str | None
    rank: int
    alpha: float
    targets: Targets
    rank_pattern: Mapping[str, int] = field(default_factory=dict)
    alpha_pattern: Mapping[str, float] = field(default_factory=dict)
    is_rank_stabilized: bool = False

    @property
    def is_uniform(self) -> bool:
        """Whether all updates have one rank, and alpha / rank as their factor."""
        return not (self.rank_pattern or self.alpha_pattern or self.is_rank_stabilized)

    def includes(self, layer: int, projection: str) -> bool:
        """Return whether a projection of a layer is to have an update."""
        return self.targets.include(module_name(layer, projection))

    def rank_of(self, layer: int, projection: str) -> int:
        """Return the rank of one update."""
        return targeting.chosen(self.rank_pattern, module_name(layer, projection), self.rank)

    def scale_of(self, layer: int, projection: str) -> float:
        """Return the factor of B @ A of one update."""
        rank = self.rank_of(layer, projection)
        alpha = targeting.chosen(self.alpha_pattern, module_name(layer, projection), self.alpha)
        return alpha / math.sqrt(rank) if self.is_rank_stabilized else alpha / rank


def load(path: Path) -> AdapterConfig:
    """Return the figures of a configuration file.

    Raises:
        AdapterError: the file is no JSON object, or it describes more than LoRA on the seven projections.
        OSError: the file cannot be read.
    """
    document = jsonfile.read(path, AdapterError)
    try:
        return parse(document)
    except AdapterError as error:
        raise AdapterError(f"{path}: {error}") from error


def parse(document: Mapping[str, JSON]) -> AdapterConfig:
    """Return the figures of a configuration document.

    >>> config = parse({"peft_type": "LORA", "r": 16, "lora_alpha": 32, "target_modules": ["q_proj"]})
    >>> config.rank, config.scale_of(0, "q_proj"), config.includes(0, "q_proj"), config.includes(0, "k_proj")
    (16, 2.0, True, False)
    >>> parse({"peft_type": "LORA", "r": 16, "lora_alpha": 32, "target_modules": ["q_proj"], "use_dora": True})
    Traceback (most recent call last):
    edge_convert.errors.AdapterError: only LoRA can be merged; expected these to be off: use_dora (true)

    Raises:
        AdapterError: a key has a value that is not LoRA on the seven projections.
    """
    if document.get("peft_type") != "LORA":
        raise unexpected(document, "peft_type", '"LORA"')
    _require_off(document)
    if document.get("init_lora_weights") not in _KEEPS_THE_BASE:
        raise unexpected(document, "init_lora_weights", 'true, false, "gaussian" or "eva"')
    return AdapterConfig(
        base=_base(document),
        rank=_rank(document),
        alpha=_alpha(document),
        targets=targeting.parse(document),
        rank_pattern=_pattern(document, "rank_pattern", _is_rank, "whole numbers above 0"),
        alpha_pattern=_pattern(document, "alpha_pattern", _is_alpha, "numbers above 0"),
        is_rank_stabilized=_is_rank_stabilized(document),
    )


def _require_off(document: Mapping[str, JSON]) -> None:
    on = [
        f"{key} ({dumps(value)})"
        for key, value in document.items()
        if key not in _READ | _WITHOUT_EFFECT and value and value != "none"
    ]
    if on:
        raise AdapterError(f"only LoRA can be merged; expected these to be off: {', '.join(on)}")


def _base(document: Mapping[str, JSON]) -> str | None:
    base = document.get("base_model_name_or_path")
    if base is not None and not isinstance(base, str):
        raise unexpected(document, "base_model_name_or_path", "a string")
    return base


def _rank(document: Mapping[str, JSON]) -> int:
    rank = document.get("r")
    if not _is_rank(rank):
        raise unexpected(document, "r", "a whole number above 0")
    return rank


def _alpha(document: Mapping[str, JSON]) -> float:
    alpha = document.get("lora_alpha")
    if not _is_alpha(alpha):
        raise unexpected(document, "lora_alpha", "a number above 0")
    return alpha


def _is_rank_stabilized(document: Mapping[str, JSON]) -> bool:
    stabilized = document.get("use_rslora", False)
    if not isinstance(stabilized, bool):
        raise unexpected(document, "use_rslora", "true or false")
    return stabilized


def _pattern(
    document: Mapping[str, JSON], key: str, is_figure: Callable[[JSON], TypeGuard[Figure]], expected: str
) -> dict[str, Figure]:
    """Return the figures of some modules, by patterns for their names."""
    pattern = document.get(key) or {}
    if not isinstance(pattern, dict):
        raise unexpected(document, key, f"an object of patterns and {expected}")
    figures = {}
    for each, figure in pattern.items():
        try:
            re.compile(each)  # on its own first, so that the error counts from its beginning
            targeting.compiled(each)
        except re.error as error:
            raise AdapterError(f"{key}: expected patterns, got {dumps(each)} ({error})") from error
        if not is_figure(figure):
            raise unexpected(document, key, expected)
        figures[each] = figure
    return figures


def _is_rank(value: JSON) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_alpha(value: JSON) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
