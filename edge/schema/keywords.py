"""Owns the list of JSON Schema keywords that a reading's schema may use, and what each of them may hold.

Knows nothing of how keywords nest: `schema.py` walks the document.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import cast

from edge.literal import JSON, Number, excerpt
from edge.schema import hints, patterns
from edge.schema.patterns import PatternError
from edge.text import units

MAX_LITERALS = 500  # of an enum; each stands in the prompt, which has room for hundreds

_ANNOTATIONS = {"$comment", "$defs", "definitions", "title", "default", "examples", hints.KEYWORD}
_STRUCTURE = {"$ref", "type", "properties", "required", "items"}  # checked by the walk
_NUMBERS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
_COUNTS = {"minLength", "maxLength", "minItems", "maxItems"}
_TEXTS = {"$schema", "$id", "format", "description", "unit"}
_FLAGS = {"grounded", "multiline", "uniqueItems", "additionalProperties"}
_CHECKED = _NUMBERS | _COUNTS | _TEXTS | _FLAGS | {"const", "enum", "pattern", "multipleOf"}
_BOUNDS = [  # what has to be at most, or below, what
    ("minimum", "maximum", True),
    ("minimum", "exclusiveMaximum", False),
    ("exclusiveMinimum", "maximum", False),
    ("exclusiveMinimum", "exclusiveMaximum", False),
    ("minLength", "maxLength", True),
    ("minItems", "maxItems", True),
]


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
    if expected := _expected(key, value):
        return f"expected {expected}, got {excerpt(value)}"
    if key == "enum" and len(cast("list[JSON]", value)) > MAX_LITERALS:
        return f"expected at most {MAX_LITERALS} values, got {len(cast('list[JSON]', value))}"
    if key == "pattern":
        return _of_pattern(cast("str", value))
    if key == hints.KEYWORD:
        return hints.complaint(value)
    return _of_unit(cast("str", value)) if key == "unit" else None


def described() -> dict[str, JSON]:
    """Return what each keyword may hold, as JSON Schema; what is structure may hold anything here."""
    scalar: dict[str, JSON] = {"type": ["string", "number", "boolean", "null"]}
    held: list[tuple[set[str], dict[str, JSON]]] = [
        (_NUMBERS, {"type": "number"}),
        ({"multipleOf"}, {"type": "number", "exclusiveMinimum": 0}),
        (_COUNTS, {"type": "integer", "minimum": 0}),
        (_TEXTS | {"pattern"}, {"type": "string"}),
        (_FLAGS, {"type": "boolean"}),
        ({"const"}, scalar),
        ({"enum"}, {"type": "array", "minItems": 1, "maxItems": MAX_LITERALS, "items": scalar}),
        ({hints.KEYWORD}, hints.described()),
        ((_ANNOTATIONS - {hints.KEYWORD}) | _STRUCTURE, {}),
    ]
    return {key: schema for keys, schema in held for key in sorted(keys)}


def quarrels(schema: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    """Yield where right keywords of one schema leave no value: the keyword that should give way, and a sentence.

    >>> list(quarrels({"minimum": 100, "maximum": 0}))
    [('minimum', 'expected at most the maximum of 0, got 100')]
    """
    for low, high, may_meet in _BOUNDS:
        if not _is_number(schema.get(low)) or not _is_number(schema.get(high)):
            continue
        least, most = cast("Number", schema[low]), cast("Number", schema[high])
        if most < least or (most == least and not may_meet):
            relation = "at most" if may_meet else "less than"
            yield low, f"expected {relation} the {high} of {excerpt(most)}, got {excerpt(least)}"
    declared = schema.get("type", [])
    kinds = declared if isinstance(declared, list) else [declared]
    literals = schema.get("enum") if "enum" in schema else [schema["const"]] if "const" in schema else None
    for literal in literals if isinstance(literals, list) and kinds else []:
        if not any(_is_of(kind, literal) for kind in kinds):
            key = "enum" if "enum" in schema else "const"
            yield key, f"expected values of type {excerpt(declared)}, got {excerpt(literal)}"


def _expected(key: str, value: JSON) -> str | None:
    """Return what a keyword's value should have been; None where it is right."""
    is_number = _is_number(value)
    rules = [
        (_NUMBERS, "a number", is_number),
        ({"multipleOf"}, "a number above 0", is_number and cast("float", value) > 0),
        (_COUNTS, "a whole number of at least 0", type(value) is int and value >= 0),
        (_TEXTS, "a string", isinstance(value, str)),
        (_FLAGS, "true or false", isinstance(value, bool)),
        ({"const"}, "a string, a number, true, false or null", _is_scalar(value)),
        ({"enum"}, "a list of strings, numbers, true, false or null", _is_list_of_scalars(value)),
        ({"pattern"}, "a regular expression", isinstance(value, str)),
    ]
    return next((expected for keys, expected, is_right in rules if key in keys and not is_right), None)


def _of_pattern(text: str) -> str | None:
    try:
        patterns.compiled(text)
    except PatternError as error:
        return str(error)
    return None


def _of_unit(spelling: str) -> str | None:
    near = units.misspelled(spelling)
    return f'expected a unit that is known, got "{spelling}"; did you mean "{near}"?' if near else None


def _is_number(value: JSON) -> bool:
    return isinstance(value, int | float | Number) and not isinstance(value, bool)


def _is_of(kind: JSON, value: JSON) -> bool:
    """Return whether a scalar is of a JSON type; what is no type is told elsewhere.

    >>> _is_of("integer", Number("7.0")), _is_of("number", True), _is_of("string", "on")
    (True, False, True)
    """
    if kind in ("number", "integer"):
        return _is_number(value) and (kind == "number" or _is_whole(cast("Decimal", value)))
    matching = {"string": str, "boolean": bool, "null": type(None)}
    return isinstance(value, matching.get(str(kind), object) if kind not in ("object", "array") else ())


def _is_whole(value: Decimal) -> bool:
    return value == Decimal(value).to_integral_value()  # int(Decimal("1e999999999")) would take a gigabyte


def _is_scalar(value: JSON) -> bool:
    return not isinstance(value, dict | list)


def _is_list_of_scalars(value: JSON) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(map(_is_scalar, value))
