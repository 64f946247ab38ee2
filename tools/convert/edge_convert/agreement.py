"""Owns the comparison of two models' choices on the golden prompts. Knows nothing of files' contents or of bounds.

A model is asked, at every position of the expected output, which token it holds most likely, given the prompt and
the expected output up to there: one run over each prompt, nothing is sampled.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.engine.model import BATCH_ROWS, BATCH_TOKENS, Feed, Model
from edge.extraction.prompt import Contract
from edge_convert.golden import PROMPTS, TOKENIZER_STRINGS
from edge_convert.progress import Report, Step

_CONTEXT_TOKENS = 1024  # the golden prompts take less than a third; byte by byte, as tiny vocabularies do, most


Tokens = tuple[tuple[int, ...], ...]  # of each golden string


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What one model made of the golden texts.

    Attributes:
        tokens: of each golden string.
        expected: the tokens of the golden outputs, each with the end token, all in one row.
        chosen: the most likely token at each of those positions.
    """

    tokens: Tokens
    expected: tuple[int, ...]
    chosen: tuple[int, ...]

    @property
    def accuracy(self) -> float:
        """The share of positions at which the model would have written what is expected."""
        return agreement(self.expected, self.chosen)


def agreement(left: Sequence[int], right: Sequence[int]) -> float:
    """Return the share of positions at which two rows of equal length hold the same token.

    >>> agreement([5, 6, 7, 8], [5, 6, 0, 8])
    0.75
    """
    return sum(a == b for a, b in zip(left, right, strict=True)) / len(left)


def ask(path: Path, contract: Contract, *, threads: int, step: Step, report: Report) -> Choices:
    """Return a model file's choices under a prompt contract; report gets the step after each prompt.

    Raises:
        edge.errors.ModelError: llama.cpp cannot load or run the model.
    """
    expected: list[int] = []
    chosen: list[int] = []
    with closing(Model(path, threads=threads, context_tokens=_CONTEXT_TOKENS, sequences=1)) as model:
        for done, prompt in enumerate(PROMPTS, start=1):
            output = [*model.tokenize(prompt.output), model.end_token]
            expected += output
            chosen += _choose(model, prompt.segments(contract), output)
            report(step, done, len(PROMPTS))
        return Choices(tokens=_tokenize(model), expected=tuple(expected), chosen=tuple(chosen))


def tokenize(path: Path) -> Tokens:
    """Return what a model file's tokenizer makes of the golden strings; raises as `ask` does."""
    with closing(Model(path, threads=1, context_tokens=1, sequences=1)) as model:
        return _tokenize(model)


def _tokenize(model: Model) -> Tokens:
    return tuple(tuple(model.tokenize(text)) for text in TOKENIZER_STRINGS)


def _choose(model: Model, segments: Sequence[str], output: Sequence[int]) -> list[int]:
    """Return the most likely token at each position of the output; the prompt's last token predicts the first."""
    before = [token for segment in segments for token in model.tokenize(segment)]
    tokens = [*before, *output[:-1]]
    split = len(before) - 1
    for start in range(0, split, BATCH_TOKENS):
        model.decode([Feed(tokens=tokens[start : min(start + BATCH_TOKENS, split)], position=start, sequence=0)])
    chosen: list[int] = []
    for start in range(split, len(tokens), BATCH_ROWS):
        part = tokens[start : start + BATCH_ROWS]
        [rows] = model.decode([Feed(tokens=part, position=start, sequence=0, wanted=range(len(part)))])
        chosen += [int(row.argmax()) for row in rows]
    model.forget(0)
    return chosen
