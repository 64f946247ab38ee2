"""Owns the options of a route: their names, types, ranges and defaults.

Knows nothing of what holds between them: `drafts.py` does, and reads those whose parts have places of their own.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge import jsonpath
from edge.config import rules, testcases
from edge.config.rules import Unexpected, described
from edge.inlet import ENCODINGS
from edge.literal import JSON, Path
from edge.text.moments import TimestampPolicy
from edge.text.units import UnitPolicy
from edge.topics import OutputTopic

MOST_EXPIRY_S = 31_536_000  # a year
MOST_NAME_CHARS = 100  # of a device or a room
_NAME = re.compile(
    r"(?!_)[A-Za-z0-9_-]{1,64}"
)  # ids of devices and levels of topics; _unrouted is the program's own
_A_NAME = 'a name of up to 64 ASCII letters, digits, "-" and "_", not starting with "_"'
_LEVEL = r"[^+#/\x00-\x1f\x7f-\x9f]*"
_FILTER: JSON = {
    **rules.pattern(
        rf"^(?!\$share/)(({_LEVEL}|\+)/)*({_LEVEL}|\+|#)$",
        'a filter: "+" stands alone between slashes, "#" alone at the end',
    ),
    "minLength": 1,
}


@described(rules.pattern(f"^{_NAME.pattern}$", _A_NAME))
def route_name(value: JSON) -> str:
    """Return the name of a route.

    >>> route_name("tank")
    'tank'
    """
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    raise Unexpected(_A_NAME, value)


@described({"anyOf": [_FILTER, {"type": "array", "minItems": 1, "items": _FILTER}]})
def filter_or_filters(value: JSON) -> JSON:
    """Return a filter or a list of them, as they stand: each has its place, which `drafts.py` knows."""
    return value


@described(
    rules.pattern(r"^(?!\$)[^+#\x00-\x1f\x7f-\x9f]+$", 'a topic without "+" and "#" that does not start with "$"')
)
def output_topic(value: JSON) -> OutputTopic:
    """Return the template of a topic."""
    return OutputTopic(rules.text(value))


@described({"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/field"}})
def field_mapping(value: JSON) -> JSON:
    """Return fields as they stand; `fields.py` reads them."""
    return value


@described({"anyOf": [{"type": "string", "minLength": 1}, {"$ref": "#/$defs/root"}]})
def schema_or_file(value: JSON) -> JSON:
    """Return a schema, or the name of its file, as it stands; `fields.py` reads it."""
    return value


@described({"type": "string", "minLength": 1, "examples": ["utf-8", "latin-1", "cp437", *ENCODINGS[1:]]})
def encoding_name(value: JSON) -> str:
    """Return Python's name of an encoding that devices speak.

    >>> encoding_name("latin-1")
    'iso8859-1'
    """
    try:
        name = codecs.lookup(rules.text(value)).name
    except (LookupError, ValueError):  # a NUL in it is a ValueError
        name = ""
    if name in ENCODINGS:
        return name
    raise Unexpected("an encoding of texts, such as utf-8, latin-1 or cp437", value)


@described(rules.pattern(f"^{jsonpath.PLACE.pattern}$", "a place such as $.message or $.data[0].text"))
def text_place(value: JSON) -> Path:
    """Return a place in a payload that is JSON."""
    return jsonpath.parse(rules.text(value))


@described({"enum": ["lines"]})
def lines_alone(value: JSON) -> str:
    """Return what a payload is split into."""
    if value != "lines":
        raise Unexpected("lines, or null for a payload that is one text", value)
    return "lines"


@described({"type": ["object", "null"]})
def constant_fields(value: JSON) -> dict[str, JSON]:
    """Return fields and their values; null for none."""
    if value is None or isinstance(value, dict):
        return value or {}
    raise Unexpected("a mapping of fields and their values", value)


@described({"type": "string", "minLength": 1, "examples": ["Europe/Berlin", "America/New_York", "UTC"]})
def zone_name(value: JSON) -> str:
    """Return the name of a time zone.

    >>> zone_name("Europe/Berlin")
    'Europe/Berlin'
    """
    try:
        return ZoneInfo(rules.text(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of the database is an OSError
        raise Unexpected("a time zone of the IANA database, such as Europe/Berlin", value) from error


@described({"type": "string", "minLength": 1, "maxLength": MOST_NAME_CHARS, "pattern": r"\S"})
def device_name(value: JSON) -> str:
    """Return the name of a device or a room, for people."""
    if isinstance(value, str) and value.isprintable() and value.strip() and len(value) <= MOST_NAME_CHARS:
        return value
    raise Unexpected(f"some printable text of at most {MOST_NAME_CHARS} characters", value)


@described({"type": ["array", "null"], "items": testcases.described()})
def case_list(value: JSON) -> JSON:
    """Return test cases as they stand; `testcases.py` reads them."""
    return value


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteHomeAssistant:
    """How the device of a route looks in Home Assistant.

    Attributes:
        enabled: whether it appears there at all.
        name: what the device is called; None for one that is made of the route's name.
        area: the room that is proposed for it.
        expire_after_s: without a reading for so long, its entities become unavailable; None for never.
    """

    enabled: Annotated[bool, rules.flag] = True
    name: Annotated[str | None, rules.optional(device_name)] = None
    area: Annotated[str | None, rules.optional(device_name)] = None
    expire_after_s: Annotated[int | None, rules.optional(rules.whole(1, MOST_EXPIRY_S))] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteOptions:
    """Which messages to read, what to look for in them, and where the readings go.

    Attributes:
        name: letters, digits, - and _; also the name of the device.
        subscribe: a filter of topics, or a list of them: + is one level, a last # is all the rest. The first route
            whose filter matches takes the message.
        publish: the topic of its readings. {1} is what the first wildcard stood for; with `text`, {device.id} is
            what stands there in the payload.
        fields: what to look for, by name, in the words of JSON Schema; or `schema` in its place.
        schema: a JSON Schema, or the name of a file with one; or `fields` in its place.
        retain: whether the broker keeps the last reading for those who subscribe later.
        shapes: whether wordings that the model has read alike are replayed without it.
        units: what becomes of other units: convert makes 20.00 of `68F` where the field's unit is °C; keep leaves
            68.
        min_confidence: how sure each value must be, 0 to 1; otherwise the message becomes a dead letter.
        encoding: what the devices send, such as utf-8, latin-1 or cp437.
        text: where the text stands in a payload that is JSON, such as $.message; None for a payload that is text.
        split: what a payload is made of: lines makes each line a text of its own, with a reading of its own; None
            for one text.
        constants: fields that each reading gets, as they stand here.
        meta: whether the payload says id, source topic, time of arrival and confidence.
        timestamps: what becomes of them: rfc3339 makes 2026-02-28T14:03:07+01:00 of fields with
            `format: date-time`; keep leaves them.
        timezone: what the devices mean, and readings carry, such as Europe/Berlin.
        dayfirst: whether 1/2/2026 is in February.
        homeassistant: how its device looks in Home Assistant.
        tests: texts with their readings, for `edge test`.
    """

    name: Annotated[str, route_name] = ""
    subscribe: Annotated[JSON, filter_or_filters] = None
    publish: Annotated[OutputTopic | None, output_topic] = None
    fields: Annotated[JSON, field_mapping] = None
    schema: Annotated[JSON, schema_or_file] = None
    retain: Annotated[bool, rules.flag] = False
    shapes: Annotated[bool, rules.flag] = True
    units: Annotated[UnitPolicy, rules.one_of(UnitPolicy)] = UnitPolicy.CONVERT
    min_confidence: Annotated[float, rules.share] = 0.0
    encoding: Annotated[str, encoding_name] = "utf-8"
    text: Annotated[Path | None, rules.optional(text_place)] = None
    split: Annotated[str | None, rules.optional(lines_alone)] = None
    constants: Annotated[dict[str, JSON] | None, constant_fields] = None
    meta: Annotated[bool, rules.flag] = False
    timestamps: Annotated[TimestampPolicy, rules.one_of(TimestampPolicy)] = TimestampPolicy.KEEP
    timezone: Annotated[str | None, rules.optional(zone_name)] = None
    dayfirst: Annotated[bool, rules.flag] = False
    homeassistant: Annotated[RouteHomeAssistant | None, RouteHomeAssistant] = None
    tests: Annotated[JSON, case_list] = None
