"""Owns the way from a schema to entities: which sensor each field is, and how Home Assistant finds its value.

Knows nothing of topics and devices. Arrays have no entities: Home Assistant knows no list of values. A reading
that lacks an optional field leaves the entity as it was; null makes it unknown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from edge.homeassistant import classes, names
from edge.homeassistant.classes import Classes
from edge.literal import JSON
from edge.schema.schema import Kind, Node
from edge.text import units

SENSOR, BINARY_SENSOR = "sensor", "binary_sensor"
MOST_STATE_CHARS = 255  # of a state of Home Assistant; a longer one would be no state at all
_NUMBERS = {Kind.NUMBER, Kind.INTEGER}
_SILENT = {None, "enum", "timestamp", "opening", "problem"}  # device classes whose names say less than the field's
_KEPT = "'None' if this.state in ['unknown', 'unavailable'] else this.state"  # 'None' is its word for unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Entity:
    """One entity of a device.

    Attributes:
        key: tells it from the others of the device; stays as long as the field has its name.
        platform: which kind of entity it is.
        name: what people read behind the name of the device; None leaves it to the device class.
        title: likewise, and always there.
        options: the rest, in the words of MQTT discovery.
    """

    key: str
    platform: str
    name: str | None
    title: str
    options: Mapping[str, JSON]


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What holds for all fields of a route.

    Attributes:
        has_units: whether a number always comes in the unit of its field.
        has_moments: whether a date-time always comes as RFC 3339.
    """

    has_units: bool
    has_moments: bool


def of_schema(root: Node, terms: Terms) -> tuple[Entity, ...]:
    """Return the entities of a schema, in its order.

    >>> from edge.schema.schema import parse
    >>> schema = parse({"type": "object", "required": ["t"], "properties": {
    ...     "t": {"type": "number", "unit": "°C"}, "door": {"type": "object", "properties": {
    ...         "open": {"type": "boolean"}}}}})
    >>> found = of_schema(schema.root, Terms(has_units=True, has_moments=False))
    >>> [(each.key, each.platform, each.title) for each in found]
    [('t', 'sensor', 'T'), ('door_open', 'binary_sensor', 'Door open')]
    """
    found: dict[str, Entity] = {}
    for each in _below(root, (), terms, is_sure=True):
        found.setdefault(each.key, each)
    return tuple(_named(list(found.values())))


def _below(node: Node, path: tuple[str, ...], terms: Terms, *, is_sure: bool) -> Iterator[Entity]:
    """Yield the entities of an object's properties; it is sure where each reading has that object."""
    for prop in node.properties:
        hints = dict(prop.node.hints)
        if hints.get("enabled") is False:
            continue
        here = (*path, prop.name)
        is_always = is_sure and prop.is_required
        if prop.node.is_object:
            yield from _below(prop.node, here, terms, is_sure=is_always and Kind.NULL not in prop.node.kinds)
        elif (made := _entity(prop.node, here, terms, is_always=is_always)) is not None:
            yield _hinted(made, hints)


def _entity(node: Node, path: tuple[str, ...], terms: Terms, *, is_always: bool) -> Entity | None:
    """Return the entity of a field; None where it is none of one value."""
    kinds = set(node.kinds) - {Kind.NULL}
    literals = None if node.literals is None else [each for each in node.literals if each is not None]
    if kinds == {Kind.BOOLEAN} or (literals and all(isinstance(each, bool) for each in literals)):
        return _switch(path, is_always=is_always)
    if literals and all(isinstance(each, str) for each in literals):
        return _word(path, literals, is_always=is_always)
    if kinds and kinds <= _NUMBERS:
        return _number(node, path, terms, is_always=is_always)
    if Kind.ARRAY in kinds or Kind.OBJECT in kinds or node.items is not None:
        return None
    return _text(path, is_always=is_always, is_moment=node.format == "date-time" and terms.has_moments)


def _switch(path: tuple[str, ...], *, is_always: bool) -> Entity:
    options: dict[str, JSON] = {"payload_on": "True", "payload_off": "False"}  # as its templates write them
    if (device_class := classes.of_flag("_".join(path))) is not None:
        options["device_class"] = device_class
    return _made(path, BINARY_SENSOR, options, _template(path, None if is_always else "''"))


def _number(node: Node, path: tuple[str, ...], terms: Terms, *, is_always: bool) -> Entity:
    found = classes.of_number("_".join(path), node.unit) if terms.has_units else Classes(state_class="measurement")
    options: dict[str, JSON] = {}
    if found.device_class is not None:
        options["device_class"] = found.device_class
    if found.unit is not None:
        options["unit_of_measurement"] = found.unit
    if found.state_class is not None:
        options["state_class"] = found.state_class
    precision = 0 if set(node.kinds) - {Kind.NULL} == {Kind.INTEGER} else found.precision
    if precision is not None:
        options["suggested_display_precision"] = precision
    # an empty state is no news to a number
    return _made(path, SENSOR, options, _template(path, None if is_always else "''"), unit=node.unit)


