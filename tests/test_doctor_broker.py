"""What the doctor says of the broker: a real one that is away, does not know us, or lets us do only a part."""

import errno
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge import config
from edge.config.options import Config, Mqtt, Protocol, Tls
from edge.doctor import broker
from edge.doctor.doctor import shown
from edge.errors import ConfigError, Problem
from edge.mqtt.events import Connected, Disconnected
from edge.mqtt.visit import Visit, visit
from edge.verbs.mosquitto import Mosquitto, free_port
from tests.guarded import Guarded
from tests.secure import Authority, connected, listening, started

ROUTES = """
base_topic: edge/test
mqtt: {{host: localhost, port: {port}, client_id: edge-test}}
routes:
  - {{name: a, subscribe: raw/a, publish: readings/a, fields: {{t: {{type: number}}}}}}
  - {{name: b, subscribe: raw/b, publish: readings/b, fields: {{t: {{type: number}}}}}}
"""
TOPIC = "edge/test/bridge/doctor"
RAW = "sensors/greenhouse/bench/raw"
GRANTED = "which mosquitto grants even where its acl_file lets nothing through"
RULES = {  # of mosquitto's plugin for dynamic security: one filter is open, to everybody
    "defaultACLAccess": {"publishClientSend": True, "publishClientReceive": True, "subscribe": False},
    "anonymousGroup": "all",
    "groups": [{"groupname": "all", "roles": [{"rolename": "a"}]}],
    "roles": [{"rolename": "a", "acls": [{"acltype": "subscribeLiteral", "topic": "raw/a", "allow": True}]}],
}
PLAIN = Mqtt(host="pi", client_id="edge-pi")


def configured(folder: Path, port: int, **changes: object) -> Config:
    """Return a configuration of two routes for a broker on this machine."""
    file = folder / "edge.yaml"
    file.write_text(ROUTES.format(port=port), encoding="utf-8")
    read = config.load(file, overrides=[], hostname="test")
    return replace(read, mqtt=replace(read.mqtt, **changes))  # type: ignore[arg-type]  # names of its fields


