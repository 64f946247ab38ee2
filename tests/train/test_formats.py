"""Formats: templates of devices with slots, and how a wrong one is told."""

import re
from importlib import resources
from pathlib import Path

import pytest

from edge.literal import Number
from edge_train import formats, lines, slots
from edge_train.chance import Chance
from edge_train.families.devices import FILES
from edge_train.formats import Format
from edge_train.lines import TableError
from tests.conftest import SHARED

FORMATS = [format_ for file in FILES for format_ in formats.load(f"{file}.txt")]
_LONG = 24  # characters that two people do not write alike by chance
TANK = """
== tank
‹Tank¦T› «id»: «level»%‹ max «most»¦›
?pump «pump»
*probes #«n» «t» C
\\
end
--
id: like T-### | tank tag | tag of the tank
level: 0..100 .1 | level | !first number | %
most: 50..90 | max_level
pump: enum running=true at_rest=false | pump_on
n: 1..9 | probe
t: -5..40 .1 | temperature @water | temperature | °C
"""


@pytest.fixture
def tank(monkeypatch: pytest.MonkeyPatch) -> Format:
    """Give a format of a file that is read as the shipped ones are."""
    return loaded(monkeypatch, TANK)


def loaded(monkeypatch: pytest.MonkeyPatch, text: str) -> Format:
    """Return the one format of a text."""

    def read(_: str, __: str) -> list[tuple[int, str]]:
        return [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line]

    monkeypatch.setattr(lines, "read", read)
    formats.load.cache_clear()
    (format_,) = formats.load("own.txt")
    formats.load.cache_clear()
    return format_


def test_every_file_of_formats_is_a_family() -> None:
    """No file lies there unused."""
    folder = resources.files("edge_train") / "formats"

    assert {Path(file.name).stem for file in folder.iterdir()} == set(FILES)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
def test_every_format_can_be_filled(format_: Format) -> None:
    """What a text states stands in it, its holes are filled, and what it leaves out is no part of it."""
    for seed in range(20):
        filled = formats.fill(Chance(seed), format_)

        assert not set("«»‹›¦") & set(filled.text)
        assert filled.text.strip()
        for fact in filled.stated:
            assert fact.shown in filled.text
        assert not {fact.subject for fact in filled.stated} & {fact.subject for fact in filled.left_out}


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
def test_no_two_slots_of_a_format_ask_the_same(format_: Format) -> None:
    """Names of slots are their own, so that the name alone, or the note, says which value is meant."""
    notes = [note for slot in format_.slots.values() if slot.names for note in slot.notes]

    assert sorted(notes) == sorted(set(notes))


def test_a_format_states_what_it_shows(tank: Format) -> None:
    """Alternatives, optional lines, rows and blank lines of a template come out as its blocks say."""
    filled = formats.fill(Chance(8), tank)

    assert filled.text == "Tank T-170: 24.7%\n#5 17.3 C\n#3 -1.0 C\n#4 12.1 C\n\nend"
    assert [(fact.names, fact.answer) for fact in filled.stated[:2]] == [
        (("tank", "tag"), "T-170"),
        (("level",), Number("24.7")),
    ]
    assert [fact.names for fact in filled.left_out] == [("max_level",), ("pump_on",)]


def test_rows_are_an_array_or_one_of_them(tank: Format) -> None:
    """All rows may be asked for, their keys in the order of the slots, or one, told apart by its first value."""
    asked = [fact for seed in range(60) for fact in formats.fill(Chance(seed), tank).stated]
    arrays = [fact for fact in asked if fact.names == ["probes"]]
    single = [fact for fact in asked if fact.names == ("temperature",) and " of " in fact.notes[0]]

    assert arrays
    assert single
    assert all(fact.is_cryptic for fact in single)


@pytest.mark.parametrize(
    ("draw", "shown"),
    [
        ("7..7", "7"),
        ("7..7 04", "0007"),
        ("7..7 .1 +", "+7.0"),
        ("-7..-7 .1 +", "-7.0"),
        ("-0.01..-0.01 .1", "0.0"),
        ("like T-7", "T-7"),
        ("moment at", "at"),
        ("enum a_b=c", "a b"),
    ],
)
def test_each_draw_shows_what_it_says(draw: str, shown: str) -> None:
    """Numbers with zeros and signs, strings, moments and states."""
    _, slot = slots.parse("own.txt:1", f"x: {draw} | x")

    assert slots.fact(Chance(1), slot).shown == shown


def test_a_zero_in_front_is_no_part_of_the_answer() -> None:
    """The answer is spelled as the product spells what is shown."""
    _, slot = slots.parse("own.txt:1", "x: 7..7 04 | x")
    answer = slots.fact(Chance(1), slot).answer

    assert isinstance(answer, Number)
    assert answer.literal == "7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a line\n== x", 'own.txt:1: expected "== NAME", got "a line"'),
        ("== x\n«a»", 'own.txt: x: expected a line "--" between the template and its slots'),
        (
            "== x\n«a»\n--\nb: 1..2 | b",
            "own.txt: x: expected the same slots above and below, got a, b on one side",
        ),
        ("== x\n«a»\n--\na 1..2", 'own.txt:4: expected "NAME: DRAW | NAMES | NOTES | UNIT", got "a 1..2"'),
        (
            "== x\n«a»\n--\na: many | a",
            'own.txt:4: expected a draw (LOW..HIGH, like, moment, enum), got "many"',
        ),
        (
            "== x\n‹a‹«a»¦b›c›\n--\na: 1..2 | a",
            "own.txt:2: expected alternatives ‹a¦b› that do not hold others, got ‹a‹«a»¦b›c›",
        ),
        ("== x\n«a»\n--\na: enum on | a", 'own.txt:4: expected "SHOWN=MEANING", got "on"'),
    ],
)
def test_a_wrong_format_is_told(text: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """File and line, what was expected, what was found."""
    with pytest.raises(TableError) as error:
        loaded(monkeypatch, text)

    assert str(error.value) == expected


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="no folder ../shared beside the repository")
def test_no_text_of_the_cases_is_in_the_formats() -> None:
    """Formats were written from what is known of devices, not copied from the cases that judge the model."""
    written = {line.strip() for file in FILES for _, line in lines.read("formats", f"{file}.txt")}
    said = [line for _, line in (*lines.read("formats", "notes.txt"), *lines.read("data", "prose.txt"))]
    pieces = {piece.strip() for line in said for piece in re.split("[«»‹›¦|]", line)}
    long = [text for text in written | pieces if len(text) > _LONG and text.count(" ") < len(text) // 3]
    cases = (SHARED / "devcases/cases.jsonl").read_text(encoding="utf-8")

    assert sorted(text for text in long if text in cases) == []
