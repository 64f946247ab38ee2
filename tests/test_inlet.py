"""From a payload to its text: size, encoding, the place in JSON."""

import pytest

from edge import jsonpath
from edge.errors import Reason, Rejected
from edge.inlet import ENCODINGS, PLAIN, Inlet
from edge.literal import Path


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
    found = Inlet(place=jsonpath.parse(place)).text(payload.encode(), limit_bytes=100)

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


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"a 1", [b"a 1"]),
        (b"a 1\n", [b"a 1"]),
        (b"a 1\nb 2\r\nc 3\rd 4\n\r\n \t\n", [b"a 1", b"b 2", b"c 3", b"d 4"]),
        (b"  a 1 \nb\x0b2\xc2\x85c\n", [b"  a 1 ", b"b\x0b2\xc2\x85c"]),
        (b"a 1\n\xff\nc 3", [b"a 1", b"\xff", b"c 3"]),
        (b"\x00\n-", [b"\x00", b"-"]),
    ],
)
def test_lines(payload: bytes, expected: list[bytes]) -> None:
    """Each line stays as it was, whatever it holds; blank ones are left out."""
    assert [*Inlet(splits_lines=True).parts(payload, limit_bytes=100, most=4)] == expected


def test_lines_of_wide_characters() -> None:
    """Where a line break is more than a byte, the text is split, and each line is written as the whole was."""
    found = Inlet(encoding="utf-16").parts("21 °C\n上 22 °C\n".encode("utf-16"), limit_bytes=100, most=4)

    assert [each.decode("utf-16") for each in found] == ["21 °C", "上 22 °C"]


@pytest.mark.parametrize("encoding", sorted(set(ENCODINGS) - {"utf-16"}))
def test_the_lines_of_every_encoding(encoding: str) -> None:
    """A line is the bytes that it was, in any of them."""
    lines = [line.encode(encoding) for line in ("T=21.4", "T=22.4")]
    payload = lines[0] + "\r\n".encode(encoding) + lines[1]

    assert Inlet(encoding=encoding).parts(payload, limit_bytes=100, most=4) == (*lines,)


def test_lines_in_json() -> None:
    """Each line stands in the document that it came in, so that a part is read as the whole would be."""
    inlet = Inlet(place=("log", 0))
    payload = '{"id":1.50,"log":["T=21 °C\\n\\nT=22 °C"]}'.encode()
    found = inlet.parts(payload, limit_bytes=200, most=4)

    assert [each.decode() for each in found] == ['{"id":1.50,"log":["T=21 °C"]}', '{"id":1.50,"log":["T=22 °C"]}']
    assert [inlet.text(each, limit_bytes=200) for each in found] == ["T=21 °C", "T=22 °C"]


def test_json_in_an_encoding_that_lacks_what_it_escapes() -> None:
    """A part that the encoding cannot write says it in escapes, half a surrogate pair included."""
    inlet = Inlet(encoding="iso8859-1", place=("m",))
    payload = b'{"m":"21 \xb0C\\n\\u20ac 5 \\ud83d\\udc4d","x":"\\ud800"}'

    found = inlet.parts(payload, limit_bytes=200, most=4)

    assert [inlet.text(each, limit_bytes=200) for each in found] == ["21 °C", "€ 5 👍"]


@pytest.mark.parametrize(
    ("place", "payload", "why"),
    [
        (None, b"x" * 101, "oversize: expected at most 100 bytes, got 101"),
        (None, b"", "no_text: expected a line of text, got none"),
        (None, b"\r\n \n\t\n", "no_text: expected a line of text, got none"),
        (None, b"a\nb\nc\nd\n", "too_many: expected at most 3 lines (limits.lines), got 4"),
        (("m",), b'{"m":"a\\nb\\nc\\nd"}', "too_many: expected at most 3 lines (limits.lines), got 4"),
        (("m",), b'{"m":""}', "no_text: expected a line of text, got none"),
        (("m",), b'{"m":true}', "no_text: expected JSON with text at $.m, got true"),
        (("m",), b"a", "no_text: expected JSON with text at $.m, got what is not JSON"),
        (("m",), b"\xff", "not_utf8: expected UTF-8, got byte 0xff at offset 0"),
        (
            ("m",),
            b'{"m":"a\\nb\\nc","x":"%s"}' % (b"x" * 30),
            "oversize: expected at most 100 bytes with the rest of the JSON beside each line",
        ),
    ],
)
def test_what_cannot_be_split(place: Path | None, payload: bytes, why: str) -> None:
    """What no part can be made of is rejected whole: too large, no text, more lines than may be."""
    with pytest.raises(Rejected) as error:
        Inlet(place=place).parts(payload, limit_bytes=100, most=3)

    assert str(error.value) == why
