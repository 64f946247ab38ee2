"""Owns how the tokens of one call are shared among the messages that want to be fed.

Knows nothing of messages: a size is how many tokens one of them has ready.
"""

from collections.abc import Sequence

STEP_TOKENS = 48  # of a call: below 64, where llama.cpp attends to all cells (ADR 7), and full tiles of 16
FIRST_TOKENS = 8  # for the one that came first, however short the others are


def shares(sizes: Sequence[int], room: int) -> list[int]:
    """Return how many tokens of each go into the next call, those that came first given first.

    The short go before the long, so that a long message holds up a short one by the rest of one call at most; the
    one that came first always gets on.

    >>> shares([1000, 3, 2], room=48), shares([40, 40], room=48), shares([5, 50, 4], room=8)
    ([43, 3, 2], [40, 8], [5, 0, 3])
    """
    given = [0] * len(sizes)
    for index in [0, *sorted(range(len(sizes)), key=sizes.__getitem__)] if sizes else []:
        most = FIRST_TOKENS if not any(given) and index == 0 else room
        more = min(sizes[index] - given[index], most, room)
        given[index] += more
        room -= more
    return given
