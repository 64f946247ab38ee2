"""What the doctor says of the service, of the daemon, and of the folder in which it keeps things."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from edge.control.control import Asked
from edge.control.controlserver import ControlServer
from edge.doctor import programs, storage, unit
from edge.doctor.doctor import shown
from edge.doctor.finding import Finding
from edge.doctor.storage import Storage
from edge.errors import EdgeError

JOURNAL = "`sudo journalctl -u edge -n 50` says why"
WELL = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running", "UnitFileState": "enabled"}
FAILED = {**WELL, "ActiveState": "failed", "SubState": "failed"}
FOLDER = Path("/var/lib/edge")
KEPT = Storage(folder=FOLDER, is_there=True, owner="edge", file_system="ext4", free_mb=9000)


def text(*findings: Finding) -> str:
    """Return what findings look like."""
    return "\n".join(shown(each).plain for each in findings)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (None, "skip  service        no systemd runs here"),
        ({**WELL, "NRestarts": "0"}, "ok    service        active, enabled, no restarts"),
        (
            {**WELL, "NRestarts": "1"},
            f"warn  service        active, enabled, restarted once since it was started\n      -> {JOURNAL}",
        ),
        (
            {**WELL, "NRestarts": "12"},
            f"warn  service        active, enabled, restarted 12 times since it was started\n      -> {JOURNAL}",
        ),
        (
            {**WELL, "ActiveState": "inactive", "UnitFileState": "disabled"},
            "warn  service        inactive, disabled\n      -> `sudo systemctl enable --now edge`",
        ),
        (
            {"LoadState": "not-found", "ActiveState": "inactive"},
            (
                "warn  service        no edge.service is installed\n"
                "      -> the Debian package or packaging/install.sh brings it"
            ),
        ),
        (
            {**FAILED, "Result": "exit-code", "ExecMainStatus": "78"},
            (
                "FAIL  service        failed: its configuration cannot be used\n"
                "      -> `edge check` says what is wrong with it; then `sudo systemctl restart edge`"
            ),
        ),
        (
            {**WELL, "SubState": "auto-restart", "Result": "watchdog", "ExecMainStatus": "6"},
            f"FAIL  service        failed: watchdog, exit code 6\n      -> {JOURNAL}",
        ),
    ],
)
def test_how_the_service_does(known: Mapping[str, str] | None, said: str) -> None:
    """What failed is told with the way it ended; what merely is not started, with the command that does it."""
    assert text(unit.judge(known)) == said


def test_systemd_is_asked_where_it_runs(tmp_path: Path) -> None:
    """What it says is taken apart by names; in a container without it, nobody is asked."""
    asked: list[str] = []

    def systemctl(command: object) -> str:
        asked.append(str(command))
        return "LoadState=loaded\nActiveState=active\nResult=success\n"

    known = unit.look(systemctl, tmp_path)

    assert known == {"LoadState": "loaded", "ActiveState": "active", "Result": "success"}
    assert unit.look(systemctl, tmp_path / "none") is None
    assert unit.look(lambda _: None, tmp_path) is None
    assert len(asked) == 1


def test_a_daemon_that_answers(tmp_path: Path) -> None:
    """It is asked over its own socket."""
    server = ControlServer(tmp_path, lambda asked: asked.answer({}))

    assert text(unit.ask_daemon(tmp_path, WELL)) == "ok    daemon         runs, and answers"
    server.close()


def test_a_daemon_that_cannot_answer(tmp_path: Path) -> None:
    """Its own words are shown."""

    def refuse(asked: Asked) -> None:
        asked.refuse(EdgeError("it is being stopped"))

    server = ControlServer(tmp_path, refuse)

    assert text(unit.ask_daemon(tmp_path, WELL)) == (
        f"FAIL  daemon         it is being stopped\n      -> `sudo systemctl restart edge`; {JOURNAL}"
    )
    server.close()


def test_where_no_daemon_is(tmp_path: Path) -> None:
    """That is odd only where systemd says that the service is active."""
    assert text(unit.ask_daemon(tmp_path, None)) == f"skip  daemon         none runs on {tmp_path}"
    assert text(unit.ask_daemon(tmp_path, WELL)) == (
        f"warn  daemon         the service is active, but nothing answers in {tmp_path}\n"
        f"      -> {JOURNAL}; is its state directory another one (--state)?"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "ok    state          /var/lib/edge, of edge"),
        (
            {"is_there": False},
            "ok    state          /var/lib/edge: not there yet; the first start of the service makes it",
        ),
        (
            {"owner": "root"},
            (
                "warn  state          /var/lib/edge belongs to root, the service runs as edge\n"
                "      -> `sudo chown -R edge:edge /var/lib/edge`"
            ),
        ),
        (
            {"strangers": None},
            (
                "skip  state          /var/lib/edge belongs to edge; this user cannot look into it\n"
                "      -> `sudo edge doctor`"
            ),
        ),
        (
            {"strangers": ("dead.db", "spool.db")},
            (
                "FAIL  state          /var/lib/edge belongs to edge, but not dead.db, spool.db in it\n"
                "      -> `sudo chown -R edge:edge /var/lib/edge`"
            ),
        ),
    ],
)
def test_whose_the_folder_is(changes: dict[str, object], said: str) -> None:
    """A file of another user in it keeps the daemon from writing."""
    hands, _ = storage.judge(changed(changes), is_of_service=True, needed_mb=0)

    assert text(hands) == said


@pytest.mark.parametrize(
    ("changes", "needed_mb", "said"),
    [
        ({}, None, "ok    disk           ext4, 9000 MB free"),
        (
            {"used_mb": 6},
            16,
            "ok    disk           ext4, 9000 MB free, 10 MB of it for edge (dead.max_mb, spool.max_mb)",
        ),
        (
            {"free_mb": 300},
            256,
            (
                "warn  disk           ext4, 300 MB free, 256 MB of it for edge (dead.max_mb, spool.max_mb)\n"
                "      -> make room, or lower them in the configuration"
            ),
        ),
        (
            {"free_mb": 49},
            0,
            (
                "FAIL  disk           ext4, 49 MB free\n"
                "      -> `sudo apt-get clean; sudo journalctl --vacuum-size=100M` gives some back"
            ),
        ),
        (
            {"is_read_only": True},
            0,
            (
                "FAIL  disk           ext4, 9000 MB free, read-only\n"
                "      -> `dmesg | grep -iE 'ext4|mmc'` says whether the card failed"
            ),
        ),
        (
            {"file_system": "overlay"},
            0,
            (
                "warn  disk           overlay, 9000 MB free; "
                "shapes, dead letters and spool may not outlive a reboot there\n"
                "      -> give /var/lib/edge a disk of its own, where the system is read-only"
            ),
        ),
    ],
)
def test_whether_what_is_written_stays(changes: dict[str, object], needed_mb: int | None, said: str) -> None:
    """A full or a failing card is a failure; a folder in memory, as of a read-only system, is a warning."""
    _, disk = storage.judge(changed(changes), is_of_service=True, needed_mb=needed_mb)

    assert text(disk) == said


def changed(changes: dict[str, object]) -> Storage:
    """Return a folder in which all is well but what changes."""
    known = {name: getattr(KEPT, name) for name in Storage.__dataclass_fields__}
    return Storage(**{**known, **changes})


def test_a_folder_is_looked_at_as_it_is(tmp_path: Path) -> None:
    """Owner, strangers, size, and the file system of the mount that is nearest."""
    proc = tmp_path / "proc"
    proc.mkdir()
    (proc / "mounts").write_text(f"/dev/a / ext4 rw 0 0\n/dev/b {tmp_path} f2fs ro,relatime 0 0\n")
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "dead.db").write_bytes(bytes(3_000_000))

    before, found = storage.look(tmp_path / "none" / "yet", proc), storage.look(folder, proc)

    assert (before.is_there, found.is_there) == (False, True)
    assert (found.strangers, found.used_mb) == ((), 3)
    assert (found.file_system, found.is_read_only) == ("f2fs", True)
    assert found.owner == folder.owner()
    assert found.free_mb > 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_a_stranger(tmp_path: Path) -> None:
    """It is what a verb leaves behind that root ran as itself; a user without a name has a number."""
    (tmp_path / "dead.db").touch()
    os.chown(tmp_path, 54321, 54321)

    found = storage.look(tmp_path)

    assert (found.owner, found.strangers) == ("user 54321", ("dead.db",))


def test_programs_that_do_not_answer_say_nothing() -> None:
    """Neither one that fails, nor one that is missing, nor one that writes no text ends the doctor's round."""
    python = sys.executable

    assert programs.ask([python, "-c", "print('a')"]) == "a\n"
    assert programs.ask([python, "-c", "raise SystemExit(1)"]) is None
    assert programs.ask([python, "-c", "import sys; sys.stdout.buffer.write(b'\\xff')"]) is None
    assert programs.ask(["no-such-program"]) is None
