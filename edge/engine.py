"""Owns the model thread: requests in, grounded decoding, decoded JSON out.

Knows nothing of MQTT, routes or schemas: a request is tokens and a grammar. One message at a time for now, behind
the interface of a batching engine: `submit` returns a future.
"""

import math
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from llguidance import LLMatcher
from numpy.typing import NDArray

from edge.errors import ModelError, Reason, Rejected
from edge.model import Feed, Model

STEP_TOKENS = 128  # fed in one call: about 170 ms on two cores, between two looks at the deadline
PREFIXES = 7  # schema prefixes kept in the KV cache, least recently used out first
SEQUENCES = PREFIXES + 1  # and the message itself, sequence 0
_MESSAGE = 0
_CLOSED = "the engine was closed before this request was done"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What to decode: the prompt in its two parts, what may be written, and how much of it.

    Attributes:
        prefix: tokens that come before the text, the same for every message of a schema.
        body: tokens of the text and of what follows it.
        grammar: llguidance's Lark.
        output_tokens: the most that may be written.
        deadline_s: how long body and output may take, from when the prefix is there, not from `submit`.
    """

    prefix: tuple[int, ...]
    body: tuple[int, ...]
    grammar: str
    output_tokens: int
    deadline_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A token that the model chose, out[start:end] in bytes; tokens that the grammar forced are no choices.

    Attributes:
        probability: of this token, among those that the grammar allowed.
        closing: of all allowed tokens together that begin with a quotation mark, and so end a string here.
        beyond: of all allowed tokens together that cannot continue a number, and so end one here.
    """

    start: int
    end: int
    probability: float
    closing: float
    beyond: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """What the model wrote, and what it took."""

    text: str
    choices: tuple[Choice, ...]
    fed_tokens: int
    decode_calls: int
    duration_s: float


