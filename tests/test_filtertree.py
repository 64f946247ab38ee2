"""Many filters at once: the tree finds all that overlap, and looks at few others."""

from itertools import product

import pytest

from edge.config.filtertree import FilterTree
from edge.topics import TopicFilter

FILTERS = [
    TopicFilter("/".join(levels))
    for length in (1, 2, 3)
    for levels in product(("a", "$b", "+", "#", ""), repeat=length)
    if "#" not in levels[:-1] and levels != ("",)
]


def test_none_that_overlaps_is_missed() -> None:
    """Of all filters of up to three levels, each finds those that it overlaps with, in their order."""
    tree = FilterTree(FILTERS)

    for one in FILTERS:
        near = tree.near(one)
        assert near == sorted(set(near))
        assert {number for number, other in enumerate(FILTERS) if one.overlaps(other)} <= set(near)


@pytest.mark.parametrize("shape", ["sensors/{}/raw", "sensors/+/{}", "{}/#"])
def test_thousands_of_filters_apart_do_not_meet(shape: str) -> None:
    """Each finds itself alone, so that the whole is not quadratic."""
    filters = [TopicFilter(shape.format(number)) for number in range(3000)]
    tree = FilterTree(filters)

    assert all(tree.near(each) == [number] for number, each in enumerate(filters))
