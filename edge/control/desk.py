"""Owns what a running daemon answers to the verbs: requests by name, and what each takes.

Knows nothing of how a request comes and of how its answer is shown. What needs no running daemon is answered from
the files alone by the same functions.
"""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from edge import service
from edge.answer import Answer
from edge.control.control import Asked
from edge.dead import deadletter
from edge.dead.deadletter import Letter
from edge.dead.deadletters import DeadLetters
from edge.dead.rereads import Rereads
from edge.errors import EdgeError
from edge.literal import JSON, excerpt
from edge.message import Message

LIST, SHOW, PURGE, REPLAY, SPOOL, RELOAD, HEALTH_CHECK, LOG_LEVEL, EXTRACT, DISCOVERY = (
    *("dead_list", "dead_show", "dead_purge", "dead_replay", "spool_status", "reload"),
    *("health_check", "log_level", "extract", "discovery"),
)
VERBS = (LIST, SHOW, PURGE, REPLAY, SPOOL, RELOAD, HEALTH_CHECK, LOG_LEVEL, EXTRACT, DISCOVERY)
MOST_EXTRACTIONS = 4  # texts that are no messages and wait to be read, one after the other


class Letters(Protocol):
    """Where dead letters are kept: a daemon's, or a file that no daemon uses.

    Each of these raises StoreError where the file cannot be used.
    """

    def listed(self, *, route: str | None = None, reason: str | None = None) -> list[Letter]:
        """Return the letters, or those of a route or a reason, oldest first."""

    def find(self, letter_id: str) -> Letter | None:
        """Return one letter, with all of its payload that is kept; None where there is none."""

    def remove(self, ids: Collection[str]) -> None:
        """Delete letters."""


class Desk:
    """What the daemon answers. For the main thread.

    Args:
        dead: the dead letters that are kept.
        spool_status: what waits in the spool; None where there is no spool.
        reread: as `Rereads` takes it.
        reload: takes up the configuration as its file has it now, and answers when that is done.
        health: returns the health data of this moment.
        extract: lets the model read a text under the route of a name, behind what waits for it, and answers when
            that is done; raises EdgeError where there is no such route.
        discover: announces all devices to Home Assistant again, after it forgot those it cannot be sure of where
            that is wanted, and returns what was announced.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        dead: DeadLetters,
        spool_status: Callable[[], JSON],
        reread: Callable[[Message, Callable[[Answer], None]], None],
        *,
        reload: Callable[[Asked], None],
        health: Callable[[], dict[str, JSON]],
        extract: Callable[[str, str, Asked], None],
        discover: Callable[[bool], dict[str, JSON]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dead = dead
        self._reload = reload
        self._spool_status = spool_status
        self._health = health
        self._extract = extract
        self._discover = discover
        self._extractions: list[Asked] = []  # under way
        self._rereads = Rereads(dead, reread, clock=clock)

    def handle(self, asked: Asked) -> None:
        """Answer a request: now, or for what is read again, when that is done."""
        try:
            match asked.request.get("verb"):
                case "spool_status":
                    asked.answer({"spool": self._spool_status()})
                case "reload":
                    self._reload(asked)
                case "health_check":
                    asked.answer(self._health())
                case "log_level":
                    asked.answer({"level": _leveled(asked.request)})
                case "extract":
                    self._read(asked)
                case "discovery":
                    asked.answer(self._discover(_flag(asked.request, "forget")))
                case "dead_replay":
                    ids = _ids(asked.request)
                    self._rereads.start(ids, lambda outcomes: asked.answer({"outcomes": outcomes}))
                case _:
                    asked.answer(looked_up(self._dead, asked.request))
        except EdgeError as error:
            asked.refuse(error)

    def tick(self) -> None:
        """Answer those who have waited long enough; to be called at least every few seconds."""
        self._rereads.tick()

    def _read(self, asked: Asked) -> None:
        route, text = (_some_text(asked.request, name) for name in ("route", "text"))
        self._extractions = [each for each in self._extractions if not each.reply.done()]
        if len(self._extractions) >= MOST_EXTRACTIONS:
            raise EdgeError(f"expected at most {MOST_EXTRACTIONS} texts at a time, got one more; try again")
        self._extract(route, text, asked)
        self._extractions.append(asked)


def looked_up(dead: Letters, request: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the answer to a request that needs nothing but the dead letters.

    Raises:
        EdgeError: there is no such request, it lacks something, or the file cannot be used.
    """
    match request.get("verb"):
        case "dead_list":
            found = dead.listed(route=_text(request, "route"), reason=_text(request, "reason"))
            return {"letters": [deadletter.summary(each) for each in found]}
        case "dead_show":
            letter_id = _text(request, "id")
            letter = dead.find(letter_id) if letter_id else None
            if letter is None:
                raise EdgeError(f"no dead letter has the id {letter_id}; `edge dead list` shows those there are")
            return {"letter": deadletter.document(letter)}
        case "dead_purge":
            ids = {letter.id for letter in dead.listed()}.intersection(_ids(request))
            dead.remove(ids)
            return {"purged": len(ids)}
        case verb:
            raise EdgeError(f"verb: expected one of {', '.join(VERBS)}, got {verb!r}")


def _ids(request: Mapping[str, JSON]) -> list[str]:
    ids = request.get("ids")
    if isinstance(ids, list) and all(isinstance(each, str) for each in ids):
        return [str(each) for each in ids]
    raise EdgeError(f"ids: expected a list of ids, got {type(ids).__name__}")


def _text(request: Mapping[str, JSON], name: str) -> str | None:
    value = request.get(name)
    if value is None or isinstance(value, str):
        return value
    raise EdgeError(f"{name}: expected text or null, got {type(value).__name__}")


def _flag(request: Mapping[str, JSON], name: str) -> bool:
    value = request.get(name, False)
    if isinstance(value, bool):
        return value
    raise EdgeError(f"{name}: expected true or false, got {type(value).__name__}")


def _some_text(request: Mapping[str, JSON], name: str) -> str:
    """Return a text that a request has to have.

    Raises:
        EdgeError: there is none, or JSON's escapes made half of a surrogate pair, which is no character.
    """
    value = request.get(name)
    if not isinstance(value, str):
        raise EdgeError(f"{name}: expected text, got {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise EdgeError(f"{name}: expected text, got half of a surrogate pair in it") from error
    return value


def _leveled(request: Mapping[str, JSON]) -> str:
    """Let the log have the level that a request names, until the daemon ends; return it."""
    level = request.get("level")
    if not isinstance(level, str) or level not in service.LOG_LEVELS:
        shown = excerpt(level) if isinstance(level, str) else type(level).__name__
        raise EdgeError(f"level: expected one of {', '.join(service.LOG_LEVELS)}, got {shown}")
    service.set_log_level(level)
    return level
