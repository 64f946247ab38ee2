"""Owns when devices are announced to Home Assistant, and when they are taken back.

Knows nothing of what an announcement says. Each is said at QoS 1 and kept by the broker: on every connection, when
Home Assistant starts, when the configuration changes, and, of a route whose readings go to many topics, with the
first reading on a topic. What is gone from the configuration is taken back, also after a restart.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from edge.answer import Answer, Publication
from edge.config.options import Config
from edge.errors import BrokerError
from edge.generation import birth_topic
from edge.homeassistant import announcement
from edge.homeassistant.announcement import Announcement
from edge.homeassistant.known import Known, KnownDevices
from edge.literal import JSON
from edge.mqtt.events import Requested

if TYPE_CHECKING:
    from edge.routes import Route

log = logging.getLogger(__name__)

MOST_DEVICES = 256  # of routes whose readings go to many topics; whoever publishes inputs can make such topics
BORN = b"online"  # Home Assistant's word when it has started
SOONEST_S, LATEST_S = 1.0, 5.0  # until a start of Home Assistant is answered: not all devices of a house at once


class Discovery:
    """What Home Assistant is told of devices. For the main thread.

    Args:
        config: what is in force at the start.
        known: what was announced before.
        publish: hands a publication to the broker and returns its number.
        clock: monotonic seconds.
        uniform: returns a random number between two.
    """

    def __init__(
        self,
        config: Config,
        known: KnownDevices,
        *,
        publish: Callable[[Publication], int],
        clock: Callable[[], float],
        uniform: Callable[[float, float], float],
    ) -> None:
        self._config = config
        self._known = known
        self._publish = publish
        self._clock = clock
        self._uniform = uniform
        self._is_connected = False
        self._due_at_s: float | None = None  # to announce all again
        self._outputs: dict[str, str] = {}  # topics of readings with a device each, and their routes
        self._open: dict[str, Route] = {}  # routes with many devices, by name
        self._sent: dict[int, tuple[str, Known | None]] = {}  # what holds once the broker has it, by number
        self._has_said_full = False
        self.counts: Counter[str] = Counter()
        self._take_up()

    def serve(self, config: Config) -> None:
        """Announce by another configuration from now on."""
        self._config = config
        self._take_up()
        if self._is_connected:
            self._announce_all()

    def connected(self) -> None:
        """Announce all: the broker may be another one, or have forgotten."""
        self._is_connected = True
        self._sent.clear()
        self._announce_all()

    def disconnected(self) -> None:
        """Announce nothing until there is a connection again."""
        self._is_connected = False

    def is_birth(self, requested: Requested) -> bool:
        """Return whether a message is Home Assistant's word of itself."""
        return requested.topic == birth_topic(self._config)

    def born(self, requested: Requested) -> None:
        """Announce all soon, if Home Assistant says that it has started."""
        if requested.payload == BORN and self._config.homeassistant.enabled and self._due_at_s is None:
            self._due_at_s = self._clock() + self._uniform(SOONEST_S, LATEST_S)

    def tick(self) -> None:
        """Announce all, if it is time."""
        if self._due_at_s is not None and self._clock() >= self._due_at_s:
            self._due_at_s = None
            if self._is_connected:
                self._announce_all()

    def published(self, answer: Answer) -> None:
        """Announce the device of a reading, if it is a new one."""
        route = self._open.get(answer.route or "")
        output = answer.publication.topic
        if route is None or output in self._outputs:
            return
        if len(self._outputs) >= MOST_DEVICES:
            self.counts["homeassistant_devices_refused"] += 1
            if not self._has_said_full:
                self._has_said_full = True
                log.warning(
                    "homeassistant_devices_refused why=expected readings on at most %d topics, got one more on %s "
                    "hint=`edge discovery purge` forgets those that are gone",
                    MOST_DEVICES,
                    output,
                )
            return
        self._outputs[output] = route.name
        if self._is_connected:
            self._announce(announcement.of_route(self._config, route, output))
            self._known.keep()

    def confirmed(self, publication_id: int, refusal: str | None) -> bool:
        """Take the broker's word on a publication; return whether it was one of these."""
        if publication_id not in self._sent:
            return False
        topic, known = self._sent.pop(publication_id)
        if refusal is not None:
            self.counts["homeassistant_refused"] += 1
            log.warning("homeassistant_refused topic=%s why=%s", topic, refusal)
        elif known is None:
            self._known.devices.pop(topic, None)
        else:
            self._known.devices[topic] = known
        if not self._sent:
            self._known.keep()
        return True

    def again(self, *, forgets: bool) -> dict[str, JSON]:
        """Announce all, and return what is announced.

        Args:
            forgets: whether devices of routes with many of them are taken back first, until their next reading.
        """
        if forgets:
            self._outputs.clear()
            self._has_said_full = False
        if self._is_connected:
            self._announce_all()
        return {
            "enabled": self._config.homeassistant.enabled,
            "devices": [{"topic": each.topic, "entities": len(each.platforms)} for each in self._wanted()],
        }

    def _take_up(self) -> None:
        """See which devices there are by the configuration; of those that were known, those that still fit."""
        routes = {route.name: route for route in self._config.routes if route.appearance.is_shown}
        if not self._config.homeassistant.enabled:
            routes = {}
        self._open = {name: route for name, route in routes.items() if not announcement.has_one_device(route)}
        known = {each.output: each.route for each in self._known.devices.values() if each.output and each.route}
        self._outputs = {
            output: name
            for output, name in (known | self._outputs).items()
            if name in self._open and announcement.captures(self._open[name], output) is not None
        }

    def _wanted(self) -> Iterator[Announcement]:
        config = self._config
        if not config.homeassistant.enabled:
            return
        yield announcement.of_daemon(config)
        for route in config.routes:
            if route.appearance.is_shown and announcement.has_one_device(route):
                yield announcement.of_route(config, route, route.outlet.topic.template)
        for output, name in self._outputs.items():
            yield announcement.of_route(config, self._open[name], output)

    def _announce_all(self) -> None:
        """Say what holds, and take back what does not hold any more."""
        wanted = list(self._wanted())
        for topic in self._known.devices.keys() - {each.topic for each in wanted}:
            self._send(announcement.withdrawal(topic), None)
        for each in wanted:
            self._announce(each)
        self._known.keep()

    def _announce(self, device: Announcement) -> None:
        """Announce a device; entities that it had and has no more are taken out first."""
        before = self._known.devices.get(device.topic, Known())
        gone = {
            key: platform for key, platform in before.platforms.items() if device.platforms.get(key) != platform
        }
        after = Known(route=device.route, output=device.output, platforms=device.platforms)
        # until the broker has it, both count: a crash in between leaves nothing behind
        both: Mapping[str, str] = {**device.platforms, **gone}
        self._known.devices[device.topic] = Known(route=device.route, output=device.output, platforms=both)
        if gone:
            self._send(device.publication(without=gone), self._known.devices[device.topic])
        self._send(device.publication(), after)

    def _send(self, publication: Publication, known: Known | None) -> None:
        try:
            self._sent[self._publish(publication)] = publication.topic, known
        except BrokerError as error:
            self.counts["homeassistant_refused"] += 1
            log.warning("homeassistant_refused topic=%s why=%s", publication.topic, error)
