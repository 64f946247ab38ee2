"""The guess at what a text will be read as, from what like texts were read as before."""

from collections import Counter

import pytest

from edge.extraction import history as module
from edge.extraction.history import MEMORIES, MOST_STEPS, History
from edge.literal import JSON
from tests.made import extracted, schema_of

ASKED = schema_of(
    {
        "room": {"type": "string"},
        "t": {"type": "number"},
        "rh": {"type": "number"},
        "battery": {"enum": ["low", "ok"]},
    }
)
NUMBERS: dict[str, JSON] = {"type": "array", "items": {"type": "number"}}
LISTS = schema_of({"cells": NUMBERS, "names": {"type": "array", "items": {"type": "string"}}})
TEXT = "room attic: T=21.4C RH=48% batt ok"
READING = '{"room":"attic","t":21.4,"rh":48,"battery":"ok"}'


def knowing(*readings: tuple[str, str]) -> History:
    """Return a history of texts and what they were read as."""
    history = History()
    for text, json in readings:
        history.add(extracted(text, ASKED, json))
    return history


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the same
        (TEXT, READING),
        # other numbers, of other lengths, with a sign
        (
            "room attic: T=5C RH=100.25% batt ok",
            '{"room":"attic","t":5,"rh":100.25,"battery":"ok"}',
        ),
        ("room attic: T=-3.0C RH=7% batt ok", '{"room":"attic","t":-3.0,"rh":7,"battery":"ok"}'),
        # another word
        (
            "room cellar: T=9.1C RH=80% batt ok",
            '{"room":"cellar","t":9.1,"rh":80,"battery":"ok"}',
        ),
        # what was inferred stays, though the word is another now
        ("room attic: T=9.1C RH=80% batt low", '{"room":"attic","t":9.1,"rh":80,"battery":"ok"}'),
        # something before it and behind it
        (
            "#12 room attic: T=9.1C RH=80% batt ok, fan on",
            '{"room":"attic","t":9.1,"rh":80,"battery":"ok"}',
        ),
        # a number that is none here: the old one stays
        ("room attic: T=0x9C RH=80% batt ok", '{"room":"attic","t":21.4,"rh":80,"battery":"ok"}'),
        # a word in place of a number
        ("room attic: T=errorC RH=80% batt ok", '{"room":"attic","t":21.4,"rh":80,"battery":"ok"}'),
        # nothing alike
        ("The pump stands still.", ""),
        ("", ""),
    ],
)
def test_what_a_text_will_be_read_as(text: str, expected: str) -> None:
    """A remembered reading with what the new text has at its places; nothing where no text is alike."""
    assert knowing((TEXT, READING)).guess(text) == expected


def test_a_number_as_it_is_read() -> None:
    """A guess is spelled as the grammar spells numbers: with a point, without zeros before or groups within."""
    history = knowing((TEXT, READING))

    assert (
        history.guess("room attic: T=021,5C RH=1.234,5% batt ok")
        == '{"room":"attic","t":21.5,"rh":1234.5,"battery":"ok"}'
    )


def test_nothing_is_known_at_first() -> None:
    """Without a past there is no guess."""
    assert History().guess(TEXT) == ""


def test_the_same_wording_goes_before_a_like_one() -> None:
    """Of several remembered texts, the one with the same words tells best; else the one that shares most."""
    history = knowing(
        (TEXT, READING),
        ("room attic: T=1C batt ok", '{"room":"attic","t":1,"battery":"ok"}'),
    )

    assert history.guess("room attic: T=7.5C batt ok") == '{"room":"attic","t":7.5,"battery":"ok"}'
    assert history.guess("room attic: T=7.5C RH=3% batt ok!").startswith('{"room":"attic","t":7.5,"rh":3,')


def test_the_last_reading_of_a_wording_counts() -> None:
    """A text of the same wording takes the place of the one before."""
    history = knowing((TEXT, READING), (TEXT, '{"t":21.4}'))

    assert history.guess("room attic: T=7C RH=8% batt ok") == '{"t":7}'