class Engine:
    """The one user of a Model. Start it once, submit from any thread, close it once."""

    def __init__(self, model: Model, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._clock = clock
        self._tokenizer = model.grammar_tokenizer()
        pieces = [self._tokenizer.decode_bytes([token]) for token in range(model.vocab_size)]
        first_bytes = np.array([piece[0] if piece else 0 for piece in pieces], dtype=np.uint8)
        self._piece_lengths = np.array([len(piece) for piece in pieces])
        self._closes_string = first_bytes == ord('"')
        self._continues_number = np.isin(first_bytes, list(b"0123456789.eE+-"))
        self._prefixes: OrderedDict[tuple[int, ...], int] = OrderedDict()  # prefix tokens -> their sequence
        self._requests: queue.SimpleQueue[tuple[Request, Future[Decoded]] | None] = queue.SimpleQueue()
        self._is_closing = False
        self._thread = threading.Thread(target=self._serve, name="edge-engine", daemon=True)
        self.last_alive_s = clock()  # when the model thread last came round, on the engine's clock

    def start(self) -> None:
        """Start the model thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop the model thread; what it has not finished fails, and nobody waits for it for ever."""
        self._is_closing = True
        self._requests.put(None)
        self._thread.join()

    def submit(self, request: Request) -> "Future[Decoded]":
        """Return a future of the decoded text; it fails with Rejected or ModelError."""
        future: Future[Decoded] = Future()
        self._requests.put((request, future))
        return future

    def grammar_error(self, grammar: str) -> str | None:
        """Return why llguidance refuses a grammar; None where it takes it. May be called from any thread."""
        return LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(grammar), self._tokenizer) or None

    def _fail_the_rest(self) -> None:
        with suppress(queue.Empty):
            while True:
                if work := self._requests.get_nowait():
                    work[1].set_exception(ModelError(_CLOSED))

    def _serve(self) -> None:
        while True:
            self.last_alive_s = self._clock()
            try:
                work = self._requests.get(timeout=1.0)
            except queue.Empty:
                continue
            if work is None:
                self._fail_the_rest()
                return
            request, future = work
            try:
                future.set_result(self._decode(request))
            except Exception as error:  # noqa: BLE001  # handed to whoever waits for it, not swallowed
                future.set_exception(error)

    def _decode(self, request: Request) -> Decoded:
        run = _Run(deadline_s=math.inf, position=len(request.prefix))
        started_s = self._clock()
        matcher = LLMatcher(self._tokenizer, LLMatcher.grammar_from_lark(request.grammar), log_level=0)
        _raise_if_refused(matcher)
        limit = self._make_room(request)
        self._share_prefix(request.prefix, run)
        run.deadline_s = self._clock() + request.deadline_s  # a prefix is decoded once, on no message's account
        pending = list(request.body)
        while True:
            forced = matcher.compute_ff_tokens()
            matcher.consume_tokens(forced)
            self._write(forced, run)
            _raise_if_refused(matcher)
            if matcher.is_stopped():
                break
            if len(run.output) >= limit:
                raise Rejected(Reason.TRUNCATED, f"the reading does not end within {limit} tokens")
            pending += forced
            logits = self._feed(pending, _MESSAGE, run.position, run)
            run.position += len(pending)
            pending = [self._choose(matcher, logits, run)]
        return Decoded(
            text=self._tokenizer.decode_bytes(run.output).decode(),
            choices=tuple(run.choices),
            fed_tokens=run.fed_tokens,
            decode_calls=run.decode_calls,
            duration_s=self._clock() - started_s,
        )

    def _make_room(self, request: Request) -> int:
        """Drop the prefixes that stand in the way of this request; return how many tokens it may write.

        Raises:
            Rejected: too_long, when the prompt alone fills the context.
        """
        prompt_tokens = len(request.prefix) + len(request.body)
        limit = min(request.output_tokens, self._model.context_tokens - prompt_tokens)
        if limit <= 0:
            raise Rejected(
                Reason.TOO_LONG,
                f"schema and text take {prompt_tokens} tokens of a context of {self._model.context_tokens}",
            )
        self._model.forget(_MESSAGE)
        others = [prefix for prefix in self._prefixes if prefix != request.prefix]
        while others and sum(map(len, others)) + prompt_tokens + limit > self._model.context_tokens:
            self._model.forget(self._prefixes.pop(others.pop(0)))
        return limit

    def _share_prefix(self, prefix: tuple[int, ...], run: "_Run") -> None:
        """Let the message's sequence begin with the prefix, decoding it only if no sequence holds it yet."""
        if prefix in self._prefixes:
            self._prefixes.move_to_end(prefix)
        else:
            if len(self._prefixes) == PREFIXES:
                self._model.forget(self._prefixes.popitem(last=False)[1])
            sequence = min(set(range(1, SEQUENCES)) - set(self._prefixes.values()))
            try:
                self._feed(prefix, sequence, 0, run)
            except Exception:
                self._model.forget(sequence)
                raise
            self._prefixes[prefix] = sequence
        self._model.share(self._prefixes[prefix], _MESSAGE, len(prefix))

    def _feed(self, tokens: Sequence[int], sequence: int, position: int, run: "_Run") -> NDArray[np.float32]:
        """Run tokens through the model, a step at a time; return the logits behind the last of them."""
        row = 0
        for first in range(0, len(tokens), STEP_TOKENS):
            self.last_alive_s = self._clock()
            if self._is_closing:
                raise ModelError(_CLOSED)
            if self.last_alive_s >= run.deadline_s:
                raise Rejected(
                    Reason.TIMEOUT, f"the deadline passed after {len(run.output)} tokens of the reading"
                )
            step = tokens[first : first + STEP_TOKENS]
            is_last = first + STEP_TOKENS >= len(tokens)
            row = len(step) - 1
            self._model.decode(
                [
                    Feed(
                        token=token,
                        position=position + first + k,
                        sequence=sequence,
                        wants_logits=is_last and k == row,
                    )
                    for k, token in enumerate(step)
                ]
            )
            run.fed_tokens += len(step)
            run.decode_calls += 1
        return self._model.logits(row)

    def _choose(self, matcher: LLMatcher, logits: NDArray[np.float32], run: "_Run") -> int:
        """Return the likeliest of the tokens that the grammar allows, and write it down."""
        bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8), bitorder="little")
        allowed = np.flatnonzero(bits[: len(logits)])
        weights = np.exp(logits[allowed] - logits[allowed].max())
        weights /= weights.sum()
        best = int(weights.argmax())
        token = int(allowed[best])
        start = run.output_bytes
        matcher.consume_token(token)
        self._write([token], run)
        run.choices.append(
            Choice(
                start=start,
                end=run.output_bytes,
                probability=float(weights[best]),
                closing=float(weights[self._closes_string[allowed]].sum()),
                beyond=float(weights[~self._continues_number[allowed]].sum()),
            )
        )
        return token

    def _write(self, tokens: Sequence[int], run: "_Run") -> None:
        run.output += tokens
        run.output_bytes += sum(int(self._piece_lengths[token]) for token in tokens)


@dataclass(kw_only=True, slots=True)
class _Run:
    """One message on its way through the model."""

    deadline_s: float
    position: int
    output: list[int] = field(default_factory=list)
    output_bytes: int = 0
    choices: list[Choice] = field(default_factory=list)
    fed_tokens: int = 0
    decode_calls: int = 0


def _raise_if_refused(matcher: LLMatcher) -> None:
    if matcher.is_error():
        raise Rejected(Reason.TOO_LONG, f"the text makes too large a grammar: {matcher.get_error()}")
