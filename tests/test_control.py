"""The control socket: a verb asks, a daemon answers, and nobody can hold it up."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from edge.control import control, controlserver
from edge.control.control import FILE, Asked, ControlError
from edge.control.controlserver import ControlServer
from edge.errors import EdgeError
from edge.literal import JSON, Number

ROOT = Path(__file__).parent.parent
NOBODY = 65534
DAEMON = """
import sys, time
from pathlib import Path
from edge.control.controlserver import ControlServer
server = ControlServer(Path(sys.argv[1]), lambda asked: asked.answer({"echo": dict(asked.request)}))
print("ready", flush=True)
time.sleep(600)
"""
STRANGER = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    connection.sendall(b"{}\\n")
    print(connection.recv(1000).decode(), end="")
"""


def echo(asked: Asked) -> None:
    """Answer with what was asked."""
    asked.answer({"echo": dict(asked.request)})


@contextmanager
def serving(
    folder: Path, put: Callable[[Asked], None] = echo, *, patience_s: float = 5.0
) -> Iterator[ControlServer]:
    """Give a server."""
    server = ControlServer(folder, put, patience_s=patience_s)
    try:
        yield server
    finally:
        server.close()


def ask(folder: Path, **request: JSON) -> dict[str, JSON] | None:
    """Ask a daemon, with patience."""
    return control.ask(folder, request, timeout_s=30)


def said(folder: Path, sent: bytes, *, is_ended: bool = False) -> bytes:
    """Return what the daemon says to these bytes, up to its end of the connection."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(folder / FILE))
        with suppress(ConnectionError):  # not all of it is read
            connection.sendall(sent)
        if is_ended:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := connection.recv(4096):
            received += chunk
    return received


def test_a_request_and_its_answer(tmp_path: Path) -> None:
    """What goes in is what the daemon gets, letters of all scripts and line breaks included."""
    request: dict[str, JSON] = {"verb": "dead_list", "route": "a\n\x00°\ud800", "ids": [1, None]}

    with serving(tmp_path):
        assert ask(tmp_path, **request) == {"echo": request}
        assert ask(tmp_path, **request) == {"echo": request}


def test_a_long_answer(tmp_path: Path) -> None:
    """An answer of some megabytes comes whole."""
    with serving(tmp_path, lambda asked: asked.answer({"text": "x" * 5_000_000})):
        assert ask(tmp_path) == {"text": "x" * 5_000_000}


def test_numbers_keep_their_spelling(tmp_path: Path) -> None:
    """A reading on trial says what the text says, also over the socket."""
    with serving(tmp_path, lambda asked: asked.answer({"level": Number("182.50")})):
        assert said(tmp_path, b"{}\n") == b'{"level":182.50}\n'


def test_an_answer_that_takes_its_time(tmp_path: Path) -> None:
    """The daemon may answer later, from another thread; others are answered meanwhile."""
    asked: list[Asked] = []

    def keep(request: Asked) -> None:
        asked.append(request)
        if len(asked) == 2:
            request.answer({"number": 2})
            asked[0].answer({"number": 1})

    first: list[object] = []
    with serving(tmp_path, keep):
        asking = threading.Thread(target=lambda: first.append(ask(tmp_path)))
        asking.start()
        while not asked:
            time.sleep(0.01)
        second = ask(tmp_path)
        asking.join()

    assert (second, first) == ({"number": 2}, [{"number": 1}])


def test_a_refusal_is_an_error(tmp_path: Path) -> None:
    """What the daemon says against a request is what the person reads."""
    with serving(tmp_path, lambda asked: asked.refuse(EdgeError("no such letter"))):
        with pytest.raises(ControlError) as error:
            ask(tmp_path)

        assert str(error.value) == "no such letter"


def test_nobody_listens(tmp_path: Path) -> None:
    """No socket, no folder, and the socket of a daemon that was killed: there is no daemon."""
    (tmp_path / "file").touch()
    with subprocess.Popen(
        [sys.executable, "-c", DAEMON, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as daemon:
        assert daemon.stdout is not None
        daemon.stdout.readline()
        assert ask(tmp_path, a=1) == {"echo": {"a": 1}}
        daemon.send_signal(signal.SIGKILL)

    assert (tmp_path / FILE).is_socket()
    assert [ask(tmp_path / name) for name in (".", "none", "file")] == [None, None, None]


def test_the_socket_of_a_killed_daemon_is_replaced(tmp_path: Path) -> None:
    """Whoever holds the folder serves; a daemon that leaves takes its socket along."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / FILE))
    with serving(tmp_path):
        assert ask(tmp_path, a=1) == {"echo": {"a": 1}}

    assert not (tmp_path / FILE).exists()


def test_the_socket_is_its_owners(tmp_path: Path) -> None:
    """Whatever the umask, nobody else may connect."""
    before = os.umask(0)
    try:
        with serving(tmp_path):
            assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_refused() -> None:
    """A process of another user gets nothing, though the folder would let it in."""
    with tempfile.TemporaryDirectory() as name, serving(Path(name)):
        Path(name).chmod(0o755)
        (Path(name) / FILE).chmod(0o666)
        done = subprocess.run(
            [sys.executable, "-c", STRANGER, f"{name}/{FILE}"], check=True, capture_output=True, text=True
        )

    assert json.loads(done.stdout) == {"error": f"expected the user 0 or root, got the user {NOBODY}"}


def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    """The folder may stand as deep as it likes."""
    folder = tmp_path / ("x" * 200) / ("y" * 200)
    folder.mkdir(parents=True)

    with serving(folder):
        assert ask(folder, a=1) == {"echo": {"a": 1}}
    assert ask(folder) is None


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (b"\xff\x00\n", "got 3 bytes of something else"),
        (b"hello\n", "got 6 bytes of something else"),
        (b"\n", "got 1 bytes of something else"),
        (b"[1]\n", "got a JSON list"),
        (b"null\n", "got a JSON NoneType"),
        (b"[" * 500_000 + b"\n", "got 500001 bytes of something else"),
        (b"9" * 500_000 + b"\n", "got 500001 bytes of something else"),
    ],
)
def test_what_is_no_request(sent: bytes, complaint: str, tmp_path: Path) -> None:
    """Rubbish is answered with what was expected, and the next client is served."""
    with serving(tmp_path):
        answer = json.loads(said(tmp_path, sent))

        assert answer == {"error": f"expected one JSON object and a line end, {complaint}"}
        assert ask(tmp_path, a=1) == {"echo": {"a": 1}}


def test_half_a_line(tmp_path: Path) -> None:
    """A request that is cut off is not guessed at."""
    with serving(tmp_path):
        answer = json.loads(said(tmp_path, b'{"verb":', is_ended=True))

    assert answer == {"error": "expected one JSON object and a line end, got 8 bytes without one"}


def test_two_megabytes(tmp_path: Path) -> None:
    """No more is read than a request may have, and the reason comes back."""
    with serving(tmp_path):
        answer = json.loads(said(tmp_path, b'{"a":"' + b"x" * 2_000_000))

        assert answer == {"error": "expected one JSON object and a line end within 1000000 bytes, got more"}
        with pytest.raises(ControlError) as error:
            ask(tmp_path, a="x" * 2_000_000)
        assert str(error.value) == answer["error"]


def test_a_client_that_says_nothing(tmp_path: Path) -> None:
    """Who connects and is silent is told so after a while."""
    with serving(tmp_path, patience_s=0.1):
        answer = json.loads(said(tmp_path, b'{"a'))

    assert answer == {"error": "expected one JSON object and a line end within 0.1 s, got none"}


def test_fifty_clients_that_say_nothing(tmp_path: Path) -> None:
    """A handful have a place until their time is up, the rest are sent away, and then there is room again."""
    with serving(tmp_path, patience_s=0.5), ExitStack() as stack:
        clients = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(50)]
        for client in clients:
            client.settimeout(30)
            client.connect(str(tmp_path / FILE))
        answers = [json.loads(client.recv(4096))["error"] for client in clients]
        for client in clients:
            client.close()
        answered = ask_until_there_is_room(tmp_path)

    told = f"expected at most {controlserver.MOST_CONNECTIONS} requests at a time, got one more; try again"
    assert answers.count(told) == 50 - controlserver.MOST_CONNECTIONS
    assert answered == {"echo": {"a": 1}}


def test_more_clients_than_are_told_why(tmp_path: Path) -> None:
    """The daemon's descriptors are bounded: who knocks when so many do is sent away without a word."""
    with serving(tmp_path, patience_s=2.0), ExitStack() as stack:
        clients = [
            stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(controlserver.MOST_KNOCKING + 10)
        ]
        for client in clients:
            client.settimeout(30)
            while client.connect_ex(str(tmp_path / FILE)):  # as many wait to be let in as may
                time.sleep(0.01)
        silent = [client.recv(4096) == b"" for client in clients]

    assert silent.count(True) == 10


def ask_until_there_is_room(folder: Path) -> dict[str, JSON] | None:
    """Ask again where a handful of others are still there."""
    while True:
        try:
            return ask(folder, a=1)
        except ControlError as error:
            assert "try again" in str(error)  # noqa: PT017  # any other error is a fault
            time.sleep(0.05)


def test_a_client_that_leaves_before_its_answer(tmp_path: Path) -> None:
    """The daemon answers into the void, and the next client is served."""
    asked: list[Asked] = []
    with serving(tmp_path, asked.append):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / FILE))
            client.sendall(b"{}\n")
            while not asked:
                time.sleep(0.01)
        asked.pop().answer({"text": "x" * 1_000_000})
        answers: list[object] = []
        asking = threading.Thread(target=lambda: answers.append(ask(tmp_path)))
        asking.start()
        while not asked:
            time.sleep(0.01)
        asked.pop().answer({"a": 1})
        asking.join()

    assert answers == [{"a": 1}]


def test_a_daemon_that_does_not_answer(tmp_path: Path) -> None:
    """The verb gives up, and says so; an answer that comes too late harms nobody."""
    asked: list[Asked] = []
    with serving(tmp_path, asked.append):
        with pytest.raises(ControlError) as error:
            control.ask(tmp_path, {}, timeout_s=0.2)
        (late,) = asked
        late.answer({})

    assert str(error.value) == f"{tmp_path / FILE}: the daemon did not answer within 0.2 s"


def test_a_daemon_that_leaves_before_it_answers(tmp_path: Path) -> None:
    """Who waits when the daemon stops is told; the answer that comes after all goes nowhere."""
    asked: list[Asked] = []
    errors: list[str] = []

    def wait_for_an_answer() -> None:
        try:
            ask(tmp_path)
        except ControlError as error:
            errors.append(str(error))

    with serving(tmp_path, asked.append):
        asking = threading.Thread(target=wait_for_an_answer)
        asking.start()
        while not asked:
            time.sleep(0.01)
    asking.join()
    asked[0].answer({})

    assert errors == [f"{tmp_path / FILE}: the daemon left before it answered"]


def test_a_folder_in_which_no_socket_can_be_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The daemon serves without, and the log says so."""
    assert controlserver.serve_or_none(tmp_path / "none", echo) is None
    assert [record.message for record in caplog.records] == [
        f"control_not_served why={tmp_path / 'none' / FILE}: No such file or directory"
    ]
