"""Owns hashing and atomic replacement: a file under its final name is whole. Knows nothing of what files hold."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def sha256(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """Give a folder beside the target to build files in; it goes with all that is left in it, whatever happens.

    Beside, because only within one file system is a rename atomic.

    Raises:
        OSError: the target's folder is missing or cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        yield Path(folder)


def publish(moves: Sequence[tuple[Path, Path]]) -> None:
    """Give staged files their final names, in order; each is on the disk before the first takes its name.

    Raises:
        OSError: a file cannot be synchronized or renamed.
    """
    for staged, _ in moves:
        _synchronize(staged)
    for staged, target in moves:
        staged.replace(target)
    for folder in {target.parent for _, target in moves}:
        _synchronize(folder)  # else the new names may be lost with the power


def _synchronize(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
