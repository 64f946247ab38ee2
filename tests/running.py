"""Owns the daemon as its users run it, for tests: a real process, on a real mosquitto, with the real model."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.verbs.mosquitto import Mosquitto
from tests.client import PATIENCE_S, Client, connected

CONFIG = """
base_topic: edge/test
mqtt: {{host: 127.0.0.1, port: {port}, client_id: edge-test, protocol: {protocol}}}
model: {{path: {model}}}
limits: {{payload_bytes: 1000}}
routes:
  - name: greenhouse
    subscribe: raw/greenhouse/+
    publish: readings/greenhouse/{{1}}
    fields:
      temperature: {{type: number, unit: °C}}
      humidity: {{type: number, unit: "%", maximum: 100}}
  - name: kept
    subscribe: [raw/kept, raw/kept/+]
    publish: readings/kept
    retain: true
    fields:
      temperature: {{type: number, unit: °C}}
"""


@contextmanager
def daemon(
    folder: Path,
    port: int,
    model: Path,
    *arguments: str,
    protocol: str = "5",
    notify: str = "",
    is_config_new: bool = True,
) -> Iterator["subprocess.Popen[str]"]:
    """Run the daemon as a user would; it is killed at the end of the block if it still runs."""
    config = folder / "edge.yaml"
    if is_config_new:
        config.write_text(CONFIG.format(port=port, model=model, protocol=protocol), encoding="utf-8")
    environment = {**os.environ, "STATE_DIRECTORY": str(folder)}
    environment |= {"NOTIFY_SOCKET": notify, "WATCHDOG_USEC": "2000000"} if notify else {}
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "run", "--config", str(config), *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


@contextmanager
def serving(
    folder: Path, broker: Mosquitto, model: Path, *arguments: str
) -> Iterator[tuple[Client, "subprocess.Popen[str]"]]:
    """Give a client and a daemon that is online."""
    with (
        connected(broker.port, name="client") as client,
        daemon(folder, broker.port, model, *arguments) as process,
    ):
        assert client.hear("edge/test/status").payload == b"online"
        yield client, process


def leave(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Ask the daemon to stop; return its exit code and its log."""
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=PATIENCE_S)
    return process.returncode, log
