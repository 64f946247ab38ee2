"""Owns the messages that are decoded together: each has a slot of the KV cache, and a part of each call.

Knows nothing of threads, and of who waits for a slot.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from edge.engine.decoding import Decoding
from edge.engine.kvcache import KvCache
from edge.engine.model import BATCH_TOKENS, Model
from edge.engine.portions import Portion, Portions
from edge.engine.request import Levers
from edge.engine.steps import STEP_TOKENS
from edge.engine.tokens import Tokens
from edge.engine.work import Work
from edge.errors import EdgeError, ModelError, Reason, Rejected

HEADROOM_TOKENS = 32  # cells to be left for what each message is about to write, when another one is taken up


class Batch:
    """The messages in slots, in the order in which they came.

    Args:
        slots: how many there may be.
        clock: seconds that never go back.
    """

    def __init__(
        self, model: Model, tokens: Tokens, *, slots: int, levers: Levers, clock: Callable[[], float]
    ) -> None:
        self._model = model
        self._tokens = tokens
        self._levers = levers
        self._clock = clock
        self._cache = KvCache(model, slots=slots if levers.batch_messages else 1)
        step_tokens = min(STEP_TOKENS if levers.small_steps else BATCH_TOKENS, model.context_tokens)
        self._portions = Portions(self._cache, step_tokens=step_tokens)
        self._works: list[Work] = []
        self.fed_tokens = 0  # of all messages, padding left out
        self.decode_calls = 0  # of the model

    def __len__(self) -> int:
        return len(self._works)

    @property
    def has_slot(self) -> bool:
        """Whether another message can be taken up."""
        return self._cache.has_slot()

    def take_up(self, work: Work) -> bool:
        """Give a message a slot; False where it has to wait until others leave. One alone never has to."""
        if not self._has_room_for(work):
            return False
        work.slot = self._cache.take_slot()
        if work.started_s is None:
            work.started_s = self._clock()
        self._works.append(work)
        try:
            work.decoding = self._begun(work)
        except Rejected as rejected:
            self._fail(work, rejected)
        else:
            self._leave_if_done(work)
        return True

    def step(self) -> Sequence[Work]:
        """Run one call's worth of tokens through the model, and let each message choose.

        Returns:
            Messages that had to give their cells to earlier ones; they wait again, and lose no choice.
        """
        self._begin_and_drop_overdue()
        portions, put_back = self._next_portions()
        if not portions:
            return put_back
        is_single = sum(len(portion.feed.tokens) for portion in portions) == 1
        padding = self._cache.padding() if is_single and self._cache.make_room(2) else ()
        try:
            rows = self._model.decode([*(portion.feed for portion in portions), *padding])
        except ModelError as error:
            self.fail_all(error)
            return put_back
        self.decode_calls += 1
        self.fed_tokens += sum(len(portion.feed.tokens) for portion in portions)
        if padding:
            self._cache.discard_padding()
        for portion, found in zip(portions, rows, strict=False):  # the padding is nobody's
            work, count = portion.work, len(portion.feed.tokens)
            work.fed_tokens += count
            work.decode_calls += 1
            if portion.prefix is not None:
                self._cache.grow_prefix(portion.prefix, count)
            else:
                self._advance(work, count, found)
        return put_back

    def fail_all(self, error: EdgeError) -> None:
        """Fail every message, and forget the prefixes: behind a failed call nobody knows what the cells hold."""
        for work in list(self._works):
            self._fail(work, error)
        while self._cache.drop_prefix():
            pass

    def _has_room_for(self, work: Work) -> bool:
        """Whether there are cells for the prompt of a message; if so, the place of its prefix is its own."""
        to_decode = len(work.request.prefix)
        if self._levers.share_prefixes:
            work.prefix = self._cache.prefix(work.request.prefix)
            if work.prefix is None:
                return False
            to_decode -= work.prefix.fed
        written = work.decoding.written if work.decoding else 0
        needed = to_decode + len(work.request.body) + written + HEADROOM_TOKENS * (len(self._works) + 1)
        if self._cache.make_room(needed) or not self._works:
            return True
        self._release_prefix(work)
        return False

    def _begun(self, work: Work) -> Decoding:
        """Return a message's decoding at its beginning, or again there, with what was chosen before."""
        request = work.request
        if work.decoding is not None:
            work.decoding.start_again()
            return work.decoding
        room = self._model.context_tokens - len(request.prefix) - len(request.body)
        return Decoding(
            request,
            work.matcher,
            self._tokens,
            limit=min(request.output_tokens, room),
            levers=self._levers,
            lead=() if self._levers.share_prefixes else request.prefix,
        )

    def _begin_and_drop_overdue(self) -> None:
        """Let those begin whose prefix is there; fail those whose deadline has passed."""
        now = self._clock()
        for work in [each for each in self._works if not each.is_waiting_for_prefix]:
            assert work.slot is not None
            assert work.decoding is not None
            if work.prefix is not None and not work.slot.position:
                self._cache.begin(work.slot, work.prefix)
            if work.deadline_s is None:
                work.deadline_s = now + work.left_s
            if now >= work.deadline_s:
                detail = f"the deadline passed after {work.decoding.written} tokens of the reading"
                self._fail(work, Rejected(Reason.TIMEOUT, detail))

    def _next_portions(self) -> tuple[list[Portion], list[Work]]:
        """Return what goes into the next call, and which messages had to leave for want of cells."""
        put_back: list[Work] = []
        while True:
            portions = self._portions.next(self._works)
            needed = sum(len(portion.feed.tokens) for portion in portions)
            if self._cache.make_room(needed) or len(self._works) <= 1:
                return portions, put_back
            last = self._works[-1]
            self._leave(last)
            last.pause(self._clock())
            put_back.append(last)

    def _advance(self, work: Work, count: int, rows: Sequence[NDArray[np.float32]]) -> None:
        """Let a message choose behind the tokens that were fed; what it disagrees with is cut off."""
        assert work.slot is not None
        assert work.decoding is not None
        before = work.slot.position
        self._cache.grow(work.slot, count)
        try:
            held = work.decoding.take(count, rows)
        except Rejected as rejected:
            self._fail(work, rejected)
            return
        self._cache.cut(work.slot, before + held)
        self._leave_if_done(work)

    def _leave_if_done(self, work: Work) -> None:
        if work.decoding is not None and work.decoding.is_done:
            self._leave(work)
            work.answer(self._clock())

    def _fail(self, work: Work, error: EdgeError) -> None:
        self._leave(work)
        work.fail(error)

    def _leave(self, work: Work) -> None:
        """Take a message out of its slot."""
        assert work.slot is not None
        self._works.remove(work)
        self._cache.give_back(work.slot)
        work.slot = None
        self._release_prefix(work)

    def _release_prefix(self, work: Work) -> None:
        if work.prefix is not None:
            work.prefix.users -= 1
            work.prefix = None
