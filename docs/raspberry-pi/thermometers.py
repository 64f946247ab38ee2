# ruff: noqa: INP001 - a program of its own
"""Publishes the temperatures of a Raspberry Pi as lines of text: its processor's, and those of DS18B20 sensors.

Knows nothing of readings: edge makes them. Needs Debian's python3-paho-mqtt, of either Debian 12 or 13.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from paho.mqtt import MQTTException, publish

PROCESSOR = "class/thermal/thermal_zone0/temp"  # both hold thousandths of a degree
ONE_WIRE = "bus/w1/devices/28-*/temperature"


def texts(system: Path) -> Iterator[tuple[str, str]]:
    """Give the name of each sensor below a folder like /sys, and what it says now."""
    processor = system / PROCESSOR
    for file in [processor, *sorted(system.glob(ONE_WIRE))]:
        name = "processor" if file == processor else file.parent.name
        try:
            yield name, f"temperature {int(file.read_text()) / 1000:.1f} °C"
        except (OSError, ValueError):  # not there, or no answer on the wire
            yield name, "the sensor does not answer"  # no digit in it, also none of a name: it could be read


def main() -> None:
    """Publish until stopped; what the broker does not take is said, and the next round comes in its time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("broker", help="name or address of the Pi with edge")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--user", default="sensors")
    parser.add_argument("--password-file", type=Path, required=True, help="the password, alone on its line")
    parser.add_argument("--every-s", type=float, default=60, help="(60) 0: once")
    parser.add_argument("--system", type=Path, default=Path("/sys"), help="(/sys)")
    options = parser.parse_args()
    auth = {"username": options.user, "password": options.password_file.read_text().strip()}
    while True:
        said = [(f"sensors/thermometer/{name}", text, 1, False) for name, text in texts(options.system)]  # QoS 1
        try:
            publish.multiple(said, hostname=options.broker, port=options.port, auth=auth)
        except (OSError, MQTTException) as error:
            print(f"thermometers: {options.broker}:{options.port}: {error}", flush=True)  # noqa: T201 - to the journal
        if not options.every_s:
            return
        time.sleep(options.every_s)


if __name__ == "__main__":
    main()
