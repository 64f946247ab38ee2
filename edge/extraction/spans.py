"""Owns the proof of a reading: for each value that was copied, which characters of the text it was copied from.

Knows nothing of the model or of conversion. Offsets are code points into the text. One place of the text gives one
value: of two values that can only have come from the same characters, the surer one keeps them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.extraction.places import Candidates, Place, Search, Taken
from edge.literal import Leaf
from edge.schema.schema import Node
from edge.text.units import Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """The characters text[start:end] that a value was copied from.

    Attributes:
        unit: the unit that stands beside a number; None where none was recognised.
        rival_units: those beside other places that hold the same number and that no other value took; a None among
            them is a place without a unit.
    """

    start: int
    end: int
    unit: Unit | None = None
    rival_units: frozenset[Unit | None] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A leaf and what became of its claim to a place in the text.

    Attributes:
        span: None for a value that needs none (enum, boolean, null, `grounded: false`), and for a lost claim.
        is_lost: every place that the value could have come from belongs to another value.
    """

    leaf: Leaf
    span: Span | None
    is_lost: bool


def locate(text: str, root: Node, leaves: Sequence[Leaf], sureness: Sequence[float]) -> list[Claim]:
    """Return the claim of each leaf, in the order of the leaves.

    Equal values take different places, in text order. A place beside a unit that fits the field goes to that field
    first; then values with the fewest possible places choose, and of these the surest first (`sureness`, a number
    for each leaf).

    >>> from edge import literal
    >>> from edge.schema import schema
    >>> celsius = {"type": "number", "unit": "°C"}
    >>> properties = {"humidity": {"type": "number"}, "t": celsius, "dew": {"type": "number"}}
    >>> root = schema.parse({"type": "object", "properties": properties}).root
    >>> claims = locate("T=21C RH=21", root, literal.leaves('{"humidity":21,"t":21,"dew":21}'), [0.9, 1.0, 0.4])
    >>> [(claim.span and claim.span.start, claim.is_lost) for claim in claims]
    [(9, False), (2, False), (None, True)]

    Raises:
        Rejected: too_long, the values stand at more places of the text than can be told apart.
    """
    search = Search(text, root)
    candidates = [search.candidates(leaf) for leaf in leaves]
    chosen: dict[int, Place] = {}
    taken = Taken()
    order = sorted(
        (index for index, each in enumerate(candidates) if each.places),
        key=lambda index: (*candidates[index].priority, -sureness[index]),
    )
    for index in order:
        place = candidates[index].best(taken)
        if place is not None:
            chosen[index] = place
            taken.add(place)
    _put_in_text_order(chosen, candidates)
    rivals = _rivals(chosen, candidates)
    return [
        Claim(
            leaf=leaf,
            span=_span(chosen[index], rivals[candidates[index]]) if index in chosen else None,
            is_lost=bool(candidates[index].places) and index not in chosen,
        )
        for index, leaf in enumerate(leaves)
    ]


def _put_in_text_order(chosen: dict[int, Place], candidates: Sequence[Candidates]) -> None:
    """Let leaves with the same possible places have theirs in the order of the leaves."""
    groups: dict[Candidates, list[int]] = {}
    for index in sorted(chosen):
        groups.setdefault(candidates[index], []).append(index)
    for indices in groups.values():
        in_order = sorted((chosen[index] for index in indices), key=lambda place: place.start)
        chosen.update(zip(indices, in_order, strict=True))


def _rivals(
    chosen: Mapping[int, Place], candidates: Sequence[Candidates]
) -> Mapping[Candidates, frozenset[Unit | None]]:
    """Return the units beside the places that no value took, for each group of places."""
    taken = {(place.start, place.end) for place in chosen.values()}
    return {
        each: frozenset(place.unit for place in each.places if (place.start, place.end) not in taken)
        for each in dict.fromkeys(candidates[index] for index in chosen)
    }


def _span(place: Place, rivals: frozenset[Unit | None]) -> Span:
    return Span(start=place.start, end=place.end, unit=place.unit, rival_units=rivals)
