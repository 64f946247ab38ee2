"""A configuration file becomes a Config, or every fault of it with its place."""

import dataclasses
from pathlib import Path

import pytest

from edge import config
from edge.config import document
from edge.config.options import Config, Dead, Limits, Model, Mqtt, Protocol, Shapes, Tls
from edge.errors import ConfigError

SAMPLES = Path(__file__).parent / "config_samples"
SHIPPED = Path(__file__).parent.parent / "config" / "edge.yaml"

SECTIONS = "base_topic, mqtt, model, limits, spool, health, bridge, homeassistant, http, shapes, dead, routes"
LIMITS = "payload_bytes, lines, message_tokens, output_tokens, deadline_s, memory_mb"
TANK = """
routes:
  - name: tank
    subscribe: sensors/tank
    publish: readings/tank
    fields: {level: {type: number}}
"""


def load(folder: Path, text: str, *overrides: str) -> Config:
    """Return the configuration in a text, as the file edge.yaml of a folder."""
    path = folder / "edge.yaml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, overrides=overrides, hostname="pi")


def faults(folder: Path, text: str, *overrides: str) -> str:
    """Return what is said of a text that is refused."""
    with pytest.raises(ConfigError) as error:
        load(folder, text, *overrides)
    return str(error.value).replace(f"{folder}/", "")


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_broken_sample_is_told_in_full(sample: Path) -> None:
    """Every fault of a broken file is told at once, in the order of the file, each with its place."""
    with pytest.raises(ConfigError) as error:
        config.load(sample, hostname="pi")

    expected = sample.with_suffix(".expected").read_text(encoding="utf-8")
    assert expected == str(error.value).replace(f"{SAMPLES.absolute()}/", "") + "\n"


def test_defaults(tmp_path: Path) -> None:
    """A file with one route and nothing else gets the defaults; the host's name is filled in."""
    found = load(tmp_path, TANK)

    assert found.base_topic == "edge/pi"
    assert found.mqtt == Mqtt(
        host="localhost",
        port=1883,
        protocol=Protocol.MQTT_5,
        client_id="edge-pi",
        username=None,
        password_file=None,
        tls=None,
        keepalive_s=30,
        session_expiry_s=604_800,
        in_flight=64,
    )
    assert found.model == Model(
        path=Path("/usr/share/edge/model.gguf"), threads=None, context_tokens=4096, slots=8
    )
    assert found.limits == Limits(
        payload_bytes=65_536, lines=100, message_tokens=1024, output_tokens=1024, deadline_s=30.0
    )
    assert found.shapes == Shapes(enabled=True, confirmations=3, audit_every=64, audit_share=0.1, per_route=256)
    assert found.dead == Dead(keep=1000, max_mb=16)
    assert [route.name for route in found.routes] == ["tank"]
    assert not next(iter(found.routes)).outlet.retain
    assert next(iter(found.routes)).shapes


def test_every_option_can_be_set(tmp_path: Path) -> None:
    """What the file says stands in the dataclasses; relative paths start at the folder of the file."""
    found = load(
        tmp_path,
        """
base_topic: plant/edge-{hostname}
mqtt:
  host: broker.example
  port: 8883
  protocol: 3.1.1
  client_id: reader-1
  username: edge
  password_file: secrets/mqtt
  tls: {ca: ca.pem, certificate: secrets/own.crt, key: /etc/edge/own.key}
  keepalive_s: 5
  session_expiry_s: 3600
  in_flight: 1
model: {path: model.gguf, threads: 3, context_tokens: 2048, slots: 1}
limits: {payload_bytes: 1000, lines: 7, message_tokens: 300, output_tokens: 200, deadline_s: 0.5}
shapes: {enabled: false, confirmations: 5, audit_every: 0, audit_share: 1, per_route: 10}
dead: {keep: 0, max_mb: 2}
routes:
  - name: tank
    subscribe: [sensors/+/raw, "old/+"]
    publish: readings/{1}
    schema: {type: object, properties: {level: {type: number, maximum: 0.10}}}
    retain: true
    shapes: false
""",
    )

    assert found.base_topic == "plant/edge-pi"
    assert found.mqtt == Mqtt(
        host="broker.example",
        port=8883,
        protocol=Protocol.MQTT_3_1_1,
        client_id="reader-1",
        username="edge",
        password_file=tmp_path / "secrets/mqtt",
        tls=Tls(ca=tmp_path / "ca.pem", certificate=tmp_path / "secrets/own.crt", key=Path("/etc/edge/own.key")),
        keepalive_s=5,
        session_expiry_s=3600,
        in_flight=1,
    )
    assert found.model == Model(path=tmp_path / "model.gguf", threads=3, context_tokens=2048, slots=1)
    assert found.limits == Limits(
        payload_bytes=1000, lines=7, message_tokens=300, output_tokens=200, deadline_s=0.5
    )
    assert found.shapes == Shapes(enabled=False, confirmations=5, audit_every=0, audit_share=1.0, per_route=10)
    assert found.dead == Dead(keep=0, max_mb=2)
    (route,) = found.routes
    assert not route.shapes
    assert [each.text for each in route.filters] == ["sensors/+/raw", "old/+"]
    assert route.outlet.topic.template == "readings/{1}"
    assert repr(route.schema.document) == (
        "{'type': 'object', 'properties': {'level': {'type': 'number', 'maximum': 0.10}}}"
    )
    assert route.outlet.retain


