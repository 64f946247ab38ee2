"""Owns models in Hugging Face's layout, made from what a GGUF holds. Knows nothing of tests.

The way back of the converter, written on its own: rows of q and k go from llama.cpp's order to Hugging Face's.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from tests.convert import tiny
from tests.convert.tiny import F32

NAMES = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    **tiny.PEFT_NAMES,
}
OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
CONTROL = 3
SMOLLM_CUT: dict[str, Any] = {
    "type": "Sequence",
    "pretokenizers": [
        {"type": "Digits", "individual_digits": True},
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
    ],
}


@dataclass(kw_only=True)
class HubModel:
    """A model to be written; tests change what they are about.

    Attributes:
        config, tokenizer, settings: the documents config.json, tokenizer.json and tokenizer_config.json.
        tensors: by Hugging Face's names.
        type_name: "F32", "F16" or "BF16".
        shards: into how many files the tensors go.
    """

    config: dict[str, Any]
    tokenizer: dict[str, Any]
    settings: dict[str, Any]
    tensors: dict[str, NDArray[np.generic]]
    type_name: str = "F32"
    shards: int = 1
    others: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the model and return its folder."""
        folder.mkdir(exist_ok=True)
        documents = {
            "config.json": self.config,
            "tokenizer.json": self.tokenizer,
            "tokenizer_config.json": self.settings,
        }
        for name, document in documents.items():
            (folder / name).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        for name, text in self.others.items():
            (folder / name).write_text(text, encoding="utf-8")
        if self.shards == 1:
            self._save(folder / "model.safetensors", self.tensors)
            return folder
        places: dict[str, str] = {}
        for shard in range(self.shards):
            name = f"model-{shard + 1:05}-of-{self.shards:05}.safetensors"
            part = dict(list(self.tensors.items())[shard :: self.shards])
            self._save(folder / name, part)
            places |= dict.fromkeys(part, name)
        index = {"metadata": {}, "weight_map": places}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        return folder

    def _save(self, path: Path, tensors: Mapping[str, NDArray[np.generic]]) -> None:
        if self.type_name != "BF16":
            kind = {"F32": np.float32, "F16": np.float16}[self.type_name]
            made = {name: np.ascontiguousarray(values.astype(kind)) for name, values in tensors.items()}
            save_file(made, path, metadata={"format": "pt"})
            return
        halves = {
            name: (values.astype(np.float32).view(np.uint32) >> 16).astype("<u2")
            for name, values in tensors.items()
        }
        path.write_bytes(
            tiny.safetensors({name: ("BF16", values.shape, values.tobytes()) for name, values in halves.items()})
        )


def tiny_model(seed: int = 0, *, is_tied: bool = True, factor: float = 1.0) -> HubModel:
    """Return the tiny llama; factor is what its blocks' matrices are multiplied by. Its norms are not all ones."""
    random = np.random.default_rng(seed + 100)
    tensors = tiny.weights(seed)
    for name, values in tensors.items():
        if values.ndim == 1:
            tensors[name] = (1 + 0.1 * random.normal(size=values.shape)).astype(np.float32)
        elif name.startswith("blk."):
            tensors[name] = (factor * values).astype(np.float32)
    if not is_tied:
        tensors["output.weight"] = np.roll(tensors["token_embd.weight"], 1, axis=0)
    return from_gguf(tiny.fields(), tensors)


def from_gguf(fields: Mapping[str, Any], tensors: Mapping[str, F32]) -> HubModel:
    """Return a model by the metadata and tensors of a GGUF."""
    heads = {
        "attn_q": fields["llama.attention.head_count"],
        "attn_k": fields["llama.attention.head_count_kv"],
    }
    made: dict[str, NDArray[np.generic]] = {}
    for name, values in tensors.items():
        parts = name.removesuffix(".weight").split(".")
        if parts[0] != "blk":
            made[f"{OUTSIDE[parts[0]]}.weight"] = values
        else:
            rows = _unpermuted(values, heads[parts[2]]) if parts[2] in heads else values
            made[f"model.layers.{parts[1]}.{NAMES[parts[2]]}.weight"] = rows
    return HubModel(
        config=_config(fields, is_tied="output.weight" not in tensors),
        tokenizer=_tokenizer(fields),
        settings=_settings(fields),
        tensors=made,
    )


def _unpermuted(rows: F32, heads: int) -> F32:
    """Return rows of q or k in Hugging Face's order: llama.cpp's row 2 * i + s of a head is row s * half + i."""
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape)


def _config(fields: Mapping[str, Any], *, is_tied: bool) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "num_hidden_layers": fields["llama.block_count"],
        "hidden_size": fields["llama.embedding_length"],
        "intermediate_size": fields["llama.feed_forward_length"],
        "num_attention_heads": fields["llama.attention.head_count"],
        "num_key_value_heads": fields["llama.attention.head_count_kv"],
        "max_position_embeddings": fields["llama.context_length"],
        "rms_norm_eps": fields["llama.attention.layer_norm_rms_epsilon"],
        "rope_theta": fields["llama.rope.freq_base"],
        "rope_scaling": None,
        "attention_bias": False,
        "vocab_size": fields["llama.vocab_size"],
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "tie_word_embeddings": is_tied,
    }


def _tokenizer(fields: Mapping[str, Any]) -> dict[str, Any]:
    tokens, types = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    added = [
        {
            "id": number,
            "content": token,
            "special": True,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
        }
        for number, (token, kind) in enumerate(zip(tokens, types, strict=True))
        if kind == CONTROL
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": copy.deepcopy(SMOLLM_CUT),
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": fields["tokenizer.ggml.merges"],
        },
    }


def _settings(fields: Mapping[str, Any]) -> dict[str, Any]:
    tokens = fields["tokenizer.ggml.tokens"]
    words = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}
    numbers = {word: fields.get(f"tokenizer.ggml.{gguf}_token_id") for word, gguf in words.items()}
    named = {f"{word}_token": tokens[number] for word, number in numbers.items() if number is not None}
    template = {"chat_template": fields["tokenizer.chat_template"]} if "tokenizer.chat_template" in fields else {}
    return named | template | {"add_prefix_space": False, "tokenizer_class": "PreTrainedTokenizerFast"}
