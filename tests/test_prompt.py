"""The prompt contract: how a schema is written for the model."""

import json
from pathlib import Path

import pytest

from edge.extraction import prompt
from edge.literal import JSON
from edge.schema import schema
from tests import reference

HEAD = "Extract the structured JSON data from the following text.\n\nSchema: "


def rendered(document: dict[str, JSON]) -> str:
    """Return how an object's schema is written, between the fixed words of the prefix."""
    text = prompt.prefix(schema.parse({"type": "object", **document}).root)
    assert text.startswith(HEAD)
    assert text.endswith("\n\nInput: ")
    return text.removeprefix(HEAD).removesuffix("\n\nInput: ")


@pytest.mark.parametrize(
    ("property_", "expected"),
    [
        ({"type": "number"}, "number"),
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date-time"}, "date-time"),
        ({"type": "number", "format": "float"}, "number"),
        ({"type": "number", "unit": "°C", "description": "Air temperature"}, "number(°C; Air temperature)"),
        ({"type": "number", "unit": "%"}, "number(%)"),
        ({"type": "integer", "description": "Count"}, "integer(Count)"),
        ({"type": ["number", "null"]}, "number|null"),
        ({"type": ["string", "null"], "format": "date"}, "string|null"),
        ({}, "any"),
        ({"description": "What it is"}, "any(What it is)"),
        ({"enum": ["low", "ok"]}, '"low"|"ok"'),
        ({"enum": ["an", 1, 2.50, True, None], "description": "State"}, '"an"|1|2.5|true|null(State)'),
        ({"enum": ['say "hi"', "é"]}, '"say \\"hi\\""|"é"'),
        ({"const": "on"}, '"on"'),
        ({"type": "array", "items": {"type": "number", "unit": "V"}}, "[number(V)]"),
        ({"type": "array"}, "[any]"),
        ({"type": "array", "items": {"properties": {"t": {"type": "number"}}}}, '[{"t"?:number}]'),
        ({"type": "object"}, "{}"),
        ({"properties": {"a": {"type": "boolean"}}, "required": ["a"]}, '{"a":boolean}'),
        ({"type": "object", "description": "Nothing"}, "{}(Nothing)"),
    ],
)
def test_types(property_: JSON, expected: str) -> None:
    """Each kind of property has its one spelling, notes behind it in brackets."""
    assert f'{{"p"?:{expected}}}' == rendered({"properties": {"p": property_}})


def test_names_and_order() -> None:
    """Names are JSON strings in schema order; a question mark stands behind those that are not required."""
    document: dict[str, JSON] = {"properties": {'b"': {}, "a/\\": {}, "°": {}}, "required": ["a/\\"]}

    assert rendered(document) == '{"b\\""?:any,"a/\\\\":any,"°"?:any}'


def test_an_empty_schema() -> None:
    """A schema of nothing is written as nothing."""
    assert rendered({}) == "{}"


def test_the_fixed_words() -> None:
    """The suffix and the contract's name change with the weights alone."""
    assert prompt.SUFFIX == "\n\nOutput:\n"
    assert (prompt.CONTRACT, prompt.CONTRACT_KEY) == ("edge-1", "edge.prompt_contract")


def test_the_plain_prompt_has_no_schema() -> None:
    """Under maaza-1 the text stands between fixed words, whatever is asked for."""
    plain = prompt.CONTRACTS["maaza-1"]
    asked = schema.parse({"type": "object", "properties": {"t": {"type": "number", "unit": "°C"}}}).root

    assert plain.prefix(asked) + "T=21.4" + plain.suffix == (
        "Extract the structured JSON data from the following text.\n\nInput: T=21.4\n\nOutput:"
    )


def test_the_first_contract_is_the_one_of_this_module() -> None:
    """What trainers take from the module is what the daemon takes from the contract's name."""
    own = prompt.CONTRACTS[prompt.CONTRACT]
    asked = schema.parse({"type": "object", "properties": {"t": {}}}).root

    assert (own.prefix(asked), own.suffix) == (prompt.prefix(asked), prompt.SUFFIX)


@pytest.mark.shared
def test_the_reference_agrees(shared: Path) -> None:
    """The program that made the training data writes every schema of the shared data in the same way."""
    contract = reference.load(shared / "lab" / "contract.py")
    rows = reference.rows(shared / "devcases" / "cases.jsonl")
    edgejson = json.loads((shared / "edgejson" / "schemas.json").read_text(encoding="utf-8"))
    documents = [*(row["schema"] for row in rows), *edgejson.values()]

    assert len(documents) > 70
    for document in documents:
        assert contract.prefix(document) == prompt.prefix(schema.parse(document).root)
    assert contract.SUFFIX == prompt.SUFFIX
