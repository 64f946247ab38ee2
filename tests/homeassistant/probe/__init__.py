"""An integration of Home Assistant, for the tests: writes all states into a file whenever one changes.

It runs in Home Assistant's own Python, and knows nothing of the daemon.
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN201, ANN202

import asyncio
import json
from pathlib import Path

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.helpers import device_registry, entity_registry

FILE = "states.json"


async def async_setup(hass, _config):
    """Begin to write."""
    file = Path(hass.config.path(FILE))

    def write(states):
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(states, default=str), encoding="utf-8")
        fresh.replace(file)

    one_at_a_time = asyncio.Lock()

    async def look(*_):
        async with one_at_a_time:
            await hass.async_add_executor_job(write, _states(hass))

    hass.bus.async_listen(EVENT_STATE_CHANGED, look)
    await look()
    return True


def _states(hass):
    entities, devices = entity_registry.async_get(hass), device_registry.async_get(hass)
    states = {}
    for state in hass.states.async_all():
        entity = entities.async_get(state.entity_id)
        device = devices.async_get(entity.device_id) if entity is not None and entity.device_id else None
        via = devices.async_get(device.via_device_id) if device is not None and device.via_device_id else None
        states[state.entity_id] = {
            "state": state.state,
            "name": state.attributes.get("friendly_name"),
            "device_class": state.attributes.get("device_class"),
            "state_class": state.attributes.get("state_class"),
            "unit": state.attributes.get("unit_of_measurement"),
            "options": state.attributes.get("options"),
            "category": None if entity is None or entity.entity_category is None else str(entity.entity_category),
            "precision": (entity.options.get("sensor", {}) if entity else {}).get("suggested_display_precision"),
            "device": None if device is None else device.name,
            "area": None if device is None else device.area_id,
            "via": None if via is None else via.name,
        }
    return states
