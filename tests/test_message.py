"""Bytes from the broker: their identity, and their text."""

import dataclasses

import pytest

from edge import message as messages
from edge.errors import Reason, Rejected
from tests.made import NOON, message


def test_a_redelivery_has_the_same_id() -> None:
    """The id says nothing of the connection, the QoS or the hour."""
    first = message(b"T=1")
    second = dataclasses.replace(first, epoch=9, received_at=NOON.replace(hour=13))

    assert first.id == second.id
    assert (len(first.id), set(first.id) <= set("0123456789abcdef")) == (32, True)


def test_other_messages_have_other_ids() -> None:
    """Topic, payload and packet id tell messages apart, and none runs into the next."""
    ids = {
        message(b"T=1").id,
        message(b"T=2").id,
        message(b"T=1", packet_id=8).id,
        message(b"T=1", topic="sensors/tan").id,
        message(b"7T=1", topic="sensors/tank", packet_id=0).id,
        message(b"", topic="sensors/tankT=1").id,
    }

    assert len(ids) == 6


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
    assert expected == messages.text(payload, limit_bytes=20)


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
        messages.text(payload, limit_bytes=20)

    assert (error.value.reason, error.value.detail) == (reason, detail)
