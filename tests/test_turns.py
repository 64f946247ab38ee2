"""The order in which waiting work is taken up."""

import random

from edge.engine.turns import Turns


def turns_of(*flows: str) -> Turns[str]:
    """Return work that waits, numbered in the order in which it came."""
    turns: Turns[str] = Turns()
    for number, flow in enumerate(flows):
        turns.add(flow, f"{flow}{number}")
    return turns


def test_first_come_first_served() -> None:
    """One flow is a queue."""
    assert list(turns_of("a", "a", "a")) == ["a0", "a1", "a2"]


def test_a_flood_delays_others_by_one() -> None:
    """Whoever asks for little waits for one of each other flow, not for all of the flood."""
    assert list(turns_of(*"aaaaab")) == ["a0", "b5", "a1", "a2", "a3", "a4"]
    assert list(turns_of(*"aabbc")) == ["a0", "b2", "c4", "a1", "b3"]


def test_a_flow_that_comes_back_comes_last() -> None:
    """A flow that had nothing left has no turn saved up."""
    turns = turns_of("a", "b", "b")

    assert turns.take() == "a0"
    turns.add("a", "again")
    assert list(turns) == ["b1", "again", "b2"]


def test_what_was_taken_once_comes_first() -> None:
    """Work that is put back waits before all other; of several, in the order in which they were put back last."""
    turns = turns_of("a", "b")

    turns.add_first("c", "second")
    turns.add_first("a", "first")

    assert list(turns) == ["first", "second", "b1", "a0"]


def test_nothing_waits() -> None:
    """Without work there is nothing to count or take."""
    turns: Turns[str] = Turns()

    assert (len(turns), list(turns)) == (0, [])


def test_all_is_taken_once() -> None:
    """Whatever comes and goes, the count is right, and each flow's work is taken in its order, none twice."""
    chance = random.Random(3)  # noqa: S311  # no secret
    turns: Turns[tuple[str, int]] = Turns()
    taken, added = list[tuple[str, int]](), 0
    for _ in range(500):
        if chance.random() < 0.6:
            flow = chance.choice("abcd")
            turns.add(flow, (flow, added))
            added += 1
        elif turns:
            taken.append(turns.take())
        assert len(turns) == added - len(taken)

    taken += turns
    assert sorted(number for _, number in taken) == list(range(added))
    for flow in "abcd":
        numbers = [number for of, number in taken if of == flow]
        assert numbers == sorted(numbers)
