"""Owns what is said of a device: one retained message for each device of a route, and one for the daemon itself.

Knows nothing of when it is said. The form is that of MQTT device discovery, which Home Assistant reads since
2024.12 (https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import edge
from edge.answer import Publication
from edge.config.options import Config
from edge.homeassistant import entities, names
from edge.homeassistant.entities import BINARY_SENSOR, SENSOR, Entity, Terms
from edge.literal import JSON, encoded
from edge.routes import Route
from edge.text.units import UnitPolicy
from edge.topics import Captures

ORIGIN = "Edge"
_MOST_NAME_CHARS = 100  # of a device; topics may be as long as 65,535


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcement:
    """What is said of one device.

    Attributes:
        topic: where it is said.
        payload: what Home Assistant reads.
        route: the name of the route; None for the daemon itself.
        output: the topic of the device's readings; None for the daemon itself.
    """

    topic: str
    payload: Mapping[str, JSON]
    route: str | None = None
    output: str | None = None
    platforms: Mapping[str, str] = field(default_factory=dict)

    def publication(self, without: Mapping[str, str] | None = None) -> Publication:
        """Return it as a message.

        Args:
            without: platforms of entities that are to go, by their keys; Home Assistant removes those that it is
                told with nothing but their platform.
        """
        payload = dict(self.payload)
        if without:
            gone: dict[str, JSON] = {key: {"platform": platform} for key, platform in without.items()}
            components = payload["components"]
            assert isinstance(components, dict)
            payload["components"] = {**components, **gone}
        return Publication(topic=self.topic, payload=encoded(payload), retain=True)


def withdrawal(topic: str) -> Publication:
    """Return the message that takes a device out of Home Assistant."""
    return Publication(topic=topic, payload=b"", retain=True)


def daemon_id(base_topic: str) -> str:
    """Return the id of the daemon's own device; those of its routes begin with it.

    >>> daemon_id("edge/pi-5a")
    'edge_pi-5a'
    """
    return "_".join(map(names.identifier, base_topic.split("/")))


def topic(prefix: str, device_id: str) -> str:
    """Return where a device is announced.

    >>> topic("homeassistant", "edge_pi")
    'homeassistant/device/edge_pi/config'
    """
    return f"{prefix}/device/{device_id}/config"


def captures(route: Route, output: str) -> Captures | None:
    """Return what tells one device of a route from the others: how its output topic differs from theirs.

    None where it is not a topic of that route's readings.
    """
    if not route.outlet.topic.placeholder_count and not route.outlet.topic.places:
        return () if output == route.outlet.topic.template else None
    found = (route.outlet.topic.as_filter(each).captures(output) for each in route.filters)
    return next((each for each in found if each is not None), None)


def has_one_device(route: Route) -> bool:
    """Return whether all readings of a route go to one topic."""
    return not route.outlet.topic.placeholder_count and not route.outlet.topic.places


def of_route(config: Config, route: Route, output: str) -> Announcement:
    """Return what is said of the device of a route whose readings go to a topic.

    Raises:
        ValueError: they do not go there.
    """
    marks = captures(route, output)
    if marks is None:
        raise ValueError(f"expected a topic of the route {route.name}, got {output!r}")
    own_id = daemon_id(config.base_topic)
    device_id = "_".join([own_id, route.name, *map(names.identifier, marks)])
    name = " ".join([route.appearance.name or names.title(route.name), *marks])[:_MOST_NAME_CHARS]
    device: dict[str, JSON] = {
        "identifiers": [device_id],
        "name": name,
        "model": f"Route {route.name}",
        "sw_version": edge.__version__,
        "via_device": own_id,
    }
    if route.appearance.area is not None:
        device["suggested_area"] = route.appearance.area
    terms = Terms(has_units=route.units is UnitPolicy.CONVERT, has_moments=route.zone is not None)
    found = entities.of_schema(route.schema.root, terms)
    expiry: dict[str, JSON] = {}
    if route.appearance.expire_after_s is not None:
        expiry["expire_after"] = route.appearance.expire_after_s
    return _announcement(
        config,
        device_id,
        device,
        {each.key: _component(each, device_id, name, expiry) for each in found},
        shared={"state_topic": output, "availability": [_alive(config)], "qos": 1},
        route=route.name,
        output=output,
    )


def of_daemon(config: Config) -> Announcement:
    """Return what is said of the daemon itself."""
    own_id = daemon_id(config.base_topic)
    name = f"Edge {config.base_topic.removeprefix('edge/')}"[:_MOST_NAME_CHARS]
    device: dict[str, JSON] = {
        "identifiers": [own_id],
        "name": name,
        "model": "Edge",
        "sw_version": edge.__version__,
    }
    components = {
        each.key: _component(each, own_id, name, {"entity_category": "diagnostic"})
        for each in _diagnostics(config)
    }
    return _announcement(config, own_id, device, components, shared={"qos": 1})


def _announcement(
    config: Config,
    device_id: str,
    device: dict[str, JSON],
    components: Mapping[str, dict[str, JSON]],
    *,
    shared: Mapping[str, JSON],
    route: str | None = None,
    output: str | None = None,
) -> Announcement:
    platforms = {key: str(each["platform"]) for key, each in components.items()}
    return Announcement(
        topic=topic(config.homeassistant.prefix, device_id),
        payload={
            "device": device,
            "origin": {"name": ORIGIN, "sw_version": edge.__version__},
            **shared,
            "components": dict(components),
        },
        route=route,
        output=output,
        platforms=platforms,
    )


def _component(entity: Entity, device_id: str, device_name: str, more: Mapping[str, JSON]) -> dict[str, JSON]:
    named: dict[str, JSON] = {} if entity.name is None else {"name": entity.name}
    return {
        "platform": entity.platform,
        "unique_id": f"{device_id}_{entity.key}",
        "default_entity_id": f"{entity.platform}.{names.entity([device_name, entity.title])}",
        **named,
        **more,
        **entity.options,
    }


def _alive(config: Config) -> dict[str, JSON]:
    """Return where it stands whether the daemon lives; `online` and `offline` are Home Assistant's own words."""
    return {"topic": f"{config.base_topic}/status"}


