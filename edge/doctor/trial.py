"""Owns the trial of the model: llama.cpp is loaded, says what it was compiled for, and loads the model.

Knows nothing of what the answer means. The trial is a process of its own: a library that was compiled for another
processor dies of it, and the doctor shall live to tell.
"""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import cast

PATIENCE_S = 120.0  # an SD card reads 77 MB in a second or four; a Pi that is swapping takes its time
_CONTEXT_TOKENS = 256


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What came of it.

    Attributes:
        system_info: what llama.cpp was compiled for, in its words; None where it did not say.
        contract: the prompt contract that the model names; None for none.
        trouble: why the model cannot be loaded; None where it was.
    """

    system_info: str | None = None
    contract: str | None = None
    trouble: str | None = None


def run(model: Path, *, python: Path = Path(sys.executable), timeout_s: float = PATIENCE_S) -> Trial:
    """Return what comes of loading a model.

    Args:
        model: its file.
        python: what runs the process, with this program installed.
        timeout_s: how long that may take.
    """
    # -P: else a folder `edge` below the current one would be imported, perhaps by root
    command = [str(python), "-P", "-m", "edge.doctor.trial", str(model)]
    try:
        done = subprocess.run(  # noqa: S603  # this program, by its full path
            command, stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        return Trial(trouble=f"{model}: not loaded within {timeout_s:g} s")
    lines = done.stdout.splitlines()
    said = [cast("dict[str, str | None]", json.loads(line)) for line in lines]
    answers = {name: value for each in said for name, value in each.items()}
    if done.returncode < 0:
        answers["trouble"] = f"llama.cpp died of {signal.Signals(-done.returncode).name}"
    elif done.returncode:
        answers["trouble"] = (done.stderr.splitlines() or ["it says nothing"])[-1]
    return Trial(**answers)


def _main(model: Path) -> None:
    """Try a model, and write what is known, a JSON object a line, as soon as it is known."""
    from edge.engine.model import Model, system_info  # noqa: PLC0415  # what may end the process
    from edge.errors import ModelError  # noqa: PLC0415
    from edge.extraction import prompt  # noqa: PLC0415

    _tell(system_info=system_info())
    try:
        loaded = Model(model, threads=1, context_tokens=_CONTEXT_TOKENS, sequences=1)
    except ModelError as error:
        _tell(trouble=str(error))
        return
    _tell(contract=loaded.metadata(prompt.CONTRACT_KEY))
    loaded.close()


def _tell(**known: str | None) -> None:
    sys.stdout.write(json.dumps(known) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
