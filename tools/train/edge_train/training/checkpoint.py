"""Owns the file that a stopped training goes on from, `training.pt`: all that decides its next step.

Knows nothing of the PEFT layout beside it, whose float16 loses digits. The file is too large for a repository.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from edge.errors import EdgeError
from edge.literal import JSON
from edge_convert import files
from edge_train.training.counts import Counts
from edge_train.training.trainer import Trainer

NAME = "training.pt"
_FIXED = ("rank", "alpha", "quantization", "step_tokens", "longest", "seed", "edgejson_every")  # of the settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """Where a training stood.

    Attributes:
        settings: that it was made with, and the hash of its base.
        began_from: the hash of the adapter's weights that it began from; None where it began anew.
        before: how well it foretold the answers it was measured by, when it began.
        elapsed_s: of all its slices.
    """

    settings: Mapping[str, JSON]
    began_from: str | None
    before: Mapping[str, JSON]
    elapsed_s: float
    counts: Counts
    pairs: list[Any]
    optimizer: dict[str, Any]


def write(
    folder: Path,
    trainer: Trainer,
    *,
    settings: Mapping[str, JSON],
    began_from: str | None,
    before: Mapping[str, JSON],
    elapsed_s: float,
) -> None:
    """Write where a training stands; the file is whole or the one before.

    Raises:
        OSError: the folder cannot be written.
    """
    document = {
        "settings": dict(settings),
        "began_from": began_from,
        "before": dict(before),
        "elapsed_s": elapsed_s,
        "counts": asdict(trainer.counts),
        "pairs": [tensor.detach().cpu() for tensor in trainer.network.parameters],
        "optimizer": trainer.optimizer.state_dict(),
    }
    with files.staging(folder / NAME) as stage:
        torch.save(document, stage / NAME)
        files.publish([(stage / NAME, folder / NAME)])


def read(folder: Path, *, settings: Mapping[str, JSON]) -> Checkpoint | None:
    """Return where the training of a folder stood; None where there is an adapter alone.

    Raises:
        EdgeError: the file is no checkpoint, or its training had other settings.
    """
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        document = torch.load(path, map_location="cpu", weights_only=True)
        document["counts"] = Counts(**document["counts"])
        found = Checkpoint(**document)
    except (OSError, RuntimeError, UnpicklingError, KeyError, TypeError, EOFError) as error:
        raise EdgeError(f"{path}: expected a checkpoint of a training ({error})") from error
    for key in _FIXED:
        if found.settings.get(key) != settings.get(key):
            raise EdgeError(
                f"{path}: {key}: expected {found.settings.get(key)}, which this training was begun with, got "
                f"{settings.get(key)}; without {NAME} its adapter begins a new training"
            )
    return found


def restore(trainer: Trainer, found: Checkpoint) -> None:
    """Put a trainer where a training stood."""
    with torch.no_grad():
        for parameter, kept in zip(trainer.network.parameters, found.pairs, strict=True):
            parameter.copy_(kept)
    trainer.optimizer.load_state_dict(found.optimizer)
    trainer.counts = found.counts
    trainer.network.refresh()
