"""Owns `edge top`: a running daemon, seen live on a terminal.

Knows nothing of what the picture shows; it asks, draws, and waits. What is asked for costs the daemon less than an
answer to a message.
"""

import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from edge.control import control, desk
from edge.control.control import ControlError
from edge.errors import EdgeError, NoDaemon
from edge.literal import JSON, dumps
from edge.verbs import dashboard

_ANSWER_S = 10.0
_WINDOW_S = 60.0  # that rates are of
_HINT = Text("rates are of the last minute; Ctrl-C ends", style="dim")


def run(
    folder: Path,
    *,
    every_s: float,
    is_once: bool,
    as_json: bool,
    console: Console | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Show the daemon of a state directory until Ctrl-C.

    Args:
        folder: the state directory.
        every_s: between two pictures.
        is_once: print one picture and return; its rates are since the daemon's start.
        as_json: print the health data of this moment as JSON and return.
        console: where to draw; None for standard output.
        sleep: waits so many seconds.

    Raises:
        NoDaemon: none runs there.
        EdgeError: it does not answer, or a live picture has no terminal to be drawn on.
    """
    console = console or Console(highlight=False)
    health = _asked(folder)
    if as_json:
        sys.stdout.write(dumps(health) + "\n")
        return
    if is_once:
        console.print(dashboard.picture(health, None))
        return
    if not console.is_terminal:
        raise EdgeError(
            "expected a terminal for a live picture, got none; --once prints one, --json what it shows"
        )
    try:
        _live(folder, health, console, every_s, sleep)
    except KeyboardInterrupt:  # that is how it ends
        return


def _live(
    folder: Path, first: dict[str, JSON], console: Console, every_s: float, sleep: Callable[[float], None]
) -> None:
    """Draw until interrupted. A daemon that is away, or silent, is waited for: the last picture stays."""
    kept: deque[dict[str, JSON]] = deque([first], maxlen=max(2, round(_WINDOW_S / every_s) + 1))
    shown: RenderableType = dashboard.picture(first, None)
    with Live(Group(shown, Text(), _HINT), console=console, screen=True, auto_refresh=False) as live:
        while True:
            sleep(every_s)
            trouble = None
            try:
                kept.append(_asked(folder))
                shown = dashboard.picture(kept[-1], kept[0])
            except (NoDaemon, ControlError) as error:
                trouble = error
            said = Text(f"{trouble}", style="bold red") if trouble else Text()
            live.update(Group(shown, said, _HINT), refresh=True)


def _asked(folder: Path) -> dict[str, JSON]:
    answer = control.ask(folder, {"verb": desk.HEALTH_CHECK}, timeout_s=_ANSWER_S)
    if answer is None:
        raise NoDaemon(f"{folder}: no daemon runs with this state directory; `systemctl status edge` says why")
    return answer
