"""Owns the daemon under measurement: its configuration, its process, its readiness, its end.

Knows nothing of the load on it. It runs as systemd runs it: READY=1 over NOTIFY_SOCKET, a state folder of its own.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from edge.errors import EdgeError
from edge.literal import JSON, dumps
from edge_bench.transport import BASE, INPUT, OUTPUT

READY_S = 60.0
LEAVE_S = 40.0
WATCHDOG_S = 60  # as in the unit; without one the daemon would give a sign of life at each event
IN_FLIGHT = 64  # the daemon's default; the load keeps no more without an answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What a daemon is measured with."""

    port: int
    model: Path
    schemas: Mapping[str, JSON]
    has_shapes: bool
    slots: int = 8
    context_tokens: int = 4096
    deadline_s: int = 120  # a burst of cold messages waits in line longer than a user would let it


@dataclass(kw_only=True, slots=True)
class Daemon:
    """A daemon that is ready.

    Attributes:
        ready_s: from its start to READY=1.
        log: where its log lines go.
    """

    process: "subprocess.Popen[bytes]"
    ready_s: float
    log: Path

    def stop(self) -> dict[str, float]:
        """Ask the daemon to leave, as systemd does; return the counters of its last line."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(LEAVE_S)
        return counters(self.log.read_text(encoding="utf-8"))


def config(settings: Settings) -> str:
    """Return the configuration file of a daemon: a route for each schema, a topic for each message.

    JSON is YAML.
    """
    routes: list[JSON] = [
        {"name": name, "subscribe": f"{INPUT}/{name}/+", "publish": f"{OUTPUT}/{name}/{{1}}", "schema": document}
        for name, document in settings.schemas.items()
    ]
    document: dict[str, JSON] = {
        "base_topic": BASE,
        "mqtt": {"host": "127.0.0.1", "port": settings.port, "client_id": "edge-bench", "in_flight": IN_FLIGHT},
        "model": {
            "path": str(settings.model),
            "context_tokens": settings.context_tokens,
            "slots": settings.slots,
        },
        "limits": {"deadline_s": settings.deadline_s},
        "shapes": {"enabled": settings.has_shapes},
        "routes": routes,
    }
    return dumps(document) + "\n"


@contextmanager
def running(settings: Settings) -> Iterator[Daemon]:
    """Give a daemon that is ready, with an empty state folder, as long as the block lasts.

    Raises:
        EdgeError: it does not become ready; the message ends with its last words.
    """
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as name, _service_manager(Path(name)) as is_ready:
        folder = Path(name)
        (folder / "edge.yaml").write_text(config(settings), encoding="utf-8")
        (folder / "state").mkdir()
        variables = {
            **os.environ,
            "WATCHDOG_USEC": str(WATCHDOG_S * 1_000_000),
            "NOTIFY_SOCKET": str(folder / "notify"),
            "STATE_DIRECTORY": str(folder / "state"),
        }
        log = folder / "log"
        with log.open("wb") as lines:
            started_s = time.monotonic()
            process = subprocess.Popen(  # noqa: S603  # ourselves
                [sys.executable, "-m", "edge", "run", "--config", str(folder / "edge.yaml")],
                env=variables,
                stderr=lines,
            )
            try:
                ready_s = _wait(process, is_ready, started_s, log)
                yield Daemon(process=process, ready_s=ready_s, log=log)
            finally:
                process.kill()
                process.wait()


def counters(log: str) -> dict[str, float]:
    r"""Return the counters that a daemon writes when it stops; empty where it has not.

    >>> counters("2026-01-01 INFO stopped hits=40 readings=52 why=none\n")
    {'hits': 40.0, 'readings': 52.0}
    """
    lines = re.findall(r"^.*\bstopped (.*)$", log, re.MULTILINE)
    return {name: float(value) for name, value in re.findall(r"(\w+)=([0-9.]+)(?=\s|$)", "".join(lines[-1:]))}


@contextmanager
def _service_manager(folder: Path) -> Iterator[threading.Event]:
    """Give the event of READY=1; hear all else, too, because a daemon whose words pile up stands still."""
    ready, closing = threading.Event(), threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(str(folder / "notify"))
        notified.settimeout(0.2)

        def hear() -> None:
            while not closing.is_set():
                with suppress(TimeoutError):
                    if "READY=1" in notified.recv(4096).decode().splitlines():
                        ready.set()

        ear = threading.Thread(target=hear, name="service-manager", daemon=True)
        ear.start()
        try:
            yield ready
        finally:
            closing.set()
            ear.join()


def _wait(process: "subprocess.Popen[bytes]", ready: threading.Event, started_s: float, log: Path) -> float:
    """Return how long the daemon took to say that it is ready."""
    while time.monotonic() - started_s < READY_S and process.poll() is None:
        if ready.wait(0.2):
            return time.monotonic() - started_s
    raise EdgeError(f"the daemon did not become ready: {log.read_text(encoding='utf-8').strip()[-500:]}")
