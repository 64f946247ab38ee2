"""Owns the LoRA pairs at the beginning of a training and on the disk: new ones, an adapter's, PEFT layout.

Knows nothing of torch: whoever installs an adapter need not train one.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from edge.literal import JSON
from edge_convert import adapter, files, merge, origin
from edge_convert.adapter import CONFIG_NAME, WEIGHTS_NAME, Adapter, Pair, Place
from edge_convert.architecture import PROJECTIONS
from edge_train.training.base import Base


def fresh(base: Base, *, rank: int, seed: int) -> dict[Place, Pair]:
    """Return pairs that change nothing yet: a uniform as PEFT draws it, within 1/sqrt(in), b zero."""
    random = np.random.default_rng(seed)
    made = {}
    for place, weight in base.projections.items():
        rows, columns = weight.shape
        a = random.uniform(-1, 1, (rank, columns)) / np.sqrt(columns)
        made[place] = Pair(a=a.astype(np.float32), b=np.zeros((rows, rank), dtype=np.float32))
    return made


def load(folder: Path, base: Base) -> Adapter:
    """Return the adapter of a folder after seeing that it fits the base and is one of it.

    Raises:
        AdapterError: it is no plain LoRA adapter, or its shapes are not those of the base.
        BaseModelError: it was trained on another base.
        OSError: a file cannot be read.
    """
    found = adapter.load(folder)
    origin.require_match(base.file, base.hub_id, found.config.base, base.sha256)
    merge.require_fit(found, base.file, base.figures)
    return found


def write(folder: Path, pairs: Mapping[Place, Pair], *, alpha: float, hub_id: str | None) -> None:
    """Write an adapter in PEFT layout, the weights in float16; the files there are replaced.

    Raises:
        OSError: the folder cannot be written.
    """
    tensors = {}
    for place, pair in pairs.items():
        parent = PROJECTIONS[place.projection].parent
        name = f"base_model.model.model.layers.{place.layer}.{parent}.{place.projection}"
        tensors[f"{name}.lora_A.weight"] = pair.a.astype(np.float16)
        tensors[f"{name}.lora_B.weight"] = pair.b.astype(np.float16)
    rank = len(next(iter(pairs.values())).a)
    with files.staging(folder / WEIGHTS_NAME) as stage:
        weights, config = stage / WEIGHTS_NAME, stage / CONFIG_NAME
        weights.write_bytes(save(tensors, metadata={"format": "pt"}))
        config.write_text(json.dumps(_config(rank, alpha, hub_id), indent=2) + "\n", encoding="utf-8")
        files.publish([(weights, folder / WEIGHTS_NAME), (config, folder / CONFIG_NAME)])


def _config(rank: int, alpha: float, hub_id: str | None) -> dict[str, JSON]:
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": hub_id,
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "init_lora_weights": True,
        "inference_mode": True,
        "use_rslora": False,
        "use_dora": False,
        "modules_to_save": None,
        "rank_pattern": {},
        "alpha_pattern": {},
        "target_modules": list(PROJECTIONS),
    }
