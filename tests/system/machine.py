"""Owns a booted Debian: a throw-away root in which systemd is process 1, and the way to run commands there.

Knows nothing of our program. It has no network but its own loopback.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from edge.errors import EdgeError
from edge.literal import JSON

PATIENCE_S = 60.0  # until a test gives up waiting, and a machine is taken for one that does not boot
_LOOK_EVERY_S = 0.1
_ENVIRONMENT = (
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL=C.UTF-8",
    "HOME=/root",
    "DEBIAN_FRONTEND=noninteractive",
)
# systemd 256 and later want cgroup v2 of the machine below, unless told that v1 is no oversight.
_OLD_CGROUPS = "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"
WARNING = 4  # of syslog's priorities, and what is worse has a lower number


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What came of a command: its exit code, and all that it said."""

    code: int
    said: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A line of the journal.

    Attributes:
        priority: as in syslog: 4 is a warning, 3 an error.
        is_output: printed by a program, which gives no priority, rather than logged.
    """

    priority: int
    is_output: bool
    text: str


def why_not() -> str | None:
    """Return why this machine cannot boot another one; None where it can."""
    if os.geteuid() != 0:
        return "expected to run as root, which booting a container takes"
    for program, package in (("systemd-nspawn", "systemd-container"), ("nsenter", "util-linux")):
        if shutil.which(program) is None:
            return f"{program} is missing; apt-get install {package}"
    if not any(Path("/sys/fs/cgroup", name).exists() for name in ("cgroup.controllers", "systemd", "unified")):
        return "/sys/fs/cgroup: found no control groups, which systemd needs"
    return None


class Machine:
    """A Debian that lives in a folder; off at first.

    Args:
        root: where its files lie.
        log: where its console is kept.
    """

    def __init__(self, root: Path, log: Path) -> None:
        self.root = root
        self._log = log
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._first_process = 0

    def boot(self) -> None:
        """Start it and wait until all that is enabled has been started, or has failed.

        Raises:
            EdgeError: it does not come up; the message ends with what its console said last.
        """
        # who kills the tests kills it as well
        command = ["setpriv", "--pdeathsig=KILL", "systemd-nspawn", "--quiet", "--boot", "--register=no"]
        options = ["--keep-unit", "--private-network", "--console=read-only", f"--directory={self.root}"]
        with self._log.open("ab") as log:
            self._nspawn = subprocess.Popen(
                [*command, *options, _OLD_CGROUPS],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self.wait_until(self._is_up, "the machine is up")
        except EdgeError as error:
            self.kill()
            console = self._log.read_text(encoding="utf-8", errors="replace")
            raise EdgeError(f"{self.root}: {error}; its console:\n{console[-2000:]}") from error

    def reboot(self) -> None:
        """Shut it down in order, and boot it again."""
        self.power_off()
        self.boot()

    def power_off(self) -> None:
        """Shut it down in order: each service is stopped."""
        self.run("systemctl", "--no-block", "poweroff")
        assert self._nspawn is not None, "off already"
        self._nspawn.wait(timeout=PATIENCE_S)
        self._nspawn, self._first_process = None, 0

    def kill(self) -> None:
        """Switch it off: nothing of it is left running."""
        if self._nspawn is not None:
            self._nspawn.kill()
            self._nspawn.wait()
            self._nspawn = None
        if self._first_process:
            with suppress(ProcessLookupError):
                os.kill(self._first_process, signal.SIGKILL)  # process 1 of a machine takes all others along
            self.wait_until(lambda: not _is_alive(self._first_process), "its processes are gone")
            self._first_process = 0

    def run(self, *command: str, text: str = "") -> Done:
        """Run a command as root; `text` is its standard input. Return what came of it."""
        done = subprocess.run(
            [*self._inside(), *command],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=5 * PATIENCE_S,
        )
        return Done(code=done.returncode, said=done.stdout)

    def ask(self, *command: str, text: str = "") -> str:
        """Return what a command says that does not fail.

        Raises:
            EdgeError: it failed.
        """
        done = self.run(*command, text=text)
        if done.code:
            raise EdgeError(f"{' '.join(command)}: expected exit code 0, got {done.code}: {done.said}")
        return done.said

    def start(self, *command: str, output: Path = Path(os.devnull)) -> "subprocess.Popen[bytes]":
        """Start a command; what it says is added to a file while it runs."""
        with output.open("ab") as opened:
            return subprocess.Popen([*self._inside(), *command], stdin=subprocess.DEVNULL, stdout=opened)

    def state(self, unit: str) -> str:
        """Return the state of a unit, as in "active"."""
        return self.run("systemctl", "is-active", unit).said.strip()

    def main_process(self, unit: str) -> int:
        """Return the id that the main process of a unit has in there; 0 for none."""
        return int(self.ask("systemctl", "show", "--value", "--property=MainPID", unit))

    def journal(self, unit: str, *, since_s: float) -> list[Entry]:
        """Return what a unit said since a time, and what systemd said of it."""
        since = f"--since=@{since_s:.6f}"
        lines = self.ask("journalctl", "--quiet", "--output=json", "--all", f"--unit={unit}", since).splitlines()
        return [_entry(json.loads(line)) for line in lines]

    def files(self) -> set[str]:
        """Return the paths of all files and folders, but for those of kernel and memory."""
        return set(self.ask("find", "/", "-xdev", "-mindepth", "1").splitlines())

    def wait_until(self, is_so: Callable[[], bool], what: str, *, patience_s: float = PATIENCE_S) -> None:
        """Return as soon as something is so.

        Raises:
            EdgeError: it has not become so.
        """
        deadline_s = time.monotonic() + patience_s
        while not is_so():
            if time.monotonic() > deadline_s:
                raise EdgeError(f"waited {patience_s:g} s in vain: {what}")
            time.sleep(_LOOK_EVERY_S)

    def _is_up(self) -> bool:
        assert self._nspawn is not None, "off"
        nspawn = self._nspawn.pid
        if self._nspawn.poll() is not None:
            raise EdgeError(f"systemd-nspawn ended with {self._nspawn.returncode}")
        children = Path(f"/proc/{nspawn}/task/{nspawn}/children").read_text(encoding="ascii").split()
        if not children:
            return False
        self._first_process = int(children[0])
        return self.run("systemctl", "is-system-running").said.strip() in {"running", "degraded"}

    def _inside(self) -> list[str]:
        return ["nsenter", f"--target={self._first_process}", "--all", "--", "env", "-i", *_ENVIRONMENT]


def _is_alive(process: int) -> bool:
    """Whether a process runs: one that is dead, and that nobody asked about yet, is a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _entry(fields: dict[str, JSON]) -> Entry:
    message = fields.get("MESSAGE")
    if isinstance(message, list):  # bytes that are no text
        message = bytes(cast("list[int]", message)).decode(errors="replace")
    return Entry(
        priority=int(cast("str", fields.get("PRIORITY", "6"))),
        is_output=fields.get("_TRANSPORT") == "stdout",
        text=str(message),
    )