def test_fields_are_required_unless_optional(tmp_path: Path) -> None:
    """The shorthand becomes a JSON Schema in the order of the file, without the word `optional`."""
    found = load(
        tmp_path,
        """
routes:
  - name: valve
    subscribe: sensors/valve
    publish: readings/valve
    fields:
      state: {enum: [on, off, yes]}
      flow: {type: number, unit: "%", optional: true}
      turns: {type: integer, optional: false}
""",
    )

    (route,) = found.routes
    assert route.schema.document == {
        "type": "object",
        "properties": {
            "state": {"enum": ["on", "off", "yes"]},
            "flow": {"type": "number", "unit": "%"},
            "turns": {"type": "integer"},
        },
        "required": ["state", "turns"],
    }
    assert [(each.name, each.is_required) for each in route.schema.root.properties] == [
        ("state", True),
        ("flow", False),
        ("turns", True),
    ]


def test_a_field_may_be_called_optional(tmp_path: Path) -> None:
    """Only inside a field is `optional` a word of the shorthand."""
    text = TANK.replace("{level: {type: number}}", "{optional: {type: boolean}}")

    (route,) = load(tmp_path, text).routes
    assert route.schema.document["required"] == ["optional"]


def test_sections_may_be_empty(tmp_path: Path) -> None:
    """A section whose options are all commented out counts as left out."""
    assert load(tmp_path, "mqtt:\n  # port: 1883\nlimits:\n" + TANK) == load(tmp_path, TANK)


def test_home_is_expanded(tmp_path: Path) -> None:
    """`~` is the home of the user who runs the program."""
    found = load(tmp_path, "model: {path: ~/model.gguf}" + TANK)

    assert found.model.path == Path.home() / "model.gguf"


@pytest.mark.parametrize("word", ["5", '"5"'])
def test_protocol_five_as_number_or_text(tmp_path: Path, word: str) -> None:
    """Version 5 may be written with or without quotes."""
    assert load(tmp_path, f"mqtt: {{protocol: {word}}}" + TANK).mqtt.protocol is Protocol.MQTT_5


@pytest.mark.parametrize("host", ["localhost", "broker.local", "192.168.1.2", "::1", "fe80::1%eth0"])
def test_hosts(tmp_path: Path, host: str) -> None:
    """Names and addresses of both families are hosts."""
    assert load(tmp_path, f'mqtt: {{host: "{host}"}}' + TANK).mqtt.host == host


def test_schema_files_stand_beside_the_configuration(tmp_path: Path) -> None:
    """The name of a schema file is relative to the folder of the configuration."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "tank.json").write_text(
        '{"type": "object", "properties": {"level": {"type": "number"}}}', encoding="utf-8"
    )

    (route,) = load(tmp_path, TANK.replace("fields: {level: {type: number}}", "schema: schemas/tank.json")).routes

    assert [each.name for each in route.schema.root.properties] == ["level"]


def test_a_faulty_schema_file_is_told_once(tmp_path: Path) -> None:
    """Two routes with one faulty schema file have its fault in common."""
    (tmp_path / "tank.json").write_text('{"type": "array"}', encoding="utf-8")
    text = TANK.replace("fields: {level: {type: number}}", "schema: tank.json")
    second = text.replace("routes:\n", "").replace("tank\n", "tank2\n").strip("\n")

    assert faults(tmp_path, text + second) == 'tank.json:1:1: expected "type": "object" at the root of the schema'


def test_one_filter_inside_another_is_fine(tmp_path: Path) -> None:
    """A special route before a general one takes its messages; only the general one is subscribed to."""
    rest = """
  - name: rest
    subscribe: sensors/#
    publish: readings/rest/{1}
    fields: {level: {type: number}}
