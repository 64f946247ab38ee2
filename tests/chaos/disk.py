"""Owns a small disk for a daemon's state, which can be filled, made read-only and mended again.

Knows nothing of what is kept there. A mounted one needs root; a limit on file sizes needs nobody.
"""

import errno
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_FILLER = "filler"
_CHUNK = b"\0" * 4096


class SmallDisk:
    """A file system in memory, mounted on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """Leave no byte free."""
        with (self.folder / _FILLER).open("ab", buffering=0) as filler:
            try:
                while filler.write(_CHUNK):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017  # only a full disk is a full disk

    def free(self) -> None:
        """Give the room back."""
        (self.folder / _FILLER).unlink()

    def freeze(self) -> None:
        """Make it read-only, as a card that has worn out; nobody may have a file open for writing."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)

    def thaw(self) -> None:
        """Make it writable again."""
        subprocess.run(["mount", "-o", "remount,rw", str(self.folder)], check=True)


@contextmanager
def small_disk(folder: Path, *, size_mb: int) -> Iterator[SmallDisk]:
    """Give a folder a file system of its own while the block lasts; skip the test where that is not allowed."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def limit_files(process_id: int, size_bytes: int | None) -> None:
    """Let no file of a process grow beyond a size, as on a full disk; None lifts that."""
    _, hard = resource.prlimit(process_id, resource.RLIMIT_FSIZE)
    resource.prlimit(process_id, resource.RLIMIT_FSIZE, (hard if size_bytes is None else size_bytes, hard))
