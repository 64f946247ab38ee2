"""The borders at which a copied string may start and end."""

import json

import pytest

from edge.text import pieces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("P-301A ok", ["P", "-", "301A", " ", "ok"]),
        ("a  b\r\nc", ["a", " ", " ", "b", "\r", "\n", "c"]),
        ("temp_in=21.4°C", ["temp_in", "=", "21", ".", "4", "°", "C"]),
        ("水位12米", ["水", "位", "12", "米"]),
        ("カナ한글", ["カ", "ナ", "한글"]),
        ("อุณ", ["อ", "ุ", "ณ"]),
        ("e\u0301a", ["e", "\u0301", "a"]),
        ("حرارة ٢١", ["حرارة", " ", "٢١"]),
        ("👍🏽!", ["👍", "🏽", "!"]),
        ("a\u200bb", ["a", "\u200b", "b"]),
        ("<|im_end|>", ["<", "|", "im_end", "|", ">"]),
    ],
)
def test_pieces_of_a_text(text: str, expected: list[str]) -> None:
    """Words stay whole; marks, spaces and the characters of unspaced scripts stand alone."""
    assert expected == pieces.split(text)


@pytest.mark.parametrize(
    "text",
    [
        "T=21.4C\n\ttab",
        '"quoted" \\n',
        "水位 — 水位",
        "\x00\x1b[0m\x7f",
        "a\u2028b\u0085c",
        "\U0001f321\ufe0f",
        "ก",
    ],
)
def test_nothing_is_lost(text: str) -> None:
    """The pieces of a text, joined, are the text; so are their escaped forms, inside a JSON string."""
    found = pieces.split(text)

    assert text == "".join(found)
    assert text == json.loads(f'"{"".join(map(pieces.escape, found))}"')


@pytest.mark.parametrize(
    ("piece", "expected"),
    [("ok", "ok"), ("°", "°"), ('"', '\\"'), ("\\", "\\\\"), ("\n", "\\n"), ("\x00", "\\u0000"), ("\x7f", "\x7f")],
)
def test_escape(piece: str, expected: str) -> None:
    """A piece is escaped as JSON must, and no further."""
    assert expected == pieces.escape(piece)


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("301A", "P-301A, P-301AB, 301A", [(2, 6), (17, 21)]),
        ("P-301A", "P-301A", [(0, 6)]),
        ("a.a", "a.a.a", [(0, 3), (2, 5)]),
        ("位", "水位位", [(1, 2), (2, 3)]),
        (".*", "a.*b", [(1, 3)]),
        ("x", "", []),
        ("", "x", []),
        ("ok", "oks, OK", []),
        ("==", "=====", [(0, 2), (1, 3), (2, 4), (3, 5)]),
        ("a a", "a a a b a a", [(0, 3), (2, 5), (8, 11)]),
        ("a b a", "a b a b a", [(0, 5), (4, 9)]),
        ("aa", "aaa aa", [(4, 6)]),
    ],
)
def test_occurrences(value: str, text: str, expected: list[tuple[int, int]]) -> None:
    """A value is found as it is spelled, between borders, overlapping or not."""
    assert expected == pieces.occurrences(value, text)


@pytest.mark.parametrize("unit", ["=", "= ", "a b ", "=-=", "a.a "])
def test_a_long_value_in_a_monotonous_text(unit: str) -> None:
    """A value that repeats itself is found at each of its places, which are not compared anew one by one."""
    text = unit * 40_000
    value = text[: 20_000 * len(unit)].strip()

    found = pieces.occurrences(value, text)

    assert len(found) >= 20_000
    assert all(text.startswith(value, start) for start, _ in found[::5000])
