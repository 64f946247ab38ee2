"""A dead letter as it is kept, and how people name and see it."""

import hashlib
from dataclasses import replace

import pytest

from edge.dead import deadletter
from edge.errors import EdgeError, Reason, Rejected
from tests.letters import PAYLOAD_BYTES, letter, rejection
from tests.made import NOON


def test_what_is_kept() -> None:
    """All that the dead letter on the broker says, and the payload as it came."""
    kept = letter(1, b"T=21 \xff", route=None, reason=Reason.NOT_UTF8)

    assert deadletter.document(kept) == {
        "id": "00000001abcdef",
        "ts": "2026-01-02T12:00:01.123Z",
        "route": None,
        "topic": "sensors/tank",
        "reason": "not_utf8",
        "detail": "why",
        "length": 6,
        "is_whole": True,
        "payload": "VD0yMSD/",
        "encoding": "base64",
        "sha256": hashlib.sha256(b"T=21 \xff").hexdigest(),
    }
    assert deadletter.payload(deadletter.document(kept)) == b"T=21 \xff"
    assert deadletter.summary(kept)["excerpt"] == "T=21 \ufffd"


@pytest.mark.parametrize(("length", "kept"), [(PAYLOAD_BYTES, PAYLOAD_BYTES), (PAYLOAD_BYTES + 1, 4096)])
def test_a_payload_beyond_the_limit_is_cut(length: int, kept: int) -> None:
    """Of a message that was too large only the beginning is kept; its length and sha256 name the rest."""
    found = letter(1, b"x" * length)

    assert (len(found.payload), found.length, found.is_whole) == (kept, length, length == kept)
    assert found.sha256 == hashlib.sha256(b"x" * length).hexdigest()


def test_a_small_payload_is_kept_whole_whatever_the_limit() -> None:
    """What fits into the beginning that is always kept is not cut."""
    found = deadletter.of_answer(rejection(1, b"x" * 4096), payload_bytes=10)

    assert found.is_whole


def test_the_message_comes_back() -> None:
    """It is the message that came, read before, and nobody waits for its acknowledgement."""
    message = letter(7).message()

    assert (message.id, message.topic, message.payload) == ("00000007abcdef", "sensors/tank", b"T=21")
    assert (message.epoch, message.row, message.is_redelivered) == (0, 0, True)
    assert (message.received_at - NOON).total_seconds() == 7


def test_the_message_of_a_cut_payload_does_not() -> None:
    """Half a message is never read."""
    with pytest.raises(EdgeError) as error:
        letter(1, b"x" * 20_000).message()

    assert str(error.value) == "only the first 4096 of 20000 bytes are kept"


def test_text_that_no_file_takes() -> None:
    """Half a surrogate pair, which is no UTF-8, becomes a question mark; a long detail is cut."""
    answer = replace(rejection(), rejected=Rejected(Reason.SCHEMA, "a\ud800b" * 1000))

    found = deadletter.of_answer(answer, payload_bytes=PAYLOAD_BYTES)

    assert found.detail.startswith("a?ba?b")
    assert len(found.detail) == 1000


def test_ids_by_their_first_digits() -> None:
    """Eight digits name a letter, in small or capital ones; named twice, it is one."""
    known = ["0123456789ab", "a123456789ab"]

    assert deadletter.chosen(known, ["A1234567", "01234567", "0123456789ab"]) == ["a123456789ab", "0123456789ab"]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("0123456", "expected at least 8 digits of a dead letter's id, got 0123456"),
        ("99999999", "no dead letter has the id 99999999; `edge dead list` shows those there are"),
        ("01234567", "expected one dead letter, got 01234567, which 2 ids begin with"),
    ],
)
def test_ids_that_name_no_letter(given: str, complaint: str) -> None:
    """An id that is short, unknown or of several letters is told."""
    with pytest.raises(EdgeError) as error:
        deadletter.chosen(["0123456789ab", "0123456780cd"], [given])

    assert str(error.value) == complaint


def test_routes_and_reasons() -> None:
    """Letters are told apart by route and reason; those without a route go by `_unrouted`."""
    tank, none = letter(1), letter(2, route=None, reason=Reason.NO_ROUTE)

    assert [deadletter.takes(each, route="tank", reason=None) for each in (tank, none)] == [True, False]
    assert [deadletter.takes(each, route="_unrouted", reason=None) for each in (tank, none)] == [False, True]
    assert [deadletter.takes(each, route=None, reason="missing") for each in (tank, none)] == [True, False]
