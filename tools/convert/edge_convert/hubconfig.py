"""Owns `config.json` of a model in Hugging Face's layout: a document in, the figures of a llama model out.

Knows nothing of weights or tokenizers. What llama.cpp would compute otherwise than `transformers` is refused by
name: another architecture, activation or rotation, biases, weights that are quantized already.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.literal import JSON, dumps
from edge_convert import architecture, jsonfile
from edge_convert.errors import BaseModelError
from edge_convert.gguffile import ARCHITECTURE_KEY, Field

NAME = "config.json"
_ARCHITECTURE = "LlamaForCausalLM"
_OFF = ("attention_bias", "mlp_bias", "rope_interleaved", "quantization_config")
_EPSILON, _ROTATION_BASE, _CONTEXT = 1e-6, 10_000.0, 2048  # LlamaConfig's own, where a file does not say


@dataclass(frozen=True, kw_only=True, slots=True)
class HubConfig:
    """The figures of a llama model.

    Attributes:
        is_tied: whether the embeddings are the output's weights, too.
    """

    block_count: int
    width: int
    inner_width: int
    head_count: int
    head_count_kv: int
    head_width: int
    vocabulary_size: int
    context_tokens: int
    epsilon: float
    rotation_base: float
    is_tied: bool

    def fields(self) -> dict[str, Field]:
        """Return the figures as a GGUF has them."""
        counts = {
            "block_count": self.block_count,
            "context_length": self.context_tokens,
            "embedding_length": self.width,
            "feed_forward_length": self.inner_width,
            "attention.head_count": self.head_count,
            "attention.head_count_kv": self.head_count_kv,
            "vocab_size": self.vocabulary_size,
            "attention.key_length": self.head_width,
            "attention.value_length": self.head_width,
            "rope.dimension_count": self.head_width,
        }
        figures = {"rope.freq_base": self.rotation_base, "attention.layer_norm_rms_epsilon": self.epsilon}
        made = {
            ARCHITECTURE_KEY: Field(value=architecture.NAME, type_name="STRING"),
            "general.type": Field(value="model", type_name="STRING"),
        }
        for key, count in counts.items():
            made[f"{architecture.NAME}.{key}"] = Field(value=count, type_name="UINT32")
        for key, figure in figures.items():
            made[f"{architecture.NAME}.{key}"] = Field(value=float(np.float32(figure)), type_name="FLOAT32")
        return made


def load(folder: Path) -> HubConfig:
    """Return the figures of a model's folder.

    Raises:
        BaseModelError: they are not those of a llama model, or contradict each other.
        OSError: the file cannot be read.
    """
    path = folder / NAME
    try:
        return parse(jsonfile.read(path, BaseModelError))
    except BaseModelError as error:
        text = str(error)
        raise BaseModelError(text if text.startswith(str(path)) else f"{path}: {text}") from error


def parse(document: Mapping[str, JSON]) -> HubConfig:
    """Return the figures of a document.

    >>> config = parse({"architectures": ["LlamaForCausalLM"], "num_hidden_layers": 30, "hidden_size": 576,
    ...     "intermediate_size": 1536, "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49152,
    ...     "rope_theta": 100000, "tie_word_embeddings": True})
    >>> config.head_width, config.rotation_base, config.is_tied
    (64, 100000, True)

    Raises:
        BaseModelError: it is not that of a llama model that llama.cpp computes alike.
    """
    if document.get("architectures") != [_ARCHITECTURE]:
        raise _unexpected(document, "architectures", dumps([_ARCHITECTURE]))
    if document.get("hidden_act", "silu") != "silu":
        raise _unexpected(document, "hidden_act", '"silu"')
    for key in _OFF:
        if document.get(key):
            raise _unexpected(document, key, "none")
    width, head_count = _count(document, "hidden_size"), _count(document, "num_attention_heads")
    head_width = _count(document, "head_dim", default=width // head_count)
    if document.get("head_dim") is None and width % head_count:
        raise _unexpected(document, "num_attention_heads", f"a number that divides hidden_size, {width}")
    head_count_kv = _count(document, "num_key_value_heads", default=head_count)
    if head_count % head_count_kv:
        raise _unexpected(
            document, "num_key_value_heads", f"a number that divides {head_count}, that of all heads"
        )
    if head_width % 2:
        raise BaseModelError(f"head_dim: expected an even number, which rotation needs, got {head_width}")
    return HubConfig(
        block_count=_count(document, "num_hidden_layers"),
        width=width,
        inner_width=_count(document, "intermediate_size"),
        head_count=head_count,
        head_count_kv=head_count_kv,
        head_width=head_width,
        vocabulary_size=_count(document, "vocab_size"),
        context_tokens=_count(document, "max_position_embeddings", default=_CONTEXT),
        epsilon=_figure(document, "rms_norm_eps", default=_EPSILON),
        rotation_base=_rotation_base(document),
        is_tied=document.get("tie_word_embeddings") is True,  # LlamaConfig's default is not to
    )


def _rotation_base(document: Mapping[str, JSON]) -> float:
    """Return rope_theta, which transformers 5 writes into an object of its own."""
    for key in ("rope_parameters", "rope_scaling"):
        rotation = document.get(key)
        if not rotation:
            continue
        kind = rotation.get("rope_type", rotation.get("type", "default")) if isinstance(rotation, dict) else None
        if not isinstance(rotation, dict) or kind != "default":
            raise _unexpected(document, key, "rotation that is not scaled")
        if "rope_theta" in rotation:
            return _figure(rotation, "rope_theta", default=_ROTATION_BASE)
    return _figure(document, "rope_theta", default=_ROTATION_BASE)


def _count(document: Mapping[str, JSON], key: str, *, default: int | None = None) -> int:
    value = document.get(key)
    value = default if value is None else value
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _unexpected(document, key, "a whole number above 0")
    return value


def _figure(document: Mapping[str, JSON], key: str, *, default: float) -> float:
    value = document.get(key)
    value = default if value is None else value
    least, most = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
    if not isinstance(value, int | float) or isinstance(value, bool) or not least < value < most:
        raise _unexpected(document, key, "a number above 0")
    return value


def _unexpected(document: Mapping[str, JSON], key: str, expected: str) -> BaseModelError:
    return BaseModelError(f"{key}: expected {expected}, got {dumps(document.get(key))}")
