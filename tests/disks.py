"""Owns disks that are full or read-only, as tests of what is kept need them."""

import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small(folder: Path, size_kb: int) -> Iterator[Path]:
    """Give a folder on a file system of its own, of this size; the test is skipped where none may be mounted."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size_kb}k"]
    mounted = subprocess.run(["mount", *options, "tmpfs", folder], check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def set_read_only(folder: Path, *, is_so: bool) -> None:
    """Make the file system of a folder read-only, or let it be written again."""
    subprocess.run(["mount", "-o", f"remount,{'ro' if is_so else 'rw'}", folder], check=True)


@contextmanager
def no_longer_files(most_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, for as long as the block lasts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
