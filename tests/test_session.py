"""What the broker may still deliver from an earlier configuration is known, and forgotten once it is ended."""

import json
from pathlib import Path

import pytest

from edge.mqtt.session import FILE, Session


def session(folder: Path | None, *subscriptions: str, client_id: str = "edge-pi") -> Session:
    """Return the session of a configuration."""
    return Session(folder, client_id=client_id, subscriptions=subscriptions)


def kept(folder: Path) -> list[str]:
    """Return the subscriptions in the file."""
    return list(json.loads((folder / FILE).read_text())["subscriptions"])


def test_a_filter_that_was_taken_out_is_stale(tmp_path: Path) -> None:
    """It stays known until the broker has answered its end."""
    assert session(tmp_path, "a/+", "b").stale == ()
    changed = session(tmp_path, "b", "c")
    assert (changed.stale, kept(tmp_path)) == (("a/+",), ["a/+", "b", "c"])
    assert session(tmp_path, "b", "c").stale == ("a/+",)
    changed.unsubscribed()

    assert kept(tmp_path) == ["b", "c"]
    assert session(tmp_path, "b", "c").stale == ()


def test_all_stale_filters_must_be_answered(tmp_path: Path) -> None:
    """With one answer of two, both are ended again at the next start."""
    session(tmp_path, "a", "b")
    changed = session(tmp_path, "c")
    changed.unsubscribed()
    assert session(tmp_path, "c").stale == ("a", "b")
    changed.unsubscribed()

    assert session(tmp_path, "c").stale == ()


def test_a_reload_makes_stale_what_it_takes_out(tmp_path: Path) -> None:
    """Also what was stale before stays so, until the broker has ended all of it."""
    session(tmp_path, "a")
    changing = session(tmp_path, "b", "c")
    changing.change(["c", "d"])
    assert (changing.stale, kept(tmp_path)) == (("a", "b"), ["a", "b", "c", "d"])
    changing.unsubscribed()
    changing.unsubscribed()

    assert (changing.stale, kept(tmp_path)) == ((), ["c", "d"])


def test_a_filter_that_comes_back_is_not_stale(tmp_path: Path) -> None:
    """Two reloads, there and back, leave it subscribed."""
    changing = session(tmp_path, "a", "b")
    changing.change(["a"])
    changing.change(["a", "b"])

    assert (changing.stale, kept(tmp_path)) == ((), ["a", "b"])


def test_an_unchanged_configuration_writes_nothing(tmp_path: Path) -> None:
    """A start costs the card no write."""
    session(tmp_path, "a")
    before = (tmp_path / FILE).stat().st_mtime_ns
    session(tmp_path, "a")

    assert (tmp_path / FILE).stat().st_mtime_ns == before


def test_the_session_of_another_client_id_is_another_one(tmp_path: Path) -> None:
    """Its subscriptions are not ours to end."""
    session(tmp_path, "a", client_id="edge-old")

    assert session(tmp_path, "b").stale == ()


def test_without_a_folder_nothing_is_remembered() -> None:
    """The daemon serves all the same."""
    fresh = session(None, "a")
    fresh.unsubscribed()

    assert fresh.stale == ()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"client_id": "edge-pi"}', '{"client_id": 1}'])
def test_a_damaged_file_is_told_and_written_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    """A power cut in the middle of a write must not keep the daemon from starting."""
    (tmp_path / FILE).write_text(content)

    assert session(tmp_path, "a").stale == ()
    assert kept(tmp_path) == ["a"]
    assert ("session_not_known why=" in caplog.text) == (content != '{"client_id": 1}')


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The daemon serves all the same."""
    assert session(tmp_path / "missing", "a").stale == ()
    assert "session_not_kept why=" in caplog.text
