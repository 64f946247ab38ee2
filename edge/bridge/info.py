"""Owns `<base_topic>/bridge/info`: which program and model serve here, under which configuration.

Knows nothing of how it is published. No secret goes in, and nothing that says where one is kept.
"""

import dataclasses
import hashlib
import platform
from enum import Enum
from pathlib import Path
from typing import Any, cast

import edge
from edge import jsonpath
from edge.config.options import Config
from edge.generation import Generation
from edge.literal import JSON, encoded
from edge.routes import Route, Routes

_SECRET = {"username", "password_file", "key"}  # of sections of the configuration


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """What serves.

    Attributes:
        model_sha256: of the whole file of the model.
        quantization: of its weights, as llama.cpp calls it.
        prompt_contract: what the weights were trained for.
    """

    version: str = edge.__version__
    model_sha256: str
    quantization: str
    prompt_contract: str
    system: str = platform.system()
    architecture: str = platform.machine()
    python: str = platform.python_version()

    @property
    def build(self) -> dict[str, str]:
        """What tells this program and its model from others, by label of a metric."""
        return {"version": self.version, "model_sha256": self.model_sha256, "quantization": self.quantization}


def document(program: Program, generation: Generation, *, reload_error: str | None) -> dict[str, JSON]:
    """Return the information.

    Args:
        program: what serves.
        generation: what is in force.
        reload_error: why the last reload was refused, a fault a line; None where it was not.
    """
    return {
        "version": program.version,
        "model": {
            "file": str(generation.config.model.path),
            "sha256": program.model_sha256,
            "quantization": program.quantization,
            "prompt_contract": program.prompt_contract,
        },
        "os": program.system,
        "arch": program.architecture,
        "python": program.python,
        "schemas": {route.name: schema_sha256(route) for route in generation.config.routes},
        "config": effective(generation.config),
        "restart_required": [*generation.waiting],
        "reload_error": reload_error,
    }


def effective(config: Config) -> dict[str, JSON]:
    """Return a configuration as JSON: all options, defaults filled in, secrets left out."""
    return cast("dict[str, JSON]", _shown(config))


def schema_sha256(route: Route) -> str:
    """Return the sha256 of a route's schema, as compact JSON in its own order of keys."""
    return hashlib.sha256(encoded(route.schema.document)).hexdigest()


def _shown(value: Any) -> JSON:
    if isinstance(value, Routes):
        return [_route(route) for route in value]
    if dataclasses.is_dataclass(value):
        names = (field.name for field in dataclasses.fields(value))
        return {name: _shown(getattr(value, name)) for name in names if name not in _SECRET}
    if isinstance(value, Path | Enum):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return cast("JSON", value)


def _route(route: Route) -> dict[str, JSON]:
    inlet, outlet, zone = route.inlet, route.outlet, route.zone
    return {
        "name": route.name,
        "subscribe": [each.text for each in route.filters],
        "publish": outlet.topic.template,
        "fields": [each.name for each in route.schema.root.properties],
        "retain": outlet.retain,
        "shapes": route.shapes,
        "units": str(route.units),
        "timestamps": "keep" if zone is None else "rfc3339",
        "timezone": None if zone is None else zone.name,
        "dayfirst": zone is not None and zone.is_day_first,
        "min_confidence": route.min_confidence,
        "encoding": inlet.encoding,
        "text": None if inlet.place is None else jsonpath.written(inlet.place),
        "split": "lines" if inlet.splits_lines else None,
        "constants": dict(outlet.constants),
        "meta": outlet.has_meta,
        "homeassistant": {
            "enabled": route.appearance.is_shown,
            "name": route.appearance.name,
            "area": route.appearance.area,
            "expire_after_s": route.appearance.expire_after_s,
        },
    }