"""
    routes = load(tmp_path, TANK + rest.lstrip("\n")).routes

    assert routes.subscriptions() == ("sensors/#",)
    assert [match and match.route.name for match in map(routes.match, ("sensors/tank", "sensors/x"))] == [
        "tank",
        "rest",
    ]


def test_a_missing_file(tmp_path: Path) -> None:
    """A configuration that is not there is one problem, with its whole path."""
    path = tmp_path / "edge.yaml"

    with pytest.raises(ConfigError) as error:
        config.load(path, hostname="pi")

    assert str(error.value) == f"{path}: cannot read it: No such file or directory"


def test_a_hostname_that_is_no_part_of_a_topic(tmp_path: Path) -> None:
    """What the name of the host does to a default is told like a fault of the file."""
    path = tmp_path / "edge.yaml"
    path.write_text(TANK, encoding="utf-8")

    with pytest.raises(ConfigError) as error:
        config.load(path, hostname="pi\n#")

    assert str(error.value) == (
        f"{path}:2:1: base_topic: expected a topic of printable characters, got U+000A in it\n"
        f"{path}:2:1: mqtt.client_id: expected printable text of at most 65535 bytes, "
        'got "edge-{hostname}"'
    )


def test_a_base_topic_leaves_room_for_what_stands_below(tmp_path: Path) -> None:
    """A topic that MQTT would take, and that has no room for a route's name below it, is refused."""
    assert "base_topic: expected a topic of at most 1000 bytes" in faults(
        tmp_path, f"base_topic: {'x' * 65_530}" + TANK
    )


def test_tls_without_options_is_the_trust_of_the_system(tmp_path: Path) -> None:
    """An empty mapping switches it on, null does not."""
    assert load(tmp_path, "mqtt: {tls: {}}" + TANK).mqtt.tls == Tls(ca=None, certificate=None, key=None)
    assert load(tmp_path, "mqtt: {tls: null}" + TANK).mqtt.tls is None


def test_a_password_is_no_option(tmp_path: Path) -> None:
    """It would stand in the configuration, or in the list of processes."""
    assert faults(tmp_path, TANK, "mqtt.password=x") == (
        '--set mqtt.password=x: mqtt.password: unknown key; did you mean "password_file"?'
    )


def test_a_wrong_username_is_one_fault(tmp_path: Path) -> None:
    """A username with a fault of its own is not missing beside the password."""
    assert faults(tmp_path, "mqtt: {username: 7, password_file: p}" + TANK) == (
        "edge.yaml:1:18: mqtt.username: expected text in quotes, got 7"
    )


def test_paths_hold_no_null(tmp_path: Path) -> None:
    """A path that no system can open is refused here, not when it is opened."""
    assert faults(tmp_path, 'model: {path: "a\\0b"}' + TANK) == (
        'edge.yaml:1:15: model.path: expected a path, got "a\\u0000b"'
    )


def test_long_values_are_cut_in_messages(tmp_path: Path) -> None:
    """A message quotes the start of a wrong value, not all of it."""
    told = faults(tmp_path, f"limits: [{'x' * 1000}]" + TANK)

    assert told.endswith('got ["' + "x" * 58 + "…")


def test_overrides_replace_and_add_options(tmp_path: Path) -> None:
    """Options of the command line win over the file, the last one over those before it."""
    found = load(
        tmp_path,
        "mqtt: {port: 1}" + TANK,
        "mqtt.port=18830",
        "limits.deadline_s=0.5",
        "limits.deadline_s=2",
        "mqtt.username=1234x",
        'mqtt.client_id="7"',
        "model.threads=auto",
        "routes[0].retain=true",
        "base_topic=edge/{hostname}/test=1",
    )

    assert (found.mqtt.port, found.mqtt.username, found.mqtt.client_id) == (18830, "1234x", "7")
    assert (found.limits.deadline_s, found.model.threads) == (2.0, None)
    assert next(iter(found.routes)).outlet.retain
    assert found.base_topic == "edge/pi/test=1"


def test_an_override_can_mend_the_file(tmp_path: Path) -> None:
    """The file is checked with the overrides in place."""
    assert load(tmp_path, "mqtt: {port: 0}" + TANK, "mqtt.port=1").mqtt.port == 1


