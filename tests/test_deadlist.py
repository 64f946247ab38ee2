"""`edge dead` and `edge spool`: what people see, with a daemon that runs and without."""

import json
import os
import pty
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge.answer import Answer, Publication
from edge.control import controlserver
from edge.control.control import Asked
from edge.control.desk import Desk
from edge.dead.deadletters import DeadLetters
from edge.dead.deadstore import DeadStore
from edge.delivery import spool
from edge.delivery.spool import Spool
from edge.errors import EdgeError, NoDaemon, Reason
from edge.literal import JSON
from edge.message import Message
from edge.state import statefolder
from edge.verbs import deadlist, spoolstatus
from tests.letters import PAYLOAD_BYTES, letter, options, rejection
from tests.made import message

ROOT = Path(__file__).parent.parent
LETTERS = [
    letter(1, b"T=21 \x1b[2J\xe2\x80\xae"),
    letter(2, b"\xff\x00", route=None, reason=Reason.NOT_UTF8, detail="expected UTF-8"),
    letter(3, b"RH=48%\nT=?", route="pump", detail="t: the schema requires it"),
]
IDS = [each.id for each in LETTERS]


def read_again(source: Message, done: Callable[[Answer], None]) -> None:
    """Read a message as a mended configuration would: that of the tank becomes a reading."""
    number = int(source.id[:8])
    if number == 1:
        publication = Publication(topic="readings/\x1btank", payload=b"{}")
        done(Answer(message=source, publication=publication, route="tank"))
    else:
        done(replace(rejection(number, source.payload, detail="still\x1b"), message=source))


@contextmanager
def daemon(folder: Path, spool_status: Callable[[], JSON] = lambda: None) -> Iterator[None]:
    """Let a thread answer what is asked over the socket of a folder, as the daemon's main thread does."""
    requests: queue.Queue[Asked] = queue.Queue()
    leave = Asked(request={})

    def serve() -> None:
        dead = DeadLetters(options(), folder, payload_bytes=PAYLOAD_BYTES)
        desk = Desk(
            dead,
            spool_status,
            read_again,
            reload=lambda asked: asked.answer({}),
            health=dict,
            extract=lambda _route, _text, asked: asked.answer({}),
            discover=lambda _forgets: {},
        )
        while (asked := requests.get()) is not leave:
            desk.handle(asked)
        dead.close()

    main = threading.Thread(target=serve)
    main.start()
    server = controlserver.ControlServer(folder, requests.put)
    try:
        yield
    finally:
        server.close()
        requests.put(leave)
        main.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a state directory with three dead letters."""
    store = DeadStore(tmp_path)
    store.write(LETTERS)
    store.close()
    return tmp_path


@pytest.fixture(params=["daemon", "file"])
def either(request: pytest.FixtureRequest, folder: Path) -> Iterator[Path]:
    """Give such a folder, once with a daemon that runs on it and once without."""
    if request.param == "file":
        yield folder
        return
    with daemon(folder):
        yield folder


def listed(folder: Path, capsys: pytest.CaptureFixture[str], **filters: str) -> list[dict[str, JSON]]:
    """Return the list as JSON."""
    some: dict[str, str | None] = {"route": None, "reason": None, **filters}
    deadlist.list_(folder, route=some["route"], reason=some["reason"], as_json=True)
    found: list[dict[str, JSON]] = json.loads(capsys.readouterr().out)
    return found


def test_the_list_as_json(either: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each letter with all that fits into a list."""
    found = listed(either, capsys)

    assert [each["id"] for each in found] == IDS
    assert found[1] == {
        "id": "00000002abcdef",
        "ts": "2026-01-02T12:00:02.123Z",
        "route": None,
        "topic": "sensors/tank",
        "reason": "not_utf8",
        "detail": "expected UTF-8",
        "length": 2,
        "is_whole": True,
        "excerpt": "\ufffd\0",
    }
    assert [each["id"] for each in listed(either, capsys, route="_unrouted")] == IDS[1:2]
    assert [each["id"] for each in listed(either, capsys, reason="missing", route="pump")] == IDS[2:]
    assert listed(either, capsys, route="boiler") == []


