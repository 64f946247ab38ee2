"""Owns many topic filters by their levels, to find those that one filter may share topics with.

Knows nothing of routes. Comparing each filter with each other one would take minutes for some thousands of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from edge.topics import TopicFilter


@dataclass(slots=True)
class _Branch:
    """The filters that begin alike, by their next level; here: the numbers of those that end here."""

    below: "dict[str, _Branch]" = field(default_factory=dict)
    here: list[int] = field(default_factory=list)


class FilterTree:
    """Topic filters with their numbers, counted from 0 in the order in which they were given."""

    def __init__(self, filters: Iterable[TopicFilter]) -> None:
        self._root = _Branch()
        for number, topic_filter in enumerate(filters):
            branch = self._root
            for level in topic_filter.levels:
                branch = branch.below.setdefault(level, _Branch())
            branch.here.append(number)

    def near(self, topic_filter: TopicFilter) -> list[int]:
        """Return the numbers of all filters that may overlap with one, in their order; a few of them may not.

        >>> tree = FilterTree(map(TopicFilter, ("a/+", "b/+", "a/#", "a/b/c", "a/b")))
        >>> tree.near(TopicFilter("a/b"))
        [0, 2, 4]
        """
        return sorted(self._near(topic_filter.levels))

    def _near(self, levels: tuple[str, ...]) -> Iterator[int]:
        waiting = [(self._root, 0)]
        while waiting:
            branch, depth = waiting.pop()
            if "#" in branch.below:
                yield from branch.below["#"].here
            if depth == len(levels):
                yield from branch.here
            elif levels[depth] == "#":
                yield from branch.here
                yield from _all(branch)
            else:
                waiting += [(branch.below[key], depth + 1) for key in _keys(branch, levels[depth])]


def _keys(branch: _Branch, level: str) -> Iterable[str]:
    """Return which next levels of a branch one level of a filter meets; `#` has had its turn."""
    if level == "+":
        return (key for key in branch.below if key != "#")
    return (key for key in (level, "+") if key in branch.below)


def _all(branch: _Branch) -> Iterator[int]:
    """Yield the numbers of all filters below a branch; those of its own `#` have had their turn."""
    waiting = [below for key, below in branch.below.items() if key != "#"]
    while waiting:
        branch = waiting.pop()
        yield from branch.here
        waiting += branch.below.values()
