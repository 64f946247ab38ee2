"""Owns one adapted matrix: the base's weight, its LoRA pair, and the weight that inputs meet.

Knows nothing of the network around it. The weight that inputs meet is merged and rounded once a step, as it will
stand in the shipped file; gradients pass the rounding as if it were not there (straight through), and only those
of the pair are computed.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from edge_train.training.device import Device

Rounding = Callable[[Tensor], Tensor]


class Projection:
    """A weight of shape (out, in) with the pair a (rank, in) and b (out, rank); scale is alpha / rank."""

    def __init__(
        self, weight: Tensor, a: Tensor, b: Tensor, *, scale: float, rounding: Rounding, device: Device
    ) -> None:
        self.a = a.detach().clone().to(device.name).requires_grad_()
        self.b = b.detach().clone().to(device.name).requires_grad_()
        self._weight = weight.to(device.name)
        self._scale = scale
        self._rounding = rounding
        self._dtype = device.dtype
        self.refresh()

    def refresh(self) -> None:
        """Merge and round anew, after the pair has changed."""
        self.seen = self.merged().to(self._dtype)

    def merged(self) -> Tensor:
        """Return the merged weight, rounded, in float32."""
        with torch.no_grad():
            return self._rounding(self._weight + (self.b @ self.a) * self._scale)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the outputs for inputs of shape (…, in)."""
        return _Adapted.apply(inputs, self.seen, self.a, self.b, self._scale)


class _Adapted(torch.autograd.Function):  # type: ignore[misc]  # torch may be absent where this is checked
    """A linear layer by the merged weight whose gradients go to the pair; the weight's own is never formed."""

    @staticmethod
    def forward(context: Any, inputs: Tensor, seen: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
        context.save_for_backward(inputs, seen, a, b)
        context.scale = scale
        return functional.linear(inputs, seen)

    @staticmethod
    def backward(context: Any, above: Tensor) -> tuple[Tensor | None, ...]:
        inputs, seen, a, b = context.saved_tensors
        rows_above, rows = above.reshape(-1, above.shape[-1]), inputs.reshape(-1, inputs.shape[-1])
        of_a = (rows_above @ b.to(above.dtype)).t() @ rows
        of_b = rows_above.t() @ (rows @ a.to(rows.dtype).t())
        of_inputs = (rows_above @ seen).view(inputs.shape) if context.needs_input_grad[0] else None
        return of_inputs, None, context.scale * of_a.float(), context.scale * of_b.float(), None
