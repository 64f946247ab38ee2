"""Owns the cases in which a tiny model with its adapter is compared with others' programs. Knows nothing of those.

Blocks matter here: their matrices are ten times those of the other tests, the updates a third as large, or more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge_convert import adapterconfig
from edge_convert.golden import TOKENIZER_STRINGS
from tests.convert import hubs, tiny
from tests.convert.hubs import HubModel
from tests.convert.tiny import PeftAdapter

GOLDEN = Path(__file__).parent / "golden"
TEXTS = tuple(text for text in TOKENIZER_STRINGS if "<|" not in text)  # control tokens, which others look for
TOKENS = (40, 7, 99, 130, 7, 220, 12, 40, 41)


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A model in Hugging Face's layout and an adapter of it."""

    model: HubModel
    adapter: PeftAdapter

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write both and return their folders."""
        folder.mkdir(exist_ok=True)
        return self.model.write(folder / "model"), self.adapter.write(folder / "adapter")


def cases() -> Mapping[str, Case]:
    """Return the cases by name."""
    tied = hubs.tiny_model(3, factor=10)
    untied = hubs.tiny_model(5, factor=10, is_tied=False)
    untied.type_name, untied.shards = "BF16", 3
    patterns = {
        "target_modules": r"model\.layers\.\d+\.(self_attn\.(q|k|o)|mlp\.(up|down))_proj",
        "rank_pattern": {"layers.0.self_attn.q_proj": 8, "down_proj": 2},
        "alpha_pattern": {r"model\.layers\.1\.mlp\.up_proj": 3, "k_proj": 16},
    }
    return {
        "plain": Case(model=tied, adapter=adapter({})),
        "rank-stabilized": Case(model=tied, adapter=adapter({"use_rslora": True})),
        "patterns": Case(model=untied, adapter=adapter(patterns)),
        "patterns and rank-stabilized": Case(model=untied, adapter=adapter(patterns | {"use_rslora": True})),
        "some layers": Case(
            model=tied,
            adapter=adapter({"target_modules": ["q_proj", "mlp.gate_proj"], "layers_to_transform": [1]}),
        ),
    }


def tokenizers() -> Mapping[str, HubModel]:
    """Return models that cut texts in each way that is known, by llama.cpp's names for these."""
    smollm, gpt2 = hubs.tiny_model(), hubs.tiny_model()
    gpt2.tokenizer["pre_tokenizer"] = hubs.SMOLLM_CUT["pretokenizers"][1]
    return {"smollm": smollm, "gpt-2": gpt2}


def adapter(change: Mapping[str, Any], seed: int = 4) -> PeftAdapter:
    """Return an adapter with a changed configuration, its tensors as that asks for."""
    document = tiny.config() | dict(change)
    config, random = adapterconfig.parse(document), np.random.default_rng(seed)
    tensors: dict[str, Any] = {}
    for block in range(tiny.BLOCKS):
        for name, peft_name in tiny.PEFT_NAMES.items():
            projection = peft_name.split(".")[1]
            rank, (rows, columns) = config.rank_of(block, projection), tiny.SHAPES[name]
            if config.includes(block, projection):
                a, b = random.normal(size=(rank, columns)), random.normal(size=(rows, rank))
                tensors[tiny.lora_name(block, name, "A")] = (0.12 * a).astype(np.float32)
                tensors[tiny.lora_name(block, name, "B")] = (0.12 * b).astype(np.float32)
    return PeftAdapter(config=document, tensors=tensors)
