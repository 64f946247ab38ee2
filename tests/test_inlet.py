"""From a payload to its text: size, encoding, the place in JSON."""

import pytest

from edge import inlet
from edge.errors import Reason, Rejected
from edge.inlet import ENCODINGS, PLAIN, Inlet


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", ""),
        (b"T=1\r\n\x00", "T=1\r\n\x00"),
        ("21 °C 水位 👍".encode(), "21 °C 水位 👍"),
        (b"\xef\xbb\xbfT=1", "\ufeffT=1"),
        (b"x" * 20, "x" * 20),
    ],
)
def test_text(payload: bytes, expected: str) -> None:
    """A payload of UTF-8 within the limit is its text, to the letter."""
    assert expected == PLAIN.text(payload, limit_bytes=20)


@pytest.mark.parametrize(
    ("payload", "reason", "detail"),
    [
        (b"x" * 21, Reason.OVERSIZE, "expected at most 20 bytes, got 21"),
        (b"\xff" * 21, Reason.OVERSIZE, "expected at most 20 bytes, got 21"),
        (b"\xff", Reason.NOT_UTF8, "expected UTF-8, got byte 0xff at offset 0"),
        (b"21 \xb0C", Reason.NOT_UTF8, "expected UTF-8, got byte 0xb0 at offset 3"),
        (b"21 \xc2", Reason.NOT_UTF8, "expected UTF-8, got byte 0xc2 at offset 3"),
        (b"\xed\xa0\x80", Reason.NOT_UTF8, "expected UTF-8, got byte 0xed at offset 0"),
        (b"\xc0\x80", Reason.NOT_UTF8, "expected UTF-8, got byte 0xc0 at offset 0"),
    ],
)
def test_what_is_no_text(payload: bytes, reason: Reason, detail: str) -> None:
    """A payload that is too large or no UTF-8 is rejected, with the place."""
    with pytest.raises(Rejected) as error:
        PLAIN.text(payload, limit_bytes=20)

    assert (error.value.reason, error.value.detail) == (reason, detail)


@pytest.mark.parametrize(
    ("encoding", "payload", "expected"),
    [
        ("iso8859-1", b"21 \xb0C", "21 °C"),
        ("cp437", b"21 \xf8C", "21 °C"),
        ("cp1252", b"\x80 5", "€ 5"),
        ("utf-16", "\ufeffT=1".encode("utf-16-le"), "T=1"),
        ("shift_jis", "温度 21".encode("shift_jis"), "温度 21"),
    ],
)
def test_other_encodings(encoding: str, payload: bytes, expected: str) -> None:
    """What older devices send is text, too."""
    assert Inlet(encoding=encoding).text(payload, limit_bytes=20) == expected


def test_a_byte_that_an_encoding_lacks() -> None:
    """The encoding is named, and the place."""
    with pytest.raises(Rejected, match=r"^not_utf8: expected cp1252, got byte 0x81 at offset 2$"):
        Inlet(encoding="cp1252").text(b"T=\x81", limit_bytes=20)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_decodes_what_it_encoded(encoding: str) -> None:
    """Python knows them all by these names."""
    assert Inlet(encoding=encoding).text("T=21.4".encode(encoding), limit_bytes=20) == "T=21.4"


@pytest.mark.parametrize(
    ("place", "payload", "expected"),
    [
        ("$.message", '{"message":"T=21.4C"}', "T=21.4C"),
        ("$.data[1].text", '{"data":[{},{"text":"T=21.4C"}]}', "T=21.4C"),
        ("$.value", '{"value":21.40}', "21.40"),
        ("$.data", '{"data":{"t":21.40,"ok":true}}', '{"t":21.40,"ok":true}'),
        ("$", '"T=21.4C"', "T=21.4C"),
        ("$.a-b_c", '{"a-b_c":"x"}', "x"),
    ],
)
def test_a_text_in_json(place: str, payload: str, expected: str) -> None:
    """The text is a string at its place, or what else stands there, as JSON."""
    found = Inlet(place=inlet.place(place)).text(payload.encode(), limit_bytes=100)

    assert found == expected


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("T=21.4C", "got what is not JSON"),
        ("[" * 50_000, "got what is not JSON"),
        ('{"m":NaN}', "got what is not JSON"),
        ('{"other":1}', "got nothing at $.m"),
        ('{"m":{}}', "got nothing at $.m[0]"),
        ('{"m":[]}', "got nothing at $.m[0]"),
        ('{"m":[null]}', "got null"),
        ('{"m":[true]}', "got true"),
        ('{"m":["\\ud800"]}', "got half of a surrogate pair in it"),
    ],
)
def test_no_text_in_json(payload: str, why: str) -> None:
    """The detail says where the text was looked for, and how far the way led."""
    with pytest.raises(Rejected) as error:
        Inlet(place=("m", 0)).text(payload.encode(), limit_bytes=100_000)

    assert str(error.value) == f"no_text: expected JSON with text at $.m[0], {why}"


@pytest.mark.parametrize("written", ["", "message", "$.", "$..a", "$[a]", "$.a b", "$[-1]", "$.a[", "$x"])
def test_what_is_no_place(written: str) -> None:
    """Wildcards, filters and the rest of JSONPath are not read."""
    with pytest.raises(ValueError, match=r"^expected a place such as "):
        inlet.place(written)
