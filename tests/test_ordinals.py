"""Places that are told by counting: what descriptions say, and where in a text that is."""

import pytest

from edge.text import ordinals
from edge.text.ordinals import Ordinal


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("first value", Ordinal(1, "")),
        ("ninth data field", Ordinal(9, "")),
        ("second FS value", Ordinal(2, "FS")),
        ("3rd column", Ordinal(3, "")),
        ("active power, column 10", Ordinal(10, "")),
        ("lower irradiance (#2)", Ordinal(2, "")),
        ("value of the first register", None),
        ("first temperature", None),
        ("", None),
    ],
)
def test_what_a_description_counts_to(description: str, expected: Ordinal | None) -> None:
    """Words and figures beside a noun for a place; whatever else has an ordinal is not counted."""
    assert ordinals.parse(description) == expected


@pytest.mark.parametrize(
    ("text", "ordinal", "expected"),
    [
        ("+CESQ: 99,98,255,254,20,80", Ordinal(5, ""), "20"),
        ("$WIMDA,30.2269,I,1.0236,B,17.7,C,,,43.3", Ordinal(9, ""), "43.3"),
        ("a;b;c;d", Ordinal(4, ""), "d"),
        ("10 20 30 40", Ordinal(3, ""), "30"),
        ("<Idle|MPos:125.4,42.1|FS:0,12>", Ordinal(2, "FS"), "12"),
        ("1,2,3", Ordinal(4, ""), None),
        ("T=21.4", Ordinal(1, ""), None),
        ("1,2,3", Ordinal(1, "FS"), None),
        ("", Ordinal(1, ""), None),
    ],
)
def test_where_a_counted_place_is(text: str, ordinal: Ordinal, expected: str | None) -> None:
    """Cells of the first line, by the mark that parts most; the name of a sentence or of a row is no cell."""
    found = ordinals.find(text, ordinal)

    assert (None if found is None else text[slice(*found)]) == expected
