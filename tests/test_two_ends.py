"""Prompt contract, tokenizer and grammar hold together: what the model was taught to write is what it may write.

The canonical tokens of a right output pass the matcher one by one, and every forced token equals the canonical
one; otherwise inference would leave the training distribution.
"""

import json
from pathlib import Path
from typing import cast

import pytest

from edge.literal import JSON, Number, dumps
from edge.schema import schema
from edge.schema.schema import Kind, Node
from edge.text import numerals
from edge.text.numerals import Numeral
from tests import reference
from tests.grammars import Vocabulary, root_of
from tests.samples import SAMPLES, Sample

pytestmark = pytest.mark.model


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.id)
def test_the_right_output_is_the_forced_path(sample: Sample, vocabulary: Vocabulary) -> None:
    """For each of our devices the right output passes, token by token, and nothing else is forced."""
    root = root_of(**sample.properties)

    passes, _ = vocabulary.forced_path(root, sample.text, sample.output)

    assert passes


def test_there_are_enough_samples() -> None:
    """The samples are of at least fifteen unlike devices."""
    assert len({sample.id for sample in SAMPLES}) == len(SAMPLES) >= 15


def test_something_is_forced(vocabulary: Vocabulary) -> None:
    """Behind the first letters of a key and of a value the rest comes by itself."""
    root = root_of(temperature={"type": "number"}, state={"enum": ["open", "closed"]})

    passes, forced_count = vocabulary.forced_path(root, "T 21.75", '{"temperature":21.75,"state":"closed"}')

    assert passes
    assert forced_count >= 8


@pytest.mark.shared
@pytest.mark.parametrize(
    ("source", "unreachable"),
    [
        ("devcases/cases.jsonl", 1),  # a METAR group: 22015G25KT gives 25, and others that are glued
        ("edgejson/train.jsonl", 10),  # gold values that their texts do not hold
        ("edgejson/test.jsonl", 3),  # likewise
    ],
)
def test_shared_rows(source: str, unreachable: int, shared: Path, vocabulary: Vocabulary) -> None:
    """All shared rows but a known few can be written, and no forced token leads away from any of those."""
    schemas = json.loads((shared / "edgejson" / "schemas.json").read_text(encoding="utf-8"))
    failed = []
    for row in reference.rows(shared / source):
        document = row.get("schema") or schemas[row.get("schema_id", row.get("schema_name"))]
        text = cast("str", row.get("text", row.get("prompt")))
        root = schema.parse(document).root
        expected = _as_spelled(row.get("expected", row.get("expected_output")), root, numerals.find(text))
        if not vocabulary.forced_path(root, text, dumps(expected))[0]:
            failed.append(row["id"])

    assert len(failed) == unreachable, failed


def _as_spelled(value: JSON, node: Node, found: tuple[Numeral, ...]) -> JSON:
    """Return a right answer with keys in schema order and numbers as their text spells them."""
    if isinstance(value, dict):
        places = {prop.name: prop.node for prop in node.properties}
        return {key: _as_spelled(value[key], places[key], found) for key in places if key in value}
    if isinstance(value, list):
        return [_as_spelled(item, node.items or Node(), found) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float) or node.literals is not None:
        return value
    is_whole = Kind.INTEGER in node.kinds
    spellings = (numeral.integer_literal if is_whole else numeral.literal for numeral in found)
    return next((Number(each) for each in spellings if each and float(each) == value), value)