def test_the_list_for_people(
    either: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table; control characters of a payload are escapes, and do nothing to the terminal."""
    monkeypatch.setenv("COLUMNS", "160")

    deadlist.list_(either, route=None, reason=None, as_json=False)

    shown = capsys.readouterr().out
    assert "T=21 \\x1b[2J\\u202e" in shown
    assert "RH=48%\\nT=?" in shown
    assert "00000002abcd" in shown
    assert "t: the schema requires it" in shown
    assert {char for char in shown if not char.isprintable()} == {"\n"}


def test_json_on_a_terminal(folder: Path) -> None:
    """JSON too is free of characters that do something to a terminal."""
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "edge", "dead", "show", IDS[0][:8], "--json", "--state", str(folder)],
        stdout=theirs,
        check=True,
        cwd=ROOT,
    )
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)

    assert "\\u001b[2J\\u202e" in shown
    assert {char for char in shown if not char.isprintable()} == {"\r", "\n"}
    assert json.loads(shown)["payload"] == "T=21 \x1b[2J\u202e"


def test_one_letter(either: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of it: what came, why it was rejected, and the payload with its line breaks."""
    deadlist.show(either, "00000003", as_json=False, as_payload=False)
    shown = capsys.readouterr().out
    deadlist.show(either, "00000003ABC", as_json=True, as_payload=False)
    document = json.loads(capsys.readouterr().out)

    assert shown.splitlines()[-2:] == ["RH=48%", "T=?"]
    assert "t: the schema requires it" in shown
    assert LETTERS[2].sha256 in shown
    assert (document["payload"], document["sha256"]) == ("RH=48%\nT=?", LETTERS[2].sha256)


def test_the_payload_alone(either: Path) -> None:
    """Byte by byte, for a pipe."""
    done = subprocess.run(
        [sys.executable, "-m", "edge", "dead", "show", IDS[1], "--payload", "--state", str(either)],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )

    assert (done.stdout, done.stderr) == (b"\xff\x00", b"")


def test_a_payload_that_was_cut(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """What there is of it, and a word about the rest."""
    store = DeadStore(tmp_path)
    store.write([letter(1, b"x" * 20_000)])
    store.close()

    deadlist.show(tmp_path, "00000001", as_json=False, as_payload=True)
    sys.stdout.flush()
    alone = capfdbinary.readouterr()
    deadlist.show(tmp_path, "00000001", as_json=False, as_payload=False)
    shown = capfdbinary.readouterr().out

    assert alone.out == b"x" * 4096
    assert alone.err == b"edge: only the first 4096 of 20000 bytes are kept\n"
    assert shown.endswith(b"\n(the first 4096 of 20000 bytes)\n")


def test_a_payload_never_goes_raw_to_a_terminal(folder: Path) -> None:
    """It could move the cursor, or worse."""
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "edge", "dead", "show", IDS[0], "--payload", "--state", str(folder)],
        stdout=theirs,
        stderr=subprocess.PIPE,
        check=False,
        text=True,
        cwd=ROOT,
    )
    os.close(theirs)
    os.close(ours)

    assert (done.returncode, done.stderr) == (
        1,
        "edge: --payload: expected a pipe or a file as standard output, got a terminal\n",
    )


