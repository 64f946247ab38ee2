"""Owns what the tests share: the built model, and the folder of shared data where there is one."""

from pathlib import Path

import pytest

MODEL = Path("~/.cache/edge/edge-readings-Q4_0.gguf").expanduser()


@pytest.fixture(scope="session")
def model_path() -> Path:
    """Return the model that `make model` builds."""
    if not MODEL.exists():
        pytest.skip("no model in ~/.cache/edge: run `make model`")
    return MODEL
