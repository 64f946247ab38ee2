"""Owns the wheels of one Debian suite and architecture: fetches what requirements.lock pins, and compares hashes.

Knows nothing of Debian packages. `python packaging/wheelhouse.py SUITE ARCH FOLDER` leaves wheels in FOLDER, the
sources of systemd-python (which publishes no wheels), and the requirements of an installation without network,
requirements.txt. llama-cpp-python, which our own scripts compile, is not among them.
"""

# ruff: noqa: INP001  # a script, run by packaging/build-deb

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

LOCK = Path(__file__).parent / "requirements.lock"
COMPILED_BY_US = "llama-cpp-python"
SOURCES_ALONE = "systemd-python"
OLDEST_GLIBC = 17  # 2.17: manylinux2014


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """What wheels must fit: a Python, and a glibc that they may not be newer than."""

    python: str
    glibc_minor: int


SUITES = {"bookworm": Suite(python="3.11", glibc_minor=36), "trixie": Suite(python="3.13", glibc_minor=41)}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """One entry of the lock file: a requirement with its version, and the line that holds its hashes as well."""

    requirement: Requirement
    line: str

    def applies(self, environment: dict[str, str]) -> bool:
        """Return whether a machine needs it."""
        return self.requirement.marker is None or self.requirement.marker.evaluate(environment)


def pins(text: str) -> list[Pin]:
    r"""Return the entries of a lock file, each on one line and without its marker.

    >>> [pin.line for pin in pins('rich==15.0.0 ; os_name == "posix" \\\n    --hash=sha256:00\n    # via edge\n')]
    ['rich==15.0.0 --hash=sha256:00']
    """
    whole = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    return [_pin(line) for line in whole.splitlines()]


def platforms(suite: Suite, machine: str) -> list[str]:
    """Return the platform tags of wheels that run there.

    >>> platforms(Suite(python="3.11", glibc_minor=18), "aarch64")
    ['manylinux_2_18_aarch64', 'manylinux_2_17_aarch64', 'manylinux2014_aarch64']
    """
    newest_first = range(suite.glibc_minor, OLDEST_GLIBC - 1, -1)
    return [*(f"manylinux_2_{minor}_{machine}" for minor in newest_first), f"manylinux2014_{machine}"]


def environment(suite: Suite, machine: str) -> dict[str, str]:
    """Return what the markers of requirements ask, of another machine than this one."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{suite.python}.0",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{suite.python}.0",
        "python_version": suite.python,
        "sys_platform": "linux",
    }


def fetch(suite: Suite, machine: str, folder: Path) -> None:
    """Fill a folder with the wheels and sources, and write its requirements.txt.

    Raises:
        CalledProcessError: pip found no wheel for one of them, or another hash; it has said which.
    """
    folder.mkdir(parents=True, exist_ok=True)
    needed = [pin for pin in pins(LOCK.read_text()) if pin.applies(environment(suite, machine))]
    sources = [pin.line for pin in needed if pin.requirement.name == SOURCES_ALONE]
    wheels = [pin.line for pin in needed if pin.requirement.name not in {SOURCES_ALONE, COMPILED_BY_US}]
    tags = [f"--platform={tag}" for tag in platforms(suite, machine)]
    abis = [f"--abi={abi}" for abi in (f"cp{suite.python.replace('.', '')}", "abi3", "none")]
    fitting = ["--only-binary=:all:", f"--python-version={suite.python}", *abis, *tags]
    _download(folder, "requirements.txt", wheels, fitting)
    _download(folder, "sources.txt", sources, ["--no-binary=:all:"])


def _pin(line: str) -> Pin:
    stated, *hashes = (part.strip() for part in line.split(" --hash="))
    requirement = Requirement(stated)
    pinned = f"{requirement.name}{requirement.specifier}"
    return Pin(requirement=requirement, line=" ".join([pinned, *(f"--hash={digest}" for digest in hashes)]))


def _download(folder: Path, name: str, lines: list[str], options: list[str]) -> None:
    requirements = folder / name
    requirements.write_text("".join(f"{line}\n" for line in lines))
    pip = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--require-hashes", f"--requirement={requirements}", f"--dest={folder}", *options]
    subprocess.run(command, check=True)  # noqa: S603 - pip, with what the lock file says


if __name__ == "__main__":
    fetch(SUITES[sys.argv[1]], MACHINES[sys.argv[2]], Path(sys.argv[3]))
