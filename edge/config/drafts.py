"""Owns the reading of `routes:`, each route for itself; drafts come out, parts with faults left empty.

Knows nothing of what routes do to each other: `conflicts.py` compares them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from edge.config import fields, rules
from edge.config.checker import Checker
from edge.config.rules import Unexpected, got
from edge.literal import JSON, Path
from edge.routes import Route
from edge.schema.schema import Schema
from edge.text.units import UnitPolicy
from edge.topics import OutputTopic, TopicFilter

_KEYS = ("name", "subscribe", "publish", "fields", "schema", "retain", "shapes", "units")
_LATER = ("timestamps", "timezone", "dayfirst", "min_confidence", "constants", "tests")
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
    shapes: bool = True
    units: UnitPolicy = UnitPolicy.CONVERT

    def route(self) -> Route:
        """Return the route; the draft is one of a document without faults."""
        assert self.output is not None
        assert self.schema is not None
        filters = tuple(topic_filter for _, topic_filter in self.filters)
        return Route(
            name=self.name,
            filters=filters,
            output=self.output,
            schema=self.schema,
            retain=self.retain,
            shapes=self.shapes,
            units=self.units,
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
        values = checker.mapping((*path, index), _KEYS, _LATER)
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
    return Draft(
        path=path,
        name=checker.value(values, path, "name", _name, ""),
        filters=filters,
        output=output,
        schema=_schema(checker, path, values, folder),
        retain=checker.value(values, path, "retain", rules.flag, default=False),
        shapes=checker.value(values, path, "shapes", rules.flag, default=True),
        units=checker.value(values, path, "units", rules.one_of(UnitPolicy), UnitPolicy.CONVERT),
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
