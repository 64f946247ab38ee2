"""Owns the building of llama-server from the sources that llama-cpp-python itself is built of, once a version.

Knows nothing of how the server is used. The flags are those of the wheel: Release, shared libraries, ggml's own
defaults (the machine's instructions, OpenMP), and no assets from elsewhere.
"""

import os
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

from edge.errors import EdgeError

CACHE = Path("~/.cache/edge/bench")
DISTRIBUTION = "llama-cpp-python"
FLAGS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=ON",
    "-DLLAMA_CURL=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
)


def built(folder: Path = CACHE) -> Path:
    """Return the server's program, built into a folder unless it is there already.

    Raises:
        EdgeError: the sources cannot be had, or do not build; the message names the log.
    """
    home = folder.expanduser() / f"{DISTRIBUTION}-{version(DISTRIBUTION)}"
    program = home / "build" / "bin" / "llama-server"
    if program.is_file():
        return program
    home.mkdir(parents=True, exist_ok=True)
    sources = _sources(home) / "vendor" / "llama.cpp"
    log = home / "build.log"
    sys.stderr.write(f"edge: building llama-server, about ten minutes on two cores; its log is {log}\n")
    with log.open("wb") as lines:
        for command in commands(sources, home / "build", jobs=len(os.sched_getaffinity(0))):
            if subprocess.run(command, stdout=lines, stderr=lines, check=False).returncode:  # noqa: S603  # ours
                raise EdgeError(f"{' '.join(command[:2])} failed; its log is {log}")
    return program


def commands(sources: Path, build: Path, *, jobs: int) -> list[list[str]]:
    """Return the commands that configure and build.

    >>> commands(Path("llama.cpp"), Path("build"), jobs=2)[1]
    ['cmake', '--build', 'build', '--target', 'llama-server', '--parallel', '2']
    """
    return [
        ["cmake", "-S", str(sources), "-B", str(build), *FLAGS],
        ["cmake", "--build", str(build), "--target", "llama-server", "--parallel", str(jobs)],
    ]


def _sources(home: Path) -> Path:
    """Return the folder of the unpacked source distribution, downloaded by pip unless it is there."""
    name = DISTRIBUTION.replace("-", "_")
    if not list(home.glob(f"{name}-*.tar.gz")):
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-build-isolation"]
        command += ["--no-binary", DISTRIBUTION, "--dest", str(home), f"{DISTRIBUTION}=={version(DISTRIBUTION)}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # pip of this Python
        if not list(home.glob(f"{name}-*.tar.gz")):
            raise EdgeError(f"pip download of {DISTRIBUTION} failed: {done.stderr.strip()[-500:]}")
    (archive,) = home.glob(f"{name}-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(home, filter="data")
    return home / archive.name.removesuffix(".tar.gz")
