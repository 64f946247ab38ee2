"""Owns the connection to the broker over time: when its socket is read and written, and when a new one is tried.

Knows nothing of what is said over it. All of it happens in the one thread that waits: the client's callbacks run
inside `wait`, and no time goes to handing things from thread to thread.
"""

import select
import ssl
from collections.abc import Callable
from typing import Any, Protocol

FIRST_PAUSE_S = 1.0  # until the second attempt; each pause is twice the one before
LONGEST_PAUSE_S = 30.0
STABLE_S = 5.0  # a connection that lasts less does not shorten the pause: two clients with one id take turns else


class Wakeup(Protocol):
    """What ends a wait early: it is readable when there is something to do."""

    def fileno(self) -> int:
        """Return its file descriptor."""


class Connection:
    """The socket of an MQTT client.

    Args:
        client: paho's, with its `connect_async` done.
        on_no_answer: called with what went wrong when an attempt fails.
        clock: monotonic seconds.
    """

    def __init__(
        self, client: Any, *, on_no_answer: Callable[[Exception], None], clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._on_no_answer = on_no_answer
        self._clock = clock
        self._pause_s = FIRST_PAUSE_S
        self._attempt_at_s = clock()
        self._succeeded_at_s: float | None = None
        self._socket: Any = None  # the latest one, also when the client has closed it
        client.on_socket_register_write = _write_later

    def wait(self, timeout_s: float, wakeup: Wakeup) -> None:
        """Read and write until there was something to read or the wake-up came; at most so long."""
        if self._client.socket() is None:
            timeout_s = min(timeout_s, self._attempt_at_s - self._clock())
            if timeout_s > 0:
                select.select([wakeup], [], [], timeout_s)
                return
            self._attempt()
        if self._client.want_write():
            self._client.loop_write()
        opened = self._client.socket()
        if opened is None:  # closed while it was written to
            return
        writing = [opened] if self._client.want_write() else []
        has_read_ahead = _has_read_ahead(opened)
        timeout_s = 0.0 if has_read_ahead else max(timeout_s, 0.0)
        readable, _, _ = select.select([opened, wakeup], writing, [], timeout_s)
        if opened in readable or has_read_ahead:
            self._client.loop_read()
        self._client.loop_misc()  # keepalive

    @property
    def is_accepted(self) -> bool:
        """Whether the broker has taken the present connection."""
        return self._succeeded_at_s is not None

    @property
    def trouble(self) -> Exception | None:
        """What broke the latest connection; None where that is not known."""
        return getattr(self._socket, "trouble", None)

    def succeeded(self) -> None:
        """Note that the broker took the connection: if it lasts, the next pause is short again."""
        self._succeeded_at_s = self._clock()

    def failed(self) -> None:
        """Note that there is no connection any more: another one is tried after a pause."""
        if self._succeeded_at_s is not None and self._clock() - self._succeeded_at_s >= STABLE_S:
            self._pause_s = FIRST_PAUSE_S
        self._succeeded_at_s = None
        self._attempt_at_s = self._clock() + self._pause_s
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _attempt(self) -> None:
        try:
            self._client.reconnect()
        except (
            OSError,
            ValueError,
        ) as error:  # ValueError: a host that can be no name, or no name of a certificate
            self.failed()
            self._on_no_answer(error)
        else:
            self._socket = self._client.socket()


def _has_read_ahead(opened: Any) -> bool:
    """Whether bytes have been decrypted that the client has not taken yet: no socket is readable for their sake.

    They come a TLS record at a time, of up to 16 kB, while the client takes a packet at a time.
    """
    return isinstance(opened, ssl.SSLSocket) and opened.pending() > 0


def _write_later(_client: Any, _data: Any, _socket: Any) -> None:
    """Leave what is queued to the next `wait`; without this, the client would write at once, packet by packet."""
