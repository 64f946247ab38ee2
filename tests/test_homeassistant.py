"""What Home Assistant is told of a device: entities of fields, their classes, names and templates."""

from pathlib import Path
from typing import Any

import pytest

import edge
from edge import config
from edge.config.options import Config
from edge.homeassistant import announcement, classes, entities
from edge.homeassistant.announcement import Announcement
from edge.homeassistant.entities import Entity, Terms
from edge.homeassistant.known import FILE, Known, KnownDevices
from edge.literal import JSON
from edge.schema import schema

TERMS = Terms(has_units=True, has_moments=False)
CONFIG = """
base_topic: edge/pi
bridge: {requests: true}
homeassistant: {enabled: true}
routes:
  - name: greenhouse
    subscribe: raw/greenhouse
    publish: readings/greenhouse
    homeassistant: {name: Glasshouse, area: Garden, expire_after_s: 900}
    fields:
      temperature_C: {type: number, unit: °C}
      battery: {enum: [low, ok], optional: true}
  - name: pump
    subscribe: [raw/pumps/+, raw/more/+]
    publish: readings/pumps/{1}
    fields: {pressure: {type: number, unit: bar}}
"""


def read(tmp_path: Path, text: str = CONFIG) -> Config:
    """Return a configuration."""
    file = tmp_path / "edge.yaml"
    file.write_text(text, encoding="utf-8")
    return config.load(file, hostname="pi")


def of(fields: dict[str, JSON], *required: str, terms: Terms = TERMS) -> dict[str, Entity]:
    """Return the entities of some fields, by their keys."""
    document: dict[str, JSON] = {"type": "object", "properties": fields, "required": list(required)}
    return {each.key: each for each in entities.of_schema(schema.parse(document).root, terms)}


def one(field: dict[str, JSON], name: str = "x", *, terms: Terms = TERMS) -> Entity:
    """Return the entity of a field that each reading has."""
    return of({name: field}, name, terms=terms)[name]


@pytest.mark.parametrize(
    ("name", "unit", "expected"),
    [
        ("temperature", "°C", ("temperature", "measurement", "°C")),
        ("outdoorTempF", "degF", ("temperature", "measurement", "°F")),
        ("humidity", "%", ("humidity", "measurement", "%")),
        ("soil_moisture", "%", ("moisture", "measurement", "%")),
        ("battery", "%", ("battery", "measurement", "%")),
        ("load", "%", (None, "measurement", "%")),
        ("battery_voltage", "V", ("voltage", "measurement", "V")),
        ("luftdruck", "mbar", ("atmospheric_pressure", "measurement", "hPa")),
        ("boiler_pressure", "bar", ("pressure", "measurement", "bar")),
        ("energy_total", "kWh", ("energy", "total_increasing", "kWh")),
        ("energy", "kWh", ("energy", None, "kWh")),
        ("energy_remaining", "Wh", ("energy_storage", "measurement", "Wh")),
        ("gas_meter", "m³", ("gas", "total_increasing", "m³")),
        ("water_level", "L", ("volume_storage", "measurement", "L")),
        ("flow", "gpm", ("volume_flow_rate", "measurement", "gal/min")),
        ("rain_total", "mm", ("precipitation", "total_increasing", "mm")),
        ("rain", "mm", ("precipitation", "measurement", "mm")),
        ("snow_depth", "cm", ("distance", "measurement", "cm")),
        ("wind_gust", "km/h", ("wind_speed", "measurement", "km/h")),
        ("wind_dir", "°", ("wind_direction", "measurement_angle", "°")),
        ("co2", "ppm", ("carbon_dioxide", "measurement", "ppm")),
        ("chlorine", "ppm", (None, "measurement", "ppm")),
        ("pm2_5", "µg/m³", ("pm25", "measurement", "µg/m³")),
        ("rssi", "dBm", ("signal_strength", "measurement", "dBm")),
        ("noise", "dB(A)", ("sound_pressure", "measurement", "dBA")),
        ("ph", None, ("ph", "measurement", None)),
        ("people", None, (None, "measurement", None)),
        ("sensor_id", None, (None, None, None)),
        ("speed", "furlong/fortnight", (None, "measurement", "furlong/fortnight")),
    ],
)
def test_a_number_has_the_classes_of_its_name_and_unit(
    name: str, unit: str | None, expected: tuple[str | None, ...]
) -> None:
    """A class where both leave no doubt, and none where they do."""
    found = classes.of_number(name, unit)

    assert (found.device_class, found.state_class, found.unit) == expected