def test_purging(either: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Some by their ids, those of a reason, or all."""
    deadlist.purge(either, ["00000002"], route=None, reason=None)
    first = capsys.readouterr().out
    left = [each["id"] for each in listed(either, capsys)]
    for filters in ({"reason": "not_utf8"}, {"reason": "missing", "route": "pump"}, {}):
        deadlist.purge(either, [], route=filters.get("route"), reason=filters.get("reason"))
    then = capsys.readouterr().out

    assert (first, left) == ("purged 1 dead letter\n", [IDS[0], IDS[2]])
    assert then == "purged 0 dead letters\npurged 1 dead letter\npurged 1 dead letter\n"
    assert listed(either, capsys) == []


def test_an_id_of_another_route(either: Path) -> None:
    """A filter holds for ids as well; nothing is deleted."""
    with pytest.raises(EdgeError) as error:
        deadlist.purge(either, ["00000001"], route="pump", reason=None)

    assert str(error.value) == "no dead letter has the id 00000001; `edge dead list` shows those there are"


def test_reading_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each message, its reading or the new reason; only readings take their letter away."""
    with daemon(folder):
        is_done = deadlist.replay(folder, [], route=None, reason=None)
        told = capsys.readouterr().out
        left = [(each["id"], each["detail"]) for each in listed(folder, capsys)]

    assert not is_done
    assert told.splitlines() == [
        "00000001abcd  reading on readings/\\x1btank",
        "00000002abcd  rejected: missing: still\\x1b",
        "00000003abcd  rejected: missing: still\\x1b",
        "1 of 3 dead letters became readings",
    ]
    assert left == [(IDS[1], "expected UTF-8"), (IDS[2], "t: the schema requires it")]


def test_reading_one_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All became readings, so all is well."""
    with daemon(folder):
        assert deadlist.replay(folder, ["00000001"], route="tank", reason="missing")

    assert capsys.readouterr().out.endswith("1 of 1 dead letter became readings\n")


def test_reading_many_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """More than may be in the air at a time are asked for part by part."""
    store = DeadStore(tmp_path)
    store.write([letter(number) for number in range(100, 200)])
    store.close()

    with daemon(tmp_path):
        deadlist.replay(tmp_path, [], route=None, reason=None)

    assert capsys.readouterr().out.endswith("\n0 of 100 dead letters became readings\n")


def test_reading_again_needs_a_daemon(folder: Path) -> None:
    """Only the daemon has the model and the broker; the message says what can be done without."""
    with pytest.raises(NoDaemon) as error:
        deadlist.replay(folder, [], route=None, reason=None)

    assert str(error.value) == (
        f"{folder}: expected a daemon that runs, found none; it reads the messages again, "
        "`edge dead show ID --payload | edge try --route NAME` reads one without it"
    )


def test_nothing_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder in which no daemon ever was is told; one whose daemon had no dead letters has an empty list."""
    for look in (lambda: listed(tmp_path, capsys), lambda: spoolstatus.show(tmp_path, as_json=True)):
        with pytest.raises(EdgeError) as error:
            look()
        assert str(error.value) == (
            f"{tmp_path}: expected what a daemon has kept, found nothing; --state names its state directory "
            "(/var/lib/edge where systemd starts it)"
        )
    held = statefolder.hold_or_none(tmp_path)
    assert held is not None
    held.close()

    assert listed(tmp_path, capsys) == []
    deadlist.purge(tmp_path, [], route=None, reason=None)
    assert capsys.readouterr().out == "purged 0 dead letters\n"
    assert [each.name for each in tmp_path.iterdir()] == ["lock"]


def test_the_spool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What waits, asked of the daemon that runs, else read from the file."""
    kept = Spool(tmp_path, max_bytes=1_000_000)
    kept.store([message(b"x" * 99_988), message(b"y")])
    status = kept.status()
    with daemon(tmp_path, lambda: status):
        spoolstatus.show(tmp_path, as_json=True)
        as_json = json.loads(capsys.readouterr().out)
        spoolstatus.show(tmp_path, as_json=False)
        running = capsys.readouterr().out
    kept.close()
    spoolstatus.show(tmp_path, as_json=False)
    alone = capsys.readouterr().out

    assert as_json == status
    assert [" ".join(line.split()) for line in running.splitlines()] == [
        "daemon runs",
        "messages 2",
        "size 0.1 MB of at most 1.0 MB",
        "oldest 2026-01-02T12:00:00.123456+00:00",
    ]
    assert [" ".join(line.split()) for line in alone.splitlines()][:3] == [
        "daemon does not run",
        "messages 2",
        "size 0.1 MB",
    ]


def test_a_daemon_without_a_spool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """That there is none is said; a folder without a daemon and without a spool has nothing waiting."""
    with daemon(tmp_path):
        spoolstatus.show(tmp_path, as_json=False)
        spoolstatus.show(tmp_path, as_json=True)
    (tmp_path / "lock").touch()
    spoolstatus.show(tmp_path, as_json=True)

    assert capsys.readouterr().out.splitlines() == [
        "no spool: spool.enabled is false, or its file cannot be used, and the log says why",
        "null",
        json.dumps(spool.status(tmp_path)),
    ]