def said(of: Config, environment: dict[str, str] | None = None) -> list[str]:
    """Return what the checks say, line by line, without the version of this machine's mosquitto."""
    findings, version = broker.look(of, environment or {})
    text = "\n".join(shown(each).plain for each in findings)
    return text.replace(version or "no version", "MOSQUITTO").splitlines()


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a broker that lets everybody in."""
    made = Mosquitto(tmp_path)
    with started(made):
        yield made


@pytest.mark.broker
@pytest.mark.parametrize(
    ("protocol", "rights"),
    [
        (Protocol.MQTT_5, f"may publish to {TOPIC}, and subscribe to 2 filters, {GRANTED}"),
        (
            Protocol.MQTT_3_1_1,
            f"may subscribe to 2 filters, {GRANTED}; whether it may publish, MQTT 3.1.1 does not say",
        ),
    ],
)
def test_a_broker_that_lets_us_do_all(plain: Mosquitto, tmp_path: Path, protocol: Protocol, rights: str) -> None:
    """It is named, with what it calls itself; what cannot be known is said."""
    assert said(configured(tmp_path, plain.port, protocol=protocol)) == [
        f"ok    broker         MOSQUITTO at localhost:{plain.port}, without a name, not encrypted",
        f"ok    rights         {rights}",
    ]


def test_a_broker_that_is_away(tmp_path: Path) -> None:
    """On this machine it is to be installed or started."""
    port = free_port()

    assert said(configured(tmp_path, port)) == [
        (
            f"FAIL  broker         no broker answers at localhost:{port}: connection refused; "
            "does it run, and listen on this port?"
        ),
        "      -> `systemctl status mosquitto`; `sudo apt-get install mosquitto` where there is none",
    ]


@pytest.mark.broker
def test_a_broker_that_does_not_know_us(tmp_path: Path) -> None:
    """Without a name, without a password and with a wrong one, each is told what to do; no password is shown."""
    guarded = Guarded(tmp_path)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    of = configured(tmp_path, guarded.broker.port, tls=Tls(ca=guarded.ca.file))
    named = replace(of, mqtt=replace(of.mqtt, username="edge"))
    make = "`sudo mosquitto_passwd /etc/mosquitto/passwords edge` on the broker's machine (-c makes a new file)"
    with started(guarded.broker):
        without_a_name = said(of)
        without_a_password = said(named, {"CREDENTIALS_DIRECTORY": str(credentials)})
        (credentials / "mqtt.password").write_text("a wrong word\n")
        with_a_wrong_one = said(named, {"CREDENTIALS_DIRECTORY": str(credentials)})

    refused = "FAIL  broker         the broker refused: Not authorized"
    assert without_a_name == [
        refused,
        (
            f"      -> it asks for a name: {make}, then mqtt.username here, "
            "and the password in /etc/edge/mqtt.password"
        ),
    ]
    assert without_a_password == [
        refused,
        (
            "      -> no password was given: write it to /etc/edge/mqtt.password "
            "(`sudo chmod 600 /etc/edge/mqtt.password`)"
        ),
    ]
    assert with_a_wrong_one == [
        refused,
        f"      -> name or password is wrong: {make} sets it anew, /etc/edge/mqtt.password has ours",
    ]


@pytest.mark.broker
def test_a_broker_whose_rules_do_not_name_our_topics(tmp_path: Path) -> None:
    """An acl_file refuses publications; subscriptions are refused by other plugins, and each is named."""
    (tmp_path / "acl").write_text("topic read raw/#\n")
    with started(Mosquitto(tmp_path, settings=f"acl_file {tmp_path}/acl")) as made:
        writing = said(configured(tmp_path, made.port))
    (plugin,) = Path("/usr/lib").glob("*/mosquitto_dynamic_security.so")
    (tmp_path / "rules.json").write_text(json.dumps(RULES))
    rules = f"plugin {plugin}\nplugin_opt_config_file {tmp_path}/rules.json"
    with started(Mosquitto(tmp_path, settings=rules)) as made:
        reading = said(configured(tmp_path, made.port))

    hint = "      -> the rules of the broker (mosquitto: acl_file; config/mosquitto/acl.example) have to name it"
    assert writing[1:] == [f"FAIL  rights         may not publish to {TOPIC}: Not authorized", hint]
    assert reading[1:] == ["FAIL  rights         may not subscribe to raw/b", hint]


@pytest.mark.broker
def test_an_encrypted_broker_and_one_of_another_ca(tmp_path: Path) -> None:
    """It is told that the connection is encrypted; else how to look at the certificate."""
    ca, other = Authority(tmp_path), Authority(tmp_path, "other")
    with started(Mosquitto(tmp_path, settings=listening(ca.issue("localhost")))) as made:
        good = said(configured(tmp_path, made.port, tls=Tls(ca=ca.file)))
        bad = said(configured(tmp_path, made.port, tls=Tls(ca=other.file)))

    assert good[0].endswith(f" at localhost:{made.port}, without a name, encrypted")
    assert bad == [
        (
            f"FAIL  broker         no safe connection to localhost:{made.port}: "
            f"its certificate is from no CA of {other.file} (mqtt.tls.ca)"
        ),
        f"      -> `openssl s_client -connect localhost:{made.port} -showcerts </dev/null` shows its certificates",
    ]


@pytest.mark.broker
@pytest.mark.parametrize("protocol", [Protocol.MQTT_5, Protocol.MQTT_3_1_1])
def test_a_visit_takes_nothing_from_the_daemon(plain: Mosquitto, protocol: Protocol) -> None:
    """The daemon keeps its connection and its messages, and no session of the visitor stays behind."""
    own = Mqtt(host="localhost", port=plain.port, client_id="edge-test", protocol=protocol)
    with connected(own, "raw/a") as daemon, connected(replace(own, client_id="device"), TOPIC) as device:
        device.publish("raw/a", b"before")
        found = visit(own, password=None, tls=None, filters=["raw/a"], topic=TOPIC)
        device.publish("raw/a", b"after")

        assert (found.trouble, found.is_let_in, found.refused_filters) == (None, True, [])
        assert [message.payload for message in device.hear(1)] == [b""]
        assert [message.payload for message in daemon.hear(2)] == [b"before", b"after"]
        assert not any(isinstance(event, Disconnected) for event in daemon.heard)
    assert not visit(own, password=None, tls=None, filters=["raw/a"], topic=TOPIC).is_in_other_session


@pytest.mark.broker
def test_a_visit_to_the_daemon_s_own_session_loses_nothing(tmp_path: Path) -> None:
    """Where the broker goes by names of users, the daemon is back at once, and nothing is lost."""
    guarded = Guarded(tmp_path)
    mqtt, word = guarded.options("edge", "edge-pi"), "edge's word"
    (tmp_path / "mqtt.password").write_text(word)
    with started(guarded.broker), connected(mqtt, RAW, password=word) as daemon:
        of = configured(tmp_path, guarded.broker.port, username="edge", tls=mqtt.tls)
        found = said(replace(of, base_topic="edge/raspberrypi"), {"CREDENTIALS_DIRECTORY": str(tmp_path)})
        with connected(guarded.options("bench"), password="bench's word") as device:  # noqa: S106  # of a test
            device.publish(RAW, b"21.4")
        heard = [message.payload for message in daemon.hear(1)]
        back = [event for event in daemon.heard if isinstance(event, Connected)]

    assert found == [
        f"ok    broker         the broker at localhost:{guarded.broker.port}, as edge, encrypted",
        (
            "ok    rights         may publish to edge/raspberrypi/bridge/doctor; subscriptions were not tried: "
            "the broker has one session for this name, the daemon's (use_username_as_clientid)"
        ),
    ]
    assert heard == [b"21.4"]
    assert [event.is_same_session for event in back] == [False, True]


@pytest.mark.broker
def test_a_broker_that_expects_tls_here(tmp_path: Path) -> None:
    """It ends the connection without a word; what that may mean is said."""
    with started(Mosquitto(tmp_path, settings=listening(Authority(tmp_path).issue("localhost")))) as made:
        found = said(configured(tmp_path, made.port))

    assert found == [
        (
            f"FAIL  broker         the broker at localhost:{made.port} ended the connection without an answer; "
            "does it expect TLS on this port (mqtt.tls)?"
        ),
        "      -> its log says why: `sudo journalctl -u mosquitto`",
    ]


def test_what_takes_connections_and_says_nothing() -> None:
    """The visit ends in its time."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = replace(PLAIN, host="127.0.0.1", port=silent.getsockname()[1])
        found = visit(options, password=None, tls=None, filters=[], topic=TOPIC, timeout_s=0.1)

    assert found.trouble == (
        f"no broker answers at 127.0.0.1:{options.port}: "
        "timed out; is it on, and does a firewall let this port through?"
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Visit(trouble="x", error=ConnectionRefusedError()), "`listener 1883`"),
        (Visit(trouble="x", error=OSError(errno.EHOSTUNREACH, "x")), "`ping pi`; mqtt.host and mqtt.port"),
        (Visit(trouble="x", error=ssl.SSLError()), "`openssl s_client -connect pi:1883"),
        (Visit(trouble="x", refusal=0x84), 'set mqtt.protocol to "3.1.1"'),
        (Visit(trouble="x", refusal=0x85), "set mqtt.client_id to at most 15 letters and digits"),
        (Visit(trouble="x", refusal=0x97), "its log says why: `sudo journalctl -u mosquitto`"),
        (Visit(trouble="x", is_let_in=True), "its log says why: `sudo journalctl -u mosquitto`"),
    ],
)
def test_what_to_do_depends_on_what_is_wrong(found: Visit, said: str) -> None:
    """A broker on another machine that refuses connections is, as a rule, one that listens to itself alone."""
    assert said in broker.judge(found, PLAIN, has_password=False).hint


def test_an_unfinished_visit_says_nothing_of_rights() -> None:
    """What was not answered is no refusal."""
    found = Visit(trouble="the connection ended", is_let_in=True)

    assert (
        shown(broker.judge_rights(found, PLAIN, topic=TOPIC, count=1)).plain
        == "skip  rights         the connection ended before the answers"
    )


def test_secrets_that_cannot_be_used(tmp_path: Path) -> None:
    """A file that is not there is a failure; one that only another user may read is none, and sudo is the way."""
    missing = configured(tmp_path, 1883, username="edge", password_file=tmp_path / "none")
    hidden = ConfigError([Problem(file="/etc/edge/word", path="mqtt.password_file", message="cannot read it")])
    hidden.__cause__ = PermissionError()

    assert said(missing) == [
        (
            f"FAIL  broker         {tmp_path}/none: mqtt.password_file: cannot read the broker's password: "
            "No such file or directory"
        ),
        "      -> mend the file, or the option that names it",
    ]
    assert shown(broker.judge_secrets(hidden)).plain == (
        "skip  broker         /etc/edge/word: this user cannot read it (mqtt.password_file)\n"
        "      -> `sudo edge doctor`"
    )
