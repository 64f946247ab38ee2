"""A real Home Assistant and a daemon as its users run it, on one broker."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.homeassistant import classes
from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto
from tests.client import Client, connected
from tests.homeassistant import house as houses
from tests.homeassistant.house import House
from tests.running import daemon, leave

pytestmark = [pytest.mark.homeassistant, pytest.mark.broker, pytest.mark.model]

HEAD = """
base_topic: edge/test
mqtt: {{host: 127.0.0.1, port: {port}, client_id: edge-test}}
model: {{path: {model}}}
health: {{every_s: 1}}
homeassistant: {{enabled: true}}
routes:
"""
GREENHOUSE = """
  - name: greenhouse
    subscribe: raw/greenhouse
    publish: readings/greenhouse
    homeassistant: {area: Garden}
    fields:
      temperature: {type: number, unit: °C}
      humidity: {type: number, unit: "%", optional: true}
      battery: {enum: [low, ok], optional: true}
"""
PUMP = """
  - name: pump
    subscribe: raw/pumps/+
    publish: readings/pumps/{1}
    retain: true
    fields:
      bearing_temperature: {type: number, unit: °C, x-ha: {icon: "mdi:pump"}}
"""
TRIES = 20
TEMPERATURE = "sensor.greenhouse_temperature"


class Bench:
    """A folder with a configuration, and the daemon that serves it."""

    def __init__(self, folder: Path, broker: Mosquitto, model: Path, client: Client) -> None:
        self._folder = folder
        self._head = HEAD.format(port=broker.port, model=model)
        self._port = broker.port
        self._model = model
        self.client = client

    def write(self, routes: str, *, changes: tuple[str, str] = ("", "")) -> None:
        """Write the configuration."""
        (self._folder / "edge.yaml").write_text(self._head.replace(*changes) + routes, encoding="utf-8")

    @contextmanager
    def daemon(self) -> Iterator["subprocess.Popen[str]"]:
        """Run the daemon until it is killed, at the end of the block at the latest."""
        before = len(self.client.heard)
        with daemon(self._folder, self._port, self._model, is_config_new=False) as process:
            while self.client.hear("edge/test/status", after=before).payload != b"online":
                before += 1
            yield process

    def say(self, topic: str, text: str, *, output: str) -> dict[str, Any]:
        """Let a device say something; return its reading."""
        before = len(self.client.heard)
        self.client.publish(topic, text)
        reading: dict[str, Any] = self.client.reading(output, after=before)
        return reading


def say_until(bench: Bench, house: House, text: str, state: str) -> None:
    """Let the greenhouse say something, again and again as devices do, until Home Assistant has its temperature.

    What is said before Home Assistant listens to a new device is not kept for it, where the route does not retain.
    """
    for _ in range(TRIES):
        bench.say("raw/greenhouse", text, output="readings/greenhouse")
        if house.has_soon(TEMPERATURE, state):
            return
    raise AssertionError(f"expected {TEMPERATURE} to be {state}, got {house.states()[TEMPERATURE]['state']}")


@pytest.fixture
def bench(tmp_path: Path, broker: Mosquitto, model_path: Path) -> Iterator[Bench]:
    """Give a bench; what it announced is taken back in the end."""
    with connected(broker.port, name="devices") as client:
        made = Bench(tmp_path, broker, model_path, client)
        yield made
        made.write(GREENHOUSE, changes=("enabled: true", "enabled: false"))
        with made.daemon() as process:
            leave(process)


def test_a_device_appears_goes_and_comes_back_with_the_daemon(house: House, bench: Bench) -> None:
    """Names, classes, units and values are right; a killed daemon's device is unavailable; a new one's is back."""
    bench.write(GREENHOUSE)
    with bench.daemon() as process:
        house.entity(TEMPERATURE)
        say_until(bench, house, "temperature 21.4 C, humidity 48 %, battery low", "21.4")
        temperature, humidity = house.entity(TEMPERATURE), house.entity("sensor.greenhouse_humidity")
        battery, status = house.entity("sensor.greenhouse_battery"), "binary_sensor.edge_test_connectivity"
        assert temperature == {
            "state": "21.4",
            "name": "Greenhouse Temperature",
            "device_class": "temperature",
            "state_class": "measurement",
            "unit": "°C",
            "options": None,
            "category": None,
            "precision": 1,
            "device": "Greenhouse",
            "area": "garden",
            "via": "Edge test",
        }
        assert (humidity["state"], humidity["unit"], humidity["device_class"]) == ("48", "%", "humidity")
        assert (battery["state"], battery["options"], battery["name"]) == (
            "low",
            ["low", "ok"],
            "Greenhouse Battery",
        )
        house.await_state(status, "on")
        assert house.entity(status)["category"] == "diagnostic"
        house.until(lambda states: int(states["sensor.edge_test_readings"]["state"]) > 0, "readings to be counted")

        # what a reading lacks stays as it was
        bench.say("raw/greenhouse", "temperature 21.9 C", output="readings/greenhouse")
        house.await_state(TEMPERATURE, "21.9")
        assert house.states()["sensor.greenhouse_battery"]["state"] == "low"
        assert house.states()["sensor.greenhouse_humidity"]["state"] == "48"

        process.kill()
        house.await_state(TEMPERATURE, "unavailable")
        house.await_state(status, "off")

    with bench.daemon():
        house.await_state(status, "on")
        bench.say("raw/greenhouse", "temperature 19.5 C, humidity 50 %", output="readings/greenhouse")
        house.await_state(TEMPERATURE, "19.5")


def test_what_is_taken_out_of_the_configuration_vanishes(house: House, bench: Bench) -> None:
    """A field that is gone takes its entity with it at a reload, a route its device at a restart."""
    bench.write(GREENHOUSE)
    with bench.daemon() as process:
        house.entity("sensor.greenhouse_battery")
        bench.write(GREENHOUSE.replace("      battery: {enum: [low, ok], optional: true}\n", ""))
        process.send_signal(signal.SIGHUP)
        house.until(lambda states: "sensor.greenhouse_battery" not in states, "the battery to vanish")
        assert TEMPERATURE in house.states()
        leave(process)

    bench.write(PUMP)
    with bench.daemon():
        house.until(lambda states: TEMPERATURE not in states, "the greenhouse to vanish")


def test_a_route_of_many_devices_brings_each_with_its_first_reading(house: House, bench: Bench) -> None:
    """Each topic of readings is a device; all of them are known again after a restart, and go with the route."""
    bench.write(PUMP)
    with bench.daemon() as process:
        for pump in ("p7", "north hall"):
            bench.say(f"raw/pumps/{pump}", "bearing temperature 40.5 C", output=f"readings/pumps/{pump}")
        house.await_state("sensor.pump_p7_bearing_temperature", "40.5")
        house.await_state("sensor.pump_north_hall_bearing_temperature", "40.5")
        assert house.entity("sensor.pump_p7_bearing_temperature")["device"] == "Pump p7"
        leave(process)

    bench.write(GREENHOUSE)
    with bench.daemon():
        house.until(lambda states: not any("pump" in name for name in states), "the pumps to vanish")


def test_restarts_in_every_order(tmp_path: Path, model_path: Path) -> None:
    """Broker, Home Assistant and daemon go and come back one by one, and each finds the others again."""
    folder = tmp_path / "house"
    with mosquitto.running(tmp_path) as broker, connected(broker.port, name="devices") as client:
        bench = Bench(tmp_path, broker, model_path, client)
        bench.write(GREENHOUSE.replace("publish:", "retain: true\n    publish:"))
        houses.set_up(folder, broker.port)
        with bench.daemon() as process:
            with houses.running(folder) as house:
                bench.say("raw/greenhouse", "temperature 21.4 C", output="readings/greenhouse")
                house.await_state(TEMPERATURE, "21.4")

                broker.stop()  # and all that it kept is gone
                house.await_state(TEMPERATURE, "unavailable")
                broker.start()
                bench.say("raw/greenhouse", "temperature 22.5 C", output="readings/greenhouse")
                house.await_state(TEMPERATURE, "22.5")

            with houses.running(folder) as house:
                house.await_state(TEMPERATURE, "22.5")
                leave(process)
                house.await_state(TEMPERATURE, "unavailable")
                with bench.daemon():
                    house.await_state(TEMPERATURE, "22.5")


def test_every_class_is_one_that_home_assistant_knows() -> None:
    """What the table can say of a number passes Home Assistant's own tables of units and state classes."""
    script = """
import json
from homeassistant.components.sensor import const
from homeassistant.components.binary_sensor import BinarySensorDeviceClass
print(json.dumps({
    "units": {str(k): sorted(map(str, v)) for k, v in const.DEVICE_CLASS_UNITS.items()},
    "states": {str(k): sorted(map(str, v)) for k, v in const.DEVICE_CLASS_STATE_CLASSES.items()},
    "switches": sorted(map(str, BinarySensorDeviceClass)),
    "precise": sorted(map(str, const.STATE_CLASSES)),
}))
"""
    ran = subprocess.run([houses.program(), "-c", script], check=True, capture_output=True, text=True)
    theirs = json.loads(ran.stdout)
    wrong = []
    for rule in classes.RULES:
        for symbol in rule.units:
            unit = classes.SPELLED.get(symbol, symbol) or "None"
            if unit.replace("µ", "μ") not in {
                each.replace("µ", "μ") for each in theirs["units"][rule.device_class]
            }:
                wrong.append((rule.device_class, unit))
        if rule.state_class is not None and rule.state_class not in theirs["states"][rule.device_class]:
            wrong.append((rule.device_class, rule.state_class))

    assert not wrong
    assert set(classes.SWITCHES) <= set(theirs["switches"])
