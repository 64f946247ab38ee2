"""Owns the question which hub model a base GGUF is, and whether an adapter was trained on that one.

Knows nothing of weights. Two witnesses count: the sha256 of a file that this program knows, and the repository
that the file's metadata name as their own. `general.name` does not count: converters make it up from folder names
(that of SmolLM2-135M-Instruct reads "Smollm2 135M 8k Lc100K Mix1 Ep2"); nor does `general.base_model.*`, which
names the parent that a model was itself fine-tuned from.
"""

from collections.abc import Mapping
from pathlib import Path

from edge_convert.base import SMOLLM2
from edge_convert.errors import BaseModelError
from edge_convert.gguffile import GgufFile

KNOWN_FILES: Mapping[str, str] = {SMOLLM2.gguf_sha256: SMOLLM2.hub_id}

_REPOSITORY_KEYS = ("general.source.repo_url", "general.repo_url", "general.source.huggingface.repository")
_HUB = "https://huggingface.co/"


def hub_id(file: GgufFile, sha256: str) -> str | None:
    """Return the hub id, such as "HuggingFaceTB/SmolLM2-135M-Instruct", of a base; None where nothing tells."""
    if sha256 in KNOWN_FILES:
        return KNOWN_FILES[sha256]
    for key in _REPOSITORY_KEYS:
        if key in file.fields:
            return str(file.fields[key].value).removeprefix(_HUB).strip("/")
    return None


def require_match(file: GgufFile, found: str | None, expected: str | None, sha256: str) -> None:
    """See that the base is the model that the adapter was trained on.

    Args:
        file: the base.
        sha256: of the base's file.
        found: the base's hub id; None where nothing tells.
        expected: the adapter's base_model_name_or_path, which may be that of the base's folder; None where it has
            none.

    Raises:
        BaseModelError: they differ, or one of the two is not known.
    """
    if expected and file.path.is_dir() and Path(expected).is_dir() and file.path.samefile(expected):
        return
    if found is None or found != expected:
        raise BaseModelError(
            f"{file.path}: the adapter was trained on {expected or 'a base that it does not name'}, this base is "
            f"{found or f'not known (sha256 {sha256}, no repository in its metadata)'}; "
            "--force-base merges all the same"
        )
