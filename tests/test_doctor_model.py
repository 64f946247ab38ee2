"""What the doctor says of the model: its file, what is recorded of it, and what comes of loading it."""

import hashlib
import json
from pathlib import Path

import pytest

from edge.doctor import trial, weights
from edge.doctor.doctor import shown
from edge.doctor.trial import Trial
from edge.doctor.weights import Weights

CONTRACTS = "expected the prompt contract edge-1 or maaza-1"
AGAIN = (
    "      -> install it again: "
    "`sudo apt-get install --reinstall ./edge-readings_*.deb`, or `make model` in a clone"
)
DATA = b"GGUF and more"
SHA256 = hashlib.sha256(DATA).hexdigest()
FILE = Path("/usr/share/edge/model.gguf")
LOADS = Trial(system_info="CPU : AVX2 = 1 | ", contract="edge-1")


@pytest.mark.parametrize(
    ("is_gguf", "is_intact", "tried", "said"),
    [
        (True, True, LOADS, f"ok    model          {FILE}, 77.6 MB, intact, loads, contract edge-1"),
        (
            *(True, None, LOADS),
            (
                f"ok    model          {FILE}, 77.6 MB, sha256 abc (with nothing to compare it to), "
                "loads, contract edge-1"
            ),
        ),
        (True, None, None, f"ok    model          {FILE}, 77.6 MB; not loaded (--quick)"),
        (
            *(True, False, LOADS),
            f"FAIL  model          {FILE}, 77.6 MB: damaged, it is not what its record says (sha256 abc)\n{AGAIN}",
        ),
        (
            *(False, None, None),
            f"FAIL  model          {FILE}, 77.6 MB: expected a GGUF, got something else\n{AGAIN}",
        ),
        (
            *(True, True, Trial(contract="edge-2")),
            f"FAIL  model          {FILE}, 77.6 MB: {CONTRACTS}, got edge-2\n{AGAIN}",
        ),
        (
            *(True, True, Trial()),
            f"FAIL  model          {FILE}, 77.6 MB: {CONTRACTS}, got none\n{AGAIN}",
        ),
        (
            *(True, True, Trial(trouble="llama.cpp died of SIGILL")),
            f"FAIL  model          llama.cpp died of SIGILL\n{AGAIN}",
        ),
    ],
)
def test_whether_the_model_can_be_used(
    is_gguf: bool, is_intact: bool | None, tried: Trial | None, said: str
) -> None:
    """A damaged file may load, and read nonsense: what is recorded of it comes first."""
    known = Weights(path=FILE, size_bytes=77_571_136, is_gguf=is_gguf, is_intact=is_intact, sha256="abc")

    assert shown(weights.judge(known, tried)).plain == said


def test_a_model_is_compared_with_the_record_beside_it(tmp_path: Path) -> None:
    """That of edge-convert; one that cannot be read is none."""
    model, record, nothing = tmp_path / "m.gguf", tmp_path / "m.gguf.json", tmp_path / "none"
    model.write_bytes(DATA)
    found = []
    for text in ("{", json.dumps({"output": {"sha256": SHA256}}), json.dumps({"output": {"sha256": "0"}})):
        record.write_text(text)
        found.append(weights.look(model, is_quick=False, dpkg=nothing).is_intact)

    assert found == [None, True, False]
    assert weights.look(model, is_quick=False, dpkg=nothing).sha256 == SHA256
    assert weights.look(model, is_quick=True) == Weights(path=model, size_bytes=len(DATA), is_gguf=True)


def test_a_model_of_the_debian_package_is_compared_with_its_list(tmp_path: Path) -> None:
    """A file that is not in the list has no record."""
    model, dpkg = tmp_path / "m.gguf", tmp_path / "md5sums"
    model.write_bytes(DATA)
    digest = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    found = []
    for line in (f"{digest}  {str(model)[1:]}", f"{'0' * 32}  {str(model)[1:]}", f"{digest}  usr/bin/edge"):
        dpkg.write_text(f"{line}\n")
        found.append(weights.look(model, is_quick=False, dpkg=dpkg).is_intact)

    assert found == [True, False, None]


def test_a_model_that_is_not_there_or_not_for_this_user() -> None:
    """The first is a failure; the second says nothing of the daemon, which is another user."""
    assert shown(weights.missing(FILE, FileNotFoundError(2, "No such file or directory"))).plain == (
        f"FAIL  model          {FILE}: No such file or directory (model.path)\n{AGAIN}"
    )
    assert shown(weights.missing(FILE, PermissionError())).plain == (
        f"skip  model          {FILE}: this user cannot read it\n      -> `sudo edge doctor`"
    )


@pytest.mark.model
def test_a_model_is_tried_in_a_process_of_its_own(model_path: Path) -> None:
    """It says what the library was compiled for, and the contract."""
    tried = trial.run(model_path)

    assert (tried.contract, tried.trouble) == ("edge-1", None)
    assert tried.system_info is not None
    assert tried.system_info.startswith("CPU : ")


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    """The library is there, the words are those of `edge run`."""
    model = tmp_path / "m.gguf"
    model.write_bytes(DATA)

    tried = trial.run(model)

    assert tried.trouble is not None
    assert tried.trouble.startswith(f"{model}: ")
    assert tried.system_info is not None
    assert tried.contract is None


def test_a_library_that_dies(tmp_path: Path) -> None:
    """As one does that asks for what the processor cannot do; the doctor lives to tell."""
    stub = tmp_path / "python"
    stub.write_text("#!/bin/sh\nkill -ILL $$\n")
    stub.chmod(0o755)

    assert trial.run(FILE, python=stub) == Trial(trouble="llama.cpp died of SIGILL")
    stub.write_text("#!/bin/sh\necho first >&2; echo No module named edge >&2; exit 1\n")
    assert trial.run(FILE, python=stub) == Trial(trouble="No module named edge")
    stub.write_text("#!/bin/sh\nexec sleep 60\n")
    assert trial.run(FILE, python=stub, timeout_s=0.1) == Trial(trouble=f"{FILE}: not loaded within 0.1 s")
