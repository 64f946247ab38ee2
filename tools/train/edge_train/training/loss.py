"""Owns the loss: how surprised a model is by the answers, token by token. Knows nothing of the network below it.

Logits of 49,152 tokens a position are the largest tensor of a step. Here they live in pieces: loss and gradient of
a piece are made together and the piece is forgotten.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_PIECE_ROWS = 2048


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of the answers of a batch.

    Attributes:
        loss: the sum over tokens, in nats; a tensor to go back from.
        right: of each position, whether the most likely token was the answer's.
    """

    loss: Tensor
    right: Tensor


def judge(hidden: Tensor, embedding: Tensor, targets: Tensor) -> Verdict:
    """Return the loss of the positions of answers.

    Shapes: hidden (positions, width), embedding (vocabulary, width), targets (positions,).
    """
    loss, right = _Surprise.apply(hidden, embedding, targets)
    return Verdict(loss=loss, right=right)


class _Surprise(torch.autograd.Function):  # type: ignore[misc]  # torch may be absent where this is checked
    """The sum of -log p(target) over positions, softmax over the products with the embeddings."""

    @staticmethod
    def forward(context: Any, hidden: Tensor, embedding: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        gradient = torch.empty_like(hidden) if context.needs_input_grad[0] else None
        total = torch.zeros((), device=hidden.device)
        right = torch.empty_like(targets, dtype=torch.bool)
        for start in range(0, len(targets), _PIECE_ROWS):
            part = slice(start, start + _PIECE_ROWS)
            logits = (hidden[part] @ embedding.t()).float()
            chosen = logits.gather(1, targets[part, None])
            right[part] = logits.argmax(1) == targets[part]
            total += (logits.logsumexp(1, keepdim=True) - chosen).sum()
            if gradient is not None:
                shares = logits.softmax(1)
                shares.scatter_add_(1, targets[part, None], torch.full_like(chosen, -1.0))
                gradient[part] = shares.to(hidden.dtype) @ embedding
        context.save_for_backward(gradient)
        context.mark_non_differentiable(right)
        return total, right

    @staticmethod
    def backward(context: Any, above: Tensor, _of_right: Tensor) -> tuple[Tensor | None, ...]:
        [gradient] = context.saved_tensors
        return gradient * above.to(gradient.dtype), None, None
