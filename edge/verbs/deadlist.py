"""Owns `edge dead`: the dead letters of a state directory, for people to see, to read again, and to throw away.

Knows nothing of files where a daemon runs: it is asked, and only where there is none are its files looked into.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from edge.control import control, desk
from edge.dead import deadletter, deadstore, rereads
from edge.dead.deadstore import DeadStore
from edge.errors import EdgeError, NoDaemon
from edge.literal import JSON
from edge.state import statefolder

Letter = dict[str, JSON]  # as `deadletter` writes it

_ANSWER_S = 30.0  # the main thread answers between two events
_REREAD_S = rereads.DEADLINE_S + _ANSWER_S
_SHOWN_ID_DIGITS = 12
_SHOWN_CHARS = 60  # of a detail or payload in the table


def list_(folder: Path, *, route: str | None, reason: str | None, as_json: bool) -> None:
    """Print the dead letters, oldest first: a table, or a JSON array.

    Raises:
        EdgeError: nothing is kept in the folder, or it cannot be read.
    """
    letters = _listed(folder, route, reason)
    if as_json:
        sys.stdout.write(safe_json(letters) + "\n")
        return
    table = Table(
        *(Column("id", no_wrap=True), Column("when", no_wrap=True), "route", "topic"),
        *("reason", Column("detail and payload", overflow="fold")),
    )
    for letter in letters:
        told = f"{_cut(letter['detail'])}\n{_cut(letter['excerpt'])}"
        cells = (_short(letter), _when(letter), letter["route"] or "-", letter["topic"], letter["reason"])
        table.add_row(*(Text(visible(str(cell))) for cell in cells), Text(visible(told, keep="\n")))
    Console().print(table)


def show(folder: Path, letter_id: str, *, as_json: bool, as_payload: bool) -> None:
    """Print one dead letter; or write its payload to standard output, byte by byte.

    Raises:
        EdgeError: as `list_`; or the id names no letter, or several; or the payload would go to a terminal.
    """
    (whole_id,) = _chosen(_listed(folder, None, None), [letter_id])
    letter = cast("Letter", _answer(folder, {"verb": desk.SHOW, "id": whole_id})["letter"])
    payload = deadletter.payload(letter)
    if as_payload:
        if sys.stdout.isatty():
            raise EdgeError("--payload: expected a pipe or a file as standard output, got a terminal")
        if not letter["is_whole"]:
            sys.stderr.write(f"edge: only the first {len(payload)} of {letter['length']} bytes are kept\n")
        sys.stdout.buffer.write(payload)
        return
    if as_json:
        sys.stdout.write(safe_json(letter) + "\n")
        return
    console = Console(highlight=False, soft_wrap=True)
    table = Table.grid(padding=(0, 2))
    for name in ("id", "part", "ts", "route", "topic", "reason", "detail", "length", "sha256"):
        if name not in letter:  # what is no part of a message has none
            continue
        table.add_row(Text(name, style="dim"), Text(visible(str("-" if letter[name] is None else letter[name]))))
    console.print(table, "", sep="\n")
    console.print(Text(visible(payload.decode(errors="replace"), keep="\n")))
    if not letter["is_whole"]:
        console.print(Text(f"(the first {len(payload)} of {letter['length']} bytes)", style="dim"))


def purge(folder: Path, ids: Sequence[str], *, route: str | None, reason: str | None) -> None:
    """Delete dead letters, and say how many.

    Args:
        folder: the state directory.
        ids: by their first digits; none for all.
        route: of which the letters must be; None for any.
        reason: which they must have; None for any.

    Raises:
        EdgeError: as `show`.
    """
    chosen = _chosen(_listed(folder, route, reason), ids)
    count = _answer(folder, {"verb": desk.PURGE, "ids": cast("JSON", chosen)})["purged"] if chosen else 0
    sys.stdout.write(f"purged {count} dead letter{'' if count == 1 else 's'}\n")


def replay(folder: Path, ids: Sequence[str], *, route: str | None, reason: str | None) -> bool:
    """Let the daemon read dead letters again, print what became of each, and return whether all became readings.

    The arguments are those of `purge`.

    Raises:
        NoDaemon: no daemon runs on the folder.
        EdgeError: as `show`.
    """
    if control.ask(folder, {"verb": desk.LIST}, timeout_s=_ANSWER_S) is None:
        raise NoDaemon(
            f"{folder}: expected a daemon that runs, found none; it reads the messages again, "
            "`edge dead show ID --payload | edge try --route NAME` reads one without it"
        )
    chosen = _chosen(_listed(folder, route, reason), ids)
    readings = 0
    for start in range(0, len(chosen), rereads.MOST_IN_THE_AIR):
        part = chosen[start : start + rereads.MOST_IN_THE_AIR]
        request: Letter = {"verb": desk.REPLAY, "ids": cast("JSON", part)}
        for outcome in cast("list[Letter]", _answer(folder, request, timeout_s=_REREAD_S)["outcomes"]):
            readings += outcome["outcome"] == rereads.READING
            sys.stdout.write(f"{_short(outcome)}  {visible(_told(outcome))}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{readings} of {len(chosen)} dead letter{'' if len(chosen) == 1 else 's'} became readings\n")
    return readings == len(chosen)


def visible(text: str, *, keep: str = "") -> str:
    r"""Return a text whose control characters, invisible ones included, are escapes that do nothing to a terminal.

    >>> print(visible("T=21\x1b[2J\u202e°C"))
    T=21\x1b[2J\u202e°C
    """
    return "".join(
        char if char.isprintable() or char in keep else char.encode("unicode_escape").decode() for char in text
    )


def safe_json(value: "JSON | list[Letter]") -> str:
    r"""Return compact JSON in which every character that is not printable is escaped, as JSON allows.

    >>> print(safe_json({"a": "\x9b°\u202e"}))
    {"a": "\u009b°\u202e"}
    """
    text = json.dumps(value, ensure_ascii=False)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def _listed(folder: Path, route: str | None, reason: str | None) -> list[Letter]:
    return cast("list[Letter]", _answer(folder, {"verb": desk.LIST, "route": route, "reason": reason})["letters"])


def _chosen(letters: Sequence[Letter], ids: Sequence[str]) -> list[str]:
    known = [str(letter["id"]) for letter in letters]
    return deadletter.chosen(known, ids) if ids else known


def _answer(folder: Path, request: Mapping[str, JSON], *, timeout_s: float = _ANSWER_S) -> Letter:
    """Return what the daemon answers; without one, what the files do."""
    answer = control.ask(folder, request, timeout_s=timeout_s)
    if answer is not None:
        return answer
    if not (folder / deadstore.FILE).exists():
        statefolder.check_was_held(folder)
        return {"letters": []}
    store = DeadStore(folder)
    try:
        return desk.looked_up(store, request)
    finally:
        store.close()


def _told(outcome: Letter) -> str:
    match outcome["outcome"]:
        case rereads.READING:
            return f"reading on {outcome['topic']}"
        case rereads.REJECTED:
            return f"rejected: {outcome['reason']}: {outcome['detail']}"
        case rereads.NOT_READ:
            return f"not read: {outcome['detail']}"
        case rereads.UNDER_WAY:
            return "still under way; `edge dead list` will show whether it stays"
        case _:
            return "not tried; the daemon had no time for it"


def _short(letter: Letter) -> str:
    return str(letter["id"])[:_SHOWN_ID_DIGITS]


def _when(letter: Letter) -> str:
    return datetime.fromisoformat(str(letter["ts"])).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _cut(value: JSON) -> str:
    text = visible(str(value))
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"