def test_the_oldest_is_forgotten() -> None:
    """There is room for a few wordings; the one that was read longest ago goes."""
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota"]
    assert len(words) == MEMORIES + 1
    history = knowing(*((f"{word} {word * 2} = 1", '{"t":1}') for word in words))

    assert history.guess("alpha alphaalpha = 2") == ""
    assert history.guess("beta betabeta = 2") == '{"t":2}'
    assert history.guess("iota iotaiota = 2") == '{"t":2}'


def test_arrays() -> None:
    """Each item is carried over; an item more or less is the model's matter."""
    history = History()
    history.add(extracted("cells 3.30;3.31;3.29 of a,b", LISTS, '{"cells":[3.30,3.31,3.29],"names":["a","b"]}'))

    assert history.guess("cells 1.5;2;-0.25 of c,b") == '{"cells":[1.5,2,-0.25],"names":["c","b"]}'
    assert history.guess("cells 1.5;2;7;8 of a,b").startswith('{"cells":[1.5,2,')


def test_what_has_no_value() -> None:
    """Empty objects and arrays are guessed empty again."""
    history = History()
    history.add(extracted("nothing here", LISTS, '{"cells":[],"names":[]}'))

    assert history.guess("nothing there") == '{"cells":[],"names":[]}'


def test_strings_are_written_as_json() -> None:
    """What has to be escaped is."""
    history = knowing(("room attic end", '{"room":"attic"}'))

    assert history.guess('room "C:\\x" end') in {"", '{"room":"\\"C:\\\\x\\""}'}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("= " * 3000, "= " * 3000 + "a"),
        ("a b " * 2000, "b a a " * 2000),
        ("a-" * 220 + "x", "-aa" * 150),
        ("x" + "a b " * 3000 + "y", "z" + "a b " * 3001 + "w"),
        ("1,2 " * 3000, "3,4 " * 2999 + "end"),
        ("=" * 20_000, "=" * 19_999 + "-"),
        ("a." * 10_000, ".a" * 10_000),
        ("".join(map(chr, range(0x4E00, 0x6000))), "".join(map(chr, range(0x5FFF, 0x4DFF, -1)))),
    ],
    ids=["one more", "shuffled", "few", "ends", "numbers", "one character", "alternating", "reversed"],
)
def test_long_monotonous_texts_cost_little(old: str, new: str) -> None:
    """A hostile text cannot keep the guess busy: words are compared a bounded number of times."""
    compared = Counter[str]()

    class Word(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            compared["words"] += 1
            return str.__eq__(self, other)

        def __ne__(self, other: object) -> bool:
            compared["words"] += 1
            return str.__ne__(self, other)

    left, right = ([Word(word) for word in module._split(text)[0]] for text in (old, new))  # noqa: SLF001

    blocks = list(module._blocks(left, right))  # noqa: SLF001

    assert blocks[-1][1::2] == (len(left), len(right))
    assert compared["words"] <= MOST_STEPS + 2 * (len(left) + len(right))
    knowing((old, "{}")).guess(new)


def test_each_word_of_two_texts_is_in_one_block() -> None:
    """Blocks follow each other without a gap, those of equal words between those that differ."""
    old, new = [*"abc0def"], [*"axc00dfg"]

    blocks = list(module._blocks(old, new))  # noqa: SLF001

    assert [end for _, end, _, _ in blocks[:-1]] == [start for start, _, _, _ in blocks[1:]]
    assert [end for _, _, _, end in blocks[:-1]] == [start for _, _, start, _ in blocks[1:]]
    assert all(old[start:end] == new[at:to] for start, end, at, to in blocks[1::2])
    assert sum(end - start for start, end, _, _ in blocks[1::2]) == len("ac0df")


def test_a_long_text_with_one_word_changed_is_still_guessed() -> None:
    """What is alike at both ends is carried over, however long; long texts of a usual kind are compared."""
    alike = "sensor = 2 C\n" * 2000
    usual = "".join(f"sensor {chr(97 + n % 26)} = 2 C\n" for n in range(60))
    history = knowing((f"T=21.4C\n{alike}", '{"t":21.4}'), (f"{usual}\nroom attic; T=3.5", '{"t":3.5}'))

    assert history.guess(f"T=5C\n{alike}") == '{"t":5}'
    assert history.guess(f"new\n{usual}\nroom attic; T=5") == '{"t":5}'
