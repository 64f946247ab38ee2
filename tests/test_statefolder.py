"""The state directory: one daemon at a time, and never a file that locks it out."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.dead.deadletters import DeadLetters
from edge.shapes.shapestore import Row, ShapeStore
from edge.state import statefolder
from edge.state.statefolder import LOCK, Held
from tests.letters import options, rejection

ROOT = Path(__file__).parent.parent
NOBODY = 65534
HOLDER = """
import sys, time
from pathlib import Path
from edge.state import statefolder
held = statefolder.hold_or_none(Path(sys.argv[1]))
print("holding", flush=True)
time.sleep(600)
"""


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """The folder and its parents are made where they are missing."""
    path = tmp_path / "state" / "edge"

    held = statefolder.hold_or_none(path)

    assert held is not None
    assert held.path == path
    assert path.stat().st_mode & 0o777 == 0o700
    assert (path / LOCK).stat().st_mode & 0o777 == 0o600
    statefolder.check_was_held(path)
    held.close()


def test_a_second_daemon_is_told_whose_the_folder_is(tmp_path: Path) -> None:
    """The message names the folder, the process that holds it, and what to do."""
    held = statefolder.hold_or_none(tmp_path)
    assert held is not None

    with pytest.raises(Held) as error:
        statefolder.hold_or_none(tmp_path)
    held.close()
    again = statefolder.hold_or_none(tmp_path)

    assert str(error.value) == (
        f"{tmp_path}: another daemon uses this state directory (process {os.getpid()}); stop it, or give each its "
        "own with STATE_DIRECTORY or XDG_STATE_HOME"
    )
    assert again is not None
    again.close()


def test_the_hold_ends_with_its_process(tmp_path: Path) -> None:
    """After kill -9 the folder is free, though the file stays."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(Held) as error:
            statefolder.hold_or_none(tmp_path)
        holder.send_signal(signal.SIGKILL)

    assert f"(process {holder.pid})" in str(error.value)
    held = statefolder.hold_or_none(tmp_path)
    assert held is not None
    held.close()


def test_a_folder_that_cannot_be_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where no folder or file can be made, the daemon serves without, and the log says why."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / LOCK).mkdir(parents=True)

    assert statefolder.hold_or_none(tmp_path / "file" / "edge") is None
    assert statefolder.hold_or_none(tmp_path / "folder") is None
    assert [record.message for record in caplog.records] == [
        f"state_not_kept why={tmp_path / 'file' / 'edge' / LOCK}: Not a directory",
        f"state_not_kept why={tmp_path / 'folder' / LOCK}: Is a directory",
    ]


def test_nobody_becomes_the_owner_of_his_own_folder(tmp_path: Path) -> None:
    """In a folder of one's own, and for one that is not there, nothing happens."""
    before = (os.geteuid(), os.getegid())
    statefolder.become_owner(tmp_path)
    statefolder.become_owner(tmp_path / "none")

    assert (os.geteuid(), os.getegid()) == before


def test_a_verb_looks_into_the_folder_of_the_service(tmp_path: Path) -> None:
    """Where one is installed, and the environment names no other; else into this user's."""
    missing = tmp_path / "missing"

    assert statefolder.of_the_daemon({}, of_the_service=tmp_path) == tmp_path
    assert statefolder.of_the_daemon({"STATE_DIRECTORY": "/x"}, of_the_service=tmp_path) == Path("/x")
    assert (
        statefolder.of_the_daemon({"HOME": "/"}, of_the_service=missing)
        == Path("~/.local/state/edge").expanduser()
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_a_user_who_may_not_look_is_told_what_helps(tmp_path: Path) -> None:
    """Instead of an empty list, or a traceback."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    program = (
        "import os, sys; from pathlib import Path; from edge.state import statefolder\n"
        f"os.setuid({NOBODY})\n"
        "try: statefolder.become_owner(Path(sys.argv[1]))\n"
        "except Exception as error: print(error)"
    )
    for each in (tmp_path, *tmp_path.parents[:-2]):
        each.chmod(0o755)

    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], check=False, capture_output=True, text=True, cwd=ROOT
    )

    assert done.stdout == f"{folder}: this user may not read it; use sudo, or name another folder with --state\n"


@pytest.fixture
def folder_of_nobody() -> Iterator[Path]:
    """Give a state directory of the user nobody, with shapes and dead letters in it."""
    if os.geteuid() != 0:
        pytest.skip("only root can look into the folder of another user")
    path = Path(tempfile.mkdtemp())
    store = ShapeStore(path)
    store.write([Row(route="tank", key="a", variant="[]", fingerprint="one", state="{}")])
    store.close()
    letters = DeadLetters(options(), path, payload_bytes=1000)
    letters.keep(rejection(1))
    letters.keep(rejection(2))
    letters.close()
    (path / LOCK).touch()
    for each in (path, *path.iterdir()):
        os.chown(each, NOBODY, NOBODY)
        each.chmod(0o700 if each == path else 0o600)
    for journal in path.glob("*-journal"):
        journal.unlink()  # so that whoever writes has to make it
    yield path
    shutil.rmtree(path)


def run(verb: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a verb on a state directory."""
    command = [sys.executable, "-m", "edge", *verb.split(), "--state", str(folder)]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("verb", "file"),
    [
        ("shapes list", "shapes.sqlite3"),
        ("shapes show tank 01234567", "shapes.sqlite3"),
        ("shapes drop --all", "shapes.sqlite3"),
        ("dead list", "dead.sqlite3"),
        ("dead show 00000001", "dead.sqlite3"),
        ("dead purge --all", "dead.sqlite3"),
        ("spool status", "spool.sqlite3"),
    ],
)
def test_root_sees_what_the_owner_sees(folder_of_nobody: Path, verb: str, file: str) -> None:
    """A verb that root runs becomes the owner of the folder: a file that he may not open stays closed."""
    path = folder_of_nobody / file
    path.touch()
    path.chmod(0o600)
    os.chown(path, 0, 0)

    done = run(verb, folder_of_nobody)

    assert (done.returncode, done.stderr) == (1, f"edge: {path}: unable to open database file\n")


@pytest.mark.parametrize(
    ("verb", "code"),
    [
        ("shapes list", 0),
        ("shapes show tank 01234567", 1),
        ("shapes drop --all", 0),
        ("dead list", 0),
        ("dead list --json", 0),
        ("dead show 00000001abcdef", 0),
        ("dead show 00000001abcdef --payload", 0),
        ("dead show 99999999", 1),
        ("dead purge --all", 0),
        ("dead replay --all", 69),
        ("spool status", 0),
    ],
)
def test_root_leaves_no_file_of_its_own_behind(folder_of_nobody: Path, verb: str, code: int) -> None:
    """A verb that root runs becomes the owner of the folder: all that is there afterwards is the daemon's."""
    done = run(verb, folder_of_nobody)

    assert "Traceback" not in done.stderr
    assert done.returncode == code
    assert {each.name: each.stat().st_uid for each in folder_of_nobody.iterdir()} == {
        each.name: NOBODY for each in folder_of_nobody.iterdir()
    }
