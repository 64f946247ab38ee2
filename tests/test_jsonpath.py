"""Places in a JSON document."""

import pytest

from edge import jsonpath
from edge.literal import JSON, Path, dumps, loads


@pytest.mark.parametrize("written", ["", "message", "$.", "$..a", "$[a]", "$.a b", "$[-1]", "$.a[", "$x"])
def test_what_is_no_place(written: str) -> None:
    """Wildcards, filters and the rest of JSONPath are not read."""
    with pytest.raises(ValueError, match=r"^expected a place such as "):
        jsonpath.parse(written)


@pytest.mark.parametrize("written", ["$", "$.a", "$.a[0].b", "$[3]", "$.a-b_c", "$.1"])
def test_a_place_is_written_as_it_was_read(written: str) -> None:
    """Keys and indices come back as they stood there."""
    assert jsonpath.written(jsonpath.parse(written)) == written


@pytest.mark.parametrize(
    ("path", "nothing"),
    [
        (("b",), "nothing at $.b"),
        (("a", 2), "nothing at $.a[2]"),
        (("a", 1, "x", "y"), "nothing at $.a[1].x"),
        (("a", "0"), "nothing at $.a.0"),
        ((0,), "nothing at $[0]"),
    ],
)
def test_where_nothing_stands(path: Path, nothing: str) -> None:
    """The first step that leads nowhere is named."""
    with pytest.raises(LookupError) as error:
        jsonpath.find({"a": [1, {"y": None}]}, path)

    assert error.value.args == (nothing,)


def test_null_is_something() -> None:
    """A place that holds null is not one that holds nothing."""
    assert jsonpath.find({"a": None}, ("a",)) is None


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("$.a", '{"a":"x","n":2.50}'),
        ("$.n", '{"a":[1.0,{"b":"c"}],"n":"x"}'),
        ("$.a[1].b", '{"a":[1.0,{"b":"x"}],"n":2.50}'),
        ("$.a[0]", '{"a":["x",{"b":"c"}],"n":2.50}'),
        ("$", '"x"'),
    ],
)
def test_all_else_stays_when_one_place_changes(written: str, after: str) -> None:
    """Order, spelling and the document that was given are kept."""
    before = '{"a":[1.0,{"b":"c"}],"n":2.50}'
    document: JSON = loads(before)

    assert dumps(jsonpath.replaced(document, jsonpath.parse(written), "x")) == after
    assert dumps(document) == before
