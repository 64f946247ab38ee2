"""Owns the reading of `routes:`, each route for itself; drafts come out, parts with faults left empty.

Knows nothing of what routes do to each other: `conflicts.py` compares them.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge import appearance, jsonpath
from edge.appearance import Appearance
from edge.config import fields, rules, testcases
from edge.config.checker import Checker
from edge.config.rules import Unexpected, got
from edge.config.testcases import Target
from edge.inlet import ENCODINGS, PLAIN, Inlet
from edge.literal import JSON, Path
from edge.outlet import META, Outlet
from edge.routes import Route
from edge.schema.schema import Schema
from edge.text.moments import TimestampPolicy, Zone
from edge.text.units import UnitPolicy
from edge.topics import OutputTopic, TopicFilter

_KEYS = (
    *("name", "subscribe", "publish", "fields", "schema", "retain", "shapes", "units", "min_confidence"),
    *("encoding", "text", "split", "constants", "meta", "timestamps", "timezone", "dayfirst", "homeassistant"),
    "tests",
)
MOST_EXPIRY_S = 31_536_000  # a year
MOST_NAME_CHARS = 100  # of a device or a room
_NAME = re.compile(
    r"(?!_)[A-Za-z0-9_-]{1,64}"
)  # ids of devices and levels of topics; _unrouted is the program's own


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A route as far as it could be read.

    Attributes:
        path: where it stands.
        name: empty where the file gives none that will do.
        filters: those without faults, each with its place.
        output: None where it has faults, as schema.
    """

    path: Path
    name: str
    filters: tuple[tuple[Path, TopicFilter], ...]
    output: OutputTopic | None
    schema: Schema | None
    retain: bool
    inlet: Inlet = PLAIN
    constants: Mapping[str, JSON] = field(default_factory=dict)
    has_meta: bool = False
    shapes: bool = True
    units: UnitPolicy = UnitPolicy.CONVERT
    zone: Zone | None = None
    min_confidence: float = 0.0
    appearance: Appearance = appearance.PLAIN

    def route(self) -> Route:
        """Return the route; the draft is one of a document without faults."""
        assert self.output is not None
        assert self.schema is not None
        filters = tuple(topic_filter for _, topic_filter in self.filters)
        return Route(
            name=self.name,
            filters=filters,
            schema=self.schema,
            inlet=self.inlet,
            outlet=Outlet(topic=self.output, retain=self.retain, constants=self.constants, has_meta=self.has_meta),
            shapes=self.shapes,
            units=self.units,
            zone=self.zone,
            min_confidence=self.min_confidence,
            appearance=self.appearance,
        )


def read(checker: Checker, folder: FilePath) -> Sequence[Draft]:
    """Return a draft of each route; schema files are relative to a folder. Faults are noted."""
    path: Path = ("routes",)
    routes = checker.document.at(path)
    if not isinstance(routes, list) or not routes:
        if isinstance(checker.document.data, dict | None):  # of anything else, the fault is noted
            shown = "nothing" if routes is None else got(routes)
            checker.fault(path, f"expected a list of at least one route, got {shown}")
        return []
    drafts = []
    for index, route in enumerate(routes):
        values = checker.mapping((*path, index), _KEYS)
        if isinstance(route, dict | None):  # as above
            drafts.append(_draft(checker, (*path, index), values, folder))
    return drafts


