"""Owns the check of the model's file: that it is there, whole, and of the prompt contract of this program.

Knows nothing of how it is loaded. Whole is what its record says: that of edge-convert beside it, or that of the
Debian package.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from edge.doctor.finding import Finding, fail, ok, skip
from edge.doctor.trial import Trial
from edge.extraction import prompt

CHECK = "model"
_MAGIC = b"GGUF"  # the first bytes, ggml/docs/gguf.md
_BYTES_PER_MB = 1_000_000
_DPKG = Path("/var/lib/dpkg/info/edge-readings.md5sums")
_AGAIN = "install it again: `sudo apt-get install --reinstall ./edge-readings_*.deb`, or `make model` in a clone"


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """What is known of the file.

    Attributes:
        is_gguf: whether it begins like one.
        is_intact: whether it is what its record says; None where there is none, or nobody looked.
        sha256: None where nobody looked.
    """

    path: Path
    size_bytes: int
    is_gguf: bool
    is_intact: bool | None = None
    sha256: str | None = None


def look(path: Path, *, is_quick: bool, dpkg: Path = _DPKG) -> Weights:
    """Return what is known of a model's file; quickly: without reading all of it.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as opened:
        is_gguf = opened.read(len(_MAGIC)) == _MAGIC
        size_bytes = path.stat().st_size
        if is_quick:
            return Weights(path=path, size_bytes=size_bytes, is_gguf=is_gguf)
        opened.seek(0)
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        opened.seek(0)
        recorded = _recorded_sha256(path)
        is_intact = None if recorded is None else recorded == sha256
        if recorded is None and (md5 := _packaged_md5(path, dpkg)) is not None:
            digest = hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            is_intact = digest == md5
    return Weights(path=path, size_bytes=size_bytes, is_gguf=is_gguf, is_intact=is_intact, sha256=sha256)


def judge(weights: Weights, trial: Trial | None) -> Finding:
    """Return whether the model can be used; trial is None where it was not tried."""
    size = f"{weights.path}, {weights.size_bytes / _BYTES_PER_MB:.1f} MB"
    if not weights.is_gguf:
        return fail(CHECK, f"{size}: expected a GGUF, got something else", _AGAIN)
    if weights.is_intact is False:
        return fail(CHECK, f"{size}: damaged, it is not what its record says (sha256 {weights.sha256})", _AGAIN)
    if trial is None:
        return ok(CHECK, f"{size}; not loaded (--quick)")
    if trial.trouble is not None:
        return fail(CHECK, trial.trouble, _AGAIN)
    if trial.contract not in prompt.CONTRACTS:
        known = " or ".join(prompt.CONTRACTS)
        found = f"{size}: expected the prompt contract {known}, got {trial.contract or 'none'}"
        return fail(CHECK, found, _AGAIN)
    whole = "intact" if weights.is_intact else f"sha256 {weights.sha256} (with nothing to compare it to)"
    return ok(CHECK, f"{size}, {whole}, loads, contract {trial.contract}")


def missing(path: Path, error: OSError) -> Finding:
    """Return that the file cannot be read."""
    if isinstance(error, PermissionError):
        return skip(CHECK, f"{path}: this user cannot read it", "`sudo edge doctor`")
    return fail(CHECK, f"{path}: {error.strerror} (model.path)", _AGAIN)


def _recorded_sha256(path: Path) -> str | None:
    """Return what the record of edge-convert says, a JSON file beside the model; None where there is none."""
    try:
        record = json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
        return str(record["output"]["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _packaged_md5(path: Path, dpkg: Path) -> str | None:
    """Return what the Debian package says; None where the file is not of it."""
    try:
        lines = dpkg.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    sums = {f"/{name}": digest for digest, _, name in (line.partition("  ") for line in lines)}
    return sums.get(str(path))
