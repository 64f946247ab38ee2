"""Owns the way to the figures over HTTP: `/metrics`, `/ready` and `/ping`, for those who may reach the address.

Knows nothing of what the figures are. Whoever is slow, sends rubbish or comes too often harms nobody but himself:
a few requests at a time, each with a deadline, and none is waited for by the daemon's other threads.
"""

import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv6Address, ip_address
from typing import Any

from edge import bug
from edge.config.options import HttpOptions

log = logging.getLogger(__name__)

MOST_REQUESTS = 8  # at a time
PATIENCE_S = 5.0  # for a request to come and its answer to be taken
_LOOK_S = 0.5  # between two looks for those whose time is up
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What a path answers."""

    status: HTTPStatus = HTTPStatus.OK
    content_type: str = _TEXT
    body: bytes


class WebServer:
    """The pages of an address, for as long as it is open.

    Args:
        pages: by path, what makes the page; called in a thread of this server.
        patience_s: how long a slow client is waited for.

    Raises:
        OSError: nobody can listen there.
    """

    def __init__(
        self, options: HttpOptions, pages: dict[str, Callable[[], Page]], *, patience_s: float = PATIENCE_S
    ) -> None:
        self._server = _Server(options, pages, patience_s)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_LOOK_S,), name="edge-http", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serve_or_none(options: HttpOptions, pages: dict[str, Callable[[], Page]]) -> WebServer | None:
    """Return the open server; None where none can be: the log says `http_not_served`, readings go on."""
    try:
        return WebServer(options, pages)
    except OSError as error:
        where = f"{options.address}:{options.port}"
        log.error("http_not_served address=%s why=%s", where, error.strerror or error)  # noqa: TRY400  # no bug
        return None


class _Server(ThreadingHTTPServer):
    """A thread for each request, of which there are few."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = MOST_REQUESTS

    def __init__(self, options: HttpOptions, pages: dict[str, Callable[[], Page]], patience_s: float) -> None:
        if isinstance(ip_address(options.address), IPv6Address):
            self.address_family = socket.AF_INET6
        self.pages = pages
        self._patience_s = patience_s
        self._open: dict[Any, float] = {}  # since when, by socket; a dict's single steps need no lock
        super().__init__((options.address, options.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a request, or send it away where too many are open."""
        if len(self._open) >= MOST_REQUESTS:
            self.shutdown_request(request)
            return
        self._open[request] = time.monotonic()
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """End the connections whose time is up, however many bytes they still drip."""
        now_s = time.monotonic()
        for request, since_s in list(self._open.items()):
            if now_s - since_s > self._patience_s:
                with suppress(OSError):  # it has just ended by itself
                    request.shutdown(socket.SHUT_RDWR)  # which wakes its thread; to close it would not

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, _request: Any, client_address: Any) -> None:
        """Let a client that goes away go; the library would write to stderr."""
        error = sys.exception()
        if isinstance(error, OSError):
            log.debug("http_client_left from=%s", client_address)
        elif error is not None:
            log.error("http_failed error=%s", bug.told(error))


class _Handler(BaseHTTPRequestHandler):
    """One request; the library reads it."""

    server_version = "edge"
    sys_version = ""
    protocol_version = "HTTP/1.0"  # one request a connection

    def do_GET(self) -> None:
        """Answer with a page."""
        server = self.server
        assert isinstance(server, _Server)
        path = self.path.partition("?")[0]
        make = server.pages.get(path)
        self._send(make() if make is not None else _not_found(server.pages))

    def do_HEAD(self) -> None:
        """Answer with what stands above the page."""
        self.do_GET()

    def _send(self, page: Page) -> None:
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)

    def log_message(self, *arguments: Any) -> None:
        """Keep quiet: a look each few seconds is no news."""


def _not_found(pages: dict[str, Callable[[], Page]]) -> Page:
    known = ", ".join(sorted(pages))
    return Page(status=HTTPStatus.NOT_FOUND, body=f"expected one of {known}\n".encode())
