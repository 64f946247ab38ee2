"""The way in: with and without a spool, with a spool that fails, and with one that is full."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config.options import WhenFull
from edge.delivery import spool as spools
from edge.delivery.intake import RETRY_S, Intake, Turn
from edge.delivery.spool import Spool, SpoolError
from edge.message import Message
from tests.made import message

ROOM_FOR_TWO = 2 * (1 + len("sensors/tank") + spools.ROW_BYTES)


def payloads(messages: list[Message]) -> list[bytes]:
    """Return what messages say."""
    return [each.payload for each in messages]


def intake_of(
    open_spool: Callable[[], Spool] | None,
    *,
    is_storing: bool = True,
    when_full: WhenFull = WhenFull.WAIT,
    window: int = 64,
    clock: Callable[[], float] = lambda: 0.0,
) -> Intake:
    """Return an intake."""
    return Intake(open_spool, is_storing=is_storing, when_full=when_full, window=window, clock=clock)


def arrive(intake: Intake, *texts: bytes, qos: int = 1) -> Turn:
    """Let messages arrive, and return what the turn brings."""
    for number, text in enumerate(texts, start=1):
        intake.arrive(message(text, packet_id=number, qos=qos))
    return intake.turn()


def test_without_a_spool_messages_begin_at_once() -> None:
    """Nothing is stored, so nothing may be acknowledged before its answer."""
    turn = arrive(intake_of(None), b"a", b"b")

    assert (payloads(turn.begun), turn.stored) == ([b"a", b"b"], [])


def test_with_a_spool_messages_are_stored_and_then_begin(tmp_path: Path) -> None:
    """What is on disk may be acknowledged; what begins is what came from there."""
    turn = arrive(intake_of(lambda: Spool(tmp_path, max_bytes=10**6)), b"a", b"b")

    assert payloads(turn.stored) == payloads(turn.begun) == [b"a", b"b"]
    assert [each.row for each in turn.begun] == [1, 2]


def test_no_more_is_in_hand_than_the_window(tmp_path: Path) -> None:
    """The rest waits on disk, and each answer lets one more begin."""
    intake = intake_of(lambda: Spool(tmp_path, max_bytes=10**6), window=2)
    first = arrive(intake, b"a", b"b", b"c", b"d")
    assert (payloads(first.stored), payloads(first.begun)) == ([b"a", b"b", b"c", b"d"], [b"a", b"b"])
    intake.answered(first.begun[0])

    assert payloads(intake.turn().begun) == [b"c"]
    assert intake.turn() == Turn()


def test_a_full_spool_leaves_the_rest_to_the_broker(tmp_path: Path) -> None:
    """What does not fit waits unacknowledged, in order, until there is room."""
    intake = intake_of(lambda: Spool(tmp_path, max_bytes=ROOM_FOR_TWO))
    first = arrive(intake, b"a", b"b", b"c")
    assert payloads(first.stored) == [b"a", b"b"]
    for each in first.begun:
        intake.answered(each)

    assert payloads(intake.turn().stored) == [b"c"]


def test_a_full_spool_may_drop_the_oldest(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """If that is the policy, what is dropped is counted and named."""
    intake = intake_of(lambda: Spool(tmp_path, max_bytes=ROOM_FOR_TWO), when_full=WhenFull.DROP_OLDEST, window=1)
    first = arrive(intake, b"a", b"b")
    assert payloads(first.begun) == [b"a"]

    assert payloads(arrive(intake, b"c").stored) == [b"c"]
    assert intake.counts["spool_dropped"] == 1
    assert "spool_dropped count=1 why=the spool is full, and its policy is drop_oldest" in caplog.text
    intake.answered(first.begun[0])
    assert payloads(intake.turn().begun) == [b"c"]


def test_a_full_spool_sheds_what_came_at_qos_0(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """No broker keeps such a message, so it is counted and named."""
    intake = intake_of(lambda: Spool(tmp_path, max_bytes=ROOM_FOR_TWO))
    turn = arrive(intake, b"a", b"b", b"c", qos=0)

    assert payloads(turn.stored) == [b"a", b"b"]
    assert intake.counts["shed"] == 1
    assert "inputs_shed why=the spool is full, and they came at QoS 0" in caplog.text


def test_a_spool_that_fails_is_done_without_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Inputs begin without being stored; after a pause the spool is tried again, and the log says both once."""
    now_s = 0.0
    is_broken = True

    def open_spool() -> Spool:
        if is_broken:
            raise SpoolError("/x: disk I/O error")
        return Spool(tmp_path, max_bytes=10**6)

    caplog.set_level("INFO")
    intake = intake_of(open_spool, clock=lambda: now_s)
    first, second = arrive(intake, b"a"), arrive(intake, b"b")
    assert [payloads(first.begun), payloads(second.begun)] == [[b"a"], [b"b"]]
    assert first.stored == second.stored == []
    assert (intake.counts["spool_failures"], intake.counts["unspooled"]) == (1, 2)
    now_s, is_broken = RETRY_S, False

    assert payloads(arrive(intake, b"c").stored) == [b"c"]
    hint = "inputs are acknowledged after their answers until it is back"
    assert [record.getMessage() for record in caplog.records] == [
        f"spool_unavailable why=/x: disk I/O error hint={hint}",
        "spool_open messages=0",
    ]


def test_a_spool_that_is_switched_off_is_emptied(tmp_path: Path) -> None:
    """What an earlier configuration left on disk is answered, and nothing new is stored."""
    left = Spool(tmp_path, max_bytes=10**6)
    left.store([message(b"old")])
    left.close()
    turn = arrive(intake_of(lambda: Spool(tmp_path, max_bytes=10**6), is_storing=False), b"new")

    assert (payloads(turn.begun), turn.stored) == ([b"old", b"new"], [])


def test_the_status_is_that_of_the_spool(tmp_path: Path) -> None:
    """None where there is no spool, or where it does not work."""
    intake = intake_of(lambda: Spool(tmp_path, max_bytes=10**6))
    assert (intake_of(None).status(), intake.status()) == (None, None)
    arrive(intake, b"a")

    status = intake.status()
    assert isinstance(status, dict)
    assert status["messages"] == 1
