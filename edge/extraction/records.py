"""Owns the records of a text: which stretches of it are the items of a list that a schema asks for.

Knows nothing of what the items hold. A record begins where a label comes again that the record before has had.
It is found by labels alone; where they do not tell, there are no records, and the model is left alone.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edge.text import labels
from edge.text.labels import Label, Wanted

LIKE = 0.75  # how well a label must name a field of the items
MOST_RECORDS = 64
FEWEST_IN_ORDER = 4  # fields whose order is no accident
_LINE = re.compile(r"\n[ \t]*(?:[-*•][ \t]+)?(\S[^\n]*)")
_HEADING = re.compile(r"(?m)^[ \t]*([^\W\d_][^\n:=]{0,60}?)[ \t]*:[ \t]*$")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a text, by offsets."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value may begin, and the label before it."""

    start: int
    label: Label


def headings(text: str) -> list[tuple[int, Label]]:
    r"""Return the lines that are a label alone, by where they end.

    >>> [(end, label.words) for end, label in headings("Id: 7\nParties:\n  Name: Ann\n")]
    [(14, ('parties',))]
    """
    return [(match.end(), Label(labels.words(match.group(1)))) for match in _HEADING.finditer(text)]


def find(
    places: Sequence[Place],
    headed: Sequence[tuple[int, Label]],
    within: Stretch,
    *,
    name: Wanted,
    members: Sequence[Wanted],
    deeper: Sequence[Wanted],
    others: Sequence[Wanted],
    is_ordered: bool,
) -> list[Stretch]:
    """Return the records of a list, in the order of the text.

    Args:
        places: where values begin.
        headed: lines that are a label alone, as `headings` gives them.
        within: where to look.
        name: of the list.
        members: the fields of its items.
        deeper: those of lists within the items, which come again within one.
        others: fields beside the list, whose labels end it.
        is_ordered: whether the text has its fields in the order of the schema: then a step back begins one, too.
    """
    area = _area(places, headed, within, name=name, members=(*members, *deeper), others=others)
    if headed and area == within:  # other things have headings here
        return []
    starts: list[int] = []
    seen: set[int] = set()
    last = -1
    for place in places:
        if not area.start <= place.start < area.end:
            continue
        member = _best(place.label, (*members, *deeper))
        if member is None or member >= len(members):
            continue
        if member in seen or not starts or (is_ordered and member < last):
            starts.append(place.start)
            seen = set()
        seen.add(member)
        last = member
    if not starts or len(starts) > MOST_RECORDS or (area == within and starts == starts[:1]):
        return []  # without a heading, one alone is no sign of a list
    ends = [*starts[1:], area.end]
    return [Stretch(start, end) for start, end in zip(starts, ends, strict=True)]


def lines(text: str, headed: Sequence[tuple[int, Label]], within: Stretch, *, name: Wanted) -> list[Stretch]:
    r"""Return the lines under the heading of a list of words, up to one that has a label itself.

    >>> text = "Tags:\n  Old\n  Really\nStatus: on"
    >>> found = lines(text, headings(text), Stretch(0, len(text)), name=Wanted("tags"))
    >>> [text[each.start : each.end] for each in found]
    ['Old', 'Really']
    """
    inside = [end for end, label in headed if within.start <= end <= within.end and _names(label, name)]
    found: list[Stretch] = []
    for match in _LINE.finditer(text, inside[0], within.end) if inside else ():
        if ":" in match.group(1):
            break
        found.append(Stretch(*match.span(1)))
    return found if len(found) <= MOST_RECORDS else []


def are_ordered(places: Sequence[Place], headed: Sequence[tuple[int, Label]], fields: Sequence[Wanted]) -> bool:
    """Return whether a text has fields in the order in which they are given, as far as its labels name them."""
    first: dict[int, int] = {}
    for start, label in _merged(places, headed):
        field = _best(label, fields)
        if field is not None:
            first.setdefault(field, start)
    found = [start for _, start in sorted(first.items())]
    return len(found) >= FEWEST_IN_ORDER and found == sorted(found)


def _area(
    places: Sequence[Place],
    headed: Sequence[tuple[int, Label]],
    within: Stretch,
    *,
    name: Wanted,
    members: Sequence[Wanted],
    others: Sequence[Wanted],
) -> Stretch:
    """Return the stretch under the heading of the list, up to a label of something else; all of it without one."""
    inside = [(end, label) for end, label in headed if within.start <= end <= within.end]
    start = next((end for end, label in inside if _names(label, name)), None)
    if start is None:
        return within
    last = within.end
    for end, label in _merged(places, inside):
        if not start < end < last:
            continue
        best_inside = max((labels.likeness(label, each) for each in (*members, name)), default=0.0)
        best_beside = max((labels.likeness(label, each) for each in others), default=0.0)
        if best_beside >= LIKE and best_beside > best_inside:
            last = end
    return Stretch(start, last)


def _names(label: Label, wanted: Wanted) -> bool:
    return labels.likeness(label, wanted) >= LIKE


def _merged(places: Sequence[Place], headed: Sequence[tuple[int, Label]]) -> Iterator[tuple[int, Label]]:
    yield from sorted([*((each.start, each.label) for each in places), *headed], key=lambda each: each[0])


def _best(label: Label, members: Sequence[Wanted]) -> int | None:
    """Return which field a label names best; None where it names none."""
    likest: Callable[[int], float] = lambda number: labels.likeness(label, members[number])  # noqa: E731
    best = max(range(len(members)), key=likest, default=None)
    return best if best is not None and likest(best) >= LIKE else None
