"""Owns a real Home Assistant for tests: its own program with its MQTT integration, beside a real mosquitto.

Knows nothing of the daemon. `make test-homeassistant` installs what it runs.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from edge.verbs.mosquitto import free_port

INSTALLED = Path(__file__).parents[2] / "build/homeassistant"
PATIENCE_S = 60.0
SOON_S = 3.0
_PROBE = Path(__file__).parent / "probe"
_CONFIGURATION = """
homeassistant: {{name: House, unit_system: metric, time_zone: UTC}}
http: {{server_host: 127.0.0.1, server_port: {port}}}
edge_probe:
"""


class House:
    """A Home Assistant that runs.

    Attributes:
        log: where it writes what it does.
    """

    def __init__(self, folder: Path, log: Path) -> None:
        self._states = folder / "states.json"
        self.log = log

    def states(self) -> dict[str, dict[str, Any]]:
        """Return what is known of each entity, by its id."""
        if not self._states.exists():
            return {}
        found: dict[str, dict[str, Any]] = json.loads(self._states.read_text(encoding="utf-8"))
        return found

    def entity(self, entity_id: str) -> dict[str, Any]:
        """Return what is known of one entity, which is there."""
        found = self.until(lambda states: states.get(entity_id), f"the entity {entity_id}")
        return cast("dict[str, Any]", found)

    def await_state(self, entity_id: str, state: str) -> None:
        """Wait until an entity has a state."""
        self.until(lambda states: states.get(entity_id, {}).get("state") == state, f"{entity_id} to be {state}")

    def has_soon(self, entity_id: str, state: str) -> bool:
        """Return whether an entity has a state within a few seconds."""
        end_s = time.monotonic() + SOON_S
        while time.monotonic() < end_s:
            if self.states()[entity_id]["state"] == state:
                return True
            time.sleep(0.1)
        return False

    def until(self, look: Callable[[dict[str, dict[str, Any]]], Any], what: str) -> Any:
        """Return what a look at the states returns as soon as it is true."""
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            if found := look(self.states()):
                return found
            time.sleep(0.1)
        shown = {name: each["state"] for name, each in self.states().items()}
        raise AssertionError(f"expected {what}, got {shown}\n{self.log.read_text(encoding='utf-8')[-4000:]}")


def program() -> Path:
    """Return the interpreter of the installed Home Assistant."""
    return INSTALLED / "bin/python"


def set_up(folder: Path, broker_port: int) -> None:
    """Make the folder of a Home Assistant whose user has set up MQTT."""
    (folder / ".storage").mkdir(parents=True)
    shutil.copytree(_PROBE, folder / "custom_components/edge_probe")
    (folder / "configuration.yaml").write_text(_CONFIGURATION.format(port=free_port()), encoding="utf-8")
    (folder / ".storage/core.config_entries").write_text(json.dumps(_entries(broker_port)), encoding="utf-8")


@contextmanager
def running(folder: Path) -> Iterator[House]:
    """Give a Home Assistant that runs, with what it remembers in a folder."""
    (folder / "states.json").unlink(missing_ok=True)
    log = folder / "program.log"
    command = [str(program()), "-m", "homeassistant", "--config", str(folder), "--skip-pip"]
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
        house = House(folder, log)
        try:
            house.until(lambda states: states, "Home Assistant to start")
            yield house
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _entries(broker_port: int) -> dict[str, Any]:
    """Return the list of integrations that a user has set up: MQTT alone, in an old form, which is migrated."""
    entry = {
        "entry_id": "edgemqtt",
        "version": 1,
        "minor_version": 2,
        "domain": "mqtt",
        "title": "broker",
        "data": {"broker": "127.0.0.1", "port": broker_port},
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "unique_id": None,
        "disabled_by": None,
    }
    return {"version": 1, "minor_version": 1, "key": "core.config_entries", "data": {"entries": [entry]}}
