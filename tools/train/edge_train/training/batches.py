"""Owns how examples become tensors: gathered to steps, sorted by length, put together with little padding.

Knows nothing of where examples come from or of what a step does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from edge_train.training.example import Example

_MULTIPLE = 8  # lengths are rounded up to it, so that fewer shapes occur


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Examples in rows of one length.

    Attributes:
        inputs: shape (rows, length), without each row's last token.
        positions: where, in the flattened inputs, the next token is one of an answer.
        targets: those next tokens, shape (positions,).
        answers: which row each of them belongs to.
    """

    inputs: Tensor
    positions: Tensor
    targets: Tensor
    answers: Tensor

    @property
    def size(self) -> int:
        """How many tokens are computed, padding included."""
        return int(self.inputs.numel())


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """The examples of a step.

    Attributes:
        taken: how many places of the stream they took.
        passed_over: how many of those were too long.
    """

    examples: Sequence[Example]
    taken: int
    passed_over: int

    @property
    def answer_tokens(self) -> int:
        """How many tokens the loss is taken over."""
        return sum(example.answer_length for example in self.examples)


def gather(stream: Iterator[Example], *, tokens: int, longest: int) -> Gathered:
    """Return the next examples of a stream that have so many tokens together, or a few more.

    Args:
        stream: where they come from; it has no end.
        tokens: of a step, at least.
        longest: an example of more tokens is passed over.
    """
    found: list[Example] = []
    taken = passed_over = length = 0
    while length < tokens:
        example = next(stream)
        taken += 1
        if len(example.tokens) > longest:
            passed_over += 1
            continue
        found.append(example)
        length += len(example.tokens)
    return Gathered(examples=found, taken=taken, passed_over=passed_over)


def batches(examples: Sequence[Example], *, tokens: int, device: str) -> Iterator[Batch]:
    """Yield the examples as batches of at most so many tokens each, padding included; a longer one comes alone."""
    for rows in _rows(sorted(examples, key=lambda example: len(example.tokens)), tokens):
        yield _batch(rows, device)


def _rows(examples: Sequence[Example], tokens: int) -> Iterator[list[Example]]:
    rows: list[Example] = []
    for example in examples:  # the last is the longest so far
        if rows and _length(example) * (len(rows) + 1) > tokens:
            yield rows
            rows = []
        rows.append(example)
    if rows:
        yield rows


def _length(example: Example) -> int:
    return -(-(len(example.tokens) - 1) // _MULTIPLE) * _MULTIPLE


def _batch(rows: Sequence[Example], device: str) -> Batch:
    length = max(map(_length, rows))
    inputs = np.zeros((len(rows), length), dtype=np.int64)  # what fills up is never looked at
    positions, targets, answers = [], [], []
    for row, example in enumerate(rows):
        tokens = np.frombuffer(example.tokens, dtype=np.int32)
        start, end = example.prompt_length - 1, len(tokens) - 1
        inputs[row, :end] = tokens[:-1]
        positions.append(np.arange(row * length + start, row * length + end))
        targets.append(tokens[example.prompt_length :].astype(np.int64))
        answers.append(np.full(example.answer_length, row))
    return Batch(
        inputs=torch.from_numpy(inputs).to(device, non_blocking=True),
        positions=torch.from_numpy(np.concatenate(positions)).to(device, non_blocking=True),
        targets=torch.from_numpy(np.concatenate(targets)).to(device, non_blocking=True),
        answers=torch.from_numpy(np.concatenate(answers)).to(device, non_blocking=True),
    )
