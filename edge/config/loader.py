"""Owns the way from a configuration file to a `Config`: read, override, check, fill in; all faults at once.

Knows nothing of what the options do. The file is never written.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edge.config import conflicts, document, drafts
from edge.config.checker import Checker
from edge.config.document import Document
from edge.config.options import (
    DEFAULT_BASE_TOPIC,
    DEFAULT_CLIENT_ID,
    MAX_BASE_TOPIC_BYTES,
    BridgeOptions,
    Config,
    Dead,
    HealthOptions,
    HomeAssistantOptions,
    HttpOptions,
    Limits,
    Model,
    Mqtt,
    Protocol,
    Shapes,
    SpoolOptions,
    Tls,
)
from edge.config.overrides import override
from edge.config.rules import Unexpected, text
from edge.literal import JSON
from edge.routes import Routes
from edge.topics import MAX_TOPIC_BYTES, OutputTopic

_SECTIONS = (
    *("base_topic", "mqtt", "model", "limits", "spool", "health", "bridge", "homeassistant", "http"),
    *("shapes", "dead", "routes"),
)
_HOSTNAME = "{hostname}"


def load(path: Path, *, overrides: Sequence[str] = (), hostname: str) -> Config:
    """Return the configuration in a file.

    Args and Raises: as `read`.
    """
    return read(path, overrides=overrides, hostname=hostname)[0]


def read(path: Path, *, overrides: Sequence[str] = (), hostname: str) -> tuple[Config, Document]:
    """Return the configuration in a file, and the document that says where each option stands.

    Args:
        path: the file; relative paths in it are relative to its folder.
        overrides: options that replace those of the file, as in `mqtt.port=1884`.
        hostname: what stands for `{hostname}` in base_topic and mqtt.client_id.

    Raises:
        ConfigError: every fault of the file, of the overrides and of the schema files.
    """
    folder = path.parent.absolute()
    edited, problems = override(document.read(path, name=str(path)), overrides)
    checker = Checker(edited, problems)
    values = {"base_topic": DEFAULT_BASE_TOPIC, **checker.mapping((), _SECTIONS)}
    base_topic = checker.value(values, (), "base_topic", lambda value: _base_topic(value, hostname), "")
    mqtt = _mqtt(checker, folder, hostname)
    model = checker.section(Model, ("model",), later=("gpu_layers",))
    limits = checker.section(Limits, ("limits",))
    spool = checker.section(SpoolOptions, ("spool",))
    health = checker.section(HealthOptions, ("health",))
    bridge = checker.section(BridgeOptions, ("bridge",))
    homeassistant = checker.section(HomeAssistantOptions, ("homeassistant",))
    http = checker.section(HttpOptions, ("http",))
    shapes = checker.section(Shapes, ("shapes",))
    dead = checker.section(Dead, ("dead",))
    routes = drafts.read(checker, folder)
    conflicts.check(checker, routes, base_topic, homeassistant)
    checker.finish()
    config = Config(
        base_topic=base_topic,
        mqtt=mqtt,
        model=replace(model, path=folder / model.path),
        limits=limits,
        spool=spool,
        health=health,
        bridge=bridge,
        homeassistant=homeassistant,
        http=http,
        shapes=shapes,
        dead=dead,
        routes=Routes(tuple(draft.route() for draft in routes)),
    )
    return config, edited


def _mqtt(checker: Checker, folder: Path, hostname: str) -> Mqtt:
    """Return the section `mqtt`, its host name filled in and its path absolute."""
    mqtt = checker.section(Mqtt, ("mqtt",), client_id=DEFAULT_CLIENT_ID)
    if mqtt.password_file is not None:
        mqtt = replace(mqtt, password_file=folder / mqtt.password_file)
        if checker.document.at(("mqtt", "username")) is None:
            checker.fault(("mqtt", "password_file"), "expected mqtt.username beside a password")
    if mqtt.tls is not None:
        mqtt = replace(mqtt, tls=_tls(checker, mqtt.tls, folder))
    if mqtt.share_group is not None and mqtt.protocol is not Protocol.MQTT_5:
        checker.fault(("mqtt", "share_group"), "expected mqtt.protocol 5 beside a group of subscribers")
    try:
        return replace(mqtt, client_id=_client_id(mqtt.client_id, hostname))
    except ValueError as error:
        checker.fault(("mqtt", "client_id"), str(error))
        return mqtt


def _tls(checker: Checker, tls: Tls, folder: Path) -> Tls:
    """Return the options of TLS, their paths absolute."""
    if tls.key is not None and checker.document.at(("mqtt", "tls", "certificate")) is None:
        checker.fault(("mqtt", "tls", "key"), "expected mqtt.tls.certificate beside a key")
    given = {name: getattr(tls, name) for name in ("ca", "certificate", "key")}
    return replace(tls, **{name: folder / path for name, path in given.items() if path is not None})


def _client_id(template: str, hostname: str) -> str:
    """Return the id of this client at the broker."""
    client_id = _filled(template, hostname)
    if len(client_id.encode()) > MAX_TOPIC_BYTES or not client_id.isprintable():
        raise Unexpected(f"printable text of at most {MAX_TOPIC_BYTES} bytes", template)
    return client_id


def _base_topic(value: JSON, hostname: str) -> str:
    """Return the topic under which the daemon's own topics stand."""
    topic = _filled(text(value), hostname)
    OutputTopic(topic)  # raises what is wrong with it
    if topic.endswith("/") or len(topic.encode()) > MAX_BASE_TOPIC_BYTES:
        raise Unexpected(f"a topic of at most {MAX_BASE_TOPIC_BYTES} bytes without a slash at its end", value)
    return topic


def _filled(template: str, hostname: str) -> str:
    """Return a template with the name of the host in it.

    >>> _filled("edge/{hostname}", "pi-5a")
    'edge/pi-5a'
    """
    around = template.replace(_HOSTNAME, "")
    if "{" in around or "}" in around:
        raise Unexpected(f"no braces but {_HOSTNAME}", template)
    return template.replace(_HOSTNAME, hostname)
