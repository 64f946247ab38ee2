"""Owns what the tests share: the built model, what reads with it, and the folder of shared data."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config.options import Limits
from edge.engine.model import Model
from edge.extraction.extractor import Extractor, open_model
from tests.grammars import Vocabulary

MODEL = Path("~/.cache/edge/edge-readings-Q4_0.gguf").expanduser()
SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def model_path() -> Path:
    """Return the model that `make model` builds."""
    if not MODEL.exists():
        pytest.skip("no model in ~/.cache/edge: run `make model`")
    return MODEL


@pytest.fixture(scope="session")
def extractor(model_path: Path) -> Iterator[Extractor]:
    """Give an extractor with the daemon's defaults."""
    with open_model(model_path, threads=None, context_tokens=4096, limits=Limits()) as opened:
        yield opened


@pytest.fixture(scope="session")
def vocabulary(model_path: Path) -> Iterator[Vocabulary]:
    """Give the model's tokens without its reading: text to tokens, and grammars over them."""
    model = Model(model_path, threads=1, context_tokens=256, sequences=1)
    yield Vocabulary(tokenize=model.tokenize, tokenizer=model.grammar_tokenizer())
    model.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of data that is shared beside the repository, and is no part of it."""
    if not SHARED.is_dir():
        pytest.skip("no folder ../shared beside the repository")
    return SHARED
