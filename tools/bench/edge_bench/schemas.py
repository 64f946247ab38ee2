"""Owns what is made of a route's schema for a measurement by a peer. Knows nothing of who reads with it."""

from typing import cast

from edge.literal import JSON

_OWN = {"unit", "grounded", "multiline", "x-ha"}  # what no other program knows


def standard(schema: dict[str, JSON]) -> dict[str, JSON]:
    """Return a schema in the words of JSON Schema alone, `required` as it is.

    >>> standard({"type": "object", "properties": {"unit": {"type": "number", "unit": "V"}}})
    {'type': 'object', 'properties': {'unit': {'type': 'number'}}}
    """
    return cast("dict[str, JSON]", _without_own(schema))


def _without_own(schema: JSON, *, is_names: bool = False) -> JSON:
    """Return a schema without our keywords; the names of properties are no keywords."""
    if isinstance(schema, dict):
        return {
            key: _without_own(value, is_names=key == "properties" and not is_names)
            for key, value in schema.items()
            if is_names or key not in _OWN
        }
    return [_without_own(item) for item in schema] if isinstance(schema, list) else schema
