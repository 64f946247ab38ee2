"""Owns the options of the configuration file: their names, types, ranges and defaults.

Knows nothing of files. The names are the keys of `edge.yaml`; a test holds the two together. What a rule returns
for the value in the file is what the dataclass holds; a dataclass in place of a rule is a mapping of its own, or
null.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from edge.config import rules
from edge.literal import JSON
from edge.routes import Routes
from edge.topics import check_topic

DEFAULT_BASE_TOPIC = "edge/{hostname}"
DEFAULT_CLIENT_ID = "edge-{hostname}"

MAX_BASE_TOPIC_BYTES = 1000  # leaves room below it for the names of routes
MAX_PAYLOAD_BYTES = 1_048_576  # far beyond any text that a small model can read
MAX_TOKENS = 32_768  # the longest context of any base that may be converted
MAX_DEADLINE_S = 3_600
_A_GROUP = "the name of a group, without / + and #"
_A_PREFIX = "the topic that Home Assistant has as its discovery prefix, such as homeassistant"


class Protocol(StrEnum):
    """The versions of MQTT that the daemon speaks."""

    MQTT_5 = "5"
    MQTT_3_1_1 = "3.1.1"


@rules.described({"enum": [5, *map(str, Protocol)]})
def named_protocol(value: JSON) -> Protocol:
    """Return the version that an option names; 5 may stand there as a number.

    >>> named_protocol(5), named_protocol("3.1.1")
    (<Protocol.MQTT_5: '5'>, <Protocol.MQTT_3_1_1: '3.1.1'>)
    """
    if type(value) in {int, str} and value in (5, *Protocol):
        return Protocol(str(value))
    raise rules.Unexpected("5 or 3.1.1", value)


@rules.described(rules.pattern("^[^/+#]+$", _A_GROUP))
def group_name(value: JSON) -> str:
    """Return the name of a group of subscribers ([MQTT-4.8.2-1], [MQTT-4.8.2-2]).

    >>> group_name("pis")
    'pis'
    """
    if isinstance(value, str) and value and value.isprintable() and not set(value) & set("/+#"):
        return value
    raise rules.Unexpected(_A_GROUP, value)


class WhenFull(StrEnum):
    """What becomes of inputs when the spool is full."""

    WAIT = "wait"
    DROP_OLDEST = "drop_oldest"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tls:
    """How the connection to the broker is encrypted; the broker's certificate and name are always checked.

    Attributes:
        ca: the only CAs to trust, as PEM; None for those of the system.
        certificate: this client's, as PEM, with the chain below the CA; None for none.
        key: its key, as PEM without a passphrase; None for the systemd credential `mqtt.key`.
    """

    ca: Annotated[Path | None, rules.optional(rules.path)] = None
    certificate: Annotated[Path | None, rules.optional(rules.path)] = None
    key: Annotated[Path | None, rules.optional(rules.path)] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mqtt:
    """How to reach the broker.

    Attributes:
        host: its name or address, without mqtt:// and without port.
        port: its port: 1883, or as a rule 8883 with `tls`.
        protocol: the version of MQTT; 3.1.1 for a broker that does not know MQTT 5.
        client_id: no two clients of a broker may share one; keep it, or the broker forgets what it keeps for it.
        username: who this client is; None for a broker that asks no name.
        password_file: a file with nothing but the password; None for the systemd credential mqtt.password, if any.
        tls: what encrypts the connection; None for one that is not encrypted.
        keepalive_s: how soon the broker notices that this machine is gone.
        session_expiry_s: how long the broker keeps messages for a daemon that is away.
        in_flight: how many messages the broker may send ahead of their acknowledgements.
        waiting_qos0: how many messages at QoS 0, which no broker holds back, may wait; more are shed.
        share_group: the group that shares the load of the routes; None to be alone.
        broker_statistics: whether to listen to what the broker says of itself, for the backlog.
    """

    host: Annotated[str, rules.host] = "localhost"
    port: Annotated[int, rules.whole(1, 65_535)] = 1883
    protocol: Annotated[Protocol, named_protocol] = Protocol.MQTT_5
    client_id: Annotated[str, rules.text]
    username: Annotated[str | None, rules.optional(rules.text)] = None
    password_file: Annotated[Path | None, rules.optional(rules.path)] = None
    tls: Annotated[Tls | None, Tls] = None
    keepalive_s: Annotated[int, rules.whole(5, 65_535)] = 30
    session_expiry_s: Annotated[int, rules.whole(1, 4_294_967_295)] = 604_800
    in_flight: Annotated[int, rules.whole(1, 65_535)] = 64
    waiting_qos0: Annotated[int, rules.whole(1, 65_535)] = 1000
    share_group: Annotated[str | None, rules.optional(group_name)] = None
    broker_statistics: Annotated[bool, rules.flag] = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """Which model reads the messages, and with what.

    Attributes:
        path: a file in GGUF.
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
    """What one message may cost; beyond it, it gets a dead letter. And what the daemon may take.

    Attributes:
        payload_bytes: how long it may be.
        lines: how many lines it may have, on a route that splits lines.
        message_tokens: how long its text may be; a token is a few characters.
        output_tokens: how long its reading may be.
        deadline_s: how long it may be read.
        memory_mb: millions of bytes; beyond that the daemon leaves, to be started anew. None for what is usual for
            the size of the context.
    """

    payload_bytes: Annotated[int, rules.whole(1, MAX_PAYLOAD_BYTES)] = 65_536
    lines: Annotated[int, rules.whole(1, 1000)] = 100
    message_tokens: Annotated[int, rules.whole(1, MAX_TOKENS)] = 1024
    output_tokens: Annotated[int, rules.whole(1, MAX_TOKENS)] = 1024
    deadline_s: Annotated[float, rules.above_zero(MAX_DEADLINE_S)] = 30.0
    memory_mb: Annotated[int | None, rules.auto_or(rules.whole(100, 1_000_000))] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolOptions:
    """Whether inputs are kept on disk until they are answered.

    Attributes:
        enabled: whether they are kept, for power cuts, and for more of them than the broker keeps.
        max_mb: millions of bytes of messages that may wait there.
        when_full: what becomes of more.
    """

    enabled: Annotated[bool, rules.flag] = False
    max_mb: Annotated[int, rules.whole(1, 1_000_000)] = 256
    when_full: Annotated[WhenFull, rules.one_of(WhenFull)] = WhenFull.WAIT


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthOptions:
    """What the daemon says of itself, as JSON, on <base_topic>/bridge/health.

    Attributes:
        every_s: how often; 0 for never.
    """

    every_s: Annotated[int, rules.whole(0, 86_400)] = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgeOptions:
    """What the daemon hears and says below `<base_topic>/bridge`, beside its health.

    Attributes:
        requests: whether it does what is asked of it over the broker: whoever may publish there may reload it.
        logging: whether warnings and errors of the log are published, too.
    """

    requests: Annotated[bool, rules.flag] = False
    logging: Annotated[bool, rules.flag] = True