def _draft(checker: Checker, path: Path, values: Mapping[str, JSON], folder: FilePath) -> Draft:
    for key in ("name", "subscribe", "publish"):
        if key not in values:
            checker.fault(path, f'expected the key "{key}"')
    filters = tuple(_filters(checker, (*path, "subscribe"), values["subscribe"])) if "subscribe" in values else ()
    output = checker.value(values, path, "publish", _output, None)
    if output is not None:
        _check_placeholders(checker, (*path, "publish"), output, filters)
        _check_places(checker, (*path, "publish"), output, values)
    schema = _schema(checker, path, values, folder)
    inlet = Inlet(
        encoding=checker.value(values, path, "encoding", _encoding, "utf-8"),
        place=checker.value(values, path, "text", rules.optional(_place), None),
        splits_lines=checker.value(values, path, "split", rules.optional(_split), None) is not None,
    )
    name = checker.value(values, path, "name", _name, "")
    constants = _constants(checker, path, values, schema)
    names = {each.name for each in schema.root.properties} if schema else set()
    testcases.of_route(  # faults of theirs are faults of the file; the cases themselves are for `edge test`
        checker,
        (*path, "tests"),
        Target(
            name=name,
            fields=frozenset(names | set(constants)) if schema else None,
            encoding=inlet.encoding,
            splits_lines=inlet.splits_lines,
        ),
    )
    return Draft(
        path=path,
        name=name,
        filters=filters,
        output=output,
        schema=schema,
        inlet=inlet,
        constants=constants,
        has_meta=_has_meta(checker, path, values, schema),
        retain=checker.value(values, path, "retain", rules.flag, default=False),
        shapes=checker.value(values, path, "shapes", rules.flag, default=True),
        units=checker.value(values, path, "units", rules.one_of(UnitPolicy), UnitPolicy.CONVERT),
        zone=_zone(checker, path, values),
        min_confidence=checker.value(values, path, "min_confidence", rules.share, 0.0),
        appearance=_appearance(checker, (*path, "homeassistant"), values),
    )


def _filters(checker: Checker, path: Path, value: JSON) -> Iterator[tuple[Path, TopicFilter]]:
    """Yield the filters of `subscribe:`, one or a list, each with its place."""
    if value == []:
        checker.fault(path, "expected a filter or a list of filters, got []")
    places = [(path, value)] if not isinstance(value, list) else [((*path, i), v) for i, v in enumerate(value)]
    for place, item in places:
        try:
            yield place, TopicFilter(rules.text(item))
        except ValueError as error:
            checker.fault(place, str(error))


def _output(value: JSON) -> OutputTopic:
    return OutputTopic(rules.text(value))


def _name(value: JSON) -> str:
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    raise Unexpected('a name of up to 64 ASCII letters, digits, "-" and "_", not starting with "_"', value)


def _encoding(value: JSON) -> str:
    """Return Python's name of an encoding that devices speak."""
    try:
        name = codecs.lookup(rules.text(value)).name
    except (LookupError, ValueError):  # a NUL in it is a ValueError
        name = ""
    if name in ENCODINGS:
        return name
    raise Unexpected("an encoding of texts, such as utf-8, latin-1 or cp437", value)


def _place(value: JSON) -> Path:
    return jsonpath.parse(rules.text(value))


def _split(value: JSON) -> str:
    if value != "lines":
        raise Unexpected("lines, or null for a payload that is one text", value)
    return "lines"


def _zone(checker: Checker, path: Path, values: Mapping[str, JSON]) -> Zone | None:
    """Return how a route's devices write the time; None where timestamps are kept."""
    policy = checker.value(values, path, "timestamps", rules.one_of(TimestampPolicy), TimestampPolicy.KEEP)
    name = checker.value(values, path, "timezone", rules.optional(_timezone), None)
    is_day_first = checker.value(values, path, "dayfirst", rules.flag, default=False)
    if policy is TimestampPolicy.KEEP:
        return None
    if name is None:
        if values.get("timezone") is None:
            checker.fault((*path, "timestamps"), 'expected the key "timezone" beside it, such as Europe/Berlin')
        return None
    return Zone(name=name, is_day_first=is_day_first)


