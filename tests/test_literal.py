"""JSON whose numbers keep their spelling."""

from decimal import Decimal

import pytest

from edge import literal
from edge.literal import Number


@pytest.mark.parametrize(
    "text",
    [
        '{"t":21.40,"n":7,"e":1E-3,"z":-0.0}',
        '["°C","\\"","\\\\","\\u0000"]',
        "[true,false,null,{},[]]",
        f"[{'9' * 400}.{'1' * 400}]",
        "[-0,0,-0.0,1e999,-1E-999,0.1]",
        '{"":{"a\\"b":[[],{}]},"\x7f":"\u2028😀"}',
    ],
)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    """Compact JSON survives reading and writing to the letter, whatever its numbers."""
    assert text == literal.dumps(literal.loads(text))


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "-Infinity"])
def test_what_python_calls_numbers_and_json_does_not(text: str) -> None:
    """NaN and the infinities are refused."""
    with pytest.raises(ValueError, match="is not JSON"):
        literal.loads(text)


@pytest.mark.parametrize("text", ["", "{", "[1,]", "01", "{'a':1}"])
def test_broken_json(text: str) -> None:
    """A text that is not JSON is refused."""
    with pytest.raises(ValueError, match=r"Expecting|Extra data|Illegal"):
        literal.loads(text)


def test_numbers_are_exact() -> None:
    """A number is a decimal, equal to others of its value, and remembers its own literal."""
    number = Number("21.40")

    assert number == Decimal("21.4")
    assert number == Number("21.4")
    assert (number.literal, repr(number)) == ("21.40", "21.40")
    assert Number("0.1") + Number("0.2") == Decimal("0.3")


def test_ints_and_floats_of_the_program_are_written_too() -> None:
    """What the program itself counts need not be a `Number`."""
    assert literal.dumps({"n": 7, "f": 0.5, "b": True}) == '{"n":7,"f":0.5,"b":true}'


def test_infinity_is_not_written() -> None:
    """A float without a JSON literal is refused."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        literal.dumps(float("inf"))


@pytest.mark.parametrize(
    ("path", "pointer", "dotted"),
    [
        ((), "", ""),
        (("a",), "/a", "a"),
        (("a", 0, "b"), "/a/0/b", "a[0].b"),
        (("a/b", "m~n"), "/a~1b/m~0n", "a/b.m~n"),
        ((0, 1), "/0/1", "[0][1]"),
    ],
)
def test_paths_in_both_spellings(path: literal.Path, pointer: str, dotted: str) -> None:
    """A place is a JSON Pointer to programs and a dotted path to people."""
    assert (pointer, dotted) == (literal.pointer(path), literal.dotted(path))


def test_leaves_know_where_they_are_written() -> None:
    """Each scalar of a compact text is found with its path and its place."""
    text = '{"a":{"b":[1.50,true]},"c":"x,]}\\"","d":[],"e":null}'

    found = [(leaf.path, leaf.value, text[leaf.start : leaf.end]) for leaf in literal.leaves(text)]

    assert found == [
        (("a", "b", 0), Number("1.50"), "1.50"),
        (("a", "b", 1), True, "true"),
        (("c",), 'x,]}"', '"x,]}\\""'),
        (("e",), None, "null"),
    ]


def test_every_leaf_of_a_text_is_found_where_it_is_written() -> None:
    """Cut out and read alone, each leaf is its value; what lies between leaves are keys and marks."""
    text = f'{{"z":-0,"n":[{"9" * 400},1e999,[]],"s":["","\\\\",":,{{}}[]"],"k\\"":{{"":null}}}}'

    found = literal.leaves(text)

    assert [leaf.path for leaf in found] == [
        ("z",),
        ("n", 0),
        ("n", 1),
        ("s", 0),
        ("s", 1),
        ("s", 2),
        ('k"', ""),
    ]
    for leaf in found:
        assert literal.dumps(leaf.value) == text[leaf.start : leaf.end]


@pytest.mark.parametrize("text", ["7", '"x"', "null", "{}", "[]"])
def test_leaves_of_the_smallest_texts(text: str) -> None:
    """A scalar is its own leaf, an empty object or array has none."""
    assert [leaf.path for leaf in literal.leaves(text)] == ([()] if text[0] not in "{[" else [])


def test_leaves_of_what_is_no_json() -> None:
    """A text that breaks off is told with the place."""
    with pytest.raises(ValueError, match="not compact JSON at character 5"):
        literal.leaves('{"a":"x')


def test_minus_zero_is_zero() -> None:
    """Its literal stays, its value is that of 0."""
    assert literal.dumps(literal.loads("-0")) == "-0"
    assert literal.loads("-0") == 0
