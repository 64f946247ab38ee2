"""Owns the way to the programs of ../shared, which are no packages: tests compare ours with them."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

from edge.literal import JSON


def load(path: Path) -> ModuleType:
    """Return a program of the shared folder as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(path: Path) -> list[dict[str, JSON]]:
    """Return the objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
