"""Owns the stream of examples of a training: generated samples without end, EdgeJSON's rows among them.

Knows nothing of batches. What comes at a place of the stream depends on the seed and the place alone, so that a
training that was stopped goes on with just the next example.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import count, cycle, islice
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import Empty
from random import Random
from typing import Protocol

from edge.engine.model import Model
from edge.errors import EdgeError
from edge_train import generator
from edge_train.training import edgejson
from edge_train.training.example import Encoder, Example

BLOCK = 128  # samples that are made at a time
_AHEAD = 4  # blocks that each process may be ahead
_LOOK_S = 5.0  # how often a process that gives nothing is looked at


class Blocks(Protocol):
    """A queue between processes, as much of it as is used."""

    def put(self, obj: list[Example]) -> None:
        """Add a block; waits while the queue is full."""

    def get(self, *, timeout: float) -> list[Example]:
        """Return the next block; raises Empty where none comes within so many seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What a stream is made of.

    Attributes:
        base: the GGUF whose tokenizer is used.
        seed: of the generated samples.
        edgejson: EdgeJSON's folder; None for generated samples alone.
        edgejson_every: each row of EdgeJSON comes after so many generated samples.
        processes: how many make examples; 0 makes them here.
    """

    base: Path
    seed: int
    edgejson: Path | None
    edgejson_every: int
    processes: int = 0


@contextmanager
def encoder(base: Path) -> Iterator[Encoder]:
    """Give an encoder with the tokenizer of a model file.

    Raises:
        ModelError: llama.cpp cannot load the file.
    """
    with closing(Model(base, threads=1, context_tokens=1, sequences=1)) as model:
        yield Encoder(model.tokenize, model.end_token)


@contextmanager
def stream(source: Source, *, first: int = 0) -> Iterator[Iterator[Example]]:
    """Give the examples of a source, from a place of the stream on; there is no end.

    Raises:
        EdgeError: EdgeJSON's rows cannot be used.
        ModelError: the base cannot be used.
    """
    with encoder(source.base) as here:
        rows = _edgejson(source, here)
        every = source.edgejson_every + 1 if rows else 0
        start, skipped = divmod(_generated(first, every), BLOCK)
        with blocks(source, here, start) as made:
            generated = islice((example for block in made for example in block), skipped, None)
            yield _mixed(generated, rows, every=every, seed=source.seed, first=first)


def _generated(place: int, every: int) -> int:
    """Return how many generated samples come before a place of the stream; every-th places are EdgeJSON's.

    >>> [_generated(place, 3) for place in range(7)], _generated(7, 0)
    ([0, 1, 2, 2, 3, 4, 4], 7)
    """
    return place - place // every if every else place


def _mixed(
    generated: Iterator[Example], rows: list[Example], *, every: int, seed: int, first: int
) -> Iterator[Example]:
    place = first
    while True:
        if every and place % every == every - 1:
            turn, number = divmod(place // every, len(rows))
            yield rows[_shuffled(len(rows), seed, turn)[number]]
        else:
            yield next(generated)
        place += 1


def _shuffled(count: int, seed: int, turn: int) -> list[int]:
    order = list(range(count))
    Random(f"{seed} {turn}").shuffle(order)  # noqa: S311  # no secret
    return order


def _edgejson(source: Source, here: Encoder) -> list[Example]:
    if source.edgejson is None:
        return []
    return [here.encode(case.schema, case.text, edgejson.answer(case)) for case in edgejson.rows(source.edgejson)]


@contextmanager
def blocks(source: Source, here: Encoder, start: int) -> Iterator[Iterator[list[Example]]]:
    """Give the blocks of generated samples from one on, made here or by other processes in advance."""
    if not source.processes:
        yield (_block(here, source.seed, number) for number in count(start))
        return
    context = get_context("spawn")
    queues: list[Blocks] = [context.Queue(_AHEAD) for _ in range(source.processes)]
    with ExitStack() as stack:
        makers = []
        for offset, queue in enumerate(queues):
            maker = context.Process(target=_make, args=(source, start + offset, queue), daemon=True)
            maker.start()
            stack.callback(maker.terminate)
            makers.append(maker)
        yield (_taken(queue, maker) for queue, maker in cycle(zip(queues, makers, strict=True)))


def _make(source: Source, start: int, blocks: Blocks) -> None:
    """Make every so-manieth block, until this process is ended."""
    with encoder(source.base) as made_by:
        for number in count(start, source.processes):
            blocks.put(_block(made_by, source.seed, number))


def _taken(queue: Blocks, maker: BaseProcess) -> list[Example]:
    while True:
        try:
            return queue.get(timeout=_LOOK_S)
        except Empty:
            if not maker.is_alive():
                raise EdgeError(f"a process that makes samples ended with exit code {maker.exitcode}") from None


def _block(encoder_: Encoder, seed: int, number: int) -> list[Example]:
    samples = generator.generate(seed, BLOCK, first=number * BLOCK)
    return [encoder_.encode(sample.schema, sample.text, sample.target) for sample in samples]
