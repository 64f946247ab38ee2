"""What goes into the next call: whose tokens, how many, and who has to wait meanwhile.

The cache is that of a real model that is tiny; a message is a body of any length whose grammar leaves one choice.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing

import pytest
from llguidance import LLMatcher, LLTokenizer

from edge.engine.decoding import Decoding
from edge.engine.kvcache import KvCache, sequences
from edge.engine.model import BATCH_ROWS, Model
from edge.engine.portions import HOLE_TOKENS, REST_STEPS, Portion, Portions
from edge.engine.request import Levers, Request
from edge.engine.tokens import Tokens
from edge.engine.work import Work
from tests.convert import tiny

SLOTS = 8
CELLS = 2048
BYTES = LLTokenizer("byte")
TOKENS = Tokens(BYTES, 256)
LARK = 'start: "1" | "2"'


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """Give a tiny model."""
    path = tiny.write_base(tmp_path_factory.mktemp("model") / "tiny.gguf")
    with closing(Model(path, threads=1, context_tokens=CELLS, sequences=sequences(SLOTS))) as model:
        yield model


@pytest.fixture
def cache(loaded: Model) -> KvCache:
    """Return an empty cache."""
    for sequence in range(sequences(SLOTS)):
        loaded.forget(sequence)
    return KvCache(loaded, slots=SLOTS)


def work_of(
    cache: KvCache,
    body: int,
    *,
    prefix: tuple[int, ...] = (),
    levers: Levers = Levers(),  # noqa: B008  # frozen
) -> Work:
    """Return a message in a slot, with a body of so many tokens."""
    request = Request(prefix=prefix, body=(1,) * body, grammar=LARK, output_tokens=9, deadline_s=9.0)
    matcher = LLMatcher(BYTES, LLMatcher.grammar_from_lark(LARK))
    work = Work(request=request, matcher=matcher, future=Future())
    work.decoding = Decoding(request, matcher, TOKENS, limit=9, levers=levers)
    work.slot = cache.take_slot()
    work.prefix = cache.prefix(prefix)
    return work


def shown(portions: Sequence[Portion], works: Sequence[Work]) -> list[tuple[int, str, int]]:
    """Return whose portions these are, of what, and how large."""
    return [
        (works.index(each.work), "prefix" if each.prefix else "message", len(each.feed.tokens))
        for each in portions
    ]


def test_nobody(cache: KvCache) -> None:
    """Without messages there is nothing to feed."""
    assert Portions(cache, step_tokens=48).next([]) == []


def test_each_gets_its_next_tokens(cache: KvCache) -> None:
    """Where all fit, all that is pending goes, to each message's own place, with a row behind each one's last."""
    works = [work_of(cache, 5), work_of(cache, 7)]
    assert works[1].slot is not None
    cache.grow(works[1].slot, 3)

    portions = Portions(cache, step_tokens=48).next(works)

    assert shown(portions, works) == [(0, "message", 5), (1, "message", 7)]
    assert [(each.feed.position, list(each.feed.wanted)) for each in portions] == [(0, [4]), (3, [6])]
    assert [each.feed.sequence for each in portions] == [work.slot and work.slot.sequence for work in works]


def test_short_before_long(cache: KvCache) -> None:
    """A long body is fed in parts, and asks for no row before its end."""
    works = [work_of(cache, 100), work_of(cache, 5)]

    portions = Portions(cache, step_tokens=48).next(works)

    assert shown(portions, works) == [(0, "message", 43), (1, "message", 5)]
    assert [list(each.feed.wanted) for each in portions] == [[], [4]]


def test_no_more_rows_than_a_call_may_have(cache: KvCache) -> None:
    """Where every token wants its row, fewer tokens go: in all as many as there are rows."""
    levers = Levers(few_rows=False, small_steps=False)
    works = [
        work_of(cache, 50, levers=levers),
        work_of(cache, 50, levers=levers),
        work_of(cache, 50, levers=levers),
    ]

    portions = Portions(cache, step_tokens=128).next(works)

    assert shown(portions, works) == [(0, "message", 50), (1, "message", BATCH_ROWS - 50)]
    assert all(len(each.feed.wanted) == len(each.feed.tokens) for each in portions)


def test_prefixes_before_messages(cache: KvCache) -> None:
    """A prefix that several wait for is fed once, and messages that have not begun wait until it is there."""
    works = [work_of(cache, 5), work_of(cache, 5, prefix=(7,) * 30), work_of(cache, 5, prefix=(7,) * 30)]
    portions = Portions(cache, step_tokens=48)

    [portion] = portions.next(works)

    assert (portion.prefix, list(portion.feed.tokens), portion.feed.position) == (works[1].prefix, [7] * 30, 0)
    assert portion.prefix is not None
    cache.grow_prefix(portion.prefix, 30)
    assert shown(portions.next(works), works) == [(0, "message", 5), (1, "message", 5), (2, "message", 5)]


def test_a_long_prefix_goes_in_parts(cache: KvCache) -> None:
    """It goes on where it stopped."""
    works = [work_of(cache, 5, prefix=tuple(range(100)))]
    portions = Portions(cache, step_tokens=48)

    [first] = portions.next(works)
    assert first.prefix is not None
    cache.grow_prefix(first.prefix, 48)
    [second] = portions.next(works)

    assert (first.feed.tokens, first.feed.position) == (tuple(range(48)), 0)
    assert (second.feed.tokens, second.feed.position) == (tuple(range(48, 96)), 48)


def test_who_is_half_done_goes_on_while_a_prefix_waits(cache: KvCache) -> None:
    """It has a few calls to come to its end; then the prefix is decoded, all the same."""
    works = [work_of(cache, 5), work_of(cache, 5, prefix=(7,) * 30)]
    assert works[0].slot is not None
    cache.grow(works[0].slot, 1)
    portions = Portions(cache, step_tokens=48)

    calls = [shown(portions.next(works), works) for _ in range(REST_STEPS + 1)]

    assert calls == [[(0, "message", 5)]] * REST_STEPS + [[(1, "prefix", 30)]]


def test_holes_are_freed_when_nobody_is_half_done(cache: KvCache) -> None:
    """However few they are: it costs nothing then."""
    gone, waiting = work_of(cache, 5), work_of(cache, 5)
    assert gone.slot is not None
    cache.grow(gone.slot, 10)
    cache.give_back(gone.slot)

    Portions(cache, step_tokens=48).next([waiting])

    assert (cache.holes, cache.free_cells) == (0, CELLS)


def test_holes_are_freed_under_whoever_takes_too_long(cache: KvCache) -> None:
    """Many holes let new messages wait, but only for a few calls."""
    gone, busy, waiting = work_of(cache, 5), work_of(cache, 5), work_of(cache, 5)
    assert gone.slot is not None
    assert busy.slot is not None
    cache.grow(busy.slot, 1)
    cache.grow(gone.slot, HOLE_TOKENS)
    cache.give_back(gone.slot)
    portions, works = Portions(cache, step_tokens=48), [busy, waiting]

    calls = [shown(portions.next(works), works) for _ in range(REST_STEPS + 1)]

    assert calls == [[(0, "message", 5)]] * REST_STEPS + [[(0, "message", 5), (1, "message", 5)]]
    assert (cache.holes, cache.free_cells) == (0, CELLS - 1)
