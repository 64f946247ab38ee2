"""Owns `edge discovery`: what a configuration announces to Home Assistant, for people to see and to take back.

Knows nothing of when a daemon announces it.
"""

import json
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.config.options import Config
from edge.control import control, desk
from edge.errors import EdgeError
from edge.homeassistant import announcement, known
from edge.homeassistant.announcement import Announcement
from edge.mqtt import sweep

if TYPE_CHECKING:
    from edge.literal import JSON

_ANSWER_S = 30.0


def show(config: Config, *, as_json: bool) -> None:
    """Print what is announced under a configuration: a table for each device, or a JSON object of topics.

    Raises:
        EdgeError: nothing is announced.
    """
    _check_enabled(config)
    devices = list(_devices(config))
    if as_json:
        announced = {each.topic: each.payload for each in devices}
        sys.stdout.write(json.dumps(announced, ensure_ascii=False, indent=1) + "\n")
        return
    console = Console(highlight=False, soft_wrap=True)
    for each in devices:
        console.print(Text.assemble((_name(each), "bold"), "  ", (each.topic, "dim")))
        console.print(_table(each))
    for route in config.routes:
        if route.appearance.is_shown and not announcement.has_one_device(route):
            topics = route.outlet.topic.template
            console.print(Text(f"{route.name}: a device for each topic of {topics}, from its first reading"))


def purge(config: Config, folder: Path, *, password: str | None, tls: ssl.SSLContext | None) -> None:
    """Take all devices of this configuration's base topic out of Home Assistant, and print which.

    A running daemon then announces anew what its configuration still has.

    Raises:
        BrokerError: the broker is away, or does not allow it.
        EdgeError: the daemon does not answer.
    """
    own_id = announcement.daemon_id(config.base_topic)
    deleted = sweep.sweep(
        config.mqtt,
        password=password,
        tls=tls,
        topic_filter=announcement.topic(config.homeassistant.prefix, "+"),
        is_ours=lambda _topic, payload: _is_of(own_id, payload),
    )
    sys.stdout.writelines(f"deleted {topic}\n" for topic in deleted)
    answer = control.ask(folder, {"verb": desk.DISCOVERY, "forget": True}, timeout_s=_ANSWER_S)
    if answer is None:
        (folder / known.FILE).unlink(missing_ok=True)
        sys.stdout.write(f"{_count(len(deleted))} deleted; no daemon runs\n")
        return
    devices = cast("list[JSON]", answer["devices"])
    sys.stdout.write(f"{_count(len(deleted))} deleted; the daemon announced {_count(len(devices))} anew\n")


def _check_enabled(config: Config) -> None:
    if not config.homeassistant.enabled:
        raise EdgeError("nothing is announced to Home Assistant: homeassistant.enabled is false")


def _devices(config: Config) -> Iterator[Announcement]:
    yield announcement.of_daemon(config)
    for route in config.routes:
        if route.appearance.is_shown and announcement.has_one_device(route):
            yield announcement.of_route(config, route, route.outlet.topic.template)


def _name(device: Announcement) -> str:
    return str(cast("dict[str, JSON]", device.payload["device"])["name"])


def _table(device: Announcement) -> Table:
    table = Table.grid(padding=(0, 2))
    for component in cast("dict[str, dict[str, JSON]]", device.payload["components"]).values():
        marks = [component.get(key) for key in ("device_class", "state_class", "unit_of_measurement")]
        shown = [str(mark) for mark in marks if mark is not None]
        table.add_row("", Text(str(component["default_entity_id"])), Text(", ".join(shown), style="dim"))
    return table


def _is_of(own_id: str, payload: bytes) -> bool:
    """Return whether an announcement is that of a daemon, or of one of its routes."""
    try:
        said = json.loads(payload)
        device = said["device"]
        is_own = said["origin"]["name"] == announcement.ORIGIN
        return bool(is_own and (device.get("via_device") == own_id or device["identifiers"] == [own_id]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _count(number: int) -> str:
    """Return so many devices, in words.

    >>> _count(1), _count(2)
    ('1 device', '2 devices')
    """
    return f"{number} device{'' if number == 1 else 's'}"
