"""Owns what the tests of training share: a tiny base that can learn, an adapter for it, a clock. No torch here."""

from pathlib import Path

import numpy as np

from edge_train.training.settings import Request, Settings
from tests.convert import tiny


def base(folder: Path, *, matrix_type: str = "F32") -> Path:
    """Write a base whose embeddings are small enough for its blocks to matter, and return its path."""
    weights = {
        name: values if values.ndim == 1 else values * np.float32(0.4 if name == "token_embd.weight" else 5)
        for name, values in tiny.weights().items()
    }
    return tiny.write_base(folder / "base.gguf", weights, matrix_type=matrix_type)


def adapter(folder: Path) -> Path:
    """Write an adapter whose numbers have few bits, so that every order of summing gives the same; return it."""
    made = tiny.PeftAdapter()
    for name, values in made.tensors.items():
        made.tensors[name] = (np.round(values.astype(np.float32) * 256) / 256).astype(np.float16)
    return made.write(folder)


def request(base_: Path, output: Path, **changes: object) -> Request:
    """Return a request to train on the tiny base; its schedule hardly moves, so that only steps count."""
    values: dict[str, object] = {
        "base": base_,
        "output": output,
        "resume": None,
        "edgejson": None,
        "minutes": 1e12,
        "slice_minutes": 1.0,
        "device": "cpu",
        "threads": 1,
        "processes": 0,
        "batch_tokens": 4096,
        "is_compiled": False,
        "settings": Settings(rank=tiny.RANK, alpha=2.0 * tiny.RANK, step_tokens=1500, longest=4000),
    }
    return Request(**(values | changes))  # type: ignore[arg-type]  # a test's own words


class Clock:
    """A clock that goes on by so many seconds each time someone looks."""

    def __init__(self, step_s: float) -> None:
        self._now_s = 0.0
        self._step_s = step_s

    def __call__(self) -> float:
        """Return the time in seconds."""
        self._now_s += self._step_s
        return self._now_s
