"""Owns a fresh Debian to install into: a root of packaging/root in a folder, and commands run there as root.

Knows nothing of what is installed. Nothing is booted: no service manager runs in it. It has no network.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).parents[2]
RELEASES = {"bookworm": "deb12", "trixie": "deb13"}
ARCHITECTURE = os.environ.get("EDGE_DEB_ARCH") or (
    subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    if shutil.which("dpkg")
    else "unknown"
)
# What package managers note of themselves.
LEDGERS = ("/var/lib/dpkg/", "/var/lib/apt/", "/var/cache/", "/var/log/")
_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What came of a command: its exit code, and all that it said."""

    code: int
    said: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Debian:
    """A Debian in a folder.

    Attributes:
        root: where its files lie.
        binds: folders of this machine that its commands see, as nspawn's --bind-ro wants them.
        environment: what its commands find in theirs.
    """

    root: Path
    binds: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str | Path) -> Done:
        """Run a command as root; return what came of it."""
        nspawn = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--pipe", "--as-pid2"]
        seen = ["--private-network", f"--directory={self.root}", *(f"--bind-ro={bind}" for bind in self.binds)]
        variables = [f"{name}={value}" for name, value in (_ENVIRONMENT | self.environment).items()]
        words = [*nspawn, *seen, "env", "-i", *variables, *map(str, command)]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        # nspawn's own words, where /run is no file system in memory
        lines = [line for line in done.stdout.splitlines() if "Attempted to remove disk file system" not in line]
        return Done(code=done.returncode, said="\n".join(lines))

    def ask(self, *command: str | Path) -> str:
        """Return what a command says that does not fail."""
        done = self.run(*command)
        assert done.code == 0, done.said
        return done.said

    def files(self) -> set[str]:
        """Return the paths of all files and folders, but for the ledgers of package managers."""
        found = self.ask("find", "/", "-xdev", "-mindepth", "1").splitlines()
        return {path for path in found if not path.startswith(LEDGERS)}


def why_not() -> str | None:
    """Return why no Debian can be made here; None where one can."""
    if os.geteuid() != 0:
        return "expected to run as root, which making a Debian takes"
    needed = {"mmdebstrap": "mmdebstrap", "systemd-nspawn": "systemd-container"}
    missing = [package for program, package in needed.items() if shutil.which(program) is None]
    return f"apt-get install {' '.join(missing)}" if missing else None


@contextmanager
def fresh(suite: str, *contents: str) -> Iterator[Debian]:
    """Give a Debian with some packages; it is deleted at the end of the block."""
    made = subprocess.run(
        [PROJECT / "packaging/root", suite, ARCHITECTURE, *contents], stdout=subprocess.PIPE, text=True, check=True
    )
    folder = PROJECT / "build" / f"trial-{suite}-{ARCHITECTURE}-{os.getpid()}"
    folder.mkdir()
    try:
        subprocess.run(
            ["tar", "--extract", "--numeric-owner", "--file", made.stdout.strip(), "--directory", folder],
            check=True,
        )
        folder.chmod(0o755)
        yield Debian(root=folder)
    finally:
        subprocess.run(["rm", "--recursive", "--force", "--one-file-system", folder], check=True)