def test_an_override_with_nothing_is_null(tmp_path: Path) -> None:
    """An empty value sets an option to null."""
    assert load(tmp_path, "mqtt: {username: edge}" + TANK, "mqtt.username=").mqtt.username is None


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("mqtt.port=0", "mqtt.port: expected an integer from 1 to 65535, got 0"),
        ("mqtt.port=yes", 'mqtt.port: expected an integer from 1 to 65535, got "yes"'),
        ("mqtt.prot=1", 'mqtt.prot: unknown key; did you mean "port"?'),
        ("mqtt.tls=x", 'mqtt.tls: expected a mapping of ca, certificate, key, got "x"'),
        ("mqtt.tls.key=x", "mqtt.tls.key: expected mqtt.tls.certificate beside a key"),
        (
            "webhook.url=x",
            f"webhook: unknown key; expected one of {SECTIONS}",
        ),
        ("mqtt", "expected OPTION=VALUE, as in mqtt.port=1883"),
        ("=1", "expected OPTION=VALUE, as in mqtt.port=1883"),
        ("mqtt..port=1", "expected OPTION=VALUE, as in mqtt.port=1883"),
        ("routes[1].name=x", "routes[1].name: expected an item that exists, got routes[1]"),
        ("mqtt[0]=x", "mqtt[0]: expected an item that exists, got mqtt[0]"),
        ("mqtt.host.name=x", "mqtt.host.name: expected a mapping at mqtt.host to set this in"),
        ("limits=x", f'limits: expected a mapping of {LIMITS}, got "x"'),
        ("routes[0].fields.level.minimum=x", 'routes[0].fields.level.minimum: expected a number, got "x"'),
    ],
)
def test_faults_of_overrides(tmp_path: Path, override: str, expected: str) -> None:
    """What an override gets wrong is told under its own name, without a line."""
    assert faults(tmp_path, "mqtt: {host: pi}" + TANK, override) == f"--set {override}: {expected}"


@pytest.mark.parametrize("value", ["\udcff", '"\\ud800"'])
def test_an_override_that_is_no_text(tmp_path: Path, value: str) -> None:
    """Bytes of the command line that are no UTF-8, and half a surrogate pair, are refused whatever they set."""
    told = faults(tmp_path, TANK, f"routes[0].fields.level.description={value}")

    assert told.startswith("--set routes[0].fields.level.description=")
    assert told.endswith(": expected text, got bytes that are no UTF-8, or half of a surrogate pair")
    assert told.encode()


def test_faults_of_overrides_come_after_those_of_the_file(tmp_path: Path) -> None:
    """The file's faults stand first, in its order."""
    assert faults(tmp_path, TANK + "    retain: 1\n", "mqtt.port=0", "x") == (
        "edge.yaml:7:13: routes[0].retain: expected true or false, got 1\n"
        "--set x: expected OPTION=VALUE, as in mqtt.port=1883\n"
        "--set mqtt.port=0: mqtt.port: expected an integer from 1 to 65535, got 0"
    )


def test_the_shipped_file_loads() -> None:
    """The file that is installed is in order, its example routes do what its comments say."""
    routes = config.load(SHIPPED, hostname="pi").routes

    greenhouse, pump = routes.match("sensors/greenhouse/bench/raw"), routes.match("plant/pumps/P-301A/log")

    assert greenhouse is not None
    assert pump is not None
    assert greenhouse.output_topic == "readings/greenhouse/bench"
    assert pump.output_topic == "readings/pumps/P-301A"
    assert routes.subscriptions() == ("sensors/greenhouse/+/raw", "plant/pumps/+/log")


def test_the_shipped_file_holds_every_option_with_its_default(tmp_path: Path) -> None:
    """The installed file has exactly the options of the dataclasses, in their order, and sets none of them."""
    shipped, defaults = config.load(SHIPPED, hostname="pi"), load(tmp_path, TANK)

    for name, kind in {"mqtt": Mqtt, "model": Model, "limits": Limits, "shapes": Shapes, "dead": Dead}.items():
        section = document.read(SHIPPED).at((name,))
        assert isinstance(section, dict)
        assert [field.name for field in dataclasses.fields(kind)] == list(section)
    assert dataclasses.replace(shipped, routes=defaults.routes) == defaults
    about_tls = SHIPPED.read_text(encoding="utf-8").partition("  tls: null")[2].partition("keepalive_s")[0]
    assert [field.name for field in dataclasses.fields(Tls) if f"{field.name}: FILE" not in about_tls] == []
    top = document.read(SHIPPED).data
    assert isinstance(top, dict)
    assert [field.name for field in dataclasses.fields(Config)] == list(top)
    assert document.read(SHIPPED).at(("base_topic",)) == "edge/{hostname}"
    assert document.read(SHIPPED).at(("mqtt", "client_id")) == "edge-{hostname}"
