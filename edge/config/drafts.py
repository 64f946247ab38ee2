"""Owns the reading of `routes:`, each route for itself; drafts come out, parts with faults left empty.

Knows nothing of what an option may hold: `routeoptions.py` does. Nor of what routes do to each other:
`conflicts.py` compares them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from edge import appearance, jsonpath
from edge.appearance import Appearance
from edge.config import fields, rules, testcases
from edge.config.checker import Checker
from edge.config.routeoptions import RouteHomeAssistant, RouteOptions
from edge.config.rules import got
from edge.config.testcases import Target
from edge.inlet import PLAIN, Inlet
from edge.literal import JSON, Path
from edge.outlet import META, Outlet
from edge.routes import Route
from edge.schema.schema import Schema
from edge.text.moments import TimestampPolicy, Zone
from edge.text.units import UnitPolicy
from edge.topics import OutputTopic, TopicFilter


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
        options = checker.section(RouteOptions, (*path, index))
        if isinstance(route, dict | None):  # as above
            drafts.append(_draft(checker, (*path, index), route or {}, options, folder))
    return drafts


def _draft(
    checker: Checker, path: Path, given: Mapping[str, JSON], options: RouteOptions, folder: FilePath
) -> Draft:
    for key in ("name", "subscribe", "publish"):
        if key not in given:
            checker.fault(path, f'expected the key "{key}"')
    filters = tuple(_filters(checker, (*path, "subscribe"), given["subscribe"])) if "subscribe" in given else ()
    if options.publish is not None:
        _check_placeholders(checker, (*path, "publish"), options.publish, filters)
        _check_places(checker, (*path, "publish"), options.publish, given)
    schema = _schema(checker, path, given, folder)
    _check_names(checker, path, options, schema)
    _check_cases(checker, path, options, schema)
    return Draft(
        path=path,
        name=options.name,
        filters=filters,
        output=options.publish,
        schema=schema,
        inlet=Inlet(encoding=options.encoding, place=options.text, splits_lines=options.split is not None),
        constants=options.constants or {},
        has_meta=options.meta,
        retain=options.retain,
        shapes=options.shapes,
        units=options.units,
        zone=_zone(checker, path, given, options),
        min_confidence=options.min_confidence,
        appearance=_appearance(checker, (*path, "homeassistant"), options),
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


def _zone(checker: Checker, path: Path, given: Mapping[str, JSON], options: RouteOptions) -> Zone | None:
    """Return how a route's devices write the time; None where timestamps are kept."""
    if options.timestamps is TimestampPolicy.KEEP:
        return None
    if options.timezone is None:
        if given.get("timezone") is None:
            checker.fault((*path, "timestamps"), 'expected the key "timezone" beside it, such as Europe/Berlin')
        return None
    return Zone(name=options.timezone, is_day_first=options.dayfirst)


def _check_names(checker: Checker, path: Path, options: RouteOptions, schema: Schema | None) -> None:
    """Check that what is added to a reading has names that none of its fields has."""
    constants = options.constants or {}
    for name in constants:
        _check_is_free(checker, (*path, "constants", name), name, schema)
    if options.meta:
        _check_is_free(checker, (*path, "meta"), META, schema)
        if META in constants:
            checker.fault((*path, "meta"), f'expected no constant "{META}" beside it')


def _check_cases(checker: Checker, path: Path, options: RouteOptions, schema: Schema | None) -> None:
    """Check the cases of a route, whose faults are faults of the file; to run them is for `edge test`."""
    names = {each.name for each in schema.root.properties} if schema else set()
    target = Target(
        name=options.name,
        fields=frozenset(names | set(options.constants or {})) if schema else None,
        encoding=options.encoding,
        splits_lines=options.split is not None,
    )
    testcases.of_route(checker, (*path, "tests"), target)


def _appearance(checker: Checker, path: Path, options: RouteOptions) -> Appearance:
    """Return how the device of a route looks in Home Assistant."""
    found = options.homeassistant or RouteHomeAssistant()
    if found.expire_after_s is not None and options.retain:
        message = "expected retain: false beside it: a reading that the broker kept would pass for a fresh one"
        checker.fault((*path, "expire_after_s"), message)
    return Appearance(
        is_shown=found.enabled, name=found.name, area=found.area, expire_after_s=found.expire_after_s
    )


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
