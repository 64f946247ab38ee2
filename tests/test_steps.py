"""How the tokens of one call are shared among messages."""

import random
from collections.abc import Sequence

import pytest

from edge.engine.steps import FIRST_TOKENS, STEP_TOKENS, shares


@pytest.mark.parametrize(
    ("sizes", "room", "expected"),
    [
        ([], 48, []),
        ([5], 48, [5]),
        ([48], 48, [48]),
        ([49], 48, [48]),
        ([1000], 48, [48]),
        # all fit
        ([3, 20, 1], 48, [3, 20, 1]),
        # the short go before the long, …
        ([3, 1000, 20], 48, [3, 25, 20]),
        ([1000, 1000, 2], 48, [46, 0, 2]),
        # … but the first gets on
        ([1000, 24, 24], 48, [8, 24, 16]),
        ([1000, *[6] * 10], 48, [8, *[6] * 6, 4, 0, 0, 0]),
        ([2, *[1] * 60], 48, [2, *[1] * 46, *[0] * 14]),
        # of equals, the one that came first
        ([30, 30], 48, [30, 18]),
        ([40, 30, 30], 48, [8, 30, 10]),
        # hardly any room
        ([9, 9], 8, [8, 0]),
        ([9, 9], 1, [1, 0]),
        ([9, 1], 1, [1, 0]),
        ([9, 9], 0, [0, 0]),
    ],
)
def test_shares(sizes: Sequence[int], room: int, expected: list[int]) -> None:
    """What each message has in the next call."""
    assert shares(sizes, room) == expected


def test_whatever_the_sizes() -> None:
    """Nobody gets more than it has, the room is used as far as there is need, and the first always gets on."""
    chance = random.Random(5)  # noqa: S311  # no secret
    for _ in range(2000):
        sizes = [chance.choice([1, 2, 3, 10, 40, 200]) for _ in range(chance.randrange(1, 20))]
        room = chance.choice([1, 7, 8, 16, STEP_TOKENS, 128])

        given = shares(sizes, room)

        assert sum(given) == min(room, sum(sizes))
        assert all(0 <= share <= size for share, size in zip(given, sizes, strict=True))
        assert given[0] >= min(FIRST_TOKENS, sizes[0], room)


def test_the_short_are_whole_before_the_long_have_anything() -> None:
    """Behind the first, only one message is fed in part; the shorter ones are whole, and the longer ones wait."""
    chance = random.Random(6)  # noqa: S311  # no secret
    for _ in range(2000):
        sizes = [chance.randrange(1, 60) for _ in range(chance.randrange(2, 12))]

        behind = list(zip(sizes[1:], shares(sizes, STEP_TOKENS)[1:], strict=True))

        whole = [size for size, share in behind if share == size]
        partly = [size for size, share in behind if 0 < share < size]
        waiting = [size for size, share in behind if share == 0]
        assert len(partly) <= 1
        assert max(whole, default=0) <= min(partly + waiting, default=60)
        assert max(partly, default=0) <= min(waiting, default=60)
