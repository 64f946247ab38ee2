"""Which numbers a text holds, how each is written as JSON, and where it stands."""

import json
import random
import re
import time

import pytest

from edge.text import numerals

THIN, NARROW, NO_BREAK = "\u2009", "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # nothing
        ("", []),
        ("no numbers, no readings.", []),
        # plain
        ("0", ["0"]),
        ("21.40", ["21.40"]),
        ("5.", ["5"]),
        ("x5y", ["5"]),
        ("22015G25KT", ["22015", "25"]),
        # signs, and what may stand before them
        ("-5", ["-5"]),
        ("−5", ["-5"]),
        ("+5", ["5"]),
        ("-0", ["-0"]),
        ("a -5", ["-5"]),
        ("a\n-5", ["-5"]),
        (f"a{NO_BREAK}-5", ["-5"]),
        ("a=-5", ["-5"]),
        ("a:-5", ["-5"]),
        ("(-5)", ["-5"]),
        ("1,-5", ["1", "-5"]),
        ("1;-5", ["1", "-5"]),
        ("1|-5", ["1", "-5"]),
        ("[-5,-6]", ["-5", "-6"]),
        ('"-5"', ["-5"]),
        ("-5/+3", ["-5", "3"]),
        ("T = - 5.2", ["-5.2"]),
        ("T: -  5", ["-5"]),
        # a dash that joins
        ("P-301A", ["301"]),
        ("20-30", ["20", "30"]),
        ("2025-11-22", ["2025", "11", "22"]),
        ("a_-5", ["5"]),
        ("--5", ["5"]),
        ("- 5", ["5"]),
        # the decimal comma may be a list
        ("1,5", ["1.5", "1", "5"]),
        ("-1,5", ["-1.5", "-1", "5"]),
        ("1,2,3", ["1", "2", "3"]),
        ("1.5,2.5", ["1.5", "2.5"]),
        ("[1, 2]", ["1", "2"]),
        # grouping in four styles
        ("1,234", ["1.234", "1234", "1", "234"]),
        ("1,234,567.8", ["1234567.8", "1", "234", "567.8"]),
        ("1.234,5", ["1234.5", "1.234", "5"]),
        ("1'234,5'678", ["1", "234", "5", "678"]),
        ("1.234.567", ["1234567", "567"]),
        ("1'234.5", ["1234.5", "1", "234.5"]),
        ("1’234", ["1234", "1", "234"]),
        ("1_234", ["1234", "1", "234"]),
        ("12,345,67", ["12", "345", "67"]),
        ("12'34", ["12", "34"]),
        ("0,123", ["0.123", "0", "123"]),
        # grouping by spaces
        ("1 013,2 hPa", ["1013.2", "1", "13.2", "13", "2"]),
        ("10 013 24", ["10", "13", "24"]),
        ("1 000 000", ["1", "0", "0"]),
        (f"1{NARROW}013{NARROW}500", ["1013500", "1", "13", "500"]),
        (f"1{THIN}000,5", ["1000.5", "1", "0.5", "0", "5"]),
        # leading dot, leading zeros
        (".5", ["0.5"]),
        ("-.5", ["-0.5"]),
        ("=.5", ["0.5"]),
        ("x.5", ["5"]),
        ("5..6", ["5", "6"]),
        ("007", ["7"]),
        ("00.50", ["0.50"]),
        ("000", ["0"]),
        # exponents
        ("1.5e-3", ["1.5e-3"]),
        ("-2E+10", ["-2E+10"]),
        ("1e5", ["1e5"]),
        ("2e3V", []),
        ("P=1.5e3W", ["1.5e3"]),
        ("p=1.2×10³ Pa", []),
        ("T –5,3 °C", ["-5.3", "-5", "3"]),
        ("T(C)-5.2", ["-5.2"]),
        ("temp≈-5.2C T*-6", ["-5.2", "-6"]),
        ("Outside minus 5.3 degrees", ["-5.3"]),
        ("20°-25°C, 5'-6'", ["20", "25", "5", "6"]),
        ("1e999999", []),
        ("1.5E-9999 2", ["2"]),
        ("4eb2", ["4", "2"]),
        # parts of something else
        ("0x1F 0X2E3D", []),
        ("v1.2.3", ["3"]),
        ("14:03:59", ["14", "3", "59"]),
        ("192.168.0.1", ["0"]),
        ("10²", []),
        ("5½", []),
        # digits of other scripts are text
        ("٣", []),
        ("١2", []),
        ("１２", []),
        ("5万", []),
        ("水位12.5米", ["12.5"]),
        # length
        ("9" * 400, ["9" * 400]),
    ],
)
def test_numerals_of_a_text(text: str, expected: list[str]) -> None:
    """Every way to read a numeral is found once, in text order, the longer first."""
    assert expected == [numeral.literal for numeral in numerals.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T=-21.4C", "-21.4"),
        ("T = - 5.2", "- 5.2"),
        ("T=+5", "+5"),
        ("a .5", ".5"),
        ("1 013,2", "1 013,2"),
        ("x007y", "007"),
        ("1.5e-3 V", "1.5e-3"),
    ],
)
def test_a_numeral_knows_its_characters(text: str, expected: str) -> None:
    """The first numeral's place holds its sign, its marks and its zeros, and no more."""
    first = numerals.find(text)[0]

    assert expected == text[first.start : first.end]


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("7", "7"),
        ("-7", "-7"),
        ("100.0", "100"),
        ("-0", "-0"),
        ("0.50", None),
        ("1e3", None),
        ("9" * 400, "9" * 400),
    ],
)
def test_integers_among_them(literal: str, expected: str | None) -> None:
    """A fraction of zeros is no fraction; an exponent is not judged."""
    assert expected == numerals.Numeral(literal=literal, start=0, end=1).integer_literal


