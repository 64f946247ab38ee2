"""A JSON Schema of the subset becomes a tree; anything else is refused with its path."""

import pytest

from edge.literal import JSON, Number
from edge.schema import schema
from edge.schema.schema import Kind, Node, Property, SchemaError


def parsed(properties: dict[str, JSON], **others: JSON) -> tuple[Property, ...]:
    """Return the properties of an object's schema."""
    return schema.parse({"type": "object", "properties": properties, **others}).root.properties


def faults(document: JSON) -> list[str]:
    """Return what is said of a document that is refused, each with its path."""
    with pytest.raises(SchemaError) as error:
        schema.parse(document)
    return [f"{fault.path}: {fault.message}" for fault in error.value.faults]


def test_everything_a_node_knows() -> None:
    """Each keyword that the program uses itself stands in the tree."""
    (found,) = parsed(
        {
            "note": {
                "type": ["string", "null"],
                "format": "date-time",
                "unit": "s",
                "description": "When it was seen",
                "grounded": False,
                "multiline": False,
            }
        },
        required=["note"],
    )

    assert found == Property(
        name="note",
        is_required=True,
        node=Node(
            kinds=(Kind.STRING, Kind.NULL),
            format="date-time",
            unit="s",
            description="When it was seen",
            is_grounded=False,
            is_multiline=False,
        ),
    )


def test_a_property_without_a_type_is_anything() -> None:
    """No type, no kinds; grounded and multiline unless told otherwise."""
    (found,) = parsed({"a": {}})

    assert found == Property(name="a", node=Node(is_grounded=True, is_multiline=True), is_required=False)


def test_enum_and_const_are_literals() -> None:
    """A const is an enum of one; numbers keep their spelling."""
    enum, const, null = parsed({"a": {"enum": ["on", 1.5, None]}, "b": {"const": True}, "c": {"const": None}})

    assert repr(enum.node.literals) == "('on', 1.5, None)"
    assert const.node.literals == (True,)
    assert null.node.literals == (None,)


def test_floats_become_the_decimals_they_were_written_as() -> None:
    """A bound of 0.1 is exactly 0.1, not the float nearest to it."""
    document = schema.parse({"type": "object", "properties": {"a": {"minimum": 0.1}}}).document

    assert document == {"type": "object", "properties": {"a": {"minimum": Number("0.1")}}}


def test_arrays_and_objects_nest() -> None:
    """Items and properties are nodes of their own."""
    (found,) = parsed(
        {"rows": {"type": "array", "maxItems": 3, "items": {"properties": {"t": {"type": "number"}}}}}
    )

    assert found.node.max_items == 3
    assert found.node.items is not None
    assert found.node.items.is_object
    assert [each.name for each in found.node.items.properties] == ["t"]


def test_an_object_without_properties_is_an_object() -> None:
    """The type alone makes an object."""
    (found,) = parsed({"a": {"type": "object"}})

    assert found.node.is_object
    assert found.node.properties == ()


def test_references_are_followed() -> None:
    """A local reference stands for what it names; what stands beside it wins."""
    one, two = schema.parse(
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/t~1u"}, "b": {"$ref": "#/$defs/t~1u", "unit": "K"}},
            "$defs": {"t/u": {"type": "number", "unit": "°C"}},
        }
    ).root.properties

    assert (one.node.kinds, one.node.unit) == ((Kind.NUMBER,), "°C")
    assert (two.node.kinds, two.node.unit) == ((Kind.NUMBER,), "K")


