"""Owns what one thread is told by others while it waits for the network: a queue that wakes a `select`.

Knows nothing of what is told. Any thread may put; one takes.
"""

import queue
import socket
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """A queue with a file descriptor that is readable when there is something in it.

    >>> mailbox: Mailbox[str] = Mailbox()
    >>> mailbox.put("a"), mailbox.put("b"), mailbox.take(), mailbox.take(), mailbox.take()
    (None, None, 'a', 'b', None)
    >>> mailbox.close()
    """

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._is_signalled = False

    def put(self, item: T) -> None:
        """Add an item, and wake who waits. A signal handler may do so, too."""
        self._queue.put(item)
        if not self._is_signalled:
            self._is_signalled = True
            with suppress(BlockingIOError):  # so many bytes wait that one more is not needed
                self._writer.send(b"\0")

    def take(self) -> T | None:
        """Return the next item; None where there is none."""
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            pass
        with suppress(BlockingIOError):
            self._reader.recv(4096)
        self._is_signalled = False  # before the last look: whoever puts from now on signals again
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            return None

    def fileno(self) -> int:
        """Return what `select` waits for."""
        return self._reader.fileno()

    def close(self) -> None:
        """Give the sockets back."""
        self._reader.close()
        self._writer.close()
