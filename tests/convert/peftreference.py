"""Owns the reference: what transformers and peft make of tiny models with their adapters, logits and tokens.

Knows nothing of our merging. `python -m tests.convert.peftreference` (torch, transformers, peft) writes it to
`golden/peft.npz`, for machines that have none of the three; `--out FILE` writes it elsewhere. PEFT names tensors
that it does not use, or misses, with a UserWarning: here, those are errors.
"""

import argparse
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, LlamaConfig

from tests.convert.adapted import GOLDEN, TEXTS, TOKENS, cases, tokenizers
from tests.convert.tiny import F32

SMOLLM2 = {  # config.json of SmolLM2-135M-Instruct, but for the vocabulary, which no adapter touches
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "vocab_size": 100,
    "tie_word_embeddings": True,
}


def logits(model: Path, adapter: Path) -> F32:
    """Return the logits (tokens, vocabulary) of a model with its adapter beside it."""
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    adapted = _adapted(base, adapter)
    with torch.no_grad():
        found = adapted(input_ids=torch.tensor([TOKENS])).logits[0]
    return np.asarray(found.numpy(), dtype=np.float32)


def _adapted(base: Any, adapter: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return PeftModel.from_pretrained(base, adapter, low_cpu_mem_usage=True).eval()


def tokens(model: Path) -> NDArray[np.int32]:
    """Return the tokens of all texts in a row, -1 behind each text."""
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    rows = [[*tokenizer.encode(text, add_special_tokens=False).ids, -1] for text in TEXTS]
    return np.array([number for row in rows for number in row], dtype=np.int32)


def load(adapter: Path) -> int:
    """Return how many tensors of an adapter PEFT puts into a model of SmolLM2-135M, after comparing each."""
    base = AutoModelForCausalLM.from_config(LlamaConfig(**SMOLLM2), dtype=torch.float32)
    adapted = _adapted(base, adapter)
    found = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    stored = load_file(adapter / "adapter_model.safetensors")
    assert found.keys() == stored.keys()
    assert all(torch.equal(found[name].float(), stored[name].float()) for name in stored)
    return len(found)


def main() -> None:
    """Write the reference, or load an adapter."""
    parser = argparse.ArgumentParser(prog="tests.convert.peftreference", description="Write the golden logits.")
    parser.add_argument("--out", type=Path, default=GOLDEN / "peft.npz", metavar="FILE")
    parser.add_argument("--load", type=Path, metavar="DIR", help="only load an adapter of SmolLM2-135M")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.load:
        sys.stdout.write(f"{load(options.load)} tensors\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        made = {name: logits(*case.write(Path(folder) / name)) for name, case in cases().items()}
        cut = {name: tokens(model.write(Path(folder) / name)) for name, model in tokenizers().items()}
    np.savez_compressed(options.out, allow_pickle=False, **made, **cut)


if __name__ == "__main__":
    main()
