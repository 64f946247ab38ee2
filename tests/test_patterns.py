"""Patterns of a schema, matched by RE2: what they mean, what is refused, and that no text can stall them."""

import pytest

from edge.schema import patterns
from edge.schema.patterns import MAX_CHARS, PatternError


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        # anywhere, unless anchored
        ("[0-9]", ["P-3", "3"], ["P"]),
        ("^[0-9]", ["3 P"], ["P-3", "P\n3"]),
        # $ is the very end, not the place before a last line break
        ("^P-[0-9]+$", ["P-301"], ["P-301\n", "xP-301"]),
        # digits and words are ASCII, as in ECMA 262
        (r"^\d+$", ["12"], ["١٢", "１２", "½"]),
        (r"^\w+$", ["P_3"], ["Störung", "水位"]),
        (r"^\s$", [" ", "\t", "\n"], ["\u00a0", "\v"]),
        # letters of all scripts by their class
        (r"^\p{L}+$", ["Störung", "水位"], ["P3"]),
        (r"^\p{Greek}$", ["Ω"], ["O"]),
        # a character is a character, not a byte
        ("^.$", ["é", "水", "🚨", "\r"], ["ab", "\n"]),
        (r"^[à-ü]\x{1F6A8}$", ["é🚨"], ["e🚨"]),
        (r"^a\/b\-c\.$", ["a/b-c."], ["a/b-cx"]),
        ("(?i)^ok$", ["OK"], ["KO"]),
        ("", ["", "x"], []),
        ("^\x00$", ["\x00"], [""]),
    ],
)
def test_what_patterns_mean(pattern: str, inside: list[str], outside: list[str]) -> None:
    """A pattern is searched for, as JSON Schema asks, in the syntax of RE2."""
    found = patterns.compiled(pattern)

    assert [found.is_in(text) for text in (*inside, *outside)] == [True] * len(inside) + [False] * len(outside)


@pytest.mark.parametrize(
    "pattern",
    ["^(a+)+$", "^(a|a)*$", r"^(\w+\s?)*$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*(.*)*(.*)*="],
)
def test_no_text_stalls_a_pattern(pattern: str) -> None:
    """Patterns on which a backtracking matcher would try 2^100,000 ways are done with: the test ends."""
    assert not patterns.compiled(pattern).is_in("a" * 100_000 + "!")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (
            "(?!x)",
            'expected a regular expression without lookahead and lookbehind, as linear time has none, got "(?!x)"',
        ),
        (
            r"(a)\1",
            'expected a regular expression without references to a group, as linear time has none, got "(a)\\\\1"',
        ),
        ("(a", 'expected a regular expression (missing )), got "(a"'),
        ("[a", 'expected a regular expression (missing ]), got "[a"'),
        ("*", 'expected a regular expression (no argument for repetition operator), got "*"'),
        (
            "(a{500}){500}",
            'expected a regular expression that repeats nothing more than 1000 times, got "(a{500}){500}"',
        ),
        ("\ud800", "expected a regular expression of characters, got half of a surrogate pair"),
        ("x" * (MAX_CHARS + 1), "expected a regular expression of at most 1000 characters, got 1001"),
    ],
)
def test_what_is_refused(pattern: str, expected: str) -> None:
    """What RE2 cannot do in linear time and bounded memory is told, with what is possible instead."""
    with pytest.raises(PatternError) as error:
        patterns.compiled(pattern)

    assert str(error.value) == expected


def test_memory_is_bounded() -> None:
    """A short pattern that would compile into megabytes is refused."""
    with pytest.raises(PatternError) as error:
        patterns.compiled(r"(\p{L}{1,100}){9}")

    assert str(error.value).startswith("expected a regular expression that compiles into 1 MiB, got ")


def test_patterns_are_equal_by_their_text() -> None:
    """Two configurations with the same patterns are the same."""
    assert patterns.compiled("^a$") == patterns.compiled("^a$") != patterns.compiled("^b$")
