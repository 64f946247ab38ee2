"""Owns what goes into the next call: which messages are fed, or which prefixes, and how many tokens of each.

Knows nothing of how messages come and go, nor of what the model answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.engine.kvcache import KvCache, Prefix
from edge.engine.model import BATCH_ROWS, Feed
from edge.engine.steps import shares
from edge.engine.work import Work

HOLE_TOKENS = 512  # holes of the KV cache above which the next message waits for those that are half done
REST_STEPS = 8  # … but not for longer than this


@dataclass(frozen=True, kw_only=True, slots=True)
class Portion:
    """What one message, or the prefix that it waits for, has in a call."""

    work: Work
    prefix: Prefix | None
    feed: Feed


class Portions:
    """The parts of one call after the other.

    Args:
        step_tokens: of a call, at most.
    """

    def __init__(self, cache: KvCache, *, step_tokens: int) -> None:
        self._cache = cache
        self._step_tokens = step_tokens
        self._rested = 0  # calls since messages wait for those that are half done

    def next(self, works: Sequence[Work]) -> list[Portion]:
        """Return what goes into the next call, for messages in the order in which they came."""
        wants = self._wants(works)
        counts = shares([size for _, _, size in wants], self._step_tokens)
        portions, rows = [], BATCH_ROWS
        for (work, prefix, _), count in zip(wants, counts, strict=True):
            if count:
                portion = _of_prefix(work, prefix, count) if prefix else _of_message(work, count, rows)
                rows -= len(portion.feed.wanted)
                portions += [portion] if portion.feed.tokens else []
        return portions

    def _wants(self, works: Sequence[Work]) -> list[tuple[Work, Prefix | None, int]]:
        """Return who has how many tokens ready: messages, or the prefixes that messages wait for.

        Prefixes come before all messages in the cache, and messages into freed cells only when they begin: so what
        wants to begin waits until nobody is half done, or at least for some calls (see kvcache).
        """
        loading = {work.prefix.sequence: work for work in works if work.prefix and not work.prefix.is_ready}
        begun = [work for work in works if work.slot and work.slot.own]
        if not begun:
            self._cache.settle()
        if not loading and self._cache.holes < HOLE_TOKENS:
            self._rested = 0
            return self._messages(works)
        if begun and self._rested < REST_STEPS:
            self._rested += 1
            return self._messages(begun)
        self._cache.settle()
        if not loading:
            return self._messages(works)
        prefixes = [(work, work.prefix) for work in loading.values()]
        return [(work, prefix, len(prefix.tokens) - prefix.fed) for work, prefix in prefixes if prefix]

    def _messages(self, works: Sequence[Work]) -> list[tuple[Work, Prefix | None, int]]:
        decodings = [(work, work.decoding) for work in works]
        return [(work, None, decoding.next_count(self._step_tokens)) for work, decoding in decodings if decoding]


def _of_prefix(work: Work, prefix: Prefix, count: int) -> Portion:
    tokens = prefix.tokens[prefix.fed : prefix.fed + count]
    return Portion(
        work=work, prefix=prefix, feed=Feed(tokens=tokens, position=prefix.fed, sequence=prefix.sequence)
    )


def _of_message(work: Work, count: int, rows: int) -> Portion:
    """Return the next tokens of a message: as many as given, or as the rows of logits suffice for."""
    assert work.slot is not None
    assert work.decoding is not None
    wanted = work.decoding.wanted(count)
    if len(wanted) > rows:
        count, wanted = wanted[rows], wanted[:rows]
    feed = Feed(
        tokens=work.decoding.pending[:count],
        position=work.slot.position,
        sequence=work.slot.sequence,
        wanted=wanted,
    )
    return Portion(work=work, prefix=None, feed=feed)
