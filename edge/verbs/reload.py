"""Owns `edge reload`: has the running daemon take up its configuration anew, and tells what came of it.

Knows nothing of configurations: the daemon reads and judges its own.
"""

import sys
from pathlib import Path
from typing import cast

from edge.control import control, desk
from edge.errors import NoDaemon

_ANSWER_S = 60.0  # it makes the schema of each route ready


def run(folder: Path) -> bool:
    """Return whether the daemon of a state directory took its configuration up; print what came of it.

    Raises:
        NoDaemon: none runs there.
        EdgeError: it does not answer.
    """
    answer = control.ask(folder, {"verb": desk.RELOAD}, timeout_s=_ANSWER_S)
    if answer is None:
        raise NoDaemon(
            f"{folder}: no daemon runs with this state directory; it reads its configuration when it starts"
        )
    problems = cast("list[str]", answer.get("problems", []))
    if problems:
        sys.stderr.writelines(f"{problem}\n" for problem in problems)
        sys.stderr.write("edge: the configuration from before stays in force\n")
        return False
    routes, waiting = cast("int", answer["routes"]), cast("list[str]", answer["waiting"])
    sys.stdout.write(f"reloaded, {routes} route{'s' if routes > 1 else ''}\n")
    if waiting:
        sys.stderr.write(f"edge: these take effect when the daemon is restarted: {', '.join(waiting)}\n")
    return True
