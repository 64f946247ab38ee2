"""Which stretches of a text are the items of a list, and what its tables say."""

from typing import Any

import pytest

from edge.extraction import records, support
from edge.extraction.support import Field
from edge.literal import JSON
from edge.text.columns import Columns
from edge.text.edges import Edges
from tests.made import schema_of

PARTY: dict[str, JSON] = {"type": "object", "properties": {"id": {"type": "string"}, "fee": {"type": "number"}}}
ORDER: dict[str, Any] = {
    "parties": {"type": "array", "items": PARTY},
    "tags": {"type": "array", "items": {"type": "string"}},
    "total": {"type": "number"},
}


def listed(text: str, name: str, properties: dict[str, Any] = ORDER) -> tuple[Field, ...]:
    """Return what a text says for each item of a list."""
    found = {each.key: each for each in support.of_text(schema_of(properties).root, text)}
    return found[f'"{name}":'.encode()].items


def best(field: Field) -> str:
    """Return what the text says most for."""
    return max(field.candidates, key=lambda each: each.support).written.decode()


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Parties:\n  Id: a\n  Fee: 1\n  Id: b\n  Fee: 2\nTotal: 3", [("a", "1"), ("b", "2")]),
        ("Parties:\n  Id: a\n  Fee: 1\nTotal: 3", [("a", "1")]),
        ("id=a fee=1; id=b fee=2", [("a fee=1; id=b fee=2", "1"), ("b fee=2", "2")]),
        ("Total: 3\nParties:\n", []),
        ("id=a fee=1 total=3", []),  # one alone is no sign of a list
        ("Tags:\n  one\nid=a fee=1\nid=b fee=2", []),  # other things have headings here
    ],
)
def test_a_record_begins_where_a_label_comes_again(text: str, items: list[tuple[str, str]]) -> None:
    """Under its heading, or all over the text; what is beside the list ends it."""
    found = [tuple(best(member) for member in item.members or ()) for item in listed(text, "parties")]

    assert found == [(f'"{name}', fee) for name, fee in items]


def test_a_step_back_begins_a_record_where_a_text_keeps_the_order() -> None:
    """Of two records that lack what the other has, too."""
    fields: dict[str, Any] = {
        **{name: {"type": "number"} for name in ("one", "two", "three")},
        "parties": {"type": "array", "items": PARTY},
    }
    text = "One: 1\nTwo: 2\nThree: 3\nParties:\n  Fee: 7\n  Id: b"

    assert len(listed(text, "parties", fields)) == 2
    assert len(listed(text.replace("One: 1\nTwo: 2", "Two: 2\nOne: 1"), "parties", fields)) == 1


def test_a_list_within_an_item_does_not_end_it() -> None:
    """Its labels come again within one record."""
    inner: dict[str, JSON] = {
        "type": "array",
        "items": {"type": "object", "properties": {"kind": {"type": "string"}}},
    }
    device: dict[str, JSON] = {"type": "object", "properties": {"id": {"type": "string"}, "links": inner}}
    text = "Devices:\n  Id: a\n  Links:\n    Kind: x\n    Kind: y\n  Id: b\n  Links:\n    Kind: z\n"
    first, second = listed(text, "devices", {"devices": {"type": "array", "items": device}})

    assert [len(item.items) for each in (first, second) for item in (each.members or ())[1:]] == [2, 1]


def test_words_under_a_heading_are_a_list() -> None:
    """A line each, up to one with a label."""
    assert [best(each) for each in listed("Tags:\n  Old\n  - Really new\nTotal: 3", "tags")] == [
        '"Old',
        '"Really new',
    ]


def test_a_flood_of_records_is_none() -> None:
    """Whoever sends that means no list of a reading."""
    assert listed("id=a\n" * (records.MOST_RECORDS + 1), "parties") == ()


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("| SAT | Vin (V) |\n| 31  | 276     |", "276", [("vin", "v")]),
        ("port  volts\n----  -----\nTe1   3.29", "3.29", [("volts",), ("te", "1", "volts")]),
        ("name\tused\nsda\t12\n", "12", [("used",), ("sda", "used")]),
        ("a  b\n\n1  2", "2", []),  # an empty line ends a table
        ("one  2\n3  4", "4", []),  # a header has no digits
    ],
)
def test_a_cell_is_named_by_its_column_and_its_row(text: str, at: str, expected: list[tuple[str, ...]]) -> None:
    """Cells are apart by bars, by tabs, or by two blanks and more."""
    assert [label.words for label in Columns(text).labels(text.rindex(at))] == expected


@pytest.mark.parametrize(
    ("text", "whole", "may_be"),
    [
        ("chemistry: lithium-ion", "lithium-ion", True),
        ("chemistry: lithium-ion", "lithium", False),
        ("chemistry: lithium-ion", "ion", False),
        ("at 12:30:05", "12:30", False),
        ("a/b/c", "b", True),
        ("host 10.0.0.7.", "10.0.0.7", True),
        ('say "a \\ b"', "a \\\\ b", True),
        ("Größe XL", "Größe", True),
        ("whatever", "elsewhere", True),  # what is not there is not for this to judge
    ],
)
def test_a_string_is_cut_out_between_words(text: str, whole: str, may_be: bool) -> None:
    """Not within a name, a number or a time; in the way that JSON writes the text."""
    assert Edges(text).may_be(whole.encode()) is may_be