@pytest.mark.parametrize(
    ("field", "platform", "options"),
    [
        (
            {"type": "integer"},
            "sensor",
            {
                "state_class": "measurement",
                "suggested_display_precision": 0,
                "value_template": "{{ value_json['x'] }}",
            },
        ),
        (
            {"type": ["number", "null"], "unit": "W"},
            "sensor",
            {
                "device_class": "power",
                "unit_of_measurement": "W",
                "state_class": "measurement",
                "value_template": "{{ value_json['x'] }}",
            },
        ),
        (
            {"type": "boolean"},
            "binary_sensor",
            {"payload_on": "True", "payload_off": "False", "value_template": "{{ value_json['x'] }}"},
        ),
        (
            {"enum": ["on", "off", None]},
            "sensor",
            {"device_class": "enum", "options": ["on", "off"], "value_template": "{{ value_json['x'] }}"},
        ),
        ({"type": "string"}, "sensor", {"value_template": "{{ (value_json['x'] | string)[:255] }}"}),
        (
            {"type": "string", "format": "date-time"},
            "sensor",
            {"value_template": "{{ (value_json['x'] | string)[:255] }}"},
        ),
    ],
)
def test_a_field_is_an_entity_of_its_type(field: dict[str, JSON], platform: str, options: dict[str, JSON]) -> None:
    """Numbers and words are sensors, flags binary sensors; null makes any of them unknown."""
    found = one(field)

    assert (found.platform, found.options) == (platform, options)


def test_lists_have_no_entities() -> None:
    """Home Assistant knows no list of values; what stands beside a list is there."""
    listed: dict[str, JSON] = {"type": "array", "items": {"type": "number"}}

    assert list(of({"cells": listed, "any": {"type": ["array", "string"]}, "total": {"type": "number"}})) == [
        "total"
    ]


def test_what_stands_in_an_object_is_found_there() -> None:
    """An object that may be absent has a template that does without it."""
    fields: dict[str, JSON] = {
        "sure": {"type": "object", "properties": {"a b": {"type": "number"}}, "required": ["a b"]},
        "maybe": {"type": "object", "properties": {"it's": {"type": "number"}}, "required": ["it's"]},
    }
    found = of(fields, "sure")

    assert [(each.key, each.title, each.options["value_template"]) for each in found.values()] == [
        ("sure_a_b-c8687a08", "Sure a b", "{{ value_json['sure']['a b'] }}"),
        ("maybe_it_s-24ceef1c", "Maybe it s", "{{ (value_json['maybe'] | default({}))['it\\'s'] | default('') }}"),
    ]


def test_a_number_without_a_certain_unit_has_none() -> None:
    """Where units are kept as they stand in the text, Home Assistant is not told that they were converted."""
    found = one({"type": "number", "unit": "°C"}, terms=Terms(has_units=False, has_moments=False))

    assert found.options == {"state_class": "measurement", "value_template": "{{ value_json['x'] }}"}


def test_a_moment_is_one_where_it_is_made_one() -> None:
    """Under `timestamps: rfc3339`, a date-time is a timestamp."""
    found = one({"type": "string", "format": "date-time"}, terms=Terms(has_units=True, has_moments=True))

    assert found.options["device_class"] == "timestamp"


@pytest.mark.parametrize(
    ("hints", "changed"),
    [
        ({"name": "Boiler"}, {}),
        ({"precision": 2, "icon": "mdi:fire"}, {"suggested_display_precision": 2, "icon": "mdi:fire"}),
        ({"device_class": None}, {"device_class": None, "state_class": None, "suggested_display_precision": None}),
        (
            {"device_class": "power", "state_class": "measurement", "unit_of_measurement": "W"},
            {"device_class": "power", "unit_of_measurement": "W", "suggested_display_precision": None},
        ),
        (
            {"state_class": None, "entity_category": "diagnostic"},
            {"state_class": None, "entity_category": "diagnostic"},
        ),
        ({"enabled_by_default": False}, {"enabled_by_default": False}),
    ],
)
def test_the_user_has_the_last_word(hints: dict[str, JSON], changed: dict[str, JSON]) -> None:
    """A hint takes the place of what was derived; another device class takes all of that away."""
    plain: dict[str, JSON] = {"type": "number", "unit": "°C"}
    expected = {**one(plain).options, **changed}

    assert one({**plain, "x-ha": hints}).options == {key: v for key, v in expected.items() if v is not None}


def test_a_field_can_be_left_out() -> None:
    """`enabled: false` leaves out a field, or all that stands in an object."""
    within: dict[str, JSON] = {
        "type": "object",
        "x-ha": {"enabled": False},
        "properties": {"b": {"type": "number"}},
    }

    assert list(
        of({"a": {"type": "number", "x-ha": {"enabled": False}}, "o": within, "c": {"type": "number"}})
    ) == ["c"]