@pytest.mark.parametrize(
    ("property_", "expected"),
    [
        (7, "('properties', 'a'): expected a schema (an object), got 7"),
        (
            {"type": "float"},
            f"('properties', 'a', 'type'): expected one of {', '.join(Kind)}, got \"float\"",
        ),
        ({"minimum": "0"}, "('properties', 'a', 'minimum'): expected a number, got \"0\""),
        ({"minimum": True}, "('properties', 'a', 'minimum'): expected a number, got true"),
        ({"properties": []}, "('properties', 'a', 'properties'): expected an object, got []"),
        ({"required": "a"}, "('properties', 'a', 'required'): expected a list of property names, got \"a\""),
        ({"required": ["b"]}, "('properties', 'a', 'required', 0): \"b\" is not among the properties"),
        ({"items": 1}, "('properties', 'a', 'items'): expected a schema (an object), got 1"),
        (
            {"$ref": "other.json"},
            (
                "('properties', 'a', '$ref'): expected a reference into this schema (\"#/$defs/…\"), "
                'got "other.json"'
            ),
        ),
        ({"$ref": "#/$defs/x"}, "('properties', 'a', '$ref'): \"#/$defs/x\" names nothing in this schema"),
        ({"$ref": "#/required/0"}, "('properties', 'a', '$ref'): \"#/required/0\" names nothing in this schema"),
        (
            {"oneOf": []},
            "('properties', 'a', 'oneOf'): this keyword is outside the supported subset of JSON Schema",
        ),
    ],
)
def test_faults_have_paths(property_: JSON, expected: str) -> None:
    """What lies outside the subset is named with the path of its value."""
    assert faults({"type": "object", "properties": {"a": property_}}) == [expected]


def test_a_circle_of_references_is_refused() -> None:
    """A reading cannot be endless, so neither can its schema."""
    document: JSON = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/b"}},
        "$defs": {"b": {"properties": {"c": {"$ref": "#/$defs/b"}}}},
    }

    (fault,) = faults(document)
    assert fault == (
        "('$defs', 'b', 'properties', 'c', '$ref'): "
        '"#/$defs/b" leads back to itself; a reading cannot be endless'
    )


@pytest.mark.parametrize("document", [{}, {"type": "array"}, {"type": ["object", "null"]}, {"properties": {}}])
def test_the_root_is_an_object(document: JSON) -> None:
    """A reading is an object, and its schema says so."""
    assert faults(document) == ['(): expected "type": "object" at the root of the schema']


def test_a_schema_that_is_none() -> None:
    """A document that is no object is no schema."""
    assert faults(None) == ["(): expected a schema (an object), got null"]


def test_all_faults_at_once() -> None:
    """Faults come in the order of the walk, and their text names each place."""
    with pytest.raises(SchemaError) as error:
        schema.parse({"type": "object", "properties": {"a": {"maxLength": -1}, "b": 7}, "if": {}})

    assert str(error.value) == (
        "if: this keyword is outside the supported subset of JSON Schema; "
        "properties.a.maxLength: expected a whole number of at least 0, got -1; "
        "properties.b: expected a schema (an object), got 7"
    )


def test_too_many_properties_are_one_fault() -> None:
    """A schema that would not fit the context is refused, once."""
    document: JSON = {"type": "object", "properties": {f"p{index}": {} for index in range(600)}}

    assert faults(document) == ["('properties', 'p511'): expected at most 16 levels and 512 properties in all"]


def test_too_many_levels_are_a_fault() -> None:
    """Nesting has an end before the stack has."""
    document: JSON = {}
    for _ in range(40):
        document = {"type": "object", "properties": {"a": document}}

    (fault,) = faults(document)
    assert fault.endswith("expected at most 16 levels and 512 properties in all")


def test_node_at() -> None:
    """The node of a value is found by the path of the value, whatever the indices."""
    root = schema.parse(
        {"type": "object", "properties": {"rows": {"items": {"properties": {"t": {"unit": "K"}}}}}}
    ).root

    assert schema.node_at(root, ("rows", 7, "t")).unit == "K"
    for path in [("rows", 0, "u"), ("t",), (0,)]:
        with pytest.raises(KeyError):
            schema.node_at(root, path)


