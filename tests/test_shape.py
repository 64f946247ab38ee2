"""Texts that differ in their digits alone have one shape, as long as their numerals are read in the same way."""

import random
import re
import time

import pytest

from edge.shapes import shape, template
from edge.shapes.shape import Shape
from edge.text import numerals

TEXTS = (
    "T=-21.40C RH=48%",
    "2025-11-22T14:03:11Z node12 T=21.4",
    "22.11.2025 14:03:11.250 T=22 RH=1.234",
    "21.4,48.2,1013; 21,48,101,7",
    "1,234,567 W, 1,234.5 W; 21,5 C; 3,250 V",
    "1.234,5 and 1.234.567,8",
    "P-301A 1.234 kWh total 1234",
    "T 1 013,2 hPa / 21 148 1013 7",
    "a=1 b=0 c=-1 d=-0.0",
    "relay1=on relay2=off PM2.5: 12 PM10 33",
    "0x1E 1e-5 1.2e5 2.5E+3x 7e12",
    "=.5 V, .25A ..7 a.5 -.125",
    "5×10^3 m3 2x20 1.2 x 10**3 4·10²",
    "v1.2.3 192.168.1.20 3.5.3",
    "1'013.2 12_345 1’234’567",
    "1.234 5.678 9.012",
    "8:05 12h30 2/3 11/22/2025",
    "T = - 5.2 minus 3.7 20°-25 P-5 #-5 ~7",
    "12\u00a0345\u00a0678 1\u202f013 5½ 10² ١2",
    "a1b2c3 4eb2 D6C0E5 1e5e3 x=1.2e",
)


def key(text: str) -> str:
    """Return the key of a text that has one."""
    found = shape.of(text)
    assert found is not None
    return found.key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("T=9.8C RH=48%", "T=21.45C RH=100%"),
        ("t=0.5", "t=10.5"),
        ("t=-0.0", "t=-21.4"),
        ("2025-11-09T08:00:00Z t=21", "2025-12-31T23:59:59Z t=3"),
        ("09.01.2025 t=21", "31.12.2025 t=3"),
        ("Pump P-301A on", "Pump P-204A on"),
        ("21.4,48,1013.2", "9.8,100,998.7"),
        ("1.234 kWh", "12.345 kWh"),
        ("9,8 °C", "21,4 °C"),
    ],
)
def test_other_digits_are_the_same_shape(one: str, other: str) -> None:
    """The number of digits makes no difference to a plain number, nor a leading zero to a date."""
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("t=21", "t=-21"),
        ("t=21", "t=21.0"),
        ("t=21.4", "t=21,4"),
        ("t=7", "t=007"),
        ("t=10.5", "t=010.5"),
        ("t=1234", "t=1.234"),
        ("t=1.23", "t=1.234"),
        ("t=21", "t=1"),
        ("t=0", "t=1"),
        ("node12", "node123"),
        ("P-301A", "P-3010A"),
        ("v1.2.3", "v1.2.13"),
        ("t=21,4", "t=21,45"),
        ("1e5", "1e15"),
        ("0x1E", "1x1E"),
        ("t=21 ", "t=21"),
        ("T=21", "t=21"),
        ("1 013 hPa", "1 13 hPa"),
    ],
)
def test_another_form_is_another_shape(one: str, other: str) -> None:
    """Sign, mark, grouping, leading zeros, a bare 0 or 1 and all that is no digit are part of the shape."""
    assert key(one) != key(other)


def test_a_date_is_another_shape_where_a_part_of_it_stands_elsewhere() -> None:
    """The day of a date is a numeral only where the text has the same number in another place."""
    assert key("22.11.2025 T=22 C") != key("22.11.2025 T=21 C")
    assert key("22.11.2025 T=23 C") == key("09.10.2025 T=21 C")


def structure(text: str) -> tuple[Shape, object] | None:
    """Return the shape of a text and how each of its numerals is made of its runs."""
    found = shape.of(text)
    if found is None:
        return None
    return found, template.numbers(shape.cut(text, found))


def mutated(text: str, draw: random.Random) -> str:
    """Return a text with other digits, some of them more or fewer."""
    kept, pool = draw.choice([0.0, 0.6]), draw.choice(["0123456789", "012"])

    def change(run: re.Match[str]) -> str:
        if draw.random() < kept:
            return run.group()
        length = draw.choice([len(run.group())] * 5 + [1, 2, 3, 4, 5])
        return "".join(draw.choices(pool, k=length))

    return re.sub("[0-9]+", change, text)


def test_texts_of_a_shape_have_the_same_numerals() -> None:
    """Over thousands of texts: the same key means the same numerals, in the same places, made in the same way."""
    draw = random.Random(7)  # noqa: S311  # the same texts each time
    seen: dict[str, object] = {}
    times_again = 0
    for _ in range(2500):
        text = draw.choice(TEXTS)
        if draw.random() < 0.3:
            text += draw.choice([" ", ", ", ",", ";", "", " T=", "."]) + draw.choice(TEXTS)
        text = mutated(text, draw)
        found = structure(text)
        assert found is not None
        (found_key, runs), made = found
        times_again += found_key in seen

        assert seen.setdefault(found_key, made) == made, text
        templates = template.numbers(shape.cut(text, found[0]))
        literals = [each.literal for each in numerals.find(text)]
        assert [each.fill(runs) for each in templates if each] == [
            literal for literal, each in zip(literals, templates, strict=True) if each
        ], text
    assert times_again > 400


def test_no_text_is_taken_for_the_key_of_another() -> None:
    """Forms are written in digits, and a key has no other digits, so no text can imitate a form."""
    for text in ("T=9.6C", "T=34", "|T=21", "T=\ue000", "T=#"):
        other = "T=21.4C"

        assert key(text) != key(other) or text == "T=9.6C"  # which is of that shape itself


@pytest.mark.parametrize("text", ["x" * 2001, "1 " * 201, "9" * 41])
def test_texts_without_a_shape(text: str) -> None:
    """A text that is too long, or has too many numbers or digits, has no shape."""
    assert shape.of(text) is None


@pytest.mark.parametrize("text", ["1." * 180, "1," * 180, "1.234 " * 160, "0x" * 199, "-" * 2000, "1e" * 199])
def test_hostile_texts_take_no_time(text: str) -> None:
    """The longest texts of one pattern have their shape, or none, well within a tenth of a second."""
    started_s = time.perf_counter()
    shape.of(text)

    assert time.perf_counter() - started_s < 0.1


def test_how_people_see_a_shape() -> None:
    """A number of any length is one mark, others have as many as digits; known digits are shown."""
    shown = [shape.shown(key(text)) for text in ("T=-21.4C RH=48%", "14:03 P-301 at 1", "007")]

    assert shown == ["T=-#.#C RH=#%", "##:## P-### at 1", "0#"]
    assert shape.shown(key("T1=21"), {0: "1"}) == "T1=#"
