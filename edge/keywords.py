"""Owns the list of JSON Schema keywords that a reading's schema may use, and what each of them may hold.

Knows nothing of how keywords nest: `schema.py` walks the document.
"""

import re
from difflib import get_close_matches
from typing import cast

from edge.literal import JSON, Number, dumps

_ANNOTATIONS = {"$schema", "$id", "$comment", "$defs", "definitions", "title", "default", "examples", "x-ha"}
_STRUCTURE = {"$ref", "type", "properties", "required", "items"}  # checked by the walk
_NUMBERS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
_COUNTS = {"minLength", "maxLength", "minItems", "maxItems"}
_TEXTS = {"format", "description", "unit"}
_FLAGS = {"grounded", "multiline", "uniqueItems", "additionalProperties"}
_CHECKED = _NUMBERS | _COUNTS | _TEXTS | _FLAGS | {"const", "enum", "pattern", "multipleOf"}


def complaint(key: str, value: JSON) -> str | None:
    """Return what is wrong with one keyword of a schema and its value; None where both are right.

    >>> complaint("minLenght", 3)
    'this keyword is outside the supported subset of JSON Schema; did you mean "minLength"?'
    >>> complaint("minLength", -1)
    'expected a whole number of at least 0, got -1'
    """
    if key not in _CHECKED | _STRUCTURE | _ANNOTATIONS:
        near = get_close_matches(key, _CHECKED | _STRUCTURE | _ANNOTATIONS, n=1, cutoff=0.75)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        return f"this keyword is outside the supported subset of JSON Schema{hint}"
    expected = _expected(key, value)
    return f"expected {expected}, got {dumps(value)}" if expected else None


def _expected(key: str, value: JSON) -> str | None:
    """Return what a keyword's value should have been; None where it is right."""
    is_number = isinstance(value, int | float | Number) and not isinstance(value, bool)
    rules = [
        (_NUMBERS, "a number", is_number),
        ({"multipleOf"}, "a number above 0", is_number and cast("float", value) > 0),
        (_COUNTS, "a whole number of at least 0", type(value) is int and value >= 0),
        (_TEXTS, "a string", isinstance(value, str)),
        (_FLAGS, "true or false", isinstance(value, bool)),
        ({"const"}, "a string, a number, true, false or null", _is_scalar(value)),
        ({"enum"}, "a list of strings, numbers, true, false or null", _is_list_of_scalars(value)),
        ({"pattern"}, "a regular expression", isinstance(value, str) and _compiles(value)),
    ]
    return next((expected for keys, expected, is_right in rules if key in keys and not is_right), None)


def _is_scalar(value: JSON) -> bool:
    return not isinstance(value, dict | list)


def _is_list_of_scalars(value: JSON) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(map(_is_scalar, value))


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