def _timezone(value: JSON) -> str:
    try:
        return ZoneInfo(rules.text(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of the database is an OSError
        raise Unexpected("a time zone of the IANA database, such as Europe/Berlin", value) from error


def _constants(checker: Checker, path: Path, values: Mapping[str, JSON], schema: Schema | None) -> dict[str, JSON]:
    """Return the fields that each reading of a route has; none may be one that is read."""
    found = values.get("constants")
    if found is None:
        return {}
    if not isinstance(found, dict):
        checker.fault((*path, "constants"), f"expected a mapping of fields and their values, got {got(found)}")
        return {}
    for name in found:
        _check_is_free(checker, (*path, "constants", name), name, schema)
    return dict(found)


def _has_meta(checker: Checker, path: Path, values: Mapping[str, JSON], schema: Schema | None) -> bool:
    has_meta = checker.value(values, path, "meta", rules.flag, default=False)
    if has_meta:
        _check_is_free(checker, (*path, "meta"), META, schema)
        if META in (values.get("constants") or {}):  # type: ignore[operator]  # what is no mapping is a fault above
            checker.fault((*path, "meta"), f'expected no constant "{META}" beside it')
    return has_meta


def _appearance(checker: Checker, path: Path, values: Mapping[str, JSON]) -> Appearance:
    """Return how the device of a route looks in Home Assistant."""
    found = checker.mapping(path, ("enabled", "name", "area", "expire_after_s"))
    expire_after_s = checker.value(
        found, path, "expire_after_s", rules.optional(rules.whole(1, MOST_EXPIRY_S)), None
    )
    if expire_after_s is not None and values.get("retain") is True:
        message = "expected retain: false beside it: a reading that the broker kept would pass for a fresh one"
        checker.fault((*path, "expire_after_s"), message)
    return Appearance(
        is_shown=checker.value(found, path, "enabled", rules.flag, default=True),
        name=checker.value(found, path, "name", rules.optional(_device_name), None),
        area=checker.value(found, path, "area", rules.optional(_device_name), None),
        expire_after_s=expire_after_s,
    )


def _device_name(value: JSON) -> str:
    if isinstance(value, str) and value.isprintable() and value.strip() and len(value) <= MOST_NAME_CHARS:
        return value
    raise Unexpected(f"some printable text of at most {MOST_NAME_CHARS} characters", value)


def _check_is_free(checker: Checker, path: Path, name: str, schema: Schema | None) -> None:
    if schema is not None and name in {each.name for each in schema.root.properties}:
        checker.fault(path, f'expected a name that no field of the schema has, got "{name}"', at_key=True)


def _check_placeholders(
    checker: Checker, path: Path, output: OutputTopic, filters: Iterable[tuple[Path, TopicFilter]]
) -> None:
    """Check that each filter of the route has a wildcard for each placeholder."""
    for _, topic_filter in filters:
        count = topic_filter.wildcard_count
        if output.placeholder_count > count:
            allowed = f"{{{count}}} as the last placeholder" if count else "no placeholder"
            message = f'expected {allowed}, as "{topic_filter.text}" has no more wildcards'
            checker.fault(path, f'{message}, got "{output.template}"')
            return


def _check_places(checker: Checker, path: Path, output: OutputTopic, values: Mapping[str, JSON]) -> None:
    """Check that the payload of a route is JSON where its output topic names a place in it."""
    if output.places and values.get("text") is None:
        placeholder = jsonpath.written(output.places[0]).removeprefix("$.")
        message = f'expected the key "text" beside {{{placeholder}}}, which is a place in a payload that is JSON'
        checker.fault(path, f'{message}, got "{output.template}"')


def _schema(checker: Checker, path: Path, values: Mapping[str, JSON], folder: FilePath) -> Schema | None:
    """Return the schema of a route, which has it either as `fields` or as `schema`."""
    if "fields" in values and "schema" in values:
        checker.fault((*path, "schema"), 'expected either "fields" or "schema", got both', at_key=True)
    elif "fields" in values:
        return fields.from_fields(checker, (*path, "fields"), values["fields"])
    elif "schema" in values:
        return fields.from_schema(checker, (*path, "schema"), values["schema"], folder)
    else:
        checker.fault(path, 'expected the key "fields" or "schema"')
    return None
