"""Owns the JSON Schemas of configurations and of test cases, by which editors complete, explain and check them.

Knows nothing of single options: it is made of the dataclasses that hold them, of their docstrings and their rules.
What holds between options, and what needs more than JSON Schema, is left to `edge check`.
"""

import dataclasses
import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

from edge.config import rules, testcases
from edge.config.checker import rule_of
from edge.config.options import DEFAULT_BASE_TOPIC, DEFAULT_CLIENT_ID, Config
from edge.config.routeoptions import RouteOptions
from edge.literal import JSON
from edge.schema import keywords
from edge.schema.schema import Kind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BASE_TOPIC = rules.pattern(
    r"^(?!\$)([^+#{}]|\{hostname\})*([^+#{}/]|\{hostname\})$",
    'a topic without "+" and "#", without "$" at its beginning or "/" at its end, and no braces but {hostname}',
)
_DEFAULTS: dict[str, JSON] = {"client_id": DEFAULT_CLIENT_ID, "protocol": 5, "constants": {}, "tests": []}
_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)
_NEEDED = ("name", "subscribe", "publish")
_ABOUT = {  # the words of a field that a newcomer needs, and those that are not JSON Schema's
    "type": "What the value is: number, integer, string, boolean, array or object.",
    "unit": "What the reading carries: a number that stands beside another unit in the text is converted.",
    "description": "What to look for, for the model: also the device's own label, or the place of the value.",
    "enum": "The words that the reading may have; the model decides which of them the text means.",
    "minimum": "A reading with less is no reading, but a dead letter.",
    "maximum": "A reading with more is no reading, but a dead letter.",
    "format": "date-time: with `timestamps: rfc3339` the reading has it as RFC 3339.",
    "pattern": "A regular expression (RE2); a reading with a text that it does not match is a dead letter.",
    "grounded": "false: the value need not be a copy of the text.",
    "multiline": "false: the text may not run over line breaks.",
    "x-ha": "How the field looks in Home Assistant, in place of what it gets by itself.",
}


def document() -> dict[str, JSON]:
    """Return the schema of the whole file."""
    properties: dict[str, JSON] = {}
    for option, words in _options(Config):
        if option.name == "base_topic":
            properties[option.name] = {"description": words, **_BASE_TOPIC, "default": DEFAULT_BASE_TOPIC}
        elif option.name == "routes":
            route: JSON = {"$ref": "#/$defs/route"}
            properties[option.name] = {"description": words, "type": "array", "minItems": 1, "items": route}
        else:
            properties[option.name] = _section(option.type)
    return {
        "$schema": DIALECT,
        "title": "Configuration of edge",
        "type": "object",
        "required": ["routes"],
        "properties": properties,
        "additionalProperties": False,
        "$defs": {"route": _route(), "field": _field(), "root": _root(), "place": _place()},
    }


def of_cases() -> dict[str, JSON]:
    """Return the schema of a file of test cases."""
    return {
        "$schema": DIALECT,
        "title": "Test cases of edge",
        "type": "object",
        "required": ["tests"],
        "properties": {"tests": {"type": "array", "minItems": 1, "items": testcases.described(in_file=True)}},
        "additionalProperties": False,
    }


def written(schema: dict[str, JSON]) -> str:
    """Return a schema as a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _section(kind: Any) -> dict[str, JSON]:
    """Return the schema of the mapping that a dataclass of options stands for; null counts as empty."""
    return {
        "description": _paragraph(kind),
        "type": ["object", "null"],
        "properties": {option.name: _option(option, words) for option, words in _options(kind)},
        "additionalProperties": False,
    }


def _option(option: "dataclasses.Field[Any]", words: str) -> dict[str, JSON]:
    rule = rule_of(option)
    if dataclasses.is_dataclass(rule):
        return {**_section(rule), "description": words.replace("None", "null"), "default": None}
    schema = rules.schema_of(rule)
    nothing = "auto" if {"const": "auto"} in _alternatives(schema) else None
    described: dict[str, JSON] = {"description": words.replace("None", nothing or "null"), **schema}
    if option.name in _DEFAULTS:
        described["default"] = _DEFAULTS[option.name]
    elif option.default is not None:
        described["default"] = _plain(option.default)
    elif nothing or {"type": "null"} in _alternatives(schema):
        described["default"] = nothing
    return described


def _route() -> dict[str, JSON]:
    route = _section(RouteOptions)
    properties = route["properties"]
    assert isinstance(properties, dict)
    for name in _NEEDED:
        required = properties[name]
        assert isinstance(required, dict)
        required.pop("default", None)
    either: JSON = [{"required": ["fields"]}, {"required": ["schema"]}]
    return {**route, "type": "object", "required": list(_NEEDED), "oneOf": either}


def _place() -> dict[str, JSON]:
    """Return the schema of a place of a schema."""
    below: JSON = {"$ref": "#/$defs/place"}
    named: JSON = {"type": "object", "additionalProperties": below}
    kind: JSON = {"enum": list(map(str, Kind))}
    structure: dict[str, dict[str, JSON]] = {
        "$ref": {"type": "string", "pattern": "^#"},
        "type": {"anyOf": [kind, {"type": "array", "minItems": 1, "items": kind}]},
        "properties": {"type": "object", "additionalProperties": below},
        "items": {"$ref": "#/$defs/place"},
        "required": {"type": "array", "items": {"type": "string"}},
        "$defs": {"anyOf": [named, {}]},
    }
    properties: dict[str, JSON] = {}
    for key, schema in keywords.described().items():
        assert isinstance(schema, dict)
        words: dict[str, JSON] = {"description": _ABOUT[key]} if key in _ABOUT else {}
        properties[key] = {**words, **schema, **structure.get(key, {})}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _field() -> dict[str, JSON]:
    """Return the schema of what stands behind a name in `fields:`."""
    place = _place()
    properties = place["properties"]
    assert isinstance(properties, dict)
    words = "Whether a reading may lack the field; without it, such a message is a dead letter."
    optional: JSON = {"description": words, "type": "boolean", "default": False}
    return {**place, "properties": {"optional": optional, **properties}}


def _root() -> dict[str, JSON]:
    """Return the schema of an inline schema, which is that of an object."""
    is_object: JSON = {"required": ["type"], "properties": {"type": {"enum": ["object", ["object"]]}}}
    return {"allOf": [{"$ref": "#/$defs/place"}], "anyOf": [is_object, {"required": ["$ref"]}]}


def _options(kind: Any) -> Iterator[tuple["dataclasses.Field[Any]", str]]:
    """Yield the options of a dataclass, each with what its docstring says of it."""
    _, _, listed = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    told = {name: " ".join(words.split()) for name, words in _ATTRIBUTE.findall(listed)}
    for option in dataclasses.fields(kind):
        words = told.get(option.name, "")
        yield option, words[:1].upper() + words[1:]


def _paragraph(kind: Any) -> str:
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def _alternatives(schema: dict[str, JSON]) -> list[JSON]:
    either = schema.get("anyOf")
    return either if isinstance(either, list) else [schema]


def _plain(default: object) -> JSON:
    """Return a default as it stands in the file."""
    if isinstance(default, float) and default.is_integer():
        return int(default)
    return default if isinstance(default, bool | int | float) else str(default)
