"""What a `$ref` stands for, and that both sides of it are asked for at once, as JSON Schema has it."""

import pytest

from edge.extraction.extraction import Extraction
from edge.extraction.reading import Validator
from edge.literal import JSON
from edge.schema import references, schema
from edge.schema.references import ReferenceFault
from edge.schema.schema import SchemaError


def document(property_: JSON, **defs: JSON) -> JSON:
    """Return a schema of one property, `a`."""
    return {"type": "object", "properties": {"a": property_}, "$defs": defs}


def refusal(property_: JSON, **defs: JSON) -> list[str]:
    """Return the faults of a schema of one property, each with its path."""
    with pytest.raises(SchemaError) as error:
        schema.parse(document(property_, **defs))
    return [f"{fault.path[-1]}: {fault.message}" for fault in error.value.faults]


def judged(property_: JSON, value: str, **defs: JSON) -> str:
    """Return the JSON of a reading that a schema of one property takes."""
    validator = Validator(schema.parse(document(property_, **defs)))
    json = f'{{"a":{value}}}'
    return validator.judge(Extraction(text="", json=json, values=(), left_out=(), duration_s=0)).json


@pytest.mark.parametrize(
    ("beside", "target", "joined"),
    [
        ({"unit": "K"}, {"type": "number", "unit": "°C"}, {"type": "number", "unit": "K"}),
        ({"type": "number"}, {"type": "number"}, {"type": "number"}),
        ({"maximum": 50}, {"minimum": 0, "maximum": 100}, {"minimum": 0, "maximum": 50}),
        ({"maximum": 200}, {"minimum": 0, "maximum": 100}, {"minimum": 0, "maximum": 100}),
        ({"minLength": 2, "maxItems": 9}, {"minLength": 3, "maxItems": 4}, {"minLength": 3, "maxItems": 4}),
        ({"required": ["b"]}, {"properties": {"b": {}}}, {"properties": {"b": {}}, "required": ["b"]}),
    ],
)
def test_both_sides_are_asked_for(beside: dict[str, JSON], target: JSON, joined: JSON) -> None:
    """Notes beside a reference win, of two bounds the tighter one does, and all else is put together."""
    found, path = references.resolved({"$defs": {"x": target}}, {"$ref": "#/$defs/x", **beside})

    assert (found, path) == (joined, ("$defs", "x"))


@pytest.mark.parametrize(
    ("beside", "target", "expected"),
    [
        ({"pattern": "^a"}, {"pattern": "b$"}, 'pattern: expected "b$" as in "#/$defs/x", got "^a"'),
        ({"type": "string"}, {"type": "number"}, 'type: expected "number" as in "#/$defs/x", got "string"'),
        ({"minimum": 5}, {"minimum": "low"}, 'minimum: expected "low" as in "#/$defs/x", got 5'),
        ({"minimum": 1}, {"minimum": True}, 'minimum: expected true as in "#/$defs/x", got 1'),
        ({"const": True}, {"const": 1}, 'const: expected 1 as in "#/$defs/x", got true'),
        ({"properties": {}}, {"properties": {"m": 7}}, 'properties: expected {"m":7} as in "#/$defs/x", got {}'),
        (
            {"items": {}},
            {"items": {"oneOf": 7}},
            'items: expected {"oneOf":7} as in "#/$defs/x", got {}',
        ),
        (
            {"properties": {"m": {}}},
            {"additionalProperties": False},
            'properties: expected properties and additionalProperties on one side of "#/$defs/x", got them on two',
        ),
        (
            {"additionalProperties": False},
            {"properties": {"m": {}}},
            (
                "additionalProperties: expected properties and additionalProperties on one side of "
                '"#/$defs/x", got them on two'
            ),
        ),
    ],
)
def test_what_cannot_be_joined(beside: dict[str, JSON], target: JSON, expected: str) -> None:
    """A keyword that says two things is a fault: one of them would be checked and the other one validated."""
    assert refusal({"$ref": "#/$defs/x", **beside}, x=target) == [expected]


def test_an_identifier_on_the_way() -> None:
    """A reference through a schema with an `$id` would make those behind it mean something else."""
    outer: JSON = {"$id": "https://example.org/o", "$defs": {"in": {"type": "number"}}}

    assert refusal({"$ref": "#/$defs/outer/$defs/in"}, outer=outer) == [
        '$ref: expected no $id on the way of a reference, got one in "#/$defs/outer/$defs/in"'
    ]


def test_a_property_called_id_is_a_property() -> None:
    """Only a text is an identifier."""
    root: JSON = {"properties": {"$id": {"type": "number"}}}

    assert references.resolved(root, {"$ref": "#/properties/$id"})[0] == {"type": "number"}


def test_a_reference_to_nothing() -> None:
    """What a reference does not find is told at the reference."""
    with pytest.raises(ReferenceFault) as error:
        references.resolved({}, {"$ref": "#/$defs/x"})

    assert (error.value.key, str(error.value)) == ("$ref", '"#/$defs/x" names nothing in this schema')


def test_nothing_is_looked_up_when_a_reading_is_judged() -> None:
    """The validated document has no references, identifiers or dialects left: it cannot lead elsewhere."""
    found = schema.parse(
        {
            "$id": "http://[bad",
            "$schema": "http://[bad",
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/x", "unit": "%"}, "b": {"items": {"$ref": "#/$defs/y"}}},
            "$defs": {"x": {"$ref": "#/$defs/y", "maximum": 9}, "y": {"type": "number", "$schema": "http://[bad"}},
        }
    )

    assert found.document == {
        "type": "object",
        "properties": {
            "a": {"type": "number", "maximum": 9, "unit": "%"},
            "b": {"items": {"type": "number"}},
        },
    }


def test_a_dialect_that_is_no_address_stalls_no_reading() -> None:
    """A `$schema` inside a schema is a note: once it made an error of every reading."""
    assert judged({"$ref": "#/$defs/x", "$schema": "http://[bad"}, "1", x={"type": "number"}) == '{"a":1}'


def test_faults_of_a_target_are_told_once() -> None:
    """Two references to one broken schema are one fault."""
    both: JSON = {"properties": {key: {"$ref": "#/$defs/x"} for key in "ab"}}

    assert refusal(both, x={"type": "float"}) == [
        'type: expected one of string, number, integer, boolean, null, object, array, got "float"'
    ]
