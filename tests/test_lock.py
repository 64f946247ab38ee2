"""The lock of the installer, held against pyproject.toml and against what the locked packages ask for in turn."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "packaging/requirements.lock").read_text(encoding="utf-8")
PINS = re.findall(r"^(\S.*?) \\\n((?:    --hash=.*\n)+)", LOCK, flags=re.MULTILINE)
MACHINES = [
    {"python_version": version, "python_full_version": f"{version}.0", "platform_machine": machine}
    for version in ("3.11", "3.12", "3.13")
    for machine in ("x86_64", "aarch64")
]


def applies(requirement: Requirement, machine: Mapping[str, str]) -> bool:
    """Return whether a requirement is one on a machine with Linux, extras left out."""
    linux = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}
    return requirement.marker is None or requirement.marker.evaluate({**linux, **machine})


def locked(machine: Mapping[str, str]) -> dict[str, str]:
    """Return the version of each package that the lock installs on a machine."""
    versions: dict[str, str] = {}
    for line, _ in PINS:
        pin = Requirement(line)
        if applies(pin, machine):
            (specifier,) = pin.specifier
            assert pin.name not in versions, f"{pin.name} is pinned twice"
            assert specifier.operator == "=="
            versions[pin.name] = specifier.version
    return versions


def is_met(requirement: Requirement, versions: Mapping[str, str]) -> bool:
    """Return whether one of some versions is what a requirement asks for."""
    version = versions.get(canonicalize_name(requirement.name))
    return version is not None and requirement.specifier.contains(version)


def unmet(requirements: Iterable[str], machine: Mapping[str, str]) -> list[str]:
    """Return the requirements that the lock leaves open on a machine."""
    versions = locked(machine)
    wanted = [each for each in map(Requirement, requirements) if applies(each, machine)]
    return [str(each) for each in wanted if not is_met(each, versions)]


@pytest.mark.parametrize(
    "machine", MACHINES, ids=lambda each: f"{each['python_version']}-{each['platform_machine']}"
)
def test_each_dependency_is_locked_at_a_version_that_will_do(machine: Mapping[str, str]) -> None:
    """A dependency that is added or moved in pyproject.toml needs `make lock`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert unmet(project["dependencies"], machine) == []


@pytest.mark.parametrize(
    "machine", MACHINES, ids=lambda each: f"{each['python_version']}-{each['platform_machine']}"
)
def test_what_the_dependencies_depend_on_is_locked_too(machine: Mapping[str, str]) -> None:
    """Of packages in another version than the locked one, the names still have to be there."""
    for name, version in locked(machine).items():
        try:
            here = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        needed = [each for each in map(Requirement, here.requires or []) if applies(each, machine)]
        if here.version == version:
            assert unmet(map(str, needed), machine) == [], name
        assert {canonicalize_name(each.name) for each in needed} <= set(locked(machine)), name


def test_every_pin_has_hashes_and_nothing_else_is_in_the_lock() -> None:
    """An index, an address or a file without a hash would let something else in."""
    rest = re.sub(r"^(\S.*?) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", "", LOCK, flags=re.MULTILINE)

    assert [line for line in rest.splitlines() if not line.lstrip().startswith("#")] == []
    assert "://" not in LOCK
    assert [line for line, _ in PINS if not re.fullmatch(r"[a-z0-9-]+==[0-9a-z.]+( ; .*)?", line)] == []
