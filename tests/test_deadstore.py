"""The file of the dead letters: what comes back, and what gives way."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from edge.dead.deadletter import LETTER_BYTES
from edge.dead.deadstore import FILE, DeadStore
from edge.errors import Reason
from edge.state.database import Damaged
from tests.letters import ids, letter


def test_letters_come_back(tmp_path: Path) -> None:
    """A letter is found as it was written, after the file was closed, too."""
    written = [letter(1, b"\xff" * 5000), letter(2, route=None, reason=Reason.NO_ROUTE, detail="°C")]
    store = DeadStore(tmp_path)
    store.write(written)
    store.close()

    again = DeadStore(tmp_path)

    assert [again.find(each.id) for each in written] == written
    assert again.find("none") is None


def test_a_letter_remembers_its_part(tmp_path: Path) -> None:
    """It is read again as the part that it was."""
    written = replace(letter(1), part=3)
    store = DeadStore(tmp_path)
    store.write([written])

    assert store.find(written.id) == written
    assert [each.part for each in store.listed()] == [3]
    assert written.message().part == 3


def test_letters_of_an_earlier_version_stay(tmp_path: Path) -> None:
    """A file without parts is brought up to date."""
    store = DeadStore(tmp_path)
    store.write([letter(1)])
    store.close()
    other = sqlite3.connect(tmp_path / FILE)
    other.execute("ALTER TABLE letters DROP COLUMN part")
    other.execute("PRAGMA user_version = 1")
    other.close()

    assert DeadStore(tmp_path).find(letter(1).id) == letter(1)


def test_a_list_holds_no_more_than_the_beginning_of_a_payload(tmp_path: Path) -> None:
    """A list of large messages is small."""
    store = DeadStore(tmp_path)
    store.write([letter(1, b"x" * 5000)])

    (found,) = store.listed()

    assert (found.payload, found.length, found.is_whole) == (b"x" * 200, 5000, True)


def test_lists_of_a_route_and_of_a_reason(tmp_path: Path) -> None:
    """The oldest comes first."""
    store = DeadStore(tmp_path)
    store.write([letter(2), letter(1), letter(3, route=None, reason=Reason.NO_ROUTE), letter(4, route="pump")])

    assert ids(store.listed()) == [2, 1, 3, 4]
    assert ids(store.listed(route="tank")) == [2, 1]
    assert ids(store.listed(route="_unrouted")) == [3]
    assert ids(store.listed(reason="missing")) == [2, 1, 4]
    assert ids(store.listed(route="pump", reason="missing")) == [4]


def test_a_letter_that_comes_again_replaces_itself(tmp_path: Path) -> None:
    """There is one letter a message, and it counts as the newest."""
    store = DeadStore(tmp_path)
    store.write([letter(1), letter(2)])
    store.write([letter(1, detail="another")])

    assert [(each.id[:8], each.detail) for each in store.listed()] == [
        ("00000002", "why"),
        ("00000001", "another"),
    ]


def test_the_oldest_give_way(tmp_path: Path) -> None:
    """There are never more letters than may be, in number and in bytes."""
    store = DeadStore(tmp_path)

    by_number = store.write([letter(number) for number in range(1, 6)], most=3)
    kept = ids(store.listed())
    by_size = store.write([letter(6, b"x" * 500)], most=9, most_bytes=500 + 2 * (LETTER_BYTES + 30))

    assert (by_number, kept) == (2, [3, 4, 5])
    assert (by_size, ids(store.listed())) == (2, [5, 6])


def test_letters_are_deleted(tmp_path: Path) -> None:
    """What is purged is gone, from the bytes of the file as well; what is not there is no fault."""
    store = DeadStore(tmp_path)
    store.write([letter(1, b"secret"), letter(2, b"public")])
    store.remove([letter(1).id, "none"])
    store.close()

    assert ids(DeadStore(tmp_path).listed()) == [2]
    assert b"public" in (tmp_path / FILE).read_bytes()
    assert b"secret" not in (tmp_path / FILE).read_bytes()


def test_a_row_of_another_hand(tmp_path: Path) -> None:
    """A time that is none is told, not guessed."""
    store = DeadStore(tmp_path)
    store.write([letter(1)])
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("UPDATE letters SET received_at = 'noon'")
    other.close()

    with pytest.raises(Damaged) as error:
        store.listed()

    assert str(error.value) == "dead.sqlite3: letter 00000001abcdef: expected a time, got noon"
