"""Inputs on disk: in order, counted, bounded, and there after a crash."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from edge.delivery import spool as spools
from edge.delivery.spool import Spool, SpoolError
from edge.message import Message
from tests.made import NOON, message

MANY = 10_000_000


def texts(messages: list[Message]) -> list[bytes]:
    """Return the payloads of messages."""
    return [each.payload for each in messages]


def arrivals(*payloads: bytes, size_bytes: int = 0) -> list[Message]:
    """Return messages as they arrive, padded to a size."""
    return [message(each.ljust(size_bytes, b"."), packet_id=n) for n, each in enumerate(payloads, start=1)]


def test_a_message_comes_back_as_it_was(tmp_path: Path) -> None:
    """Topic, payload, QoS, packet id, id and time of arrival survive; the connection does not."""
    spool = Spool(tmp_path, max_bytes=MANY)
    spool.store([message(b"T=\xff", topic="a/ü", packet_id=9, epoch=3)])

    [back] = spool.take(5)
    assert (back.topic, back.payload, back.qos, back.packet_id, back.received_at) == ("a/ü", b"T=\xff", 1, 9, NOON)
    assert (back.epoch, back.row, back.is_redelivered) == (0, 1, False)
    assert back.id == message(b"T=\xff", topic="a/ü", packet_id=9).id


def test_messages_are_taken_once_and_in_order(tmp_path: Path) -> None:
    """What was taken is not given again, and what came first goes first."""
    spool = Spool(tmp_path, max_bytes=MANY)
    spool.store(arrivals(b"a", b"b"))
    spool.store(arrivals(b"c"))

    assert [texts(spool.take(2)), texts(spool.take(2)), spool.take(2)] == [[b"a", b"b"], [b"c"], []]
    assert not spool.has_more


def test_what_was_answered_is_gone_after_a_restart_and_the_rest_is_not(tmp_path: Path) -> None:
    """An answered message never comes back; one that was in hand does, marked as perhaps answered before."""
    spool = Spool(tmp_path, max_bytes=MANY)
    spool.store(arrivals(b"a", b"b", b"c"))
    first, *_ = spool.take(2)
    spool.answered(first)
    spool.close()

    again = Spool(tmp_path, max_bytes=MANY)
    back = again.take(9)
    assert [(each.payload, each.is_redelivered) for each in back] == [(b"b", True), (b"c", True)]
    assert again.count == 2


def test_equal_messages_are_kept_apart(tmp_path: Path) -> None:
    """Two equal readings are two readings, even under one packet id."""
    spool = Spool(tmp_path, max_bytes=MANY)
    spool.store([message(b"OPEN"), message(b"OPEN")])

    assert texts(spool.take(9)) == [b"OPEN", b"OPEN"]


def test_the_bound_counts_what_waits(tmp_path: Path) -> None:
    """There is room up to the bound, and again once something was answered."""
    spool = Spool(tmp_path, max_bytes=2 * (1000 + len("sensors/tank") + spools.ROW_BYTES))
    one, two = arrivals(b"1", b"2", size_bytes=1000)
    spool.store([one, two])
    assert not spool.has_room(1)
    spool.answered(spool.take(1)[0])

    assert spool.has_room(spools.size(one))
    assert not spool.has_room(spools.size(one) + 1)


def test_dropping_the_oldest_makes_room_and_spares_what_is_in_hand(tmp_path: Path) -> None:
    """Only what nobody has taken is dropped, oldest first, and no more of it than needed."""
    spool = Spool(tmp_path, max_bytes=4 * (1000 + len("sensors/tank") + spools.ROW_BYTES))
    messages = arrivals(b"1", b"2", b"3", b"4", size_bytes=1000)
    spool.store(messages)
    spool.take(1)
    dropped = spool.drop_oldest(spools.size(messages[0]) + 1)

    assert [each.packet_id for each in dropped] == [2, 3]
    assert [each.packet_id for each in spool.take(9)] == [4]
    assert spool.count == 2


def test_the_status_says_how_much_waits_since_when(tmp_path: Path) -> None:
    """Messages, bytes, bound, and the arrival of the oldest; the same without a daemon."""
    spool = Spool(tmp_path, max_bytes=MANY)
    assert spool.status() == {"messages": 0, "bytes": 0, "max_bytes": MANY, "oldest_at": None}
    spool.store(arrivals(b"a", b"b"))
    known = {"messages": 2, "bytes": 2 * (13 + spools.ROW_BYTES), "oldest_at": "2026-01-02T12:00:00.123456+00:00"}

    assert spool.status() == {**known, "max_bytes": MANY}
    assert spools.status(tmp_path) == {**known, "max_bytes": None}
    assert spools.status(tmp_path / "none") == {"messages": 0, "bytes": 0, "max_bytes": None, "oldest_at": None}


def test_a_file_of_another_layout_is_refused(tmp_path: Path) -> None:
    """A spool of another version is not read as if it were of this one."""
    with sqlite3.connect(tmp_path / spools.FILE) as connection:
        connection.execute("CREATE TABLE inputs (x)")
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    with pytest.raises(SpoolError) as error:
        Spool(tmp_path, max_bytes=MANY)

    assert str(error.value) == f"{tmp_path / spools.FILE}: expected layout 1 of this program, got 7"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """What is wrong is said with the name of the file."""
    (tmp_path / spools.FILE).write_bytes(b"not a database" * 100)
    with pytest.raises(SpoolError) as error:
        Spool(tmp_path, max_bytes=MANY)

    assert str(error.value) == f"{tmp_path / spools.FILE}: file is not a database"


def test_a_full_disk_stores_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """A batch that does not fit fails as a whole; what was there stays, and later batches go through."""
    spool = Spool(tmp_path, max_bytes=MANY)
    spool.store(arrivals(b"a"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(SpoolError) as error:
            spool.store(arrivals(*(b"%d" % number for number in range(100)), size_bytes=5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    spool.store(arrivals(b"b"))

    assert str(error.value).startswith(f"{tmp_path / spools.FILE}: ")
    assert (texts(spool.take(9)), spool.count) == ([b"a", b"b"], 2)


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from edge.message import Message
from edge.delivery.spool import Spool

spool = Spool(Path(sys.argv[1]), max_bytes=10**9)
for number in range(10**9):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    spool.store([Message(topic="t", payload=b"%d" % number, qos=1, packet_id=1, epoch=1, received_at=at)])
    print(number, flush=True)
"""


def test_a_killed_process_loses_nothing_that_store_returned_for(tmp_path: Path) -> None:
    """After kill -9 in the middle of writes, each stored message is there, in order."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, env=os.environ, text=True
    )
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(50)]
    process.kill()
    said += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    last = max(int(line) for line in said if line.endswith("\n"))

    back = texts(Spool(tmp_path, max_bytes=MANY).take(10_000_000))
    assert back[: last + 1] == [b"%d" % number for number in range(last + 1)]
    assert len(back) <= last + 2
