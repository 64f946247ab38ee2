"""Owns one message on its way through the model: what is fed next, what is chosen, what is guessed and taken back.

Knows nothing of other messages and of the KV cache. Where a guess is at hand, tokens are fed beyond the next
choice, and those that the model disagrees with are taken back (speculative decoding, Leviathan et al. 2023).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from llguidance import LLMatcher
from numpy.typing import NDArray

from edge.engine.draft import Draft
from edge.engine.request import Choice, Levers, Request
from edge.engine.tokens import Tokens, allowed_tokens
from edge.errors import Reason, Rejected

DRAFT_TOKENS = 48  # the most that are fed beyond a choice that is not made yet


@dataclass(frozen=True, kw_only=True, slots=True)
class _Point:
    """A place where a choice is to be made.

    Attributes:
        index: of the token whose logits decide, counted from the first one that was fed.
        allowed: the tokens that the grammar allows there.
        written: how many tokens of the output come before.
        offset: how many bytes of the output come before.
        guess: the token that was fed as if it had been chosen; None where nothing was.
    """

    index: int
    allowed: NDArray[np.intp]
    written: int
    offset: int
    guess: int | None


class Decoding:
    """One message from its prompt to its last token.

    Args:
        matcher: of the request's grammar, at its beginning.
        limit: how many tokens may be written.
        lead: tokens to feed before the body; the prefix, where no sequence is shared.

    Raises:
        Rejected: truncated or too_long, as `take` does.
    """

    def __init__(
        self,
        request: Request,
        matcher: LLMatcher,
        tokens: Tokens,
        *,
        limit: int,
        levers: Levers,
        lead: Sequence[int] = (),
    ) -> None:
        self.request = request
        self.pending: list[int] = [*lead, *request.body]
        self.choices: list[Choice] = []
        self.is_done = False
        self._matcher = matcher
        self._tokens = tokens
        self._limit = limit
        self._levers = levers
        self._draft = Draft(request.draft if levers.draft else (), tokens.pieces)
        self._lead = tuple(lead)
        self._output: list[int] = []  # guesses included
        self._text = bytearray()  # the bytes of the output
        self._points: list[_Point] = []
        self._fed = 0  # tokens that are fed and hold
        self._plan()

    @property
    def text(self) -> str:
        """What was written."""
        return self._text.decode()

    @property
    def written(self) -> int:
        """How many tokens of the output are sure."""
        return self._points[0].written if self._points else len(self._output)

    def wanted(self, count: int) -> list[int]:
        """Return which of the next `count` pending tokens need their logits."""
        if not self._levers.few_rows:
            return list(range(count))
        return [point.index - self._fed for point in self._points if point.index < self._fed + count]

    def take(self, count: int, rows: Sequence[NDArray[np.float32]]) -> int:
        """Note that the next `count` pending tokens were fed, and choose; return how many of them hold.

        Args:
            count: as fed.
            rows: the logits of the tokens that `wanted(count)` names.

        Raises:
            Rejected: truncated, when the output does not end within its limit; too_long, when the text makes too
                large a grammar.
        """
        row_of = dict(zip(self.wanted(count), rows, strict=True))
        while self._points and self._points[0].index < self._fed + count:
            point = self._points.pop(0)
            token, choice = self._tokens.choose(
                row_of[point.index - self._fed],
                point.allowed,
                bytes(self._text[: point.offset]),
                self.request.lean,
            )
            self.choices.append(choice)
            if token != point.guess:
                held = point.index + 1 - self._fed
                self._fed += held
                self._return_to(point)
                self._consume([token])
                self.pending = [token]
                self._plan()
                return held
        self._fed += count
        self.pending = self.pending[count:]
        self.is_done = not self._points  # the guess was right to the end
        return count

    def next_count(self, most: int) -> int:
        """Return how many of the pending tokens to feed next, at most so many."""
        if not self._levers.feed_forced:
            of_prompt = len(self._lead) + len(self.request.body) - self._fed
            most = min(most, of_prompt if of_prompt > 0 else 1)
        return min(most, len(self.pending))

    def start_again(self) -> None:
        """Be as if nothing had been fed yet; what was chosen is kept, and will be fed as it stands."""
        if self._points:
            self._return_to(self._points[0])
        self._fed = 0
        self.pending = [*self._lead, *self.request.body, *self._output]
        self._plan()

    def _plan(self) -> None:
        """Add to what is pending all that is sure, and what will probably follow."""
        self._points = []
        self.pending += self._force()
        if self._matcher.is_stopped():
            self.is_done = True
            return
        if len(self._output) >= self._limit:
            raise Rejected(Reason.TRUNCATED, f"the reading does not end within {self._limit} tokens")
        guesses: Sequence[int] = self._draft.rest(self._output, bytes(self._text))[:DRAFT_TOKENS]
        while self._add_point(guesses):
            guesses = _behind(self._output[self._points[-1].written :], guesses)

    def _add_point(self, guesses: Sequence[int]) -> bool:
        """Add a choice, and what follows if the first guess is right; return whether another choice comes then."""
        allowed = allowed_tokens(self._matcher.compute_bitmask(), self._tokens.size)
        guess = guesses[0] if guesses and guesses[0] in allowed else None
        point = _Point(
            index=self._fed + len(self.pending) - 1,
            allowed=allowed,
            written=len(self._output),
            offset=len(self._text),
            guess=guess,
        )
        self._points.append(point)
        if guess is None:
            return False
        self._consume([guess])
        self._force()
        if self._matcher.is_stopped():
            return False  # what stands behind the last choice need not be fed
        if len(self._output) >= self._limit:  # let the model say so: if it agrees, the reading is truncated
            self._erase(point)
            self._points[-1] = replace(point, guess=None)
            return False
        self.pending += self._output[point.written :]
        return True

    def _force(self) -> list[int]:
        """Write what the grammar forces; return it."""
        forced = self._matcher.compute_ff_tokens()
        self._consume(forced)
        return list(forced)

    def _consume(self, tokens: Sequence[int]) -> None:
        self._matcher.consume_tokens(list(tokens))
        if self._matcher.is_error():
            raise Rejected(Reason.TOO_LONG, f"the text makes too large a grammar: {self._matcher.get_error()}")
        self._output += tokens
        self._text += self._tokens.text(tokens)

    def _return_to(self, point: _Point) -> None:
        """Forget what was written and planned from a point on."""
        self._erase(point)
        self._points = []

    def _erase(self, point: _Point) -> None:
        self._matcher.rollback(len(self._output) - point.written)
        del self._output[point.written :]
        del self._text[point.offset :]


def _behind(written: Sequence[int], guesses: Sequence[int]) -> Sequence[int]:
    """Return what is left of the guesses when these tokens are written; none where they are others."""
    return guesses[len(written) :] if list(guesses[: len(written)]) == list(written) else ()
