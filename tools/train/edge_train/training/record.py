"""Owns `manifest.json` beside a trained adapter: what it was made from, how, and how well it foretells answers.

Knows nothing of torch. Paths and names of machines are no part of it.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from edge.extraction.prompt import CONTRACT
from edge.literal import JSON
from edge_convert import files
from edge_convert.adapter import CONFIG_NAME, WEIGHTS_NAME
from edge_train.training.base import Base
from edge_train.training.counts import Counts
from edge_train.training.curve import svg

MANIFEST = "manifest.json"
CURVE = "loss.svg"
_LAST_STEPS = 20


def write(
    folder: Path,
    *,
    base: Base,
    counts: Counts,
    settings: Mapping[str, JSON],
    metrics: Mapping[str, JSON],
    origin: Mapping[str, JSON],
) -> None:
    """Write the manifest and the loss curve beside an adapter.

    Args:
        folder: of the adapter, which is there already.
        base: what it was trained on.
        counts: what it saw.
        settings: how it was trained.
        metrics: how well it foretells, before and after.
        origin: what it began from, and where it was computed.

    Raises:
        OSError: the folder cannot be written, or the adapter is not there.
    """
    losses = counts.losses[-_LAST_STEPS:]
    document: dict[str, JSON] = {
        "licence": "Apache-2.0",
        "prompt_contract": CONTRACT,
        "files": {name: {"sha256": files.sha256(folder / name)} for name in (CONFIG_NAME, WEIGHTS_NAME)},
        "base": {"hub_id": base.hub_id, "gguf_sha256": base.sha256},
        "training": {
            **origin,
            "commit": _commit(),
            "settings": dict(settings),
            "steps": counts.steps,
            "samples": counts.samples,
            "passed_over_as_too_long": counts.passed_over,
            "tokens": counts.tokens,
            "loss_of_last_steps": round(sum(losses) / len(losses), 4) if losses else None,
            "metrics": dict(metrics),
        },
    }
    with files.staging(folder / MANIFEST) as stage:
        manifest, curve = stage / MANIFEST, stage / CURVE
        manifest.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        curve.write_text(svg(counts.losses), encoding="utf-8")
        files.publish([(manifest, folder / MANIFEST), (curve, folder / CURVE)])


def _commit() -> str | None:
    """Return the commit of the repository that this file is in; None where it is in none."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # no shell, our words
    except FileNotFoundError:
        return None
    return done.stdout.strip() or None
