"""Owns the Debian packages under test, and the root that they are tried in. Knows nothing of what is tried."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import EdgeError

PROJECT = Path(__file__).parents[2]
# What a machine needs for the package and its tests; no package is fetched once it is booted.
_CONTENTS = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "mosquitto",
    "mosquitto-clients",
    "python3",
    "libgomp1",
    "libsystemd0",
)
_SOURCES = ("edge", "tools", "packaging", "systemd", "config/edge.yaml", "config/schemas", "pyproject.toml")


@contextmanager
def unpacked_root(suite: str) -> Iterator[Path]:
    """Give a folder with the files of a fresh Debian; it is deleted at the end of the block."""
    tar = _said(PROJECT / "packaging/root", suite, architecture(), *_CONTENTS)
    folder = Path(tempfile.mkdtemp(prefix=f"system-{suite}-", dir=PROJECT / "build"))
    try:
        _said("tar", "--extract", "--numeric-owner", f"--file={tar}", f"--directory={folder}")
        folder.chmod(0o755)
        yield folder
    finally:
        _said("rm", "--recursive", "--force", "--one-file-system", folder)


def architecture() -> str:
    """Return Debian's name of what this machine is."""
    return _said("dpkg", "--print-architecture")


def built(suite: str) -> Path:
    """Return the package of the tree for a suite; it is built where it is missing, or older than the tree."""
    newest_s = max(path.stat().st_mtime for source in _SOURCES for path in _files(PROJECT / source))
    found = _found(suite)
    if found is None or found.stat().st_mtime < newest_s:
        _said("make", "-C", PROJECT, "deb", f"SUITE={suite}")
        found = _found(suite)
    if found is None:
        raise EdgeError(f"dist: expected a package for {suite} after `make deb`, found none")
    return found


def newer(package: Path, folder: Path) -> Path:
    """Return the same package with a higher version; made in a folder."""
    tree, repacked = folder / "tree", folder / f"newer-{package.name}"
    _said("dpkg-deb", "--raw-extract", package, tree)
    control = tree / "DEBIAN/control"
    lines = control.read_text(encoding="utf-8").splitlines()
    higher = [f"{line}.1" if line.startswith("Version:") else line for line in lines]
    control.write_text("\n".join([*higher, ""]), encoding="utf-8")
    _said("dpkg-deb", "--build", "-Znone", tree, repacked)
    return repacked


def _found(suite: str) -> Path | None:
    release = {"bookworm": "deb12", "trixie": "deb13"}[suite]
    packages = (PROJECT / "dist").glob(f"edge-readings_*~{release}_{architecture()}.deb")
    return max(packages, key=lambda path: path.stat().st_mtime, default=None)


def _files(source: Path) -> list[Path]:
    found = source.rglob("*") if source.is_dir() else [source]
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def _said(*command: str | Path) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise EdgeError(f"{' '.join(words)}: expected exit code 0, got {done.returncode}")
    return done.stdout.strip()
