"""Owns the user's own test cases: those under `tests:` in a route, and those of files `*_test.yaml`.

Knows nothing of how they are run. They are checked as strictly as the configuration.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import TypeAlias

from edge import topics
from edge.config import document, rules
from edge.config.checker import Checker
from edge.config.document import Document, Place
from edge.config.rules import Unexpected, got
from edge.errors import Reason
from edge.literal import JSON, Number, Path
from edge.routes import Route, Routes

Expected: TypeAlias = dict[str, JSON] | Reason  # the fields of a reading, or why there is none

_REASONS = rules.one_of(Reason)
_TOPIC: dict[str, JSON] = {"type": ["string", "null"], "pattern": r"^[^+#\x00-\x1f\x7f-\x9f]+$"}
_MOMENT: dict[str, JSON] = {"type": ["string", "null"], "minLength": 1}
_DISTANCE: dict[str, JSON] = {"type": "number", "minimum": 0}
_LINE: JSON = {"anyOf": [{"type": "object"}, rules.schema_of(_REASONS)]}
_DESCRIBED: Mapping[str, tuple[str, dict[str, JSON]]] = {  # what each key is, and its JSON Schema, for editors
    "name": ("What the case is called.", rules.schema_of(rules.text)),
    "input": ("What the device publishes, as text: the whole payload.", {"type": "string"}),
    "topic": ("The topic that it arrives on; null for any that the route takes.", _TOPIC),
    "received_at": (
        "When it arrives, such as 2026-02-28T14:03:07+01:00; null for the moment of the test.",
        _MOMENT,
    ),
    "expect": (
        "The reading as it is published, all of its fields; on a route with `split: lines` one for each line.",
        {"anyOf": [{"type": "object"}, {"type": "array", "minItems": 1, "items": _LINE}]},
    ),
    "dead": ("In place of `expect`: the reason of its dead letter.", rules.schema_of(_REASONS)),
    "publish": ("The topic that the reading goes to; null for any.", _TOPIC),
    "tolerance": (
        "How far numbers may be off: a number for all fields, or one for each of some fields.",
        {"anyOf": [_DISTANCE, {"type": "object", "additionalProperties": _DISTANCE}, {"type": "null"}]},
    ),
}
_ROUTE = ("The route that is to take it; without it, its topic decides.", rules.schema_of(rules.text))
KEYS = tuple(_DESCRIBED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What a device might publish, and what is to become of it.

    Attributes:
        place: where it stands.
        route: the name of the route that is to take it; None where its topic alone decides.
        topic: the input's; None for any that the route takes.
        payload: the input, in the encoding of its route.
        received_at: aware; None for the moment of the test.
        expected: one for each answer.
        publish: the topic of each reading; None for any.
        tolerance: how far the numbers below a field may be off.
    """

    place: Place
    name: str
    route: str | None
    topic: str | None
    text: str
    payload: bytes
    received_at: datetime | None
    expected: tuple[Expected, ...]
    publish: str | None
    tolerance: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What a case must know of the route that takes it.

    Attributes:
        fields: the names that a reading of it may have; None where they are not known.
    """

    name: str | None
    fields: frozenset[str] | None = None
    encoding: str = "utf-8"
    splits_lines: bool = False


_NOBODY = Target(name=None)


def described(*, in_file: bool = False) -> dict[str, JSON]:
    """Return the JSON Schema of a case in a route, or in a file of cases."""
    told: dict[str, tuple[str, dict[str, JSON]]] = {**({"route": _ROUTE} if in_file else {}), **_DESCRIBED}
    way: dict[str, JSON] = {"anyOf": [{"required": ["route"]}, {"required": ["topic"]}]}
    return {
        "type": "object",
        "required": ["name", "input"],
        "oneOf": [{"required": ["expect"]}, {"required": ["dead"]}],
        **(way if in_file else {}),
        "properties": {key: {"description": words, **schema} for key, (words, schema) in told.items()},
        "additionalProperties": False,
    }


def of_route(checker: Checker, path: Path, target: Target) -> list[Case]:
    """Return the cases under `tests:` of a route. Faults are noted."""
    return _cases(checker, path, KEYS, lambda _path, _values: target)


def of_document(read: Document, routes: Routes) -> list[Case]:
    """Return the cases of all routes of a configuration that is in order."""
    checker = Checker(read)
    found = []
    for index, route in enumerate(routes):
        found += of_route(checker, ("routes", index, "tests"), target_of(route))
    return found


def of_file(path: FilePath, routes: Routes) -> list[Case]:
    """Return the cases under `tests:` of a file; each names its route or its topic.

    Raises:
        ConfigError: every fault of the file.
    """
    checker = Checker(document.read(path, name=str(path)))
    values = checker.mapping((), ("tests",))
    if isinstance(checker.document.data, dict | None) and not values.get("tests"):
        checker.fault(("tests",), f"expected a list of at least one case, got {got(values.get('tests'))}")
    cases = _cases(
        checker, ("tests",), ("route", *KEYS), lambda case, values: _target(checker, case, values, routes)
    )
    checker.finish()
    return cases


def target_of(route: Route) -> Target:
    """Return what the cases of a route must know of it."""
    names = {each.name for each in route.schema.root.properties}
    return Target(
        name=route.name,
        fields=frozenset(names | set(route.outlet.constants)),
        encoding=route.inlet.encoding,
        splits_lines=route.inlet.splits_lines,
    )


def _cases(
    checker: Checker, path: Path, keys: Iterable[str], target: Callable[[Path, Mapping[str, JSON]], Target]
) -> list[Case]:
    found = checker.document.at(path)
    if found is None:
        return []
    if not isinstance(found, list):
        checker.fault(path, f"expected a list of cases, got {got(found)}")
        return []
    cases = []
    for index, item in enumerate(found):
        values = checker.mapping((*path, index), keys)
        if isinstance(item, dict | None):  # of anything else, the fault is noted
            cases.append(_case(checker, (*path, index), values, target((*path, index), values)))
    return cases


def _case(checker: Checker, path: Path, values: Mapping[str, JSON], target: Target) -> Case:
    for key in ("name", "input"):
        if key not in values:
            checker.fault(path, f'expected the key "{key}"')
    expected = _expected(checker, path, values, target)
    text = checker.value(values, path, "input", _input, "")
    return Case(
        place=checker.document.values[path],
        name=checker.value(values, path, "name", rules.text, ""),
        route=target.name,
        topic=checker.value(values, path, "topic", rules.optional(_topic), None),
        text=text,
        payload=_payload(checker, (*path, "input"), text, target.encoding),
        received_at=checker.value(values, path, "received_at", rules.optional(_moment), None),
        expected=expected,
        publish=checker.value(values, path, "publish", rules.optional(_topic), None),
        tolerance=_tolerance(checker, path, values, expected),
    )


def _target(checker: Checker, path: Path, values: Mapping[str, JSON], routes: Routes) -> Target:
    """Return the route of a case of a file: the one that it names, or the one that takes its topic."""
    known = {route.name: route for route in routes}
    name = values.get("route")
    if isinstance(name, str) and name in known:
        return target_of(known[name])
    if name is not None:
        checker.fault((*path, "route"), f"expected one of {', '.join(known)}, got {got(name)}")
        return _NOBODY
    topic = values.get("topic")
    if topic is None:
        checker.fault(path, 'expected the key "route" or "topic"')
    match = routes.match(topic) if isinstance(topic, str) else None
    return target_of(match.route) if match else _NOBODY


def _expected(checker: Checker, path: Path, values: Mapping[str, JSON], target: Target) -> tuple[Expected, ...]:
    if ("expect" in values) == ("dead" in values):
        which = "both" if "dead" in values else "neither"
        checker.fault(path, f'expected either "expect" or "dead", got {which}')
        return ()
    if "dead" in values:
        reason = checker.value(values, path, "dead", _REASONS, None)
        return (reason,) if reason else ()
    path = (*path, "expect")
    found = values["expect"]
    if not target.splits_lines or not isinstance(found, list):
        return _fields(checker, path, found, target)
    if not found:
        checker.fault(path, "expected a list of at least one reading, got []")
    return tuple(each for index, item in enumerate(found) for each in _line(checker, (*path, index), item, target))


def _line(checker: Checker, path: Path, value: JSON, target: Target) -> tuple[Expected, ...]:
    """Return what is expected of one line: its fields, or the reason of its dead letter."""
    if not isinstance(value, str):
        return _fields(checker, path, value, target)
    try:
        return (_REASONS(value),)
    except Unexpected as fault:
        checker.fault(path, str(fault))
        return ()


def _fields(checker: Checker, path: Path, value: JSON, target: Target) -> tuple[Expected, ...]:
    if not isinstance(value, dict):
        checker.fault(path, f"expected a mapping of fields and their values, got {got(value)}")
        return ()
    for name in value:
        if target.fields is not None and name not in target.fields:
            near = get_close_matches(name, target.fields, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"expected one of {', '.join(sorted(target.fields))}"
            checker.fault((*path, name), f"unknown field of the route {target.name}; {hint}", at_key=True)
    return (value,)


def _tolerance(
    checker: Checker, path: Path, values: Mapping[str, JSON], expected: Iterable[Expected]
) -> dict[str, Decimal]:
    """Return how far each field may be off: one number holds for all fields."""
    names = dict.fromkeys(name for each in expected if isinstance(each, dict) for name in each)
    found = values.get("tolerance")
    if not isinstance(found, dict):
        allowed = checker.value(values, path, "tolerance", rules.optional(_distance), None)
        return {} if allowed is None else dict.fromkeys(names, allowed)
    path = (*path, "tolerance")
    for name in found:
        if name not in names:
            checker.fault((*path, name), f"expected a field that is expected, got {got(name)}", at_key=True)
    nothing = Decimal(0)
    return {name: checker.value(found, path, name, _distance, nothing) for name in found}


def _payload(checker: Checker, path: Path, text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        checker.fault(path, f"expected characters of {encoding}, got {got(text[error.start])}")
        return b""


def _input(value: JSON) -> str:
    return "" if value == "" else rules.text(value)


@rules.described(_TOPIC)
def _topic(value: JSON) -> str:
    topic = rules.text(value)
    topics.check_topic(topic)
    if set(topic) & set("+#"):
        raise Unexpected("a topic without + and #", value)
    return topic


@rules.described(_MOMENT)
def _moment(value: JSON) -> datetime:
    """Return a moment that says where on earth its clock stands."""
    try:
        moment = datetime.fromisoformat(rules.text(value))
        if moment.tzinfo is not None:
            return moment
    except ValueError:
        pass
    raise Unexpected("a moment with its offset, such as 2026-02-28T14:03:07+01:00", value)


@rules.described(_DISTANCE)
def _distance(value: JSON) -> Decimal:
    if isinstance(value, int | Number) and not isinstance(value, bool) and value >= 0:
        return Decimal(value)
    raise Unexpected("a number from 0, or a mapping of fields and such numbers", value)
