"""Owns what a configuration may say and had better not: each is a warning, and none keeps the daemon from running.

Knows nothing of faults, which do (`checker.py`). It looks at the modes of files, and reads none of them.
"""

import ipaddress
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

from edge.config.document import Document
from edge.config.options import Config, HttpOptions, Mqtt
from edge.errors import Problem
from edge.extraction.normalize import MOMENT
from edge.literal import Path
from edge.mqtt import credentials
from edge.routes import Routes
from edge.schema.schema import Node

PLAIN_PORT, TLS_PORT = 1883, 8883  # as registered for mqtt and secure-mqtt
QUEUED = 1000  # mosquitto.conf(5), max_queued_messages
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_BY_LIST = (
    stat.S_IRWXO
)  # systemd lets the unit's user in by an access list, whose mask the group's bits show


def find(config: Config, document: Document, environment: Mapping[str, str]) -> list[Problem]:
    """Return every warning.

    Args:
        config: what the document says.
        document: where it says so.
        environment: of a process of the service manager, with `CREDENTIALS_DIRECTORY`.
    """
    found = [
        *_encryption(config.mqtt, environment),
        *_secrets(config.mqtt, environment),
        *_window(config.mqtt),
        *_requests(config),
        *_http(config.http),
        *_moments(config.routes),
    ]
    return [document.problem(path, message) for path, message in found]


def is_local(host: str) -> bool:
    """Return whether what is said to a host stays on this machine.

    >>> is_local("127.1.2.3"), is_local("::1"), is_local("192.168.1.2"), is_local("localhost.example")
    (True, True, False, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _encryption(mqtt: Mqtt, environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    if mqtt.tls is not None:
        if mqtt.port == PLAIN_PORT:
            yield (
                ("mqtt", "port"),
                f"port {PLAIN_PORT} is the one without TLS, as a rule; with TLS it is {TLS_PORT}",
            )
        return
    if mqtt.port == TLS_PORT:
        yield ("mqtt", "port"), f"port {TLS_PORT} is the one with TLS, as a rule; set mqtt.tls, {{}} to begin with"
    if is_local(mqtt.host):
        return
    listener = f"to {mqtt.host} is not encrypted: who listens on the way"
    if mqtt.password_file is not None:
        yield ("mqtt", "password_file"), f"the password {listener} can be this daemon; set mqtt.tls"
    elif mqtt.username is not None and credentials.credential(credentials.PASSWORD, environment) is not None:
        yield ("mqtt", "username"), f"the password {listener} can be this daemon; set mqtt.tls"
    else:
        yield ("mqtt", "host"), f"the connection {listener} can read and change all of it; set mqtt.tls"


def _secrets(mqtt: Mqtt, environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    if mqtt.password_file is not None:
        yield from _exposed(("mqtt", "password_file"), mqtt.password_file, _OTHERS)
    elif mqtt.username is not None:
        given = credentials.credential(credentials.PASSWORD, environment)
        yield from _exposed(("mqtt", "username"), given, _OTHERS_BY_LIST)
    if mqtt.tls is not None and mqtt.tls.key is not None:
        yield from _exposed(("mqtt", "tls", "key"), mqtt.tls.key, _OTHERS)
    elif mqtt.tls is not None:
        given = credentials.key(mqtt.tls, environment)
        yield from _exposed(("mqtt", "tls", "certificate"), given, _OTHERS_BY_LIST)


def _exposed(path: Path, file: FilePath | None, others: int) -> Iterator[tuple[Path, str]]:
    """Yield a warning where a file exists that others may use; whether the daemon can is not asked here."""
    if file is None:
        return
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return
    if mode & others:
        yield (
            path,
            f"others on this machine may use {file} (mode {mode:04o}); `chmod 600 {file}` keeps it to its owner",
        )


def _window(mqtt: Mqtt) -> Iterator[tuple[Path, str]]:
    if mqtt.in_flight > QUEUED:
        kept = f"mosquitto keeps {QUEUED} messages for a client that is away (max_queued_messages)"
        yield ("mqtt", "in_flight"), f"{kept}; with {mqtt.in_flight} under way, there may be no room for new ones"


def _requests(config: Config) -> Iterator[tuple[Path, str]]:
    has_name = config.mqtt.username is not None or (config.mqtt.tls is not None and config.mqtt.tls.certificate)
    if config.bridge.requests and not has_name:
        yield (
            ("bridge", "requests"),
            "the broker lets this daemon in without a name, and so others, too: whoever reaches it may ask",
        )


def _http(http: HttpOptions) -> Iterator[tuple[Path, str]]:
    if http.enabled and not is_local(http.address):
        yield (
            ("http", "address"),
            f"whoever reaches {http.address}:{http.port} may read the figures: nobody is asked for a password",
        )


def _moments(routes: Routes) -> Iterator[tuple[Path, str]]:
    for number, route in enumerate(routes):
        if route.zone is not None and not _has_moment(route.schema.root):
            yield (
                ("routes", number, "timestamps"),
                "no field has `format: date-time`, so nothing of this route is made RFC 3339",
            )


def _has_moment(node: Node) -> bool:
    items = (node.items,) if node.items is not None else ()
    return node.format == MOMENT or any(map(_has_moment, (*(prop.node for prop in node.properties), *items)))