def _word(path: tuple[str, ...], literals: Sequence[JSON], *, is_always: bool) -> Entity:
    options: dict[str, JSON] = {"device_class": "enum", "options": list(dict.fromkeys(map(str, literals)))}
    return _made(path, SENSOR, options, _template(path, None if is_always else _KEPT))


def _text(path: tuple[str, ...], *, is_always: bool, is_moment: bool) -> Entity:
    options: dict[str, JSON] = {"device_class": "timestamp"} if is_moment else {}
    template = _template(path, None if is_always else _KEPT, filters=f" | string)[:{MOST_STATE_CHARS}]")
    return _made(path, SENSOR, options, template)


def _made(
    path: tuple[str, ...], platform: str, options: dict[str, JSON], template: str, unit: str | None = None
) -> Entity:
    return Entity(
        key="_".join(map(names.identifier, path)),
        platform=platform,
        name=None,
        title=names.title("_".join([*path[:-1], _without_unit(path[-1], unit)])),
        options={**options, "value_template": template},
    )


def _hinted(entity: Entity, hints: Mapping[str, JSON]) -> Entity:
    """Return an entity as the user wants it; another device class leaves nothing of what came with the first."""
    options = dict(entity.options)
    if "device_class" in hints and hints["device_class"] != options.get("device_class"):
        for key in ("device_class", "state_class", "options", "suggested_display_precision"):
            options.pop(key, None)
    renamed = {"precision": "suggested_display_precision"}
    for key, value in hints.items():
        if key in {"enabled", "name"}:
            continue
        name = renamed.get(key, key)
        if value is None:
            options.pop(name, None)
        else:
            options[name] = value
    options["value_template"] = options.pop("value_template")  # the last, where a reader looks for it
    if "name" in hints:
        return replace(entity, name=str(hints["name"]), title=str(hints["name"]), options=options)
    return replace(entity, options=options)


def _named(entities: list[Entity]) -> Iterator[Entity]:
    """Yield entities with the names that they need; one alone of its class, and of one word, is named by that.

    So `temp` becomes Temperature in the user's language, and `bearing_temp` keeps its own name.
    """
    kinds = [(each.platform, each.options.get("device_class")) for each in entities]
    for entity, kind in zip(entities, kinds, strict=True):
        speaks = kind[1] not in _SILENT and kinds.count(kind) == 1 and " " not in entity.title
        yield entity if entity.name is not None or speaks else replace(entity, name=entity.title)


def _without_unit(name: str, unit: str | None) -> str:
    """Return a name without the unit at its end, which Home Assistant shows beside the value.

    >>> _without_unit("temperature_C", "°C"), _without_unit("wind_avg_km_h", "km/h"), _without_unit("phase_b", "V")
    ('temperature', 'wind_avg', 'phase_b')
    """
    known = units.named(unit) if unit is not None else None
    parts = name.split("_")
    for start in range(1, len(parts)):
        end = parts[start:]
        if known is not None and known in {units.named(mark.join(end)) for mark in ("_", "/", "")}:
            return "_".join(parts[:start])
    return name


def _template(path: tuple[str, ...], absent: str | None, filters: str = "") -> str:
    """Return the template that finds a value in a reading.

    >>> _template(("a", "b"), "''"), _template(("a",), None)
    ("{{ (value_json['a'] | default({}))['b'] | default('') }}", "{{ value_json['a'] }}")

    Args:
        path: of the value.
        absent: what stands there where the reading has no such value; None where each reading has one.
        filters: what comes behind the value, and closes a bracket that is opened before it.
    """
    place = "value_json"
    for index, name in enumerate(path):
        if index and absent is not None:
            place = f"({place} | default({{}}))"
        place += f"[{_quoted(name)}]"
    if filters:
        place = f"({place}{filters}"
    if absent is None:
        return f"{{{{ {place} }}}}"
    if not filters:
        return f"{{{{ {place} | default({absent}) }}}}"
    bare = place.removeprefix("(").removesuffix(filters)
    return f"{{{{ {place} if {bare} is defined else ({absent}) }}}}"


def _quoted(text: str) -> str:
    r"""Return a text as a string of Jinja.

    >>> _quoted("it's"), _quoted("a\\b")
    ("'it\\'s'", "'a\\\\b'")
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"
