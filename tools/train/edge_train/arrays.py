"""Owns what a schema says of arrays of objects. Knows nothing of what stands in them."""

from collections.abc import Sequence

from edge.literal import JSON
from edge_train.chance import Chance
from edge_train.facts import Fact
from edge_train.view import Manner


def column(chance: Chance, fact: Fact, how: Manner) -> dict[str, JSON]:
    """Return what a schema says of a fact that each item of an array has."""
    node = dict(fact.node)
    if fact.unit and chance.maybe(how.unit_share):
        node["unit"] = fact.unit
    if fact.notes and chance.maybe(how.note_share):
        node["description"] = fact.notes[0]
    return node


def array(properties: dict[str, JSON], *, required: Sequence[str] = ()) -> dict[str, JSON]:
    """Return the node of an array of objects."""
    needed: list[JSON] = [*required]
    items: dict[str, JSON] = {"type": "object", "properties": properties}
    return {"type": "array", "items": {**items, "required": needed} if needed else items}
