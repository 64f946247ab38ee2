"""Owns which weights a llama model has, by both names, and their shapes. Knows nothing of files."""

from collections.abc import Iterator
from dataclasses import dataclass

from edge_convert.architecture import PROJECTIONS, module_name, tensor_name
from edge_convert.hubconfig import HubConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Weight:
    """A weight that a model must have, by Hugging Face's name and by llama.cpp's.

    Attributes:
        heads: in how many heads llama.cpp permutes its rows; None where it leaves them in order.
    """

    hub_name: str
    name: str
    shape: tuple[int, ...]
    heads: int | None = None


def weights(config: HubConfig) -> Iterator[Weight]:
    """Yield the weights of the model, in the order of llama.cpp."""
    vocabulary, rows = (config.vocabulary_size, config.width), config.head_width * config.head_count
    rows_kv = config.head_width * config.head_count_kv
    shapes = {
        "q_proj": (rows, config.width),
        "k_proj": (rows_kv, config.width),
        "v_proj": (rows_kv, config.width),
        "o_proj": (config.width, rows),
        "gate_proj": (config.inner_width, config.width),
        "up_proj": (config.inner_width, config.width),
        "down_proj": (config.width, config.inner_width),
    }
    heads = {"q_proj": config.head_count, "k_proj": config.head_count_kv}
    yield Weight(hub_name="model.embed_tokens.weight", name="token_embd.weight", shape=vocabulary)
    for layer in range(config.block_count):
        norms = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
        for hub_name, name in norms.items():
            yield Weight(
                hub_name=f"model.layers.{layer}.{hub_name}.weight",
                name=f"blk.{layer}.{name}.weight",
                shape=(config.width,),
            )
        for projection in PROJECTIONS:
            yield Weight(
                hub_name=f"{module_name(layer, projection)}.weight",
                name=tensor_name(layer, projection),
                shape=shapes[projection],
                heads=heads.get(projection),
            )
    yield Weight(hub_name="model.norm.weight", name="output_norm.weight", shape=(config.width,))
    if not config.is_tied:
        yield Weight(hub_name="lm_head.weight", name="output.weight", shape=vocabulary)
