"""What a reload changes at once, and what waits for a restart."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from edge.config.options import (
    BridgeOptions,
    Config,
    Dead,
    HealthOptions,
    HomeAssistantOptions,
    HttpOptions,
    Limits,
    Model,
    Mqtt,
    Shapes,
    SpoolOptions,
)
from edge.generation import changed
from edge.routes import Routes

CONFIG = Config(
    base_topic="edge/test",
    mqtt=Mqtt(client_id="edge-test"),
    model=Model(),
    limits=Limits(),
    spool=SpoolOptions(),
    health=HealthOptions(),
    bridge=BridgeOptions(),
    homeassistant=HomeAssistantOptions(),
    http=HttpOptions(),
    shapes=Shapes(),
    dead=Dead(),
    routes=Routes(()),
)


def test_what_a_running_daemon_takes_up_waits_for_nothing() -> None:
    """Limits, shapes, dead letters and health data are not named, nor are routes."""
    coming = replace(
        CONFIG,
        limits=Limits(payload_bytes=7),
        shapes=Shapes(enabled=False),
        dead=Dead(keep=False),
        health=HealthOptions(every_s=0),
    )

    assert changed(CONFIG, coming) == ()


@pytest.mark.parametrize(
    ("change", "waiting"),
    [
        (lambda: replace(CONFIG, base_topic="other"), ("base_topic",)),
        (
            lambda: replace(CONFIG, mqtt=replace(CONFIG.mqtt, keepalive_s=9, port=1884)),
            ("mqtt.port", "mqtt.keepalive_s"),
        ),
        (lambda: replace(CONFIG, model=Model(slots=9)), ("model.slots",)),
        (lambda: replace(CONFIG, spool=SpoolOptions(enabled=True)), ("spool.enabled",)),
    ],
)
def test_what_waits_for_a_restart_is_named_by_its_path(
    change: Callable[[], Config], waiting: tuple[str, ...]
) -> None:
    """Each option that differs, in the order of the documentation."""
    assert changed(CONFIG, change()) == waiting
