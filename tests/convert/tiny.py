"""Owns llama models and adapters that are tiny but real: llama.cpp loads and runs them. Knows nothing of tests.

Width 64 in two heads of 32 (one of keys and values), two blocks, a byte-level vocabulary. The embeddings outweigh
the blocks by far, so the most likely token is nearly always the one just read, before and after quantizing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, quantize
from numpy.typing import NDArray
from safetensors.numpy import save_file

F32 = NDArray[np.float32]

WIDTH, INNER, HEADS, HEADS_KV, BLOCKS, RANK = 64, 96, 2, 1, 2, 4
HUB_ID = "example/tiny-llama"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["Ġ t", "0 1", "a a"]
SHAPES = {  # of one block, as numpy counts: (rows, columns)
    "attn_norm": (WIDTH,),
    "ffn_norm": (WIDTH,),
    "attn_q": (WIDTH, WIDTH),
    "attn_k": (WIDTH // HEADS * HEADS_KV, WIDTH),
    "attn_v": (WIDTH // HEADS * HEADS_KV, WIDTH),
    "attn_output": (WIDTH, WIDTH),
    "ffn_gate": (INNER, WIDTH),
    "ffn_up": (INNER, WIDTH),
    "ffn_down": (WIDTH, INNER),
}
PEFT_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def vocabulary() -> list[str]:
    """Return the tokens: three that control, GPT-2's 256 bytes, three merged ones."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = [*map(chr, plain), *(chr(256 + index) for index in range(len(others)))]
    return [*SPECIAL, *letters, *(merge.replace(" ", "") for merge in MERGES)]


def fields() -> dict[str, Any]:
    """Return the metadata of the model; text, whole numbers, floats, booleans and lists of them."""
    tokens = vocabulary()
    return {
        "general.name": "Tiny Example",
        "general.repo_url": f"https://huggingface.co/{HUB_ID}",
        "llama.block_count": BLOCKS,
        "llama.context_length": 2048,
        "llama.embedding_length": WIDTH,
        "llama.feed_forward_length": INNER,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": HEADS_KV,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.freq_base": 10000.0,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)),
        "tokenizer.ggml.merges": MERGES,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.add_bos_token": False,
    }


def weights(seed: int = 0) -> dict[str, F32]:
    """Return the tensors by name."""
    random = np.random.default_rng(seed)
    made = {"token_embd.weight": random.normal(size=(len(vocabulary()), WIDTH))}
    for block in range(BLOCKS):
        for name, shape in SHAPES.items():
            values = np.ones(shape) if len(shape) == 1 else 0.02 * random.normal(size=shape)
            made[f"blk.{block}.{name}.weight"] = values
    made["output_norm.weight"] = np.ones(WIDTH)
    return {name: values.astype(np.float32) for name, values in made.items()}


def write_base(
    path: Path,
    tensors: Mapping[str, F32] | None = None,
    metadata: Mapping[str, Any] | None = None,
    *,
    architecture: str = "llama",
    matrix_type: str = "Q8_0",
) -> Path:
    """Write a base model and return its path; by default the tiny one with its matrices in Q8_0."""
    writer = GGUFWriter(path, architecture)
    for key, value in (metadata or fields()).items():
        _add(writer, key, value)
    for name, values in (tensors or weights()).items():
        if values.ndim > 1 and values.shape[-1] % 32 == 0:
            writer.add_tensor(name, quantize(values, kind(matrix_type)), raw_dtype=kind(matrix_type))
        else:
            writer.add_tensor(name, values)
    _finish(writer)
    return path


def config() -> dict[str, Any]:
    """Return an adapter_config.json as PEFT writes it for plain LoRA: rank 4, alpha 8."""
    return {
        "alpha_pattern": {},
        "auto_mapping": None,
        "base_model_name_or_path": HUB_ID,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "layers_to_transform": None,
        "lora_alpha": 2 * RANK,
        "lora_dropout": 0.05,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": RANK,
        "rank_pattern": {},
        "target_modules": [name.split(".")[1] for name in PEFT_NAMES.values()],
        "task_type": "CAUSAL_LM",
        "use_dora": False,
        "use_rslora": False,
    }


def lora_name(block: int, name: str, side: str) -> str:
    """Return PEFT's name of one side ("A" or "B") of the update of one of our SHAPES."""
    return f"base_model.model.model.layers.{block}.{PEFT_NAMES[name]}.lora_{side}.weight"


def lora(seed: int = 1) -> dict[str, NDArray[np.generic]]:
    """Return the tensors of an adapter for every projection, in float16."""
    random = np.random.default_rng(seed)
    made: dict[str, NDArray[np.generic]] = {}
    for block in range(BLOCKS):
        for name in PEFT_NAMES:
            rows, columns = SHAPES[name]
            made[lora_name(block, name, "A")] = (0.05 * random.normal(size=(RANK, columns))).astype(np.float16)
            made[lora_name(block, name, "B")] = (0.05 * random.normal(size=(rows, RANK))).astype(np.float16)
    return made


@dataclass(kw_only=True)
class PeftAdapter:
    """An adapter to be written; tests change what they are about."""

    config: dict[str, Any] = field(default_factory=config)
    tensors: dict[str, NDArray[np.generic]] = field(default_factory=lora)

    def write(self, folder: Path) -> Path:
        """Write the adapter in PEFT layout and return its folder."""
        folder.mkdir(exist_ok=True)
        (folder / "adapter_config.json").write_text(json.dumps(self.config))
        save_file(self.tensors, folder / "adapter_model.safetensors")
        return folder


def safetensors(tensors: Mapping[str, tuple[str, tuple[int, ...], bytes]]) -> bytes:
    """Return a safetensors file by its definition: length of the header, header, data; of any type and content."""
    header, start = {}, 0
    for name, (type_name, shape, data) in tensors.items():
        header[name] = {"dtype": type_name, "shape": shape, "data_offsets": [start, start + len(data)]}
        start += len(data)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(data for *_, data in tensors.values())


@dataclass(kw_only=True)
class RawGguf:
    """A GGUF file in memory, tensors as they are stored: to write it again with one thing changed."""

    metadata: dict[str, Any]
    tensors: dict[str, tuple[NDArray[np.generic], GGMLQuantizationType]]

    @classmethod
    def read(cls, path: Path) -> "RawGguf":
        """Read a file."""
        reader = GGUFReader(path)
        metadata = {key: value.contents() for key, value in reader.fields.items() if not key.startswith("GGUF.")}
        tensors = {tensor.name: (np.array(tensor.data), tensor.tensor_type) for tensor in reader.tensors}
        return cls(metadata=metadata, tensors=tensors)

    def write(self, path: Path) -> Path:
        """Write the file and return its path."""
        writer = GGUFWriter(path, self.metadata["general.architecture"])
        for key, value in self.metadata.items():
            if key != "general.architecture":
                _add(writer, key, value)
        for name, (data, stored_as) in self.tensors.items():
            writer.add_tensor(name, data, raw_dtype=stored_as)
        _finish(writer)
        return path


def kind(name: str) -> GGMLQuantizationType:
    """Return gguf's word for a type of tensors."""
    return GGMLQuantizationType[name]


def _add(writer: GGUFWriter, key: str, value: object) -> None:
    types = {bool: "BOOL", int: "UINT32", float: "FLOAT32", str: "STRING", list: "ARRAY"}
    writer.add_key_value(key, value, GGUFValueType[types[type(value)]])


def _finish(writer: GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
