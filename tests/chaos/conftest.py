"""Owns what the chaos tests share: how many messages, a state directory that has learned, and the accounts."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.chaos import sensors, table
from tests.chaos.books import Books
from tests.chaos.scene import Plan, Scene, staged

ROOT = Path(__file__).parents[2]
MESSAGES = int(os.environ.get("EDGE_CHAOS_MESSAGES", "200"))  # a scenario
LONG = 1000  # messages a scenario from which on a run is a long one
FAULTS = 5 if MESSAGES >= LONG else 2  # in a row, where a scenario says "again and again"
ROUNDS = 8  # in which the shape cache learns the wordings

long_run = pytest.mark.skipif(MESSAGES < LONG, reason="part of the longer run: `make chaos`")

Stage = Callable[[str, Plan], AbstractContextManager[Scene]]
Record = Callable[..., Books]


@pytest.fixture(scope="session")
def chaos_messages() -> int:
    """Return how many messages a scenario has."""
    return MESSAGES


@pytest.fixture(scope="session")
def learned(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a state directory that knows all wordings of the devices."""
    folder = tmp_path_factory.mktemp("learned")
    with staged("learning", folder, model_path, Plan(messages=0)) as scene:
        scene.daemon.start()
        scene.wait_connected(0)
        for sent in sensors.warming(ROUNDS):
            before = scene.consumer.heard
            scene.publisher.send([sent])
            scene.wait_sent()
            scene.wait_heard(before + 1)
        assert scene.daemon.terminate() == 0
        known = subprocess.run(
            [sys.executable, "-m", "edge", "shapes", "list", "--json", "--state", str(scene.daemon.state)],
            check=True,
            capture_output=True,
        )
        trusted = [shape for shape in json.loads(known.stdout) if shape["is_trusted"]]
        assert len(trusted) == len(sensors.WORDINGS), known.stdout
        return scene.daemon.state


@pytest.fixture
def stage(tmp_path: Path, model_path: Path) -> Stage:
    """Return what stages a scenario of a name and a plan."""
    return lambda name, plan: staged(name, tmp_path, model_path, plan)


@pytest.fixture(scope="session")
def accounts() -> Iterator[list[Books]]:
    """Give the list of all accounts; at the end it is printed, and written to build/chaos.json."""
    closed: list[Books] = []
    yield closed
    if closed:
        table.write(closed, build=ROOT / "build", page=_page())


@pytest.fixture
def record(accounts: list[Books]) -> Record:
    """Return what keeps the accounts of a scenario."""

    def keep(books: Books) -> Books:
        accounts.append(books)
        return books

    return keep


def _page() -> Path | None:
    """Return the page that is to show the accounts; None for none."""
    named = os.environ.get("EDGE_CHAOS_DOCS")
    return ROOT / named if named else None
