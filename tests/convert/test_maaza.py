"""Adapters of the plain prompt, as Maaza MLM-JSON has them: converted, and run under the contract maaza-1.

Their own weights are not to be had here. What is known of them is: PEFT layout, r=16, alpha=32, the seven
projections, on SmolLM2-135M and -360M, which are not instruction-tuned and end texts with <|endoftext|>. Here the
weights are random; widths and heads are the true ones, of the layers there are two, of the tokens a few hundred.
"""

from collections.abc import Mapping
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.config.options import Limits
from edge.doctor import trial
from edge.engine.model import Model
from edge.extraction.extractor import open_model
from edge_convert import gguffile
from edge_convert.__main__ import main
from tests.convert import hubs, tiny
from tests.convert.tiny import PeftAdapter
from tests.made import schema_of

RANK, BLOCKS = 16, 2
SHAPES = {  # of the bases' config.json: width, inner width, heads, heads of keys and values
    "HuggingFaceTB/SmolLM2-135M": (576, 1536, 9, 3),
    "HuggingFaceTB/SmolLM2-360M": (960, 2560, 15, 5),
}
TEXT = "Tank 2: 21.4 cm, pump on"
LEVELS, PUMPS = ("", '"level":2', '"level":21.4'), ("", '"pump":"on"', '"pump":"off"')
POSSIBLE = {"{" + ",".join(part for part in pair if part) + "}" for pair in product(LEVELS, PUMPS)}
PROMPT = "Extract the structured JSON data from the following text.\n\nInput: "


@pytest.mark.parametrize("hub_id", SHAPES)
def test_an_adapter_of_the_plain_prompt_runs(tmp_path: Path, hub_id: str) -> None:
    """From the hub's cache to a reading: its place names the base, and the GGUF names the prompt."""
    owner, name = hub_id.split("/")
    base = tmp_path / f"models--{owner}--{name}" / "snapshots" / "1"
    base.parent.mkdir(parents=True)
    _base(hub_id).write(base)
    adapter, output = _adapter(hub_id).write(tmp_path / "adapter"), tmp_path / "maaza.gguf"
    arguments = ["--base", base, "--adapter", adapter, "--out", output, "--prompt-contract", "maaza-1"]

    assert main([str(argument) for argument in arguments]) == 0

    fields = gguffile.read(output).fields
    assert fields["edge.prompt_contract"].value == "maaza-1"
    assert fields["general.source.repo_url"].value == f"https://huggingface.co/{hub_id}"
    assert trial.run(output).contract == "maaza-1"
    with closing(Model(output, threads=1, context_tokens=64, sequences=1)) as model:
        prefix, end = model.tokenize(PROMPT), model.end_token
    schema = schema_of({"level": {"type": "number", "unit": "cm"}, "pump": {"enum": ["on", "off"]}})
    with open_model(output, threads=1, context_tokens=4096, limits=Limits()) as extractor:
        prepared = extractor.prepare(schema)
        found = extractor.extract(prepared, TEXT)

    assert (list(prepared.prefix), end) == (prefix, tiny.vocabulary().index("<|endoftext|>"))
    assert found.json in POSSIBLE  # random weights write any reading that the grammar allows, and end


def _base(hub_id: str) -> hubs.HubModel:
    """Return a base with the true widths, whose most likely token is nearly always the one just read."""
    width, inner, heads, heads_kv = SHAPES[hub_id]
    fields = tiny.fields() | {
        "llama.embedding_length": width,
        "llama.feed_forward_length": inner,
        "llama.attention.head_count": heads,
        "llama.attention.head_count_kv": heads_kv,
        "llama.rope.freq_base": 100_000.0,
        "tokenizer.ggml.bos_token_id": 0,
        "tokenizer.ggml.eos_token_id": 0,
    }
    random = np.random.default_rng(0)
    tensors = {"token_embd.weight": random.normal(size=(len(tiny.vocabulary()), width))}
    for block in range(BLOCKS):
        for name, shape in _shapes(hub_id).items():
            values = np.ones(shape) if len(shape) == 1 else 0.02 * random.normal(size=shape)
            tensors[f"blk.{block}.{name}.weight"] = values
    tensors["output_norm.weight"] = np.ones(width)
    model = hubs.from_gguf(fields, {name: values.astype(np.float32) for name, values in tensors.items()})
    model.type_name = "BF16"
    return model


def _adapter(hub_id: str) -> PeftAdapter:
    random = np.random.default_rng(1)
    tensors: dict[str, Any] = {}
    for block in range(BLOCKS):
        for name in tiny.PEFT_NAMES:
            rows, columns = _shapes(hub_id)[name]
            a, b = random.normal(size=(RANK, columns)), random.normal(size=(rows, RANK))
            tensors[tiny.lora_name(block, name, "A")] = (0.01 * a).astype(np.float32)
            tensors[tiny.lora_name(block, name, "B")] = (0.01 * b).astype(np.float32)
    config = tiny.config() | {"r": RANK, "lora_alpha": 2 * RANK, "base_model_name_or_path": hub_id}
    return PeftAdapter(config=config, tensors=tensors)


def _shapes(hub_id: str) -> Mapping[str, tuple[int, ...]]:
    width, inner, heads, heads_kv = SHAPES[hub_id]
    rows_kv = width // heads * heads_kv
    matrices = {
        "attn_q": (width, width),
        "attn_k": (rows_kv, width),
        "attn_v": (rows_kv, width),
        "attn_output": (width, width),
        "ffn_gate": (inner, width),
        "ffn_up": (inner, width),
        "ffn_down": (width, inner),
    }
    return {"attn_norm": (width,), "ffn_norm": (width,), **matrices}
