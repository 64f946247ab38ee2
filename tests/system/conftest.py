"""Owns what the tests on a booted machine share: whether one is booted, the package, the machine, its journal."""

import os
import platform
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system import packages
from tests.system.listener import Listener
from tests.system.machine import WARNING, Machine, why_not

WANTED = os.environ.get("EDGE_SYSTEM", "no")  # yes, or if-possible, or no
SUITE = os.environ.get("EDGE_SYSTEM_SUITE") or platform.freedesktop_os_release()["VERSION_CODENAME"]
UNIT = "edge.service"
UNSURPRISING = r"^reloaded, \d+ routes?$"  # what `edge reload` prints
HOSTS = "127.0.0.1 localhost\n127.0.1.1 pi\n::1 localhost ip6-localhost\n"


class Expectations:
    """What one step may find in the journal of the service, beside what nobody would wonder about."""

    def __init__(self) -> None:
        self._patterns: list[str] = []
        self._allowed: list[str] = [UNSURPRISING]

    def allow(self, *patterns: str) -> None:
        """Take no offence at these, should they occur in the step."""
        self._allowed += patterns

    def expect(self, *patterns: str) -> None:
        """Have the step be wrong unless each of these occurs in it."""
        self._patterns += patterns

    def check(self, machine: Machine, *, since_s: float) -> None:
        """Compare the journal with what was expected."""
        entries = machine.journal(UNIT, since_s=since_s)
        print(*(entry.text for entry in entries), sep="\n")  # noqa: T201 - shown where a step fails
        worrying = [entry.text for entry in entries if entry.priority <= WARNING or entry.is_output]
        missing = [each for each in self._patterns if not any(re.search(each, text) for text in worrying)]
        known = self._patterns + self._allowed
        unexpected = [text for text in worrying if not any(re.search(each, text) for each in known)]

        assert unexpected == [], "lines that a user would wonder about"
        assert missing == [], "lines that were expected"


@pytest.fixture(scope="session")
def suite() -> str:
    """Return the Debian that is booted; skip where none is to be, or can be."""
    if WANTED == "no":
        pytest.skip("`make test-system` boots a machine; it takes minutes")
    why = why_not()
    if why is not None:
        assert WANTED != "yes", why
        pytest.skip(why)
    return SUITE


@pytest.fixture(scope="session")
def package(suite: str) -> Path:
    """Return the package under test: that of $EDGE_SYSTEM_PACKAGE, or of the tree."""
    named = os.environ.get("EDGE_SYSTEM_PACKAGE")
    return Path(named) if named else packages.built(suite)


@pytest.fixture(scope="module")
def machine(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Give a booted machine with a fresh Debian, on which mosquitto runs as Debian sets it up."""
    with packages.unpacked_root(suite) as root:
        (root / "etc/hostname").write_text("pi\n", encoding="ascii")
        (root / "etc/hosts").write_text(HOSTS, encoding="ascii")
        machine = Machine(root, tmp_path_factory.mktemp("machine") / "console.log")
        try:
            machine.boot()
            yield machine
        finally:
            machine.kill()


@pytest.fixture(scope="module")
def listener(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    """Give a consumer of all that is said on the machine's broker."""
    listener = Listener(machine, tmp_path_factory.mktemp("listener") / "heard")
    listener.start()
    yield listener
    listener.stop()


@pytest.fixture(autouse=True)
def journal(machine: Machine) -> Iterator[Expectations]:
    """Give what a step expects in the journal; afterwards nothing else of warning or worse may stand there."""
    since_s = time.time()
    expectations = Expectations()
    yield expectations
    expectations.check(machine, since_s=since_s)
