"""Owns `edge spool status`: what waits on disk for its answer, for people to see.

Knows nothing of files where a daemon runs: it is asked, and only where there is none is the spool looked into.
"""

import json
import sys
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.control import control, desk
from edge.delivery import spool
from edge.literal import JSON
from edge.state import statefolder

_ANSWER_S = 30.0  # the main thread answers between two events
_BYTES_PER_MB = 1_000_000


def show(folder: Path, *, as_json: bool) -> None:
    """Print how many messages wait, how much they take, and since when: a few lines, or a JSON object.

    Raises:
        EdgeError: no daemon was ever there, or the spool cannot be read.
    """
    answer = control.ask(folder, {"verb": desk.SPOOL}, timeout_s=_ANSWER_S)
    if answer is None and not (folder / spool.FILE).exists():
        statefolder.check_was_held(folder)
    found = cast("dict[str, JSON] | None", answer["spool"] if answer is not None else spool.status(folder))
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    if found is None:
        sys.stdout.write("no spool: spool.enabled is false, or its file cannot be used, and the log says why\n")
        return
    table = Table.grid(padding=(0, 2))
    table.add_row(Text("daemon", style="dim"), Text("runs" if answer is not None else "does not run"))
    table.add_row(Text("messages", style="dim"), Text(str(found["messages"])))
    table.add_row(Text("size", style="dim"), Text(_size(found)))
    table.add_row(Text("oldest", style="dim"), Text(str(found["oldest_at"] or "-")))
    Console(highlight=False, soft_wrap=True).print(table)


def _size(found: dict[str, JSON]) -> str:
    """Return how much waits, and how much may.

    >>> _size({"bytes": 2_500_000, "max_bytes": 256_000_000})
    '2.5 MB of at most 256.0 MB'
    """
    kept = f"{float(str(found['bytes'])) / _BYTES_PER_MB:.1f} MB"
    if found["max_bytes"] is None:
        return kept
    return f"{kept} of at most {float(str(found['max_bytes'])) / _BYTES_PER_MB:.1f} MB"
