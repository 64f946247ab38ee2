"""The dead letters that the daemon keeps: on disk in a while, at once when it must be, and never at its peril."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from edge.config.options import Dead
from edge.dead.deadletters import DeadLetters
from edge.dead.deadstore import FILE, DeadStore
from edge.errors import Reason
from tests import disks
from tests.letters import PAYLOAD_BYTES, ids, options, rejection

ROOT = Path(__file__).parent.parent
KEEPER = """
import sys
from pathlib import Path
from edge.dead.deadletters import DeadLetters
from tests import disks
from tests.letters import options, rejection
letters = DeadLetters(options(), Path(sys.argv[1]), payload_bytes=10_000)
for number in range(1, 1_000_000):
    assert letters.keep(rejection(number, b"x" * 3000), is_urgent=True)
    print(number, flush=True)
"""


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


def kept(folder: Path | None, clock: Clock | None = None, dead: Dead | None = None) -> DeadLetters:
    """Return the dead letters of a folder."""
    return DeadLetters(dead or options(), folder, payload_bytes=PAYLOAD_BYTES, clock=clock or Clock())


def on_disk(folder: Path) -> list[int]:
    """Return the numbers of the letters in the file of a folder."""
    store = DeadStore(folder)
    try:
        return ids(store.listed())
    finally:
        store.close()


def test_letters_are_written_once_a_minute(tmp_path: Path) -> None:
    """The first is written with the next tick, those after it a minute later, all at once."""
    clock = Clock()
    letters = kept(tmp_path, clock)
    found = []
    for number in (1, 2, 3):
        assert not letters.keep(rejection(number))
        letters.tick()
        found.append(on_disk(tmp_path))
    clock.now_s += 60
    letters.tick()

    assert found == [[1], [1], [1]]
    assert on_disk(tmp_path) == [1, 2, 3]


def test_an_urgent_letter_is_on_disk_at_once(tmp_path: Path) -> None:
    """What is said to be safe is in the file."""
    letters = kept(tmp_path)
    letters.keep(rejection(1))

    assert letters.keep(rejection(2), is_urgent=True)
    assert on_disk(tmp_path) == [1, 2]


def test_a_stop_writes_what_is_left(tmp_path: Path) -> None:
    """Closing writes."""
    letters = kept(tmp_path)
    letters.keep(rejection(1))
    letters.close()

    assert on_disk(tmp_path) == [1]


def test_nothing_is_made_where_nothing_is_kept(tmp_path: Path) -> None:
    """A daemon without dead letters writes no file."""
    letters = kept(tmp_path)
    letters.tick()
    assert letters.flush()
    letters.close()

    assert list(tmp_path.iterdir()) == []


def test_lists_hold_what_is_not_written_yet(tmp_path: Path) -> None:
    """Whoever looks sees all letters, whichever way they are filtered, the oldest first."""
    letters = kept(tmp_path)
    letters.keep(rejection(1), is_urgent=True)
    letters.keep(rejection(2, reason=Reason.SCHEMA))
    letters.keep(rejection(3, route=None))

    assert ids(letters.listed()) == [1, 2, 3]
    assert ids(letters.listed(route="tank")) == [1, 2]
    assert ids(letters.listed(reason="schema")) == [2]
    found = letters.find("00000003abcdef")
    assert found is not None
    assert found.payload == b"T=21"


def test_a_letter_that_comes_again_replaces_itself(tmp_path: Path) -> None:
    """A message has one letter, in memory and in the file."""
    letters = kept(tmp_path)
    letters.keep(rejection(1), is_urgent=True)
    letters.keep(rejection(1, detail="again"))
    letters.keep(rejection(1, detail="and again"))

    assert [letter.detail for letter in letters.listed()] == ["and again"]


def test_a_smaller_limit_does_not_cut_what_is_kept_whole(tmp_path: Path) -> None:
    """A large message that is read again under a smaller limit keeps the payload that it had."""
    payload = b"x" * 9000
    letters = kept(tmp_path)
    letters.keep(rejection(1, payload))
    letters.close()

    later = DeadLetters(options(), tmp_path, payload_bytes=5000, clock=Clock())
    later.keep(rejection(1, payload, reason=Reason.OVERSIZE))
    later.keep(rejection(2, payload, reason=Reason.OVERSIZE))

    found = [later.find(f"0000000{number}abcdef") for number in (1, 2)]
    assert [(each.reason, len(each.payload), each.is_whole) for each in found if each] == [
        ("oversize", 9000, True),
        ("oversize", 4096, False),
    ]


def test_the_oldest_give_way_and_are_counted(tmp_path: Path) -> None:
    """There are never more than `keep`, in memory, on disk, and after a start with less."""
    letters = kept(tmp_path, dead=options(keep=3))
    for number in range(1, 6):
        letters.keep(rejection(number))
    letters.flush()
    letters.keep(rejection(6), is_urgent=True)
    found = on_disk(tmp_path)
    letters.close()
    later = kept(tmp_path, dead=options(keep=1))

    assert found == [4, 5, 6]
    assert letters.counts == {"dead_letters_given_way": 3}
    assert (ids(later.listed()), later.counts) == ([6], {"dead_letters_given_way": 2})


def test_they_take_no_more_than_they_may(tmp_path: Path) -> None:
    """Two million bytes hold so many letters of half a million; without a file, too."""
    for folder in (tmp_path, None):
        letters = DeadLetters(options(max_mb=2), folder, payload_bytes=1_000_000, clock=Clock())
        for number in range(1, 7):
            letters.keep(rejection(number, b"x" * 500_000))

        assert ids(letters.listed()) == [4, 5, 6]
        assert letters.counts["dead_letters_given_way"] == 3


def test_keeping_none(tmp_path: Path) -> None:
    """`keep: 0` keeps nothing, neither here nor there, and deletes what was kept before."""
    before = kept(tmp_path)
    before.keep(rejection(1, b"secret"))
    before.close()
    letters = kept(tmp_path, dead=options(keep=0))

    assert not letters.keep(rejection(2), is_urgent=True)
    assert letters.listed() == []
    assert b"secret" not in (tmp_path / FILE).read_bytes()


def test_without_a_folder_they_live_in_memory() -> None:
    """They can be seen and removed, and nothing is ever said to be safe."""
    letters = kept(None)

    assert not letters.keep(rejection(1), is_urgent=True)
    assert not letters.keep(rejection(2))
    letters.remove(["00000001abcdef"])
    letters.tick()
    letters.close()
    assert ids(letters.listed()) == [2]
    assert letters.counts["dead_letters_not_kept"] == 0


def test_what_is_removed_is_gone(tmp_path: Path) -> None:
    """Removed letters are neither shown nor found, and the file does not have them; one that comes again stays."""
    letters = kept(tmp_path)
    letters.keep(rejection(1), is_urgent=True)
    letters.keep(rejection(2), is_urgent=True)
    letters.keep(rejection(3))
    letters.forget("00000001abcdef")
    shown = ids(letters.listed())
    letters.remove(["00000003abcdef"])
    letters.forget("00000002abcdef")
    letters.keep(rejection(2, detail="again"))
    letters.close()

    assert shown == [2, 3]
    assert letters.find("00000001abcdef") is None
    assert on_disk(tmp_path) == [2]


def test_a_letter_that_is_forgotten_leaves_the_file_within_a_minute(tmp_path: Path) -> None:
    """A removal is a write like any other."""
    clock = Clock()
    letters = kept(tmp_path, clock)
    letters.keep(rejection(1), is_urgent=True)
    letters.forget("00000001abcdef")
    letters.tick()
    found = on_disk(tmp_path)
    clock.now_s += 60
    letters.tick()

    assert (found, on_disk(tmp_path)) == ([1], [])


def test_a_locked_file_is_told_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trouble is counted each time and logged once; the letters wait, and are written when it has passed."""
    monkeypatch.setattr("edge.state.database.BUSY_S", 0.0)
    clock = Clock()
    letters = kept(tmp_path, clock)
    letters.keep(rejection(1), is_urgent=True)
    holder = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    for number in (2, 3):
        assert not letters.keep(rejection(number), is_urgent=True)
    holder.execute("ROLLBACK")
    holder.close()
    clock.now_s += 60
    letters.tick()

    assert on_disk(tmp_path) == [1, 2, 3]
    assert letters.counts["dead_letters_not_kept"] == 2
    assert [record.message for record in caplog.records] == [
        f"dead_letters_not_kept why={tmp_path / FILE}: database is locked"
    ]


