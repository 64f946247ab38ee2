"""Owns the reference: what transformers and peft make of tiny models with their adapters, logits and tokens.

Knows nothing of our merging. `python -m tests.convert.peftreference` (torch, transformers, peft) writes it to
`golden/peft.npz`, for machines that have none of the three; `--out FILE` writes it elsewhere. PEFT names tensors
that it does not use, or misses, with a UserWarning: here, those are errors.
"""

import argparse
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from tests.convert.adapted import GOLDEN, TEXTS, TOKENS, cases, tokenizers
from tests.convert.tiny import F32


def logits(model: Path, adapter: Path) -> F32:
    """Return the logits (tokens, vocabulary) of a model with its adapter beside it."""
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        adapted = PeftModel.from_pretrained(base, adapter).eval()
    with torch.no_grad():
        found = adapted(input_ids=torch.tensor([TOKENS])).logits[0]
    return np.asarray(found.numpy(), dtype=np.float32)


def tokens(model: Path) -> NDArray[np.int32]:
    """Return the tokens of all texts in a row, -1 behind each text."""
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    rows = [[*tokenizer.encode(text, add_special_tokens=False).ids, -1] for text in TEXTS]
    return np.array([number for row in rows for number in row], dtype=np.int32)


def main() -> None:
    """Write the reference."""
    parser = argparse.ArgumentParser(prog="tests.convert.peftreference", description="Write the golden logits.")
    parser.add_argument("--out", type=Path, default=GOLDEN / "peft.npz", metavar="FILE")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        made = {name: logits(*case.write(Path(folder) / name)) for name, case in cases().items()}
        cut = {name: tokens(model.write(Path(folder) / name)) for name, model in tokenizers().items()}
    np.savez_compressed(options.out, allow_pickle=False, **made, **cut)


if __name__ == "__main__":
    main()
