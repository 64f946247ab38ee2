"""Owns one request from its submission to its answer: who waits for it, what it has been given, what it took.

Knows nothing of the other requests.
"""

from concurrent.futures import Future
from dataclasses import dataclass, field

from llguidance import LLMatcher

from edge.engine.decoding import Decoding
from edge.engine.kvcache import Prefix, Slot
from edge.engine.request import Decoded, Request
from edge.errors import EdgeError


@dataclass(kw_only=True, eq=False)
class Work:
    """A request that waits or is decoded.

    Attributes:
        matcher: of the request's grammar.
        decoding: None until it is first taken up.
        slot: its sequence; None while it waits.
        prefix: the shared one that it begins with; None while it waits, and where prefixes are not shared.
        started_s: when it was taken up, on the engine's clock; None while it waits.
        deadline_s: when it has to be done, on the same clock; None until slot and prefix are there.
        left_s: how long it may still take from then on.
        spent_s: how long it had a slot that it had to give back.
    """

    request: Request
    matcher: LLMatcher
    future: Future[Decoded]
    decoding: Decoding | None = None
    slot: Slot | None = None
    prefix: Prefix | None = None
    started_s: float | None = None
    deadline_s: float | None = None
    left_s: float = field(init=False)
    spent_s: float = 0.0
    fed_tokens: int = 0
    decode_calls: int = 0

    def __post_init__(self) -> None:
        self.left_s = self.request.deadline_s
        self.future.set_running_or_notify_cancel()  # from now on nobody can cancel it

    @property
    def is_waiting_for_prefix(self) -> bool:
        """Whether the prefix that it begins with is still being decoded."""
        return self.prefix is not None and not self.prefix.is_ready

    def pause(self, now_s: float) -> None:
        """Let its clocks stand still, while it waits for another slot."""
        assert self.started_s is not None
        self.spent_s += now_s - self.started_s
        self.started_s = None
        if self.deadline_s is not None:
            self.left_s = self.deadline_s - now_s
            self.deadline_s = None

    def answer(self, now_s: float) -> None:
        """Hand over what was decoded."""
        assert self.decoding is not None
        assert self.started_s is not None
        self.future.set_result(
            Decoded(
                text=self.decoding.text,
                choices=tuple(self.decoding.choices),
                fed_tokens=self.fed_tokens,
                decode_calls=self.decode_calls,
                duration_s=self.spent_s + now_s - self.started_s,
            )
        )

    def fail(self, error: EdgeError) -> None:
        """Say why there is nothing to hand over."""
        self.future.set_exception(error)