@rules.described(rules.pattern(r"^(?!\$)[^+#{}]*[^+#{}/]$", _A_PREFIX))
def discovery_prefix(value: JSON) -> str:
    """Return the topic below which Home Assistant looks for devices.

    >>> discovery_prefix("homeassistant")
    'homeassistant'
    """
    if isinstance(value, str) and not set(value) & set("+#{}") and not value.startswith("$") and value[-1:] != "/":
        try:
            check_topic(value)
        except ValueError:
            pass
        else:
            if len(value.encode()) <= MAX_BASE_TOPIC_BYTES:
                return value
    raise rules.Unexpected(_A_PREFIX, value)


@dataclass(frozen=True, kw_only=True, slots=True)
class HomeAssistantOptions:
    """Whether devices appear in Home Assistant by themselves.

    Attributes:
        enabled: whether they do.
        prefix: the topic below which it looks for them.
    """

    enabled: Annotated[bool, rules.flag] = False
    prefix: Annotated[str, discovery_prefix] = "homeassistant"


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpOptions:
    """Whether figures and readiness can be fetched over HTTP; there is no password.

    Attributes:
        enabled: whether they can.
        address: one of this machine, or 0.0.0.0 for all of them.
        port: where it listens.
    """

    enabled: Annotated[bool, rules.flag] = False
    address: Annotated[str, rules.address] = "127.0.0.1"
    port: Annotated[int, rules.whole(1, 65_535)] = 9464


@dataclass(frozen=True, kw_only=True, slots=True)
class Shapes:
    """What the shape cache does: it replays wordings that the model has read alike.

    Attributes:
        enabled: whether it does.
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
class Dead:
    """Which dead letters are kept on this machine, beside those that go to the broker.

    Attributes:
        keep: how many; 0 for none.
        max_mb: how many millions of bytes they may take; the largest message fits into the least of it.
    """

    keep: Annotated[int, rules.whole(0, 10_000)] = 1000
    max_mb: Annotated[int, rules.whole(2, 1000)] = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """All that the daemon is told: checked, defaults filled in, paths absolute.

    Attributes:
        base_topic: the daemon's own topics stand below it, such as status and dead; each machine needs its own.
        routes: which messages to read, what to look for in them, and where the readings go. The first route whose
            filter matches takes the message.
    """

    base_topic: str
    mqtt: Mqtt
    model: Model
    limits: Limits
    spool: SpoolOptions
    health: HealthOptions
    bridge: BridgeOptions
    homeassistant: HomeAssistantOptions
    http: HttpOptions
    shapes: Shapes
    dead: Dead
    routes: Routes