def test_two_of_a_class_have_names_of_their_own() -> None:
    """One temperature is called so in the user's language; of two, and of more words, each has its own name."""
    celsius: dict[str, JSON] = {"type": "number", "unit": "°C"}

    assert [each.name for each in of({"temp_C": celsius}).values()] == [None]
    assert [each.name for each in of({"inlet_C": celsius, "outlet_C": celsius}).values()] == ["Inlet", "Outlet"]
    assert [each.name for each in of({"bearing_temperature": celsius}).values()] == ["Bearing temperature"]
    assert [each.name for each in of({"t": {**celsius, "x-ha": {"name": "Boiler"}}}).values()] == ["Boiler"]


def test_the_announcement_of_a_route(tmp_path: Path) -> None:
    """Device, origin, availability and components are what MQTT device discovery asks for."""
    found = read(tmp_path)
    greenhouse = next(iter(found.routes))

    announced = announcement.of_route(found, greenhouse, "readings/greenhouse")

    assert announced.topic == "homeassistant/device/edge_pi_greenhouse/config"
    assert announced.platforms == {"temperature_C": "sensor", "battery": "sensor"}
    assert announced.payload == {
        "device": {
            "identifiers": ["edge_pi_greenhouse"],
            "name": "Glasshouse",
            "model": "Route greenhouse",
            "sw_version": edge.__version__,
            "via_device": "edge_pi",
            "suggested_area": "Garden",
        },
        "origin": {"name": "Edge", "sw_version": edge.__version__},
        "state_topic": "readings/greenhouse",
        "availability": [{"topic": "edge/pi/status"}],
        "qos": 1,
        "components": {
            "temperature_C": {
                "platform": "sensor",
                "unique_id": "edge_pi_greenhouse_temperature_C",
                "default_entity_id": "sensor.glasshouse_temperature",
                "expire_after": 900,
                "device_class": "temperature",
                "unit_of_measurement": "°C",
                "state_class": "measurement",
                "suggested_display_precision": 1,
                "value_template": "{{ value_json['temperature_C'] }}",
            },
            "battery": {
                "platform": "sensor",
                "unique_id": "edge_pi_greenhouse_battery",
                "default_entity_id": "sensor.glasshouse_battery",
                "name": "Battery",
                "expire_after": 900,
                "device_class": "enum",
                "options": ["low", "ok"],
                "value_template": "{{ value_json['battery'] | default('None' if this.state in ['unknown', "
                "'unavailable'] else this.state) }}",
            },
        },
    }


def test_devices_of_one_route_are_told_apart_by_their_topics(tmp_path: Path) -> None:
    """What the placeholders of the output topic stand for is part of id and name."""
    found = read(tmp_path)
    pump = list(found.routes)[1]

    devices = [announcement.of_route(found, pump, f"readings/pumps/{name}") for name in ("p7", "north hall")]

    assert [each.topic for each in devices] == [
        "homeassistant/device/edge_pi_pump_p7/config",
        "homeassistant/device/edge_pi_pump_north_hall-a074cdb2/config",
    ]
    assert [name_of(each) for each in devices] == ["Pump p7", "Pump north hall"]
    with pytest.raises(ValueError, match="expected a topic of the route pump, got 'readings/fans/1'"):
        announcement.of_route(found, pump, "readings/fans/1")


def name_of(device: Announcement) -> str:
    """Return the name of a device."""
    said: Any = device.payload["device"]
    return str(said["name"])


def test_the_daemon_is_a_device_of_its_own(tmp_path: Path) -> None:
    """Its entities are diagnostic; figures are there where it tells its health, a button where it listens."""
    told = announcement.of_daemon(read(tmp_path))
    silent = announcement.of_daemon(
        read(tmp_path, CONFIG.replace("bridge: {requests: true}", "health: {every_s: 0}"))
    )

    assert list(told.platforms) == [
        *(
            "status",
            "reload",
            "problem",
            "readings",
            "dead_letters",
            "in_hand",
            "model_p95",
            "memory",
            "temperature",
        )
    ]
    components: Any = told.payload["components"]
    assert {each["entity_category"] for each in components.values()} == {"diagnostic"}
    assert list(silent.platforms) == ["status"]


def test_what_was_announced_is_known_after_a_restart(tmp_path: Path) -> None:
    """It is written when it changes, and not again."""
    devices = KnownDevices(tmp_path)
    devices.devices["homeassistant/device/a/config"] = Known(route="a", output="out/a", platforms={"t": "sensor"})
    devices.keep()
    written = (tmp_path / FILE).stat().st_ino
    devices.keep()

    assert KnownDevices(tmp_path).devices == devices.devices
    assert (tmp_path / FILE).stat().st_ino == written


@pytest.mark.parametrize(
    "content", ["", "[]", '{"t": {}}', '{"t": {"route": 7, "output": null, "platforms": {}}}']
)
def test_a_damaged_file_is_told_and_done_without(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What was announced before is then not known; nothing else changes."""
    (tmp_path / FILE).write_text(content, encoding="utf-8")

    assert KnownDevices(tmp_path).devices == {}
    assert f"homeassistant_not_known why={tmp_path / FILE}: " in caplog.text
