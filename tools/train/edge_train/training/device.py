"""Owns what differs between a graphics card and a processor: where tensors lie, and in which type is computed.

Knows nothing of what is computed. Weights that are trained, and the sums over them, are float32 on both.
"""

from dataclasses import dataclass

import torch

from edge.errors import EdgeError


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """Where a training computes.

    Attributes:
        name: torch's, "cpu" or "cuda".
        dtype: of activations, and of the weights that they meet. Processors without instructions for bfloat16 are
            faster in float32.
    """

    name: str
    dtype: torch.dtype

    @property
    def label(self) -> str:
        """The device as a manifest names it."""
        if self.name == "cpu":
            count = torch.get_num_threads()
            return f"cpu, {count} thread{'s' if count > 1 else ''}"
        return str(torch.cuda.get_device_name())


def choose(name: str, *, threads: int | None = None) -> Device:
    """Return the device of a name: "cpu", "cuda", or "auto" for the card where there is one.

    Args:
        name: what the user asked for.
        threads: of a processor; None leaves them to torch.

    Raises:
        EdgeError: a card is asked for and torch finds none.
    """
    has_card = torch.cuda.is_available()
    if name == "cuda" and not has_card:
        raise EdgeError("--device cuda: expected a graphics card that torch can use, got none")
    if name == "cuda" or (name == "auto" and has_card):
        torch.set_float32_matmul_precision("high")
        return Device(name="cuda", dtype=torch.bfloat16)
    if threads:
        torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    return Device(name="cpu", dtype=torch.float32)
