"""Hashing and atomic replacement, on real files."""

from pathlib import Path

import pytest

from edge_convert import files


def test_hash_is_that_of_the_standard(tmp_path: Path) -> None:
    """FIPS 180-2's example: the three letters abc."""
    path = tmp_path / "abc"
    path.write_bytes(b"abc")

    assert files.sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_staged_files_take_their_names_and_the_rest_goes(tmp_path: Path) -> None:
    """What is published replaces what was there; what is not is removed with the folder."""
    target = tmp_path / "target"
    target.write_text("older")

    with files.staging(target) as stage:
        (stage / "new").write_text("newer")
        (stage / "scratch").write_text("large")
        files.publish([(stage / "new", target)])

    assert target.read_text() == "newer"
    assert list(tmp_path.iterdir()) == [target]


def test_failure_leaves_what_was_there(tmp_path: Path) -> None:
    """Nothing takes a name if one of the files to be published is missing."""
    target, other = tmp_path / "target", tmp_path / "other"
    target.write_text("older")

    with files.staging(target) as stage:
        (stage / "new").write_text("newer")
        with pytest.raises(FileNotFoundError):
            files.publish([(stage / "new", target), (stage / "never written", other)])

    assert target.read_text() == "older"
    assert list(tmp_path.iterdir()) == [target]


def test_staging_needs_a_folder(tmp_path: Path) -> None:
    """The target's folder is not made up."""
    with pytest.raises(FileNotFoundError), files.staging(tmp_path / "nowhere" / "target"):
        pass
