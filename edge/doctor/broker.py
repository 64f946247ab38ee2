"""Owns the checks of the broker: whether it is there, lets this daemon in, and lets it do its work.

Knows nothing of how it is asked. No reading is made up to try whether readings may be published: the answer to the
first one tells, as a dead letter with `publish_refused`.
"""

import ssl
from collections.abc import Mapping
from types import MappingProxyType

from edge import generation
from edge.config.options import Config, Mqtt, Protocol
from edge.doctor.finding import Finding, fail, ok, skip
from edge.errors import ConfigError
from edge.mqtt import credentials, tls
from edge.mqtt.visit import Visit, visit
from edge.verbs.advice import is_local

TOPIC = "bridge/doctor"  # below base_topic; no route may read there (config/conflicts.py)
_BAD_USER, _NOT_AUTHORIZED = 0x86, 0x87  # MQTT 5, 3.2.2.2
_OLD_PROTOCOL, _BAD_ID = 0x84, 0x85
_PASSWORD_FILE = "/etc/edge/mqtt.password"  # noqa: S105  # where it is, not what is in it
_LOG = "its log says why: `sudo journalctl -u mosquitto`"
_REFUSALS: Mapping[int | None, str] = MappingProxyType(
    {
        _OLD_PROTOCOL: 'set mqtt.protocol to "3.1.1"',
        _BAD_ID: "set mqtt.client_id to at most 15 letters and digits",  # and "-doctor": all take 23 of them
    }
)
_GRANTED = "which mosquitto grants even where its acl_file lets nothing through"
_RIGHTS = "the rules of the broker (mosquitto: acl_file; config/mosquitto/acl.example) have to name it"
_LOCAL = "`systemctl status mosquitto`; `sudo apt-get install mosquitto` where there is none"
_REMOTE = (
    "does mosquitto run there? from version 2 on it listens to its own machine alone, until "
    "/etc/mosquitto/conf.d/edge.conf there has the lines `listener {port}`, `allow_anonymous false` and "
    "`password_file /etc/mosquitto/passwords` (`sudo mosquitto_passwd -c /etc/mosquitto/passwords edge` makes "
    "it); then `sudo systemctl restart mosquitto`"
)


def look(config: Config, environment: Mapping[str, str]) -> tuple[list[Finding], str | None]:
    """Return how the broker receives this daemon, and what it calls itself; None where it does not say.

    Args:
        config: with the broker's place and the routes.
        environment: with CREDENTIALS_DIRECTORY, where the secrets of the service are.
    """
    mqtt = config.mqtt
    try:
        password = credentials.password(mqtt, environment)
        terms = tls.context(mqtt.tls, environment) if mqtt.tls is not None else None
    except ConfigError as error:
        return [judge_secrets(error)], None
    filters = generation.subscriptions(config, is_alone=True)
    topic = f"{config.base_topic}/{TOPIC}"
    found = visit(mqtt, password=password, tls=terms, filters=filters, topic=topic)
    findings = [judge(found, mqtt, has_password=password is not None)]
    if found.is_let_in:
        findings.append(judge_rights(found, mqtt, topic=topic, count=len(filters)))
    return findings, found.version


def judge_secrets(error: ConfigError) -> Finding:
    """Return that a file with a secret or a certificate cannot be used."""
    problem = error.problems[0]
    if isinstance(error.__cause__, PermissionError):
        return skip("broker", f"{problem.file}: this user cannot read it ({problem.path})", "`sudo edge doctor`")
    return fail("broker", str(problem), "mend the file, or the option that names it")


def judge(found: Visit, mqtt: Mqtt, *, has_password: bool) -> Finding:
    """Return whether the broker is there, and lets this client in."""
    if not found.is_let_in:
        return fail("broker", found.trouble or "no answer", _remedy(found, mqtt, has_password=has_password))
    safe = "encrypted" if mqtt.tls is not None else "not encrypted"
    name = f"as {mqtt.username}" if mqtt.username is not None else "without a name"
    place = f"{found.version or 'the broker'} at {mqtt.host}:{mqtt.port}, {name}, {safe}"
    if found.trouble is not None:
        return fail("broker", f"{place}: {found.trouble}", _LOG)
    return ok("broker", place)


def judge_rights(found: Visit, mqtt: Mqtt, *, topic: str, count: int) -> Finding:
    """Return whether the broker lets this client do what the daemon does, as far as that can be tried."""
    if found.trouble is not None:
        return skip("rights", "the connection ended before the answers")
    if found.refused_filters:
        refused = ", ".join(found.refused_filters)
        return fail("rights", f"may not subscribe to {refused}", _RIGHTS)
    if found.publication_refusal is not None:
        return fail("rights", f"may not publish to {topic}: {found.publication_refusal}", _RIGHTS)
    if found.is_in_other_session:
        known = "the broker has one session for this name, the daemon's (use_username_as_clientid)"
        return ok("rights", f"may publish to {topic}; subscriptions were not tried: {known}")
    filters = f"{count} filter{'s' if count > 1 else ''}"
    if mqtt.protocol is not Protocol.MQTT_5:
        unsaid = "whether it may publish, MQTT 3.1.1 does not say"
        return ok("rights", f"may subscribe to {filters}, {_GRANTED}; {unsaid}")
    return ok("rights", f"may publish to {topic}, and subscribe to {filters}, {_GRANTED}")


def _remedy(found: Visit, mqtt: Mqtt, *, has_password: bool) -> str:
    """Return what to do where there is no connection; unreachable.py has said what is wrong."""
    if isinstance(found.error, ConnectionRefusedError):
        return _LOCAL if is_local(mqtt.host) else _REMOTE.format(port=mqtt.port)
    if isinstance(found.error, ssl.SSLError):
        return f"`openssl s_client -connect {mqtt.host}:{mqtt.port} -showcerts </dev/null` shows its certificates"
    if found.error is not None:
        return f"`ping {mqtt.host}`; mqtt.host and mqtt.port in the configuration"
    if found.refusal in {_BAD_USER, _NOT_AUTHORIZED}:
        return _introduction(mqtt, has_password=has_password)
    return _REFUSALS.get(found.refusal, _LOG)


def _introduction(mqtt: Mqtt, *, has_password: bool) -> str:
    """Return what to do where the broker does not know this client."""
    make = "`sudo mosquitto_passwd /etc/mosquitto/passwords edge` on the broker's machine (-c makes a new file)"
    if mqtt.username is None:
        return f"it asks for a name: {make}, then mqtt.username here, and the password in {_PASSWORD_FILE}"
    if not has_password:
        return f"no password was given: write it to {_PASSWORD_FILE} (`sudo chmod 600 {_PASSWORD_FILE}`)"
    return f"name or password is wrong: {make} sets it anew, {mqtt.password_file or _PASSWORD_FILE} has ours"