def _diagnostics(config: Config) -> Iterator[Entity]:
    """Yield the entities of the daemon itself."""
    status: dict[str, JSON] = {"state_topic": f"{config.base_topic}/status", "device_class": "connectivity"}
    status |= {"payload_on": "online", "payload_off": "offline"}
    yield Entity(key="status", platform=BINARY_SENSOR, name=None, title="Connectivity", options=status)
    if config.bridge.requests:
        press: dict[str, JSON] = {"command_topic": f"{config.base_topic}/bridge/request/reload"}
        press |= {"payload_press": "{}", "icon": "mdi:file-refresh", "availability": [_alive(config)]}
        yield Entity(key="reload", platform="button", name="Reload", title="Reload", options=press)
    if not config.health.every_s:
        return
    told: dict[str, JSON] = {
        "state_topic": f"{config.base_topic}/bridge/health",
        "availability": [_alive(config)],
    }
    problem = "{{ 'ON' if value_json['troubles'] else 'OFF' }}"
    yield Entity(
        key="problem",
        platform=BINARY_SENSOR,
        name=None,
        title="Problem",
        options={**told, "device_class": "problem", "value_template": problem},
    )
    for key, name, options, value in _FIGURES:
        template = f"{{{{ {value} }}}}"
        yield Entity(
            key=key,
            platform=SENSOR,
            name=name,
            title=name,
            options={**told, **options, "value_template": template},
        )


_COUNTED: dict[str, JSON] = {"state_class": "total_increasing"}
_FIGURES: tuple[
    tuple[str, str, dict[str, JSON], str], ...
] = (  # key, name, options, and where it is in the health data
    ("readings", "Readings", _COUNTED, "value_json['routes'].values() | map(attribute='ok') | sum"),
    ("dead_letters", "Dead letters", _COUNTED, "value_json['dead_letters'].values() | sum"),
    ("in_hand", "Messages in hand", {"state_class": "measurement"}, "value_json['mqtt']['queue_in']"),
    (
        "model_p95",
        "Model latency p95",
        {"device_class": "duration", "unit_of_measurement": "ms", "state_class": "measurement"},
        "value_json['latency']['model']['p95_ms']",
    ),
    (
        "memory",
        "Memory",
        {"device_class": "data_size", "unit_of_measurement": "MB", "state_class": "measurement"},
        "value_json['process']['memory_mb']",
    ),
    (
        "temperature",
        "Processor temperature",
        {"device_class": "temperature", "unit_of_measurement": "°C", "state_class": "measurement"},
        "value_json['machine']['temperature_c']",
    ),
)
