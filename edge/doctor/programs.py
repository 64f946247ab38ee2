"""Owns how the doctor asks programs of the system: their output, or that there is none.

Knows nothing of what they say.
"""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

PATIENCE_S = 10.0
BOOTED = Path("/run/systemd/system")  # sd_booted(3)

Ask = Callable[[Sequence[str]], str | None]


def ask(command: Sequence[str]) -> str | None:
    r"""Return what a program writes; None where there is none of that name, it fails, or it does not end.

    >>> ask(["echo", "a b"]), ask(["false"]), ask(["no-such-program"])
    ('a b\n', None, None)
    """
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603  # a program of the system, by its full path
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            text=True,
            timeout=PATIENCE_S,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout
