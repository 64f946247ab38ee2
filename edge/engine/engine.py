"""Owns the model thread: requests in, decoded JSON out, many messages at a time.

Knows nothing of MQTT, routes or schemas: a request is tokens and a grammar. Messages join and leave at any step;
a step is one call of the model, and carries what is next of each message.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from llguidance import LLMatcher

from edge.engine.batch import Batch
from edge.engine.kvcache import sequences
from edge.engine.model import Model
from edge.engine.request import Choice, Decoded, Levers, Request
from edge.engine.tokens import Tokens
from edge.engine.turns import Turns
from edge.engine.work import Work
from edge.errors import EngineClosed, ModelError, Reason, Rejected

__all__ = ["SLOTS", "Choice", "Decoded", "Engine", "Levers", "Request", "sequences"]

SLOTS = 8
ALL_LEVERS = Levers()
_CLOSED = "the engine was closed before this request was done"


class Engine:
    """The one user of a Model. Start it once, submit from any thread, close it once.

    Args:
        model: with the sequences that `sequences(slots)` asks for.
        slots: how many messages are decoded together, at most.
    """

    def __init__(
        self,
        model: Model,
        *,
        slots: int = SLOTS,
        levers: Levers = ALL_LEVERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context_tokens = model.context_tokens
        self._clock = clock
        self._tokenizer = model.grammar_tokenizer()
        self._tokens = Tokens(self._tokenizer, model.vocab_size)
        self._batch = Batch(model, self._tokens, slots=slots, levers=levers, clock=clock)
        self._arrivals: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._waiting: Turns[Work] = Turns()
        self._is_closing = False
        self._thread = threading.Thread(target=self._serve, name="edge-engine", daemon=True)
        self.last_alive_s = clock()  # when the model thread last came round, on the engine's clock

    def start(self) -> None:
        """Start the model thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop the model thread; what it has not finished fails, and nobody waits for it for ever."""
        self._is_closing = True
        self._arrivals.put(None)
        self._thread.join()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is decoded or waits to be. May be asked from any thread."""
        return not self._batch and not self._waiting and self._arrivals.empty()

    @property
    def fed_tokens(self) -> int:
        """How many tokens have gone through the model. May be asked from any thread, as `decode_calls`."""
        return self._batch.fed_tokens

    @property
    def decode_calls(self) -> int:
        """How many calls of the model that took."""
        return self._batch.decode_calls

    def submit(self, request: Request) -> "Future[Decoded]":
        """Return a future of the decoded text; it fails with Rejected or ModelError.

        The grammar is compiled here, in the caller's thread, while the model's goes on.
        """
        future: Future[Decoded] = Future()
        try:
            self._check(request)
            matcher = self._matcher(request.grammar)
        except (Rejected, ModelError) as error:
            future.set_exception(error)
        else:
            self._arrivals.put(Work(request=request, matcher=matcher, future=future))
            if self._is_closing and not self._thread.is_alive():  # it came behind the last look
                self._fail_the_rest()
        return future

    def grammar_error(self, grammar: str) -> str | None:
        """Return why llguidance refuses a grammar; None where it takes it. May be called from any thread."""
        return LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(grammar), self._tokenizer) or None

    def _matcher(self, grammar: str) -> LLMatcher:
        matcher = LLMatcher(self._tokenizer, LLMatcher.grammar_from_lark(grammar), log_level=0)
        if matcher.is_error():
            raise Rejected(Reason.TOO_LONG, f"the text makes too large a grammar: {matcher.get_error()}")
        return matcher

    def _check(self, request: Request) -> None:
        """Refuse what cannot be decoded: llama.cpp would fail the whole call, other messages included."""
        prompt_tokens = len(request.prefix) + len(request.body)
        if prompt_tokens >= self._context_tokens:
            raise Rejected(
                Reason.TOO_LONG,
                f"schema and text take {prompt_tokens} tokens of a context of {self._context_tokens}",
            )
        for token in (*request.prefix, *request.body):
            if not 0 <= token < self._tokens.size:
                raise ModelError(f"expected a token from 0 to {self._tokens.size - 1}, got {token}")

    def _serve(self) -> None:
        try:
            while not self._is_closing:
                self.last_alive_s = self._clock()
                self._receive()
                self._take_up()
                for work in self._batch.step():
                    self._waiting.add_first(work.request.flow, work)
        finally:  # also where a fault of this program ends the thread: nobody waits for it for ever
            self._is_closing = True
            self._batch.fail_all(EngineClosed(_CLOSED))
            self._fail_the_rest()

    def _fail_the_rest(self) -> None:
        self._receive()
        for work in self._waiting:
            work.fail(EngineClosed(_CLOSED))

    def _receive(self) -> None:
        """Let arrivals wait for their turn; where there is nothing to do, wait for one."""
        may_block = not self._batch and not self._waiting and not self._is_closing
        with suppress(queue.Empty):
            while True:
                work = self._arrivals.get(timeout=1.0) if may_block else self._arrivals.get_nowait()
                if work is not None:
                    self._waiting.add(work.request.flow, work)
                may_block = False

    def _take_up(self) -> None:
        """Give slots to those whose turn it is, as long as there are slots and cells for their prompts."""
        while self._waiting and self._batch.has_slot:
            work = self._waiting.take()
            if not self._batch.take_up(work):
                self._waiting.add_first(work.request.flow, work)
                return
