"""Owns the way from the name of a base to where it stands: a file, a folder, or a model that a hub is asked for.

Knows nothing of what models are made of. The only importer of `huggingface_hub`, which need not be installed.
"""

import re
from pathlib import Path

from edge_convert import hubconfig, hubfolder, hubtokenizer
from edge_convert.errors import BaseModelError

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_CACHED = re.compile(r"models--(?P<owner>[\w.-]+?)--(?P<name>[\w.-]+)", re.ASCII)
_WANTED = [
    hubconfig.NAME,
    hubtokenizer.NAME,
    hubtokenizer.SETTINGS_NAME,
    hubtokenizer.TEMPLATE_NAME,
    hubfolder.INDEX_NAME,
    "model*.safetensors",
]


def locate(base: Path) -> Path:
    """Return where a base stands on the disk; a hub id that is no path is fetched into the hub's own cache.

    Raises:
        BaseModelError: it has to be fetched, and huggingface_hub is not installed, or cannot fetch it.
    """
    name = base.as_posix()
    if base.exists() or base.suffix == ".gguf" or not _HUB_ID.fullmatch(name):
        return base
    try:
        import huggingface_hub  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise BaseModelError(
            f"{name}: no such file or folder; fetching it from the hub needs huggingface_hub, which is not "
            "installed (pip install 'edge-readings[hub]')"
        ) from error
    try:
        return Path(huggingface_hub.snapshot_download(name, allow_patterns=_WANTED))
    except (OSError, ValueError) as error:  # what its errors of network, hub and cache have in common
        raise BaseModelError(f"{name}: no such file or folder, and the hub does not give it ({error})") from error


def cached_id(folder: Path) -> str | None:
    """Return the hub id of a folder in the hub's cache; None for all others.

    >>> cached_id(Path("hub/models--HuggingFaceTB--SmolLM2-135M/snapshots/93efa2f"))
    'HuggingFaceTB/SmolLM2-135M'
    >>> cached_id(Path("models/SmolLM2-135M"))
    """
    found = _CACHED.fullmatch(folder.parent.parent.name) if folder.parent.name == "snapshots" else None
    return f"{found['owner']}/{found['name']}" if found else None
