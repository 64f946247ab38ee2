"""Owns how the verbs ask a running daemon: over a socket in its state directory, a line of JSON each way.

Knows nothing of what may be asked, and of the daemon's end only what a request is to it; that end is
`controlserver`.
"""

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from edge.errors import EdgeError
from edge.literal import JSON

FILE = "control.sock"
MOST_REQUEST_BYTES = 1_000_000
MOST_ANSWER_BYTES = 64_000_000
_MOST_PATH_BYTES = 107  # sun_path of unix(7), less its NUL
_BUSY_S = 0.05  # until a daemon with a full queue of connections is tried again


class ControlError(EdgeError):
    """A daemon is there, and there is no answer of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request on its way through the main thread's mailbox.

    Attributes:
        request: what is asked, by name.
        reply: what the asker waits for.
    """

    request: Mapping[str, JSON]
    reply: "Future[dict[str, JSON]]" = field(default_factory=Future)

    def answer(self, value: dict[str, JSON]) -> None:
        """Answer it; nothing happens where nobody waits any more."""
        if self.reply.set_running_or_notify_cancel():
            self.reply.set_result(value)

    def refuse(self, error: EdgeError) -> None:
        """Say why there is no answer."""
        if self.reply.set_running_or_notify_cancel():
            self.reply.set_exception(error)


def ask(folder: Path, request: Mapping[str, JSON], *, timeout_s: float) -> dict[str, JSON] | None:
    """Return the answer of the daemon that holds a state directory; None where none listens.

    Args:
        folder: the state directory.
        request: what is asked, by name.
        timeout_s: until the whole of the answer must be there.

    Raises:
        ControlError: the daemon refuses the request, or does not answer.
    """
    deadline_s = time.monotonic() + timeout_s
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            if not _connected(connection, folder, deadline_s):
                return None
            line = json.dumps(request).encode() + b"\n"
            with suppress(ConnectionError):  # refused before all of it was read; the reason is there already
                connection.sendall(line)
            answer = _received(connection, deadline_s)
        except TimeoutError as error:
            raise ControlError(f"{folder / FILE}: the daemon did not answer within {timeout_s:g} s") from error
        except OSError as error:
            raise ControlError(f"{folder / FILE}: cannot ask the daemon: {error.strerror or error}") from error
    if not answer.endswith(b"\n"):
        raise ControlError(f"{folder / FILE}: the daemon left before it answered")
    found = cast("dict[str, JSON]", json.loads(answer))
    if "error" in found:
        raise ControlError(str(found["error"]))
    return found


@contextmanager
def address(folder: Path) -> Iterator[str]:
    """Give the address of the socket of a folder; a path that is too long for one goes by way of /proc.

    Raises:
        OSError: there is no such folder.
    """
    path = str(folder / FILE)
    if len(os.fsencode(path)) <= _MOST_PATH_BYTES:
        yield path
        return
    folder_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder_fd}/{FILE}"
    finally:
        os.close(folder_fd)


def _connected(connection: socket.socket, folder: Path, deadline_s: float) -> bool:
    """Whether somebody listens, and is connected with now."""
    while True:
        connection.settimeout(_left_s(deadline_s))
        try:
            with address(folder) as path:
                connection.connect(path)
        except BlockingIOError:  # as many wait to be let in as may
            time.sleep(_BUSY_S)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):  # never started, or killed
            return False
        else:
            return True


def _received(connection: socket.socket, deadline_s: float) -> bytes:
    """Return all that comes until the other end closes, or the end of a line."""
    received = bytearray()
    while not received.endswith(b"\n"):
        connection.settimeout(_left_s(deadline_s))
        chunk = connection.recv(65_536)
        if not chunk:
            break
        received += chunk
        if len(received) > MOST_ANSWER_BYTES:
            raise OSError(f"expected an answer of at most {MOST_ANSWER_BYTES} bytes, got more")
    return bytes(received)


def _left_s(deadline_s: float) -> float:
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s
