"""Owns what must hold for the answer to any message, whatever it says, and what the answer is called in a table.

Knows nothing of models. It judges without the code that it judges: documents are parsed anew, schemas are read
anew, and a number is compared with the digits of its span.
"""

import base64
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from edge.answer import Answer
from edge.errors import Reason
from edge.extraction.extraction import Extraction
from edge.literal import JSON, Number
from edge.message import Message
from edge.routes import Route

BASE_TOPIC = "edge/pi"
_LETTER_KEYS = ["ts", "id", "topic", "route", "reason", "detail", "payload", "encoding", "length", "sha256"]
_MOST_LETTER_BYTES = 6 * 4096 + 6 * 1000 + 6 * 65_535 + 1000  # every character of it escaped
_MINUS = "-−‐‑‒–－﹣"
_MINUS_WORDS = ("minus", "moins", "menos", "meno")
_CONVERSIONS = {  # into the units of the harness: °C, % and cm
    "°F": (1 / 1.8, -32 / 1.8),
    "K": (1, -273.15),
    "‰": (0.1, 0),
    "nm": (1e-7, 0),
    "µm": (1e-4, 0),
    "mm": (0.1, 0),
    "m": (100, 0),
    "km": (1e5, 0),
    "inch": (2.54, 0),
    "ft": (30.48, 0),
    "yd": (91.44, 0),
    "mi": (160_934.4, 0),
}
_WITHOUT_READING = {Reason.MODEL_ERROR, Reason.TIMEOUT, Reason.PUBLISH_REFUSED}  # no text may lead to them


def outcome(answer: Answer, route: Route | None) -> str:
    """Return "reading", "replay" or the reason of a rejection, having checked all that must hold.

    Args:
        answer: of the whole pipeline.
        route: the one that takes the topic of the message; None where none does.
    """
    expected = route.name if route else None
    assert answer.route == expected, f"expected the route {expected}, got {answer.route}"
    for name, value in answer.publication.properties.items():
        assert len((name + value).encode()) < 2 * 65_536
    if answer.rejected is not None:
        _check_letter(answer)
        return str(answer.rejected.reason)
    assert route is not None
    _check_reading(answer, route)
    return "replay" if answer.replay else "reading"


def _check_letter(answer: Answer) -> None:
    """Check a dead letter: valid UTF-8, JSON without extras, on the topic of its route, a reason of the list."""
    assert answer.rejected is not None
    publication, message = answer.publication, answer.message
    topic = f"{BASE_TOPIC}/dead/{answer.route or '_unrouted'}"
    assert publication.topic == topic, f"expected the topic {topic}, got {publication.topic}"
    assert publication.is_dead_letter
    assert not publication.retain
    assert len(publication.payload) < _MOST_LETTER_BYTES
    letter = parsed(publication.payload)
    assert list(letter) == _LETTER_KEYS
    assert letter["reason"] == answer.rejected.reason in set(Reason) - _WITHOUT_READING, letter["detail"]
    assert (letter["topic"], letter["route"], letter["id"]) == (message.topic, answer.route, message.id)
    assert letter["length"] == len(message.payload)
    assert letter["sha256"] == hashlib.sha256(message.payload).hexdigest()
    assert message.payload.startswith(_excerpt(letter))
    assert len(_excerpt(letter)) in range(min(len(message.payload), 4096 - 3), 4096 + 1)


def _excerpt(letter: Mapping[str, Any]) -> bytes:
    return base64.b64decode(letter["payload"]) if letter["encoding"] == "base64" else letter["payload"].encode()


def _check_reading(answer: Answer, route: Route) -> None:
    """Check a reading: its own topic, valid under its schema, every number and free string a copy of the text."""
    publication, message = answer.publication, answer.message
    captures = next(found for each in route.filters if (found := each.captures(message.topic)) is not None)
    topic = route.outlet.topic.fill(captures)
    assert publication.topic == topic, f"expected the topic {topic}, got {publication.topic}"
    assert not publication.is_dead_letter
    value = parsed(publication.payload)
    assert not (faults := list(_faults(value, route.schema.document))), faults
    made = answer.reading.extraction if answer.reading else None
    if made is None:
        assert answer.replay is not None
        made = answer.replay.extraction()
    check_conversions(made, publication.payload)
    assert made.text == message.payload.decode()
    check_copies(made, route.schema.document)


def check_conversions(made: Extraction, published: bytes) -> None:
    """Check that a reading says what was extracted, but for numbers that the text has in another unit."""
    stated, said = (dict(_leaves(parsed(each))) for each in (made.json.encode(), published))
    assert list(stated) == list(said)
    for value in made.values:
        one, other = stated[value.path], said[value.path]
        if one == other:
            continue
        assert isinstance(one, Number)
        assert isinstance(other, Number)
        assert value.span is not None
        assert value.span.unit is not None
        factor, offset = _CONVERSIONS[value.span.unit.symbol]
        assert math.isclose(float(other), float(one) * factor + offset, rel_tol=0.01, abs_tol=0.6), value


