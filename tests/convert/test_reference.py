"""The merged model against a reference: a forward pass in numpy, in Hugging Face's layout, LoRA beside the weight.

This is what the row permutation is for: PEFT's adapter and the GGUF's weights order the rows of q and k in two
ways, and only the right one gives the same model.
"""

from pathlib import Path

import numpy as np
import pytest

from edge.engine.model import Feed, Model
from edge_convert import adapter, architecture, gguffile, merge
from tests.convert import tiny
from tests.convert.tiny import F32, PeftAdapter

TOKENS = [40, 7, 99, 130, 7, 220, 12, 40, 41]
HEAD = tiny.WIDTH // tiny.HEADS
TOLERANCE = 0.1  # of logits from -29 to 24, measured 0.04: llama.cpp keeps keys and values in float16


@pytest.fixture
def weights() -> dict[str, F32]:
    """Give weights of a base whose blocks do matter: ten times those of the other tests."""
    made = tiny.weights(seed=3)
    return {
        name: 10 * values if name.startswith("blk.") and values.ndim > 1 else values
        for name, values in made.items()
    }


@pytest.fixture
def peft() -> PeftAdapter:
    """Give an adapter whose updates are about as large as the weights."""
    return PeftAdapter(
        tensors={name: (4 * values).astype(np.float32) for name, values in tiny.lora(seed=4).items()}
    )


def test_merged_model_is_the_adapted_one(tmp_path: Path, weights: dict[str, F32], peft: PeftAdapter) -> None:
    """llama.cpp on merged weights and numpy on W x + 2 B (A x) give the same logits."""
    base = gguffile.read(tiny.write_base(tmp_path / "base.gguf", weights, matrix_type="F32"))
    loaded = adapter.load(peft.write(tmp_path / "adapter"))
    merged = dict(merge.merged(base, architecture.inspect(base), loaded))

    found = _llama_logits(tiny.write_base(tmp_path / "merged.gguf", merged, matrix_type="F32"))

    expected = _reference_logits(weights, peft)
    assert np.abs(found - expected).max() < TOLERANCE


def test_reference_tells_orders_apart(tmp_path: Path, weights: dict[str, F32], peft: PeftAdapter) -> None:
    """Merged without the permutation, the same weights miss the reference by 44."""
    base = gguffile.read(tiny.write_base(tmp_path / "base.gguf", weights, matrix_type="F32"))
    loaded = adapter.load(peft.write(tmp_path / "adapter"))
    wrong = dict(weights)
    for place, pair in loaded.pairs.items():
        name = architecture.tensor_name(*place)
        wrong[name] = merge.merge(base.tensors[name].float32(), pair.a, pair.b, scale=2.0, heads=None)

    found = _llama_logits(tiny.write_base(tmp_path / "wrong.gguf", wrong, matrix_type="F32"))

    assert np.abs(found - _reference_logits(weights, peft)).max() > 100 * TOLERANCE


def _llama_logits(path: Path) -> F32:
    """Return llama.cpp's logits (tokens, vocabulary)."""
    model = Model(path, threads=1, context_tokens=64, sequences=1)
    [rows] = model.decode([Feed(tokens=TOKENS, position=0, sequence=0, wanted=range(len(TOKENS)))])
    logits = np.stack(rows)
    model.close()
    return logits


def _reference_logits(weights: dict[str, F32], peft: PeftAdapter) -> F32:
    """Return the logits (tokens, vocabulary) of the base with its adapter beside it, in Hugging Face's layout."""
    x = weights["token_embd.weight"][TOKENS]
    for block in range(tiny.BLOCKS):
        normed = _norm(x)
        q = _rotate(_heads(_project(weights, peft, block, "attn_q", normed), tiny.HEADS))
        k = _rotate(_heads(_project(weights, peft, block, "attn_k", normed), tiny.HEADS_KV))
        v = _heads(_project(weights, peft, block, "attn_v", normed), tiny.HEADS_KV)
        x = x + _project(weights, peft, block, "attn_output", _attend(q, k, v))
        normed = _norm(x)
        gate = _project(weights, peft, block, "ffn_gate", normed)
        up = _project(weights, peft, block, "ffn_up", normed)
        x = x + _project(weights, peft, block, "ffn_down", gate / (1 + np.exp(-gate)) * up)
    return np.asarray(_norm(x) @ weights["token_embd.weight"].T)


def _project(weights: dict[str, F32], peft: PeftAdapter, block: int, name: str, x: F32) -> F32:
    """Return W x + scale * B (A x), the base's rows of q and k put back into Hugging Face's order first."""
    weight = weights[f"blk.{block}.{name}.weight"]
    heads = {"attn_q": tiny.HEADS, "attn_k": tiny.HEADS_KV}.get(name)
    if heads:  # llama.cpp's row 2 * i + s of a head is row s * half + i
        weight = weight.reshape(heads, HEAD // 2, 2, -1).swapaxes(1, 2).reshape(weight.shape)
    a, b = (peft.tensors[tiny.lora_name(block, name, side)].astype(np.float32) for side in "AB")
    return np.asarray(x @ weight.T + 2.0 * (x @ a.T) @ b.T, dtype=np.float32)


def _norm(x: F32) -> F32:
    """Return x over its root mean square; the tiny model's norms have weights of one."""
    return np.asarray(x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + 1e-5))


def _heads(x: F32, heads: int) -> F32:
    """Return (heads, tokens, HEAD)."""
    return x.reshape(len(TOKENS), heads, HEAD).swapaxes(0, 1)


def _rotate(x: F32) -> F32:
    """Return heads with rotary positions, as Hugging Face does it: element i turns with element i + half."""
    frequencies = 10000.0 ** (-np.arange(0, HEAD, 2) / HEAD)
    angles = np.arange(len(TOKENS))[:, None] * frequencies
    cosine, sine = np.cos(angles), np.sin(angles)
    first, second = x[..., : HEAD // 2], x[..., HEAD // 2 :]
    turned = np.concatenate([first * cosine - second * sine, second * cosine + first * sine], axis=-1)
    return turned.astype(np.float32)


def _attend(q: F32, k: F32, v: F32) -> F32:
    """Return causal attention (tokens, WIDTH); queries share the one head of keys and values."""
    scores = q @ k.swapaxes(1, 2) / np.sqrt(HEAD)
    scores[:, np.triu(np.ones((len(TOKENS), len(TOKENS)), dtype=bool), 1)] = -np.inf
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed = (shares / shares.sum(axis=-1, keepdims=True)) @ v
    return np.asarray(mixed.swapaxes(0, 1).reshape(len(TOKENS), tiny.WIDTH), dtype=np.float32)
