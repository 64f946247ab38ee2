"""Owns the folder for what must outlive the process: who holds it, and who may write in it.

Knows nothing of the files in it. One daemon at a time holds the folder; the hold ends with its process, however
that ends.
"""

import fcntl
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from edge import service
from edge.errors import EdgeError

log = logging.getLogger(__name__)

LOCK = "lock"
OF_THE_SERVICE = Path("/var/lib/edge")  # StateDirectory= of the systemd unit


class Held(EdgeError):
    """Another daemon holds the folder."""


class Unusable(EdgeError):
    """The folder cannot be made or written."""


class StateFolder:
    """A state directory in the hands of this process.

    Attributes:
        path: the folder, which exists.
    """

    def __init__(self, path: Path, lock_fd: int) -> None:
        self.path = path
        self._lock_fd = lock_fd

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._lock_fd)


def hold_or_none(path: Path) -> StateFolder | None:
    """Take hold of a state directory, made where it is missing; None where it cannot be used.

    The log says so with `state_not_kept`: the daemon serves, and keeps in memory what it would have kept there.

    Raises:
        Held: another daemon uses this folder.
    """
    try:
        return hold(path)
    except Unusable as error:
        log.warning("state_not_kept why=%s", error)
        return None


def hold(path: Path) -> StateFolder:
    """Take hold of a state directory, made where it is missing.

    Raises:
        Held: another daemon uses this folder.
        Unusable: it cannot be made or written.
    """
    lock = path / LOCK
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock_fd = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unusable(f"{lock}: {error.strerror}") from error
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock_fd, 0)
        os.write(lock_fd, b"%d\n" % os.getpid())  # for people; the lock itself is the kernel's
    except BlockingIOError as error:
        holder = os.read(lock_fd, 32).decode(errors="replace").strip()
        os.close(lock_fd)
        raise Held(
            f"{path}: another daemon uses this state directory (process {holder or 'unknown'}); stop it, or give "
            "each its own with STATE_DIRECTORY or XDG_STATE_HOME"
        ) from error
    except OSError as error:  # a full disk, or a file system without locks
        os.close(lock_fd)
        raise Unusable(f"{lock}: {error.strerror}") from error
    return StateFolder(path, lock_fd)


def check_was_held(path: Path) -> None:
    """Return if a daemon has ever held this folder.

    Raises:
        EdgeError: none has; it is another folder that is meant.
    """
    if not (path / LOCK).exists():
        raise EdgeError(
            f"{path}: expected what a daemon has kept, found nothing; --state names its state directory "
            f"({OF_THE_SERVICE} where systemd starts it)"
        )


def of_the_daemon(environment: Mapping[str, str], *, of_the_service: Path = OF_THE_SERVICE) -> Path:
    """Return the folder of the daemon that a person means who names none.

    That is the service's where it is installed, else that of a daemon which this user starts.

    >>> str(of_the_daemon({"XDG_STATE_HOME": "/home/ada/state"}, of_the_service=Path("/")))
    '/home/ada/state/edge'
    """
    is_named = environment.get("STATE_DIRECTORY") or environment.get("XDG_STATE_HOME")
    return of_the_service if not is_named and of_the_service.exists() else service.state_directory(environment)


def become_owner(path: Path) -> None:
    """Become the user to whom a state directory belongs, for good, where root looks into another's.

    Otherwise root would leave files there that the daemon cannot open. All that is imported later must be readable
    for that user, so a verb imports first.

    Raises:
        EdgeError: this user may not look into it.
    """
    if not path.exists():
        return
    if os.geteuid() != 0:
        if not os.access(path, os.R_OK | os.X_OK):
            raise EdgeError(f"{path}: this user may not read it; use sudo, or name another folder with --state")
        return
    owner = path.stat()
    if owner.st_uid:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
