"""Owns the way from a configuration file to a `Config`: read, override, check, fill in; all faults at once.

Knows nothing of what the options do. The file is never written.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edge.config import conflicts, document, drafts
from edge.config.checker import Checker
from edge.config.options import (
    DEFAULT_BASE_TOPIC,
    DEFAULT_CLIENT_ID,
    MAX_BASE_TOPIC_BYTES,
    Config,
    Limits,
    Model,
    Mqtt,
    Shapes,
)
from edge.config.overrides import override
from edge.config.rules import Unexpected, text
from edge.literal import JSON
from edge.routes import Routes
from edge.topics import MAX_TOPIC_BYTES, OutputTopic

_SECTIONS = ("base_topic", "mqtt", "model", "limits", "shapes", "routes")
_LATER_SECTIONS = ("spool", "homeassistant", "http")
_HOSTNAME = "{hostname}"


def load(path: Path, *, overrides: Sequence[str] = (), hostname: str) -> Config:
    """Return the configuration in a file.

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
    values = {"base_topic": DEFAULT_BASE_TOPIC, **checker.mapping((), _SECTIONS, _LATER_SECTIONS)}
    base_topic = checker.value(values, (), "base_topic", lambda value: _base_topic(value, hostname), "")
    mqtt = _mqtt(checker, folder, hostname)
    model = checker.section(Model, ("model",), later=("gpu_layers",))
    limits = checker.section(Limits, ("limits",))
    shapes = checker.section(Shapes, ("shapes",))
    routes = drafts.read(checker, folder)
    conflicts.check(checker, routes, base_topic)
    checker.finish()
    return Config(
        base_topic=base_topic,
        mqtt=mqtt,
        model=replace(model, path=folder / model.path),
        limits=limits,
        shapes=shapes,
        routes=Routes(tuple(draft.route() for draft in routes)),
    )


def _mqtt(checker: Checker, folder: Path, hostname: str) -> Mqtt:
    """Return the section `mqtt`, its host name filled in and its path absolute."""
    mqtt = checker.section(Mqtt, ("mqtt",), later=("tls",), client_id=DEFAULT_CLIENT_ID)
    if mqtt.password_file is not None:
        mqtt = replace(mqtt, password_file=folder / mqtt.password_file)
        if checker.document.at(("mqtt", "username")) is None:
            checker.fault(("mqtt", "password_file"), "expected mqtt.username beside a password")
    try:
        return replace(mqtt, client_id=_client_id(mqtt.client_id, hostname))
    except ValueError as error:
        checker.fault(("mqtt", "client_id"), str(error))
        return mqtt


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
