"""Owns the roofline: how many messages a second llama.cpp could do if it only ever fed full calls.

Knows nothing of our engine: it calls llama.cpp's C interface itself, so that no layer of ours stands between. The
KV cache is filled as in serving: the prefix of each route once, 16 messages in flight that share them, each with
its text and half of its reading.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import llama_cpp

from edge.extraction import prompt
from edge.literal import dumps
from edge.schema import schema
from edge.verbs.cases import Case
from edge_bench import workload
from edge_bench.row import Row

CALL_TOKENS = (1, 8, 32, 64, 128, 256)
CONTEXT_TOKENS = 4096
MESSAGES = 16
MEASURE_S = 1.5  # of each size, and at least three calls
_MIDDLE = 3

Token = tuple[int, int, int]  # its id, its position, its sequence


def measure(*, model: Path, messages: Sequence[Case], threads: int) -> Row:
    """Return the batch rate by size of call, and the messages a second that the best of them allows."""
    with _context(model, threads=threads, sequences=MESSAGES + len(_routes(messages))) as context:
        lengths = _fill(context, messages)
        rates = {size: _rate(context, lengths, size) for size in CALL_TOKENS}
        needed = [
            len(context.tokenize(text)) for message in messages for text in (message.text, dumps(message.expected))
        ]
        suffix_and_end = len(context.tokenize(prompt.SUFFIX)) + 1
        tokens_a_message = sum(needed) / len(messages) + suffix_and_end
    best = max(rates.values())
    return Row(
        kind="roofline",
        concurrency=MESSAGES,
        figures={
            **{f"tokens_per_s_in_calls_of_{size}": round(rate, 1) for size, rate in rates.items()},
            "cells_filled": context.cells,
            "tokens_a_message": round(tokens_a_message, 1),
            "best_tokens_per_s": round(best, 1),
            "messages_per_s": round(best / tokens_a_message, 3),
        },
    )


def spread(size: int, lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Return position and sequence of the tokens of a call, spread over sequences of these lengths.

    >>> spread(3, [10, 20])
    [(10, 0), (20, 1), (11, 0)]
    """
    return [(lengths[row % len(lengths)] + row // len(lengths), row % len(lengths)) for row in range(size)]


@dataclass(kw_only=True, slots=True)
class _Context:
    """llama.cpp with a model and one KV cache."""

    handle: Any
    vocab: Any
    batch: Any
    cells: int = 0

    def tokenize(self, text: str) -> list[int]:
        data = text.encode()
        tokens = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), tokens, len(tokens), False, False)
        return list(tokens[:count])

    def decode(self, tokens: Sequence[Token]) -> None:
        for row, (token, position, sequence) in enumerate(tokens):
            self.batch.token[row], self.batch.pos[row] = token, position
            self.batch.n_seq_id[row], self.batch.seq_id[row][0] = 1, sequence
            self.batch.logits[row] = row == len(tokens) - 1
        self.batch.n_tokens = len(tokens)
        code = llama_cpp.llama_decode(self.handle, self.batch)
        assert code == 0, f"llama_decode failed with code {code}"
        llama_cpp.llama_synchronize(self.handle)

    def share(self, source: int, target: int, length: int) -> None:
        llama_cpp.llama_memory_seq_cp(llama_cpp.llama_get_memory(self.handle), source, target, 0, length)

    def truncate(self, sequence: int, length: int) -> None:
        llama_cpp.llama_memory_seq_rm(llama_cpp.llama_get_memory(self.handle), sequence, length, -1)


def _fill(context: _Context, messages: Sequence[Case]) -> list[int]:
    """Fill the cache as in serving; return how long the sequence of each message in flight is."""
    routes, lengths = _routes(messages), list[int]()
    prefixes = {}
    for sequence, (route, message) in enumerate(routes.items(), start=MESSAGES):
        tokens = context.tokenize(prompt.prefix(schema.parse(message.schema).root))
        context.decode([(token, position, sequence) for position, token in enumerate(tokens)])
        context.cells += len(tokens)
        prefixes[route] = (sequence, len(tokens))
    for sequence in range(MESSAGES):
        message = messages[sequence % len(messages)]
        source, start = prefixes[workload.route_of(message)]
        context.share(source, sequence, start)
        output = context.tokenize(dumps(message.expected))
        body = context.tokenize(message.text) + context.tokenize(prompt.SUFFIX) + output[: len(output) // 2]
        context.decode([(token, start + offset, sequence) for offset, token in enumerate(body)])
        context.cells += len(body)
        lengths.append(start + len(body))
    return lengths


def _rate(
    context: _Context, lengths: Sequence[int], size: int, *, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return tokens a second in calls of one size: the median of several."""
    (token,) = context.tokenize("1")
    call = [(token, position, sequence) for position, sequence in spread(size, lengths)]
    times_s: list[float] = []
    while sum(times_s) < MEASURE_S or len(times_s) < _MIDDLE:
        started_s = clock()
        context.decode(call)
        times_s.append(clock() - started_s)
        for sequence, length in enumerate(lengths):
            context.truncate(sequence, length)
    return size / median(times_s)


def _routes(messages: Sequence[Case]) -> dict[str, Case]:
    """Return a message of each route."""
    return {workload.route_of(message): message for message in messages}


@contextmanager
def _context(model: Path, *, threads: int, sequences: int) -> Iterator[_Context]:
    llama_cpp.llama_backend_init()
    loaded = llama_cpp.llama_model_load_from_file(str(model).encode(), llama_cpp.llama_model_default_params())
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_seq_max, params.kv_unified = CONTEXT_TOKENS, sequences, True
    params.n_batch = params.n_ubatch = max(CALL_TOKENS) * 2
    params.n_outputs_max = sequences
    params.n_threads = params.n_threads_batch = threads
    handle = llama_cpp.llama_init_from_model(loaded, params)
    batch = llama_cpp.llama_batch_init(params.n_batch, 0, 1)
    try:
        yield _Context(handle=handle, vocab=llama_cpp.llama_model_get_vocab(loaded), batch=batch)
    finally:
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_free(handle)
        llama_cpp.llama_model_free(loaded)
