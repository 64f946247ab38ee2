"""A guess at an output, and where in it an output stands that has partly left it."""

import pytest

from edge.engine.draft import Draft

PIECES = [bytes([value]) for value in range(256)]


def rest(guess: str, output: str) -> str:
    """Return what is left of a guess behind an output, where tokens are bytes."""
    written = output.encode()
    return bytes(Draft(list(guess.encode()), PIECES).rest(list(written), written)).decode()


@pytest.mark.parametrize(
    ("guess", "output", "expected"),
    [
        # as guessed so far
        ('{"a":1,"b":2}', "", '{"a":1,"b":2}'),
        ('{"a":1,"b":2}', '{"a":1', ',"b":2}'),
        ('{"a":1,"b":2}', '{"a":1,"b":2}', ""),
        # another value: nothing to say until the next key
        ('{"a":1,"b":2}', '{"a":7', ""),
        ('{"a":1,"b":2}', '{"a":7,"', 'b":2}'),
        ('{"a":1,"b":2}', '{"a":7,"b', '":2}'),
        ('{"a":1,"b":2}', '{"a":7,"b":', "2}"),
        # a longer value, a shorter one
        ('{"a":1,"b":2,"c":3}', '{"a":123,"b":2,', '"c":3}'),
        ('{"a":123,"b":2}', '{"a":1,"b":', "2}"),
        # a key left out, a key more
        ('{"a":1,"b":2,"c":3}', '{"b":', ""),
        ('{"a":1,"b":2,"c":3}', '{"a":1,"c":', "3}"),
        ('{"a":1,"c":3}', '{"a":1,"b":2,"c":', "3}"),
        ('{"a":1,"c":3}', '{"a":1,"b":', ""),
        # of several places, the first
        ('{"l":[{"n":1,"m":2},{"n":3,"m":4}]}', '{"l":[{"n":9,"m":', '2},{"n":3,"m":4}]}'),
        # strings of an array
        ('{"l":["x","y"]}', '{"l":["z","', 'y"]}'),
        # no guess
        ("", "", ""),
        ("", '{"a":1,"b":', ""),
        ('{"a":1}', "[", ""),
    ],
)
def test_what_will_probably_follow(guess: str, output: str, expected: str) -> None:
    """A guess is followed where the output is as guessed, or has come back to it at a key."""
    assert rest(guess, output) == expected


def test_a_place_inside_a_token() -> None:
    """Where the output stands between the bytes of a guessed token, the guess has nothing to say."""
    pieces = [b'{"a":', b"1", b"2", b',"b":', b',"', b'b":', b"3}"]
    draft = Draft([0, 1, 3, 6], pieces)

    assert draft.rest([0, 2, 4], b'{"a":2,"') == []
    assert draft.rest([0, 2, 4, 5], b'{"a":2,"b":') == [6]


def test_tokens_that_are_none() -> None:
    """A guess ends where it is of another vocabulary."""
    pieces = [b'{"a":', b"1"]

    assert Draft([0, 1, 2, 0], pieces).rest([], b"") == [0, 1]
    assert Draft([-1, 0], pieces).rest([], b"") == []


def test_other_tokens_of_the_same_text() -> None:
    """An output that was cut into other tokens is found again by its bytes."""
    pieces = [b'{"', b'a":', b'{"a":', b"1}"]
    draft = Draft([0, 1, 3], pieces)

    assert draft.rest([2], b'{"a":') == [3]