def test_memory_stays_bounded_while_the_disk_refuses(tmp_path: Path) -> None:
    """Where nothing can be written, as many wait as may be kept, and nothing is raised."""
    (tmp_path / FILE).mkdir()
    letters = kept(tmp_path, dead=options(keep=2))
    for number in range(1, 6):
        assert not letters.keep(rejection(number), is_urgent=True)
    letters.close()
    (tmp_path / FILE).rmdir()

    assert ids(letters.listed()) == [4, 5]
    assert on_disk(tmp_path) == [4, 5]
    assert letters.counts["dead_letters_given_way"] == 3


def test_a_full_disk_keeps_them_waiting(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A letter that does not fit is not safe, and is written when there is room again."""
    with disks.small(tmp_path / "disk", 256) as folder:
        letters = kept(folder)
        letters.keep(rejection(1), is_urgent=True)
        (folder / "ballast").write_bytes(b"x" * 200_000)
        is_safe = [letters.keep(rejection(number, b"x" * 9000), is_urgent=True) for number in range(2, 8)]
        (folder / "ballast").unlink()

        assert not is_safe[-1]
        assert letters.counts["dead_letters_not_kept"] == is_safe.count(False)
        assert [record.message for record in caplog.records] == [
            f"dead_letters_not_kept why={folder / FILE}: database or disk is full"
        ]
        assert letters.flush()
        assert on_disk(folder) == [1, 2, 3, 4, 5, 6, 7]
        letters.close()


def test_a_read_only_disk_keeps_them_waiting(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A card that has turned read-only is told; what was on it can still be read."""
    with disks.small(tmp_path / "disk", 256) as folder:
        letters = kept(folder)
        letters.keep(rejection(1), is_urgent=True)
        letters.close()
        disks.set_read_only(folder, is_so=True)
        is_safe = letters.keep(rejection(2), is_urgent=True)
        found = ids(letters.listed())
        letters.close()
        disks.set_read_only(folder, is_so=False)

        assert (is_safe, found) == (False, [1, 2])
        assert {record.message for record in caplog.records} == {
            f"dead_letters_not_kept why={folder / FILE}: attempt to write a readonly database"
        }
        assert letters.flush()
        assert on_disk(folder) == [1, 2]
        letters.close()


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """Whatever the system's reason to refuse a write, the letters wait."""
    letters = kept(tmp_path)
    letters.keep(rejection(1), is_urgent=True)
    with disks.no_longer_files(20_000):
        is_safe = letters.keep(rejection(2, b"x" * 9000), is_urgent=True)

    assert not is_safe
    assert letters.flush()
    assert on_disk(tmp_path) == [1, 2]


def test_a_file_damaged_in_the_middle_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Damage that shows when the file is written does not stand in the way of the letters that come."""
    letters = kept(tmp_path)
    for number in range(1, 20):
        letters.keep(rejection(number, b"x" * 3000))
    letters.close()
    data = bytearray((tmp_path / FILE).read_bytes())
    data[4096 * 2 :] = b"\xaa" * (len(data) - 4096 * 2)
    (tmp_path / FILE).write_bytes(data)

    assert letters.keep(rejection(20), is_urgent=True)
    assert on_disk(tmp_path) == [20]
    assert caplog.records[-1].message == (
        f"dead_letters_not_kept why={tmp_path / FILE}: database disk image is malformed "
        f"aside={tmp_path / FILE}.damaged-1"
    )


def test_a_file_that_was_deleted_is_made_anew(tmp_path: Path) -> None:
    """Somebody deletes the file under the daemon: the next letters go to a new one."""
    letters = kept(tmp_path)
    letters.keep(rejection(1), is_urgent=True)
    (tmp_path / FILE).unlink()

    assert not letters.keep(rejection(2), is_urgent=True)
    assert letters.keep(rejection(3), is_urgent=True)
    assert on_disk(tmp_path) == [2, 3]


def test_what_was_called_safe_survives_kill_9(tmp_path: Path) -> None:
    """Each letter that was said to be on disk is there after the process was killed in the middle of writing."""
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as keeper:
            assert keeper.stdout is not None
            safe = [int(keeper.stdout.readline()) for _ in range(10)]
            keeper.send_signal(signal.SIGKILL)
            safe += [int(line) for line in keeper.stdout if line.endswith("\n")]

        assert set(safe) <= set(on_disk(tmp_path))
