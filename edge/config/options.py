"""Owns the options of the configuration file: their names, types, ranges and defaults.

Knows nothing of files. The names are the keys of `edge.yaml`; a test holds the two together. What a rule returns
for the value in the file is what the dataclass holds.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from edge.config import rules
from edge.literal import JSON
from edge.routes import Routes

DEFAULT_BASE_TOPIC = "edge/{hostname}"
DEFAULT_CLIENT_ID = "edge-{hostname}"

MAX_BASE_TOPIC_BYTES = 1000  # leaves room below it for the names of routes
MAX_PAYLOAD_BYTES = 1_048_576  # far beyond any text that a small model can read
MAX_TOKENS = 32_768  # the longest context of any base that may be converted
MAX_DEADLINE_S = 3_600


class Protocol(StrEnum):
    """The versions of MQTT that the daemon speaks."""

    MQTT_5 = "5"
    MQTT_3_1_1 = "3.1.1"


def named_protocol(value: JSON) -> Protocol:
    """Return the version that an option names; 5 may stand there as a number.

    >>> named_protocol(5), named_protocol("3.1.1")
    (<Protocol.MQTT_5: '5'>, <Protocol.MQTT_3_1_1: '3.1.1'>)
    """
    if type(value) in {int, str} and value in (5, *Protocol):
        return Protocol(str(value))
    raise rules.Unexpected("5 or 3.1.1", value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mqtt:
    """How to reach the broker.

    Attributes:
        username: None for a broker that asks no name.
        password_file: a file with nothing but the password; None for none.
        session_expiry_s: how long the broker keeps messages for a daemon that is away.
        in_flight: how many messages the broker may send ahead of their acknowledgements.
    """

    host: Annotated[str, rules.host] = "localhost"
    port: Annotated[int, rules.whole(1, 65_535)] = 1883
    protocol: Annotated[Protocol, named_protocol] = Protocol.MQTT_5
    client_id: Annotated[str, rules.text]
    username: Annotated[str | None, rules.optional(rules.text)] = None
    password_file: Annotated[Path | None, rules.optional(rules.path)] = None
    keepalive_s: Annotated[int, rules.whole(5, 65_535)] = 30
    session_expiry_s: Annotated[int, rules.whole(1, 4_294_967_295)] = 604_800
    in_flight: Annotated[int, rules.whole(1, 65_535)] = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """Which model reads the messages, and with what.

    Attributes:
        threads: how many cores it may keep busy; None leaves it to the program.
        context_tokens: room for the schema, the message and the reading, in tokens.
        slots: how many messages it reads together.
    """

    path: Annotated[Path, rules.path] = Path("/usr/share/edge/model.gguf")
    threads: Annotated[int | None, rules.auto_or(rules.whole(1, 256))] = None
    context_tokens: Annotated[int, rules.whole(256, MAX_TOKENS)] = 4096
    slots: Annotated[int, rules.whole(1, 64)] = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one message may cost; beyond it, it gets a dead letter."""

    payload_bytes: Annotated[int, rules.whole(1, MAX_PAYLOAD_BYTES)] = 65_536
    message_tokens: Annotated[int, rules.whole(1, MAX_TOKENS)] = 1024
    output_tokens: Annotated[int, rules.whole(1, MAX_TOKENS)] = 1024
    deadline_s: Annotated[float, rules.above_zero(MAX_DEADLINE_S)] = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Shapes:
    """What the shape cache does: it replays wordings that the model has read alike.

    Attributes:
        confirmations: how many messages of a wording the model reads, alike, before it is replayed.
        audit_every: one replay in so many is read by the model again; 0 for none.
        audit_share: the part of the model's time that this may take.
        per_route: how many wordings are known at once.
    """

    enabled: Annotated[bool, rules.flag] = True
    confirmations: Annotated[int, rules.whole(2, 64)] = 3
    audit_every: Annotated[int, rules.whole(0, 1_000_000)] = 64
    audit_share: Annotated[float, rules.above_zero(1)] = 0.1
    per_route: Annotated[int, rules.whole(1, 65_536)] = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """All that the daemon is told: checked, defaults filled in, paths absolute."""

    base_topic: str
    mqtt: Mqtt
    model: Model
    limits: Limits
    shapes: Shapes
    routes: Routes