@pytest.mark.parametrize("name", ["#level", "#", "#/$defs/a%25b"])
def test_references_mean_what_they_mean_to_jsonschema(name: str) -> None:
    """A pointer is unquoted, an anchor is none: what is read here is what is validated later."""
    document: JSON = {
        "type": "object",
        "properties": {"a": {"$ref": name}},
        "$defs": {"a%b": {"unit": "K"}, "a%25b": {"unit": "V"}},
    }

    if "%" in name:
        assert schema.node_at(schema.parse(document).root, ("a",)).unit == "K"
    else:
        assert len(faults(document)) == 1


def test_a_bomb_of_references_is_counted_not_followed() -> None:
    """Each level refers twice to the next: 2^14 properties of a few lines are refused at the 512th."""
    levels: dict[str, JSON] = {
        f"d{n}": {"type": "object", "properties": {key: {"$ref": f"#/$defs/d{n + 1}"} for key in "xy"}}
        for n in range(14)
    }
    document: JSON = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/d0"}},
        "$defs": {**levels, "d14": {}},
    }

    (fault,) = faults(document)
    assert fault.endswith("expected at most 16 levels and 512 properties in all")


def test_an_identifier_below_the_root() -> None:
    """It would change what the references beside it mean, to one reader and not to the other."""
    assert faults({"type": "object", "properties": {"a": {"$id": "b", "type": "number"}}}) == [
        "('properties', 'a', '$id'): expected $id at the root alone: here it would change what each $ref means"
    ]


def test_patterns_are_compiled_once() -> None:
    """A schema brings its patterns along, those behind references as well."""
    parsed = schema.parse(
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/tag"}, "b": {"type": "string", "pattern": "^P"}},
            "$defs": {"tag": {"type": "string", "pattern": "^T"}},
            "examples": [{"pattern": "("}],
        }
    )

    assert sorted(parsed.patterns) == ["^P", "^T"]


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_numbers_that_json_has_not(number: str) -> None:
    """A float that JSON cannot write is refused at its place."""
    assert faults({"type": "object", "properties": {"a": {"const": float(number)}}}) == [
        f"('properties', 'a', 'const'): expected a number of JSON, got {number}"
    ]


def test_items_that_are_nothing() -> None:
    """`items:` with nothing behind it is no schema; it once passed, and broke each reading with a list."""
    assert faults({"type": "object", "properties": {"a": {"type": "array", "items": None}}}) == [
        "('properties', 'a', 'items'): expected a schema (an object), got null"
    ]


def test_what_is_referred_to_is_counted_as_often() -> None:
    """A long enum that each of many properties refers to ends the walk at the first one too many."""
    long: JSON = {"enum": [f"state {number} of the machine" for number in range(400)]}
    properties: JSON = {f"p{number}": {"$ref": "#/$defs/x"} for number in range(500)}

    assert faults({"type": "object", "properties": properties, "$defs": {"x": long}}) == [
        "('$defs', 'x'): expected at most 200000 characters of a schema, references written out"
    ]


def test_more_faults_than_anybody_reads() -> None:
    """The first fifty are told, and that there are more."""
    found = faults({"type": "object", "properties": {f"p{number}": 7 for number in range(400)}})

    assert len(found) == 51
    assert found[-1] == "(): expected fewer faults; mend these, there are more"


def test_more_patterns_than_memory() -> None:
    """Each compiled pattern may take a megabyte, so there is a bound to them."""
    properties: JSON = {f"p{number}": {"type": "string", "pattern": f"^{number}$"} for number in range(65)}

    assert faults({"type": "object", "properties": properties}) == [
        "('properties', 'p64', 'pattern'): expected at most 64 different patterns in a schema"
    ]


def test_more_types_than_there_are() -> None:
    """A list of types that repeats itself for ever is cut short."""
    (fault,) = faults({"type": "object", "properties": {"a": {"type": ["string"] * 8}}})

    assert fault.endswith(', got ["string","string","string","string","string","string","stri…')
