"""Owns the daemon's end of the control socket: a thread that takes requests and hands them to the main thread.

Knows nothing of what may be asked. Whoever is slow, sends rubbish or goes away harms nobody but himself.
"""

import asyncio
import json
import logging
import os
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

from edge.control import control
from edge.control.control import FILE, MOST_REQUEST_BYTES, Asked
from edge.errors import EdgeError
from edge.literal import JSON, encoded

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 8
MOST_KNOCKING = 64  # that are told that there are too many; more are sent away without a word
PATIENCE_S = 5.0  # for a request to come, and for an answer to be taken
_PEER = struct.Struct("3i")  # ucred of unix(7): process, user, group
_EXPECTED = "expected one JSON object and a line end"


class ControlServer:
    """The socket of a state directory, for as long as it is open. One request a connection.

    Args:
        folder: the state directory, which this process holds: a socket that is there is a dead daemon's.
        put: hands a request to the thread that answers it.
        patience_s: how long a slow client is waited for.

    Raises:
        OSError: the socket cannot be made.
    """

    def __init__(self, folder: Path, put: Callable[[Asked], None], *, patience_s: float = PATIENCE_S) -> None:
        self._path = folder / FILE
        self._put = put
        self._patience_s = patience_s
        self._connections = 0
        self._path.unlink(missing_ok=True)
        self._socket = _listening(folder)
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="edge-control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End all connections, and take the socket away."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:  # ends what is left at its end
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_unix_server(self._connected, sock=self._socket, limit=MOST_REQUEST_BYTES)
        await self._stopped.wait()
        server.close()

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one connection."""
        if self._connections >= MOST_KNOCKING:
            writer.transport.abort()
            return
        self._connections += 1
        try:
            answer = await self._answer(reader, writer)
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._patience_s):
                    writer.write(encoded(answer) + b"\n")
                    await writer.drain()
                    writer.write_eof()
                    while await reader.read(65_536):  # what is left unread would take the answer with it
                        pass
        except asyncio.CancelledError:
            pass  # the daemon leaves; raised on, asyncio would log it as a fault
        finally:
            self._connections -= 1
            writer.transport.abort()

    async def _answer(self, reader: StreamReader, writer: StreamWriter) -> dict[str, JSON]:
        """Return what a client gets; an error is an answer, too."""
        try:
            self._check_number()
            _check_peer(writer)
            asked = Asked(request=await self._request(reader))
            self._put(asked)
            return await asyncio.wrap_future(asked.reply)
        except EdgeError as error:
            return {"error": str(error)}

    def _check_number(self) -> None:
        """Refuse one connection too many.

        Raises:
            EdgeError: it is.
        """
        if self._connections > MOST_CONNECTIONS:
            raise EdgeError(f"expected at most {MOST_CONNECTIONS} requests at a time, got one more; try again")

    async def _request(self, reader: StreamReader) -> dict[str, JSON]:
        """Return the request that a client sends.

        Raises:
            EdgeError: it is too slow, too long, cut off, or no JSON object.
        """
        try:
            async with asyncio.timeout(self._patience_s):
                line = await reader.readline()
        except TimeoutError as error:
            raise EdgeError(f"{_EXPECTED} within {self._patience_s:g} s, got none") from error
        except ValueError as error:  # StreamReader says so of a line that is too long
            raise EdgeError(f"{_EXPECTED} within {MOST_REQUEST_BYTES} bytes, got more") from error
        except OSError as error:
            raise EdgeError(f"{_EXPECTED}, got {error.strerror}") from error
        if not line.endswith(b"\n"):
            raise EdgeError(f"{_EXPECTED}, got {len(line)} bytes without one")
        try:
            request = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise EdgeError(f"{_EXPECTED}, got {len(line)} bytes of something else") from error
        if not isinstance(request, dict):
            raise EdgeError(f"{_EXPECTED}, got a JSON {type(request).__name__}")
        return cast("dict[str, JSON]", request)


def serve_or_none(folder: Path, put: Callable[[Asked], None]) -> ControlServer | None:
    """Return the open socket of a folder; None where none can be made: the log says `control_not_served`."""
    try:
        return ControlServer(folder, put)
    except OSError as error:
        log.warning("control_not_served why=%s: %s", folder / FILE, error.strerror or error)
        return None


def _listening(folder: Path) -> socket.socket:
    """Return a socket that the owner alone may connect to."""
    listening = socket.socket(socket.AF_UNIX)
    try:
        os.fchmod(listening.fileno(), 0o600)  # which bind gives to the file, so that it never has another mode
        with control.address(folder) as path:
            listening.bind(path)
        listening.listen(MOST_KNOCKING)
    except OSError:
        listening.close()
        raise
    return listening


def _check_peer(writer: StreamWriter) -> None:
    """Refuse a process of another user, whatever the mode of the folder.

    Raises:
        EdgeError: the client is neither of our user nor root.
    """
    connection = cast("socket.socket", writer.get_extra_info("socket"))
    _, user, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    if user not in {0, os.geteuid()}:
        raise EdgeError(f"expected the user {os.geteuid()} or root, got the user {user}")
