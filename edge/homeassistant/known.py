"""Owns the memory of what has been announced: a broker keeps it for ever, and what is gone must be taken back.

Knows nothing of when that is. A small file in the state directory, written only when something changes.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger(__name__)

FILE = "homeassistant.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A device that has been announced.

    Attributes:
        route: the name of its route; None for the daemon itself.
        output: the topic of its readings; None for the daemon itself.
        platforms: of its entities, by their keys.
    """

    route: str | None = None
    output: str | None = None
    platforms: Mapping[str, str] = field(default_factory=dict)


class KnownDevices:
    """The devices that Home Assistant may know of, by the topics of their announcements.

    Args:
        folder: the state directory; None for none: then nothing is remembered over a restart.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / FILE if folder else None
        self.devices: dict[str, Known] = self._read()
        self._written = dict(self.devices)

    def keep(self) -> None:
        """Write down what is known, if it has changed."""
        if self.devices == self._written:
            return
        self._written = dict(self.devices)
        if self._path is None:
            return
        fresh = self._path.with_suffix(".new")
        data = {
            topic: {"route": each.route, "output": each.output, "platforms": dict(each.platforms)}
            for topic, each in self.devices.items()
        }
        try:
            fresh.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            fresh.replace(self._path)
        except OSError as error:
            log.warning("homeassistant_not_kept why=%s", error)

    def _read(self) -> dict[str, Known]:
        if self._path is None or not self._path.exists():
            return {}
        try:
            return {topic: _known(each) for topic, each in json.loads(self._path.read_text("utf-8")).items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("homeassistant_not_known why=%s: %s", self._path, error)
            return {}


def _known(data: Mapping[str, object]) -> Known:
    route, output, platforms = data["route"], data["output"], data["platforms"]
    if not isinstance(route, str | None) or not isinstance(output, str | None) or not isinstance(platforms, dict):
        raise TypeError("expected route, output and platforms of each device")
    return Known(route=route, output=output, platforms={str(key): str(value) for key, value in platforms.items()})
