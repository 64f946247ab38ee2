"""Owns a training in progress: the optimizer, what was trained on so far, and how one step changes the weights.

Knows nothing of files, clocks or the command line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from edge_train.training.batches import Batch, Gathered, batches
from edge_train.training.counts import Counts
from edge_train.training.example import Example
from edge_train.training.loss import Verdict, judge
from edge_train.training.network import Network

_BETAS = (0.9, 0.99)
_LARGEST_GRADIENT = 1.0  # norm over all pairs; beyond it the step is shortened


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """How well a model foretells answers whose beginnings it is given.

    Attributes:
        loss: nats a token.
        exact: the share of answers of which each token was the likeliest; no grammar helps.
    """

    loss: float
    exact: float


class Trainer:
    """Trains a network; `counts` and `optimizer` are what a checkpoint keeps, beside the network's parameters.

    Args:
        network: whose pairs are trained.
        batch_tokens: computed at once, padding included.
        counts: where to go on.
    """

    def __init__(self, network: Network, *, batch_tokens: int, counts: Counts | None = None) -> None:
        self.network = network
        self.counts = counts or Counts()
        self.optimizer = torch.optim.AdamW(network.parameters, betas=_BETAS, weight_decay=0.0)
        self._batch_tokens = batch_tokens

    def step(self, gathered: Gathered, *, rate: float) -> float:
        """Change the weights by the examples of a step; return the loss before, in nats a token of the answers."""
        total = 0.0
        for batch in self._batches(gathered.examples):
            loss = self._judged(batch).loss / gathered.answer_tokens
            loss.backward()
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.network.parameters, _LARGEST_GRADIENT)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.network.refresh()
        self._count(gathered, total)
        return total

    def measure(self, examples: Sequence[Example]) -> Measure:
        """Return how well the network foretells the answers of examples; nothing is trained."""
        loss, exact = 0.0, 0
        with torch.no_grad():
            for batch in self._batches(examples):
                verdict = self._judged(batch)
                loss += float(verdict.loss)
                exact += len(batch.inputs) - len(batch.answers[~verdict.right].unique())
        return Measure(loss=loss / sum(example.answer_length for example in examples), exact=exact / len(examples))

    def _batches(self, examples: Sequence[Example]) -> list[Batch]:
        return list(batches(examples, tokens=self._batch_tokens, device=self.network.device.name))

    def _judged(self, batch: Batch) -> Verdict:
        hidden: Tensor = self.network.hidden(batch.inputs)
        rows = hidden.reshape(-1, hidden.shape[-1])[batch.positions]
        return judge(rows, self.network.embedding, batch.targets)

    def _count(self, gathered: Gathered, loss: float) -> None:
        self.counts.place += gathered.taken
        self.counts.passed_over += gathered.passed_over
        self.counts.samples += len(gathered.examples)
        self.counts.tokens += sum(len(example.tokens) for example in gathered.examples)
        self.counts.losses.append(loss)
