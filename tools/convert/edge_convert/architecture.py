"""Owns what this program knows of the llama architecture: its tensors' names, its heads, its seven projections.

Knows nothing of adapters' or files' formats.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge_convert.errors import BaseModelError
from edge_convert.gguffile import ARCHITECTURE_KEY, GgufFile

NAME = "llama"
_OUTSIDE_BLOCKS = ("token_embd", "output_norm")
_NORMS = ("attn_norm", "ffn_norm")


@dataclass(frozen=True, kw_only=True, slots=True)
class Projection:
    """One of the matrices of a layer that LoRA can adapt: Hugging Face's names for it and llama.cpp's."""

    parent: str
    name: str
    gguf_name: str


PROJECTIONS: Mapping[str, Projection] = {
    name: Projection(parent=parent, name=name, gguf_name=gguf_name)
    for parent, name, gguf_name in (
        ("self_attn", "q_proj", "attn_q"),
        ("self_attn", "k_proj", "attn_k"),
        ("self_attn", "v_proj", "attn_v"),
        ("self_attn", "o_proj", "attn_output"),
        ("mlp", "gate_proj", "ffn_gate"),
        ("mlp", "up_proj", "ffn_up"),
        ("mlp", "down_proj", "ffn_down"),
    )
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """The figures of one llama model that merging needs."""

    block_count: int
    head_count: int
    head_count_kv: int

    def permuted_heads(self, projection: str) -> int | None:
        """Return in how many heads llama.cpp permutes a projection's rows; None where it leaves them in order.

        >>> smollm2 = Architecture(block_count=30, head_count=9, head_count_kv=3)
        >>> [smollm2.permuted_heads(name) for name in ("q_proj", "k_proj", "v_proj")]
        [9, 3, None]
        """
        return {"q_proj": self.head_count, "k_proj": self.head_count_kv}.get(projection)


def tensor_name(layer: int, projection: str) -> str:
    """Return the name that a projection's weight has in a GGUF.

    >>> tensor_name(3, "o_proj")
    'blk.3.attn_output.weight'
    """
    return f"blk.{layer}.{PROJECTIONS[projection].gguf_name}.weight"


def module_name(layer: int, projection: str) -> str:
    """Return the name that a projection has in Hugging Face's model.

    >>> module_name(3, "o_proj")
    'model.layers.3.self_attn.o_proj'
    """
    return f"model.layers.{layer}.{PROJECTIONS[projection].parent}.{projection}"


def inspect(base: GgufFile) -> Architecture:
    """Return the figures of a base model after seeing that it is a whole llama model.

    Raises:
        BaseModelError: another architecture, a missing figure or tensor, rows that do not divide into heads.
    """
    field = base.fields.get(ARCHITECTURE_KEY)
    if field is None or field.value != NAME:
        raise BaseModelError(
            f"{base.path}: {ARCHITECTURE_KEY}: expected {NAME}, got {field.value if field else 'none'}"
        )
    head_count = _count(base, "attention.head_count")
    found = Architecture(
        block_count=_count(base, "block_count"),
        head_count=head_count,
        head_count_kv=_count(base, "attention.head_count_kv", default=head_count),
    )
    _require_tensors(base, found)
    _require_matrices(base, found)
    return found


def _count(base: GgufFile, key: str, *, default: int | None = None) -> int:
    field = base.fields.get(f"{NAME}.{key}")
    value = default if field is None else field.value
    if not isinstance(value, int) or value < 1:
        raise BaseModelError(f"{base.path}: {NAME}.{key}: expected a number above 0, got {value}")
    return value


def _require_tensors(base: GgufFile, found: Architecture) -> None:
    missing = next((name for name in _tensor_names(found) if name not in base.tensors), None)
    if missing:
        raise BaseModelError(
            f"{base.path}: expected a llama model with the tensors of {found.block_count} blocks; "
            f"{missing} is missing"
        )


def _tensor_names(found: Architecture) -> Iterator[str]:
    """Yield the names of all tensors that a model must have; it may have others."""
    yield from (f"{name}.weight" for name in _OUTSIDE_BLOCKS)
    for layer in range(found.block_count):
        yield from (f"blk.{layer}.{name}.weight" for name in _NORMS)
        yield from (tensor_name(layer, projection) for projection in PROJECTIONS)


def _require_matrices(base: GgufFile, found: Architecture) -> None:
    for layer in range(found.block_count):
        for projection in PROJECTIONS:
            tensor = base.tensors[tensor_name(layer, projection)]
            heads = found.permuted_heads(projection)
            is_matrix = len(tensor.shape) == len(("rows", "columns"))
            if not is_matrix or (heads and tensor.shape[0] % (2 * heads)):
                rows = f"rows in multiples of {2 * heads} (2 halves x {heads} heads)" if heads else "rows"
                raise BaseModelError(
                    f"{base.path}: {tensor.name}: expected a matrix with {rows}, got shape {tensor.shape}"
                )
