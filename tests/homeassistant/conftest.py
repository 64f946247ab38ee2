"""Owns what the tests on a real Home Assistant share: the program, a broker, and one house for all of them."""

import os
from collections.abc import Iterator

import pytest

from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto
from tests.homeassistant import house as houses
from tests.homeassistant.house import House

collect_ignore = ["probe"]  # it imports what only Home Assistant's own Python has


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Home Assistant where it is not asked for, or not installed; say which."""
    reason = None
    if not os.environ.get("EDGE_HOMEASSISTANT"):
        reason = "runs a real Home Assistant: `make test-homeassistant`"
    elif not houses.program().exists():
        reason = "no Home Assistant in build/homeassistant: it needs Python 3.13, and this machine has none"
    if reason is not None:
        for item in items:
            if item.get_closest_marker("homeassistant"):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """Give a broker that daemon and house share."""
    with mosquitto.running(tmp_path_factory.mktemp("mosquitto")) as running:
        yield running


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, broker: Mosquitto) -> Iterator[House]:
    """Give a Home Assistant on that broker."""
    folder = tmp_path_factory.mktemp("house") / "config"
    houses.set_up(folder, broker.port)
    with houses.running(folder) as running:
        yield running
