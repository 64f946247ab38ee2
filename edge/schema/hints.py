"""Owns `x-ha`: what a schema says of how a field looks in Home Assistant, in that program's own words.

Knows nothing of what a field gets without it. A hint changes neither what is read nor how.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from edge.literal import JSON, excerpt

KEYWORD = "x-ha"
MOST_PRECISION = 9
MOST_CHARS = 200
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_ICON = re.compile(r"[a-z0-9]+:[a-z0-9-]+")
STATE_CLASSES = ("measurement", "measurement_angle", "total", "total_increasing")
_CATEGORIES = ("diagnostic",)
_FLAG: dict[str, JSON] = {"type": "boolean"}
_TEXT: dict[str, JSON] = {"type": "string", "minLength": 1, "maxLength": MOST_CHARS}


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a hint may hold."""

    expected: str
    is_right: Callable[[JSON], bool]
    json_schema: dict[str, JSON]


def _word_or_null(value: JSON) -> bool:
    return value is None or (isinstance(value, str) and _WORD.fullmatch(value) is not None)


def _one_of(*words: str) -> Callable[[JSON], bool]:
    return lambda value: value is None or (isinstance(value, str) and value in words)


def _is_text(value: JSON) -> bool:
    return isinstance(value, str) and value.isprintable() and bool(value.strip()) and len(value) <= MOST_CHARS


_RULES = {
    "enabled": _Rule("true or false", lambda value: isinstance(value, bool), _FLAG),
    "name": _Rule(f"some printable text of at most {MOST_CHARS} characters", _is_text, _TEXT),
    "device_class": _Rule(
        "a device class such as temperature, or null for none",
        _word_or_null,
        {"type": ["string", "null"], "pattern": f"^{_WORD.pattern}$"},
    ),
    "state_class": _Rule(
        f"{', '.join(STATE_CLASSES)}, or null for none",
        _one_of(*STATE_CLASSES),
        {"enum": [*STATE_CLASSES, None]},
    ),
    "unit_of_measurement": _Rule(
        "a unit, or null for none",
        lambda value: value is None or _is_text(value),
        {"anyOf": [_TEXT, {"type": "null"}]},
    ),
    "precision": _Rule(
        f"a whole number from 0 to {MOST_PRECISION}",
        lambda value: type(value) is int and 0 <= value <= MOST_PRECISION,
        {"type": "integer", "minimum": 0, "maximum": MOST_PRECISION},
    ),
    "icon": _Rule(
        "an icon such as mdi:water",
        lambda value: isinstance(value, str) and _ICON.fullmatch(value) is not None,
        {"type": "string", "pattern": f"^{_ICON.pattern}$"},
    ),
    "entity_category": _Rule(
        "diagnostic, or null for none", _one_of(*_CATEGORIES), {"enum": [*_CATEGORIES, None]}
    ),
    "enabled_by_default": _Rule("true or false", lambda value: isinstance(value, bool), _FLAG),
}


def complaint(value: JSON) -> str | None:
    """Return what is wrong with the value of `x-ha`; None where it is right.

    >>> complaint({"device_clas": "humidity"})
    'unknown key "device_clas"; did you mean "device_class"?'
    >>> complaint({"precision": 1.5})
    'precision: expected a whole number from 0 to 9, got 1.5'
    """
    if not isinstance(value, dict):
        return f"expected a mapping of {', '.join(_RULES)}, got {excerpt(value)}"
    for key, hint in value.items():
        rule = _RULES.get(key)
        if rule is None:
            near = get_close_matches(key, _RULES, n=1)
            return f'unknown key "{key}"; ' + (
                f'did you mean "{near[0]}"?' if near else f"expected one of {', '.join(_RULES)}"
            )
        if not rule.is_right(hint):
            return f"{key}: expected {rule.expected}, got {excerpt(hint)}"
    return None


def described() -> dict[str, JSON]:
    """Return what `x-ha` may hold, as JSON Schema."""
    return {
        "type": "object",
        "properties": {key: {"description": rule.expected, **rule.json_schema} for key, rule in _RULES.items()},
        "additionalProperties": False,
    }


def of_schema(schema: Mapping[str, JSON]) -> tuple[tuple[str, JSON], ...]:
    """Return the hints of one place of a schema, none where there are none or where they have faults.

    >>> of_schema({"type": "number", "x-ha": {"precision": 1}})
    (('precision', 1),)
    """
    value = schema.get(KEYWORD)
    return tuple(value.items()) if isinstance(value, dict) and complaint(value) is None else ()
