"""Owns what a `$ref` stands for: the schema that it names, joined with what stands beside it.

Knows nothing of what a reading is. JSON Schema asks for both sides of a `$ref` at once: of two bounds the tighter
one holds, notes beside a `$ref` replace those of its target, and anything else that differs cannot be joined.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast
from urllib.parse import unquote

from edge.literal import JSON, Number, Path, dumps, excerpt

_TIGHTER: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), min),
}
_NOTES = {  # no reading is judged by them
    *("$comment", "$defs", "$id", "$schema", "default", "definitions", "description", "examples", "format"),
    *("grounded", "multiline", "title", "unit", "x-ha"),
}


class ReferenceFault(ValueError):
    """A `$ref` that cannot be used: what is wrong at which key of the schema that holds it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def resolved(root: JSON, schema: Mapping[str, JSON]) -> tuple[JSON, Path]:
    """Return what a schema with a `$ref` stands for, and the path of what it names; one reference is followed.

    >>> root = {"$defs": {"share": {"type": "number", "maximum": 100}}}
    >>> resolved(root, {"$ref": "#/$defs/share", "maximum": 50, "unit": "%"})
    ({'type': 'number', 'maximum': 50, 'unit': '%'}, ('$defs', 'share'))

    Raises:
        ReferenceFault: it leads out of the root or to nothing, or its two sides cannot be joined.
    """
    name = schema["$ref"]
    if not isinstance(name, str) or not (name == "#" or name.startswith("#/")):
        raise ReferenceFault("$ref", f'expected a reference into this schema ("#/$defs/…"), got {excerpt(name)}')
    target, path = _target(root, name)
    if not isinstance(target, dict):
        return target, path
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    for key, message in _quarrels(target, beside, name):
        raise ReferenceFault(key, message)
    return {**target, **beside, **_bounds(target, beside)}, path


def _target(root: JSON, name: str) -> tuple[JSON, Path]:
    """Return the value that a reference names, and its path (RFC 6901, section 6).

    >>> _target({"$defs": {"a/b%": {}}}, "#/$defs/a~1b%25")
    ({}, ('$defs', 'a/b%'))
    """
    target, path = root, cast("Path", ())
    for part in unquote(name).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, dict) or key not in target:
            raise ReferenceFault("$ref", f"{excerpt(name)} names nothing in this schema")
        if path and isinstance(target.get("$id"), str):  # where a map of properties has one, it is no text
            raise ReferenceFault("$ref", f"expected no $id on the way of a reference, got one in {excerpt(name)}")
        target, path = target[key], (*path, key)
    return target, path


def _quarrels(target: Mapping[str, JSON], beside: Mapping[str, JSON], name: str) -> Iterator[tuple[str, str]]:
    """Yield the keys beside a reference that say something else than its target, each with a sentence."""
    bounds = _bounds(target, beside)
    for key in beside:
        differs = key in target and dumps(target[key]) != dumps(beside[key])
        if differs and key not in _NOTES and key not in bounds:
            yield key, f"expected {excerpt(target[key])} as in {excerpt(name)}, got {excerpt(beside[key])}"
    for one, other in ((target, beside), (beside, target)):
        if one.get("additionalProperties") is False and "properties" in other and "properties" not in one:
            key = "properties" if other is beside else "additionalProperties"
            yield (
                key,
                f"expected properties and additionalProperties on one side of {excerpt(name)}, got them on two",
            )


def _bounds(target: Mapping[str, JSON], beside: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the tighter one of each bound that both sides have.

    >>> _bounds({"minimum": 0, "maximum": 100, "type": "number"}, {"minimum": 5, "maximum": 200})
    {'minimum': 5, 'maximum': 100}
    """
    both = [key for key in beside if key in target and key in _TIGHTER]
    return {
        key: _TIGHTER[key](target[key], beside[key])
        for key in both
        if _is_number(target[key]) and _is_number(beside[key])
    }


def _is_number(value: JSON) -> bool:
    return isinstance(value, int | Number) and not isinstance(value, bool)
