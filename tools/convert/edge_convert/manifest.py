"""Owns the manifest beside a converted file, `FILE.json`: what it was made from, how, and how it was judged.

Knows nothing of conversion. A file is current when its manifest names the same inputs, options and tools by hash
and version, and the file itself still has the hash noted; that a file exists proves nothing.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from edge_convert import files
from edge_convert.verify import Verification

_TOOLS = ("edge-readings", "gguf", "llama-cpp-python")


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What decides the bytes of a result. Two results of one identity are alike."""

    base_sha256: str
    adapter_config_sha256: str
    adapter_weights_sha256: str
    calibration_sha256: str | None
    vocabulary_sha256: str | None
    type_name: str
    prompt_contract: str
    is_base_forced: bool
    tools: Mapping[str, str]


def tools() -> dict[str, str]:
    """Return the versions of the distributions that a result depends on."""
    return {name: version(name) for name in _TOOLS}


def path_beside(output: Path) -> Path:
    """Return where the manifest of a converted file stands.

    >>> path_beside(Path("models/edge.gguf")).as_posix()
    'models/edge.gguf.json'
    """
    return output.with_name(output.name + ".json")


def is_current(output: Path, identity: Identity) -> bool:
    """Return whether a converted file is there already, made from just these inputs, and whole."""
    try:
        document = json.loads(path_beside(output).read_bytes())
        is_same = bool(document["made_from"] == dataclasses.asdict(identity))
        return is_same and bool(document["output"]["sha256"] == files.sha256(output))
    except (OSError, ValueError, LookupError, TypeError):  # no manifest, none of ours, or its file is gone
        return False


def render(name: str, sha256: str, identity: Identity, base_hub_id: str | None, figures: Verification) -> str:
    """Return the manifest of a file, given its name and hash, as indented JSON."""
    verification = dataclasses.asdict(figures)
    document = {
        "made_from": dataclasses.asdict(identity),
        "base_hub_id": base_hub_id,
        "output": {"name": name, "size_bytes": verification.pop("size_bytes"), "sha256": sha256},
        "verification": verification,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