def check_copies(made: Extraction, schema: JSON) -> None:
    """Check that every number and free string of an extraction copies the characters of its span."""
    values = dict(_leaves(json.loads(made.json, parse_float=Number, parse_int=Number)))
    assert [value.path for value in made.values] == list(values)
    taken: dict[bool, list[tuple[int, int]]] = {True: [], False: []}  # by numbers, by strings
    for value in made.values:
        node = schema_at(schema, value.path)
        found = values[value.path]
        if "enum" in node or "const" in node or found is None or isinstance(found, bool):
            assert value.span is None
            continue
        assert value.span is not None, f"{value.path}: {found!r} comes from nowhere"
        source = made.text[value.span.start : value.span.end]
        assert 0 <= value.span.start < value.span.end <= len(made.text)
        if isinstance(found, Number):
            assert spells(source, found.literal), f"{value.path}: {found.literal} is no copy of {source!r}"
        else:
            assert source == found, f"{value.path}: {found!r} is no copy of {source!r}"
        taken[isinstance(found, Number)].append((value.span.start, value.span.end))
    for spans in taken.values():
        apart = all(end <= start for (_, end), (start, _) in pairwise(sorted(spans)))
        assert apart, "two values have the same characters"


def spells(source: str, literal: str) -> bool:
    """Return whether a JSON number is what some characters of a text spell: sign, digits, point and exponent.

    >>> [spells(s, n) for s, n in [("-21,40", "-21.40"), ("1.013", "1013"), ("+05.0", "5"), ("21.4", "2.14")]]
    [True, True, True, False]
    """
    begins = source.lstrip("=: ").lower()
    has_minus = begins[:1] in _MINUS or begins.startswith(_MINUS_WORDS)
    if has_minus != literal.startswith("-"):
        return False
    mantissa, _, exponent = literal.lower().partition("e")
    if exponent:
        source, _, given_exponent = source.lower().rpartition("e")
        if given_exponent != exponent:
            return False
    _, _, fraction = mantissa.partition(".")
    if fraction and not source.endswith((f".{fraction}", f",{fraction}")):
        return False
    given = {_digits(source)}
    without_zeros = source.rstrip("0")
    if not fraction and without_zeros.endswith((".", ",")):  # 100.0 is a whole number
        given.add(_digits(without_zeros))
    return _digits(mantissa) in given


def _digits(text: str) -> str:
    return "".join(char for char in text if char in "0123456789").lstrip("0")


def parsed(payload: bytes) -> dict[str, Any]:
    """Return a JSON object of valid UTF-8, without duplicate keys, NaN or halves of surrogate pairs."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(found)) == len(found), "a key stands twice"
        return dict(found)

    def constant(name: str) -> float:
        raise AssertionError(f"{name} is no JSON")

    value = json.loads(
        payload.decode(), object_pairs_hook=pairs, parse_constant=constant, parse_float=Number, parse_int=Number
    )
    assert isinstance(value, dict)
    json.dumps(value, ensure_ascii=False, default=str).encode()
    return value


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def schema_at(schema: Any, path: tuple[str | int, ...]) -> Mapping[str, Any]:
    """Return what a schema without references says of a place."""
    for part in path:
        schema = schema.get("items", {}) if isinstance(part, int) else schema["properties"][part]
    assert isinstance(schema, dict)
    return schema


def _faults(value: Any, schema: Any, path: str = "") -> Iterator[str]:
    """Yield what makes a value none of a schema's, by the few keywords that the fuzzed routes use."""
    asked = schema.get("type", [])
    kinds = [asked] if isinstance(asked, str) else asked
    judged = {
        "type": not kinds or any(_is_a(kind, value) for kind in kinds),
        "enum": "enum" not in schema
        or any(value == each and type(value) is type(each) for each in schema["enum"]),
        "const": "const" not in schema or value == schema["const"],
    }
    if isinstance(value, Number):
        judged["minimum"] = "minimum" not in schema or value >= Decimal(str(schema["minimum"]))
        judged["maximum"] = "maximum" not in schema or value <= Decimal(str(schema["maximum"]))
        judged["multipleOf"] = "multipleOf" not in schema or value % Decimal(str(schema["multipleOf"])) == 0
    elif isinstance(value, str):
        judged["length"] = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        judged["line"] = schema.get("multiline", True) or ("\n" not in value and "\r" not in value)
        judged["trimmed"] = value == value.strip() != ""
    elif isinstance(value, dict):
        judged["required"] = set(schema.get("required", [])) <= set(value)
        judged["additionalProperties"] = set(value) <= set(schema.get("properties", {}))
        for key in set(value) & set(schema.get("properties", {})):
            yield from _faults(value[key], schema["properties"][key], f"{path}/{key}")
    elif isinstance(value, list):
        judged["maxItems"] = len(value) <= schema.get("maxItems", 64)
        for index, item in enumerate(value):
            yield from _faults(item, schema.get("items", {}), f"{path}/{index}")
    for keyword, is_fine in judged.items():
        if not is_fine:
            yield f"{path}: {value!r} breaks {keyword} of {schema!r}"


def _is_a(kind: str, value: Any) -> bool:
    return {
        "object": isinstance(value, dict),
        "array": isinstance(value, list),
        "string": isinstance(value, str),
        "number": isinstance(value, Number),
        "integer": isinstance(value, Number) and value == value.to_integral_value(),
        "boolean": isinstance(value, bool),
        "null": value is None,
    }[kind]


def route_of(message: Message, routes: Mapping[str, Route]) -> Route | None:
    """Return the route whose filter takes the topic of a message; None where its reading could not go anywhere."""
    for route in routes.values():
        for each in route.filters:
            captures = each.captures(message.topic)
            if captures is not None:
                filled = route.outlet.topic.fill(captures)
                return None if filled.startswith("$") or len(filled.encode()) > 65_535 else route
    return None