PIECES = [*"0123456789" * 2, *".,'’_-−+eExX:=/ ()\n²½٣a", THIN, NARROW, NO_BREAK, "000", "1e5", "0x"]
MARKS = ".,'’_-−+eE " + THIN + NARROW + NO_BREAK


def test_whatever_the_text_numerals_are_copies() -> None:
    """On random texts each literal is a JSON number, and its characters hold its digits and marks alone."""
    source = random.Random(20251122)  # noqa: S311  # any seed will do, but the same each time
    for _ in range(4000):
        text = "".join(source.choices(PIECES, k=source.randrange(1, 16)))
        for numeral in numerals.find(text):
            copied = text[numeral.start : numeral.end]
            place = f"{text!r}: {numeral}"

            assert 0 <= numeral.start < numeral.end <= len(text), place
            assert type(json.loads(numeral.literal)) in {int, float}, place
            assert set(copied) <= set("0123456789" + MARKS), place
            assert _digits(copied) == _digits(numeral.literal), place
            assert numeral.literal.startswith("-") == (copied[0] in "-−"), place


def _digits(numeral: str) -> str:
    """Return the digits of a numeral without leading zeros, which may be dropped, or added before a dot."""
    return re.sub(r"[^0-9]", "", numeral).lstrip("0")


@pytest.mark.parametrize(
    "unit",
    [
        "9",
        "1,",
        "1 ",
        "123 ",
        "1,234,",
        f"{NARROW}123",
        "1.",
        "1'",
        "1e5",
        "1.5e3 ",
        "0",
        "- 1",
        "=- ",
        "a1",
        "1,2.3'4_5 ",
    ],
)
def test_long_texts_take_time_in_proportion(unit: str) -> None:
    """Four times the text takes about four times the work, not sixteen: nothing is searched again and again."""
    text = unit * (32_000 // len(unit))

    assert _work(text) < 10 * _work(text[: len(text) // 4])


def _work(text: str) -> float:
    """Return the least processor time of two searches, of this thread alone; a millisecond at least."""
    times = []
    for _ in range(2):
        started = time.thread_time()
        numerals.find(text)
        times.append(time.thread_time() - started)
    return max(0.001, min(times))


@pytest.mark.parametrize("end", [",5", ",", "_1.2", "e5", ",1e5", "'", ".1.2,"])
def test_endless_digits(end: str) -> None:
    """A row of 100,000 digits is read in one go; shared out between parts of a pattern, it would take hours."""
    found = numerals.find("1" * 100_000 + end)

    assert len(found) <= 6


def test_a_hexadecimal_word_ends_with_its_line() -> None:
    """The number that begins the next line is one of its own."""
    assert [each.literal for each in numerals.find("id = 0x10F2\n41834 rpm")] == ["41834"]
