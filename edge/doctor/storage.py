"""Owns the checks of the state directory: whose it is, on what kind of disk, and whether there is room.

Knows nothing of what is kept in it. It writes nothing.
"""

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from edge.doctor.finding import Finding, fail, ok, skip, warn

SERVICE_USER = "edge"
_BYTES_PER_MB = 1_000_000
_LEAST_MB = 50  # below, SQLite and the journal fail soon
_FLEETING = {"tmpfs", "ramfs", "overlay"}
_MADE_BY_SERVICE = "the first start of the service makes it"


@dataclass(frozen=True, kw_only=True, slots=True)
class Storage:
    """What is known of a state directory.

    Attributes:
        is_there: whether it exists; if not, the rest is about the folder that it would be in.
        owner: the name of the user to whom it belongs.
        strangers: what lies in it that belongs to another user; None where that cannot be seen.
        file_system: its kind, as /proc/mounts has it.
        is_read_only: whether nothing can be written there.
        free_mb: room for those who are not root.
        used_mb: what lies in it; 0 where that cannot be seen.
    """

    folder: Path
    is_there: bool
    owner: str
    strangers: tuple[str, ...] | None = ()
    file_system: str
    is_read_only: bool = False
    free_mb: int
    used_mb: int = 0


def look(folder: Path, proc: Path = Path("/proc")) -> Storage:
    """Return what is known of a state directory.

    Raises:
        OSError: nothing can be learned of it.
    """
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    owner = there.stat().st_uid
    file_system, options = _mount(there.resolve(), (proc / "mounts").read_text(encoding="utf-8"))
    try:
        entries = [(entry.name, entry.stat(follow_symlinks=False)) for entry in os.scandir(there)]
    except PermissionError:
        entries = None
    if there != folder:
        entries = []
    return Storage(
        folder=folder,
        is_there=there == folder,
        owner=_name(owner),
        strangers=None if entries is None else tuple(sorted(n for n, found in entries if found.st_uid != owner)),
        file_system=file_system,
        is_read_only="ro" in options,
        free_mb=shutil.disk_usage(there).free // _BYTES_PER_MB,
        used_mb=sum(found.st_size for _, found in entries or ()) // _BYTES_PER_MB,
    )


def judge(storage: Storage, *, is_of_service: bool, needed_mb: int | None) -> list[Finding]:
    """Return whether the daemon can keep what it has to keep.

    Args:
        storage: what is known.
        is_of_service: whether it is the folder of the service, which runs as a user of its own.
        needed_mb: what dead letters and spool may take together; None where that is not known.
    """
    return [_hands(storage, is_of_service=is_of_service), _disk(storage, needed_mb)]


def _hands(storage: Storage, *, is_of_service: bool) -> Finding:
    """Return whether the folder is in the right hands."""
    folder, owner = storage.folder, storage.owner
    chown = f"`sudo chown -R {SERVICE_USER}:{SERVICE_USER} {folder}`"
    if not storage.is_there:
        return ok("state", f"{folder}: not there yet; {_MADE_BY_SERVICE if is_of_service else 'edge makes it'}")
    if is_of_service and owner != SERVICE_USER:
        return warn("state", f"{folder} belongs to {owner}, the service runs as {SERVICE_USER}", chown)
    if storage.strangers is None:
        return skip("state", f"{folder} belongs to {owner}; this user cannot look into it", "`sudo edge doctor`")
    if storage.strangers:
        found = f"{folder} belongs to {owner}, but not {', '.join(storage.strangers)} in it"
        return fail("state", found, chown if is_of_service else f"`sudo chown -R {owner} {folder}`")
    return ok("state", f"{folder}, of {owner}")


def _disk(storage: Storage, needed_mb: int | None) -> Finding:
    """Return whether what is written will still be there, and whether there is room for what may be written."""
    found = f"{storage.file_system}, {storage.free_mb} MB free"
    if storage.is_read_only:
        return fail("disk", f"{found}, read-only", "`dmesg | grep -iE 'ext4|mmc'` says whether the card failed")
    if storage.free_mb < _LEAST_MB:
        return fail("disk", found, "`sudo apt-get clean; sudo journalctl --vacuum-size=100M` gives some back")
    if storage.file_system in _FLEETING:
        found += "; shapes, dead letters and spool may not outlive a reboot there"
        return warn("disk", found, f"give {storage.folder} a disk of its own, where the system is read-only")
    left_mb = max(0, (needed_mb or 0) - storage.used_mb)
    if needed_mb is not None:
        found += f", {left_mb} MB of it for edge (dead.max_mb, spool.max_mb)"
    if storage.free_mb < left_mb + _LEAST_MB:
        return warn("disk", found, "make room, or lower them in the configuration")
    return ok("disk", found)


def _mount(folder: Path, mounts: str) -> tuple[str, frozenset[str]]:
    r"""Return kind and options of the file system that a folder is on, from lines of /proc/mounts.

    >>> _mount(Path("/var/lib"), "/dev/a / ext4 rw 0 0\ntmpfs /var tmpfs ro,size=1k 0 0")[0]
    'tmpfs'
    """
    best = ("unknown", frozenset[str]())
    length = -1
    for line in mounts.splitlines():
        _, place, kind, options, *_ = line.split(" ")
        point = Path(place.replace("\\040", " "))
        if folder.is_relative_to(point) and len(point.parts) >= length:  # of two at one place, the later one
            best, length = (kind, frozenset(options.split(","))), len(point.parts)
    return best


def _name(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"user {user_id}"
