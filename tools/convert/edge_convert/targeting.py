"""Owns how an adapter says which modules it means: names, ends of names, or patterns, by PEFT's rules.

Knows nothing of weights. A module's whole name is such as "model.layers.0.self_attn.q_proj". The rules are those
of PEFT's `check_target_module_exists` and `get_pattern_key` (peft 0.21): patterns are those of Python's `re`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from edge.literal import JSON, dumps
from edge_convert.architecture import PROJECTIONS
from edge_convert.errors import AdapterError, unexpected

Value = TypeVar("Value", int, float)
Names = frozenset[str] | re.Pattern[str]

_NUMBERED = re.compile(r".*?\.[^.]*\.(?P<layer>[0-9]+)\.", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Targets:
    """Which modules an adapter changes.

    Attributes:
        names: whole names or ends of names, or one pattern that a whole name must match.
        excluded: the same, of modules that are left as they are all the same.
        layers: only modules of these; None for all.
    """

    names: Names
    excluded: Names = frozenset()
    layers: frozenset[int] | None = None

    def include(self, module: str) -> bool:
        """Return whether a module, by its whole name, is changed.

        >>> targets = Targets(names=frozenset({"q_proj", "mlp.up_proj"}), layers=frozenset({1}))
        >>> [targets.include(f"model.layers.{end}") for end in ("1.self_attn.q_proj", "1.mlp.up_proj")]
        [True, True]
        >>> [targets.include(f"model.layers.{end}") for end in ("0.self_attn.q_proj", "1.mlp.gate_up_proj")]
        [False, False]
        """
        if not _is_named(self.names, module) or _is_named(self.excluded, module):
            return False
        numbered = _NUMBERED.match(module)
        return self.layers is None or (numbered is not None and int(numbered["layer"]) in self.layers)


def parse(document: Mapping[str, JSON]) -> Targets:
    """Return the targets of an adapter's configuration.

    Raises:
        AdapterError: they are not among the seven projections, or not written as PEFT writes them.
    """
    return Targets(
        names=_targets(document), excluded=_names(document, "exclude_modules"), layers=_layers(document)
    )


def compiled(key: str) -> re.Pattern[str]:
    """Return what decides whether a key of `rank_pattern` or `alpha_pattern` means a module.

    Raises:
        re.error: the key is no pattern.
    """
    return re.compile(rf"(.*\.)?({key})$")


def chosen(patterns: Mapping[str, Value], module: str, default: Value) -> Value:
    r"""Return the value of the first key that means a module; the default where none does.

    >>> patterns = {r"layers\.0\.self_attn\.q_proj": 8, "q_proj": 2}
    >>> [chosen(patterns, f"model.layers.{layer}.self_attn.q_proj", 4) for layer in (0, 10)]
    [8, 2]
    >>> chosen(patterns, "model.layers.0.self_attn.k_proj", 4)
    4
    """
    return next((value for key, value in patterns.items() if compiled(key).match(module)), default)


def _is_named(names: Names, module: str) -> bool:
    if isinstance(names, re.Pattern):
        return names.fullmatch(module) is not None
    return module in names or any(module.endswith(f".{name}") for name in names)


def _targets(document: Mapping[str, JSON]) -> Names:
    if document.get("target_modules") == "all-linear":  # PEFT's word for all projections
        return frozenset(PROJECTIONS)
    names = _names(document, "target_modules")
    if isinstance(names, re.Pattern):
        if document.get("layers_to_transform") is not None:
            raise unexpected(document, "layers_to_transform", "null beside a pattern in target_modules")
        return names
    if not names or any(name.rpartition(".")[2] not in PROJECTIONS for name in names):
        raise unexpected(document, "target_modules", f"a pattern or a list of {', '.join(PROJECTIONS)}")
    return names


def _names(document: Mapping[str, JSON], key: str) -> Names:
    """Return names or a pattern for names; none where the document has none."""
    value = document.get(key)
    if isinstance(value, str):
        try:
            return re.compile(value)
        except re.error as error:
            raise AdapterError(f"{key}: expected a pattern, got {dumps(value)} ({error})") from error
    if value is None:
        return frozenset()
    if not isinstance(value, list) or any(not isinstance(name, str) for name in value):
        raise unexpected(document, key, "a pattern or a list of names")
    return frozenset(map(str, value))


def _layers(document: Mapping[str, JSON]) -> frozenset[int] | None:
    layers = document.get("layers_to_transform")
    listed = layers if isinstance(layers, list) else [layers]
    numbers = frozenset(layer for layer in listed if isinstance(layer, int) and not isinstance(layer, bool))
    if layers is not None and (len(numbers) != len(listed) or not numbers):
        raise unexpected(document, "layers_to_transform", "null or a list of layer numbers")
    return numbers or None
