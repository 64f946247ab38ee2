"""Owns what is made of a route's schema for a measurement: that of a peer, and that without grounding.

Knows nothing of who reads with it.
"""

from typing import cast

from edge.literal import JSON

_OWN = {"unit", "grounded", "multiline", "x-ha"}  # what no other program knows
_FREE = {"string", "number", "integer"}


def standard(schema: dict[str, JSON]) -> dict[str, JSON]:
    """Return a schema in the words of JSON Schema alone, `required` as it is.

    >>> standard({"type": "object", "properties": {"unit": {"type": "number", "unit": "V"}}})
    {'type': 'object', 'properties': {'unit': {'type': 'number'}}}
    """
    return cast("dict[str, JSON]", _without_own(schema))


def ungrounded(schema: dict[str, JSON]) -> dict[str, JSON]:
    """Return a schema whose numbers and strings need not be copies of the text.

    >>> ungrounded({"type": "object", "properties": {"t": {"type": "number"}, "ok": {"type": "boolean"}}})
    {'type': 'object', 'properties': {'t': {'type': 'number', 'grounded': False}, 'ok': {'type': 'boolean'}}}
    """
    changed = dict(schema)
    properties, items = schema.get("properties"), schema.get("items")
    if isinstance(properties, dict):
        changed["properties"] = {
            name: ungrounded(each) if isinstance(each, dict) else each for name, each in properties.items()
        }
    if isinstance(items, dict):
        changed["items"] = ungrounded(items)
    kinds = schema.get("type", [])
    if set(kinds if isinstance(kinds, list) else [kinds]) & cast("set[JSON]", _FREE) and "enum" not in schema:
        changed["grounded"] = False
    return changed


def _without_own(schema: JSON, *, is_names: bool = False) -> JSON:
    """Return a schema without our keywords; the names of properties are no keywords."""
    if isinstance(schema, dict):
        return {
            key: _without_own(value, is_names=key == "properties" and not is_names)
            for key, value in schema.items()
            if is_names or key not in _OWN
        }
    return [_without_own(item) for item in schema] if isinstance(schema, list) else schema
