"""Owns a reload from the request to its end: read anew, judged whole, told to log, service manager and asker.

Knows nothing of how a generation is taken up. A reload ends when the broker knows the new subscriptions: whoever
publishes to a new route behind it is heard.
"""

import logging
from collections import Counter
from collections.abc import Callable

from edge import service
from edge.control.control import Asked
from edge.errors import EdgeError
from edge.generation import Generation
from edge.literal import JSON

log = logging.getLogger(__name__)

_REFUSED = "a reload was refused; the configuration from before is in force"


class Reloader:
    """Reads the configuration anew when asked. For the main thread.

    Args:
        reread: returns what comes of the file as it is now; raises EdgeError.
    """

    def __init__(self, reread: Callable[[Generation], Generation]) -> None:
        self._reread = reread
        self._asked: list[Asked] = []  # whoever waits for the end of the reload that is under way
        self._coming: Generation | None = None
        self._awaited = 0  # answers of the broker
        self.error: str | None = None  # why the last reload was refused, a fault a line; None where it was not
        self.counts: Counter[str] = Counter()

    def begin(self, now: Generation, asked: Asked | None) -> Generation | None:
        """Return what is to follow a generation; None where it stays, which everybody has then been told.

        Args:
            now: the generation that is in force.
            asked: who waits for the outcome; None for nobody.
        """
        service.notify_reloading()
        self._asked += [asked] if asked is not None else []
        try:
            coming = self._reread(now)
        except EdgeError as error:
            self._refuse(str(error).splitlines())
            return None
        log.info("reloaded routes=%d", len(coming.config.routes))
        if coming.waiting:
            log.warning("reload_partial options=%s hint=restart the daemon for these", ",".join(coming.waiting))
        self.counts["reloads"] += 1
        self._coming, self.error = coming, None
        return coming

    def taken_up(self, *, subscribing: int) -> None:
        """Note that the generation is in force, and how many subscriptions the broker has yet to answer."""
        self._awaited = subscribing
        if not self._awaited:
            self._end()

    def subscribed(self) -> None:
        """Note that the broker has answered a subscription."""
        if self._awaited:
            self._awaited -= 1
            if not self._awaited:
                self._end()

    def disconnected(self) -> None:
        """Note that no more answers come; the next connection begins with all subscriptions."""
        if self._awaited:
            self._awaited = 0
            self._end()

    def _refuse(self, problems: list[str]) -> None:
        for problem in problems:
            log.error("reload_refused why=%s", problem)
        log.error("reload_refused faults=%d hint=the configuration from before stays in force", len(problems))
        self.error = "\n".join(problems)
        self.counts["reloads_refused"] += 1
        self._awaited = 0
        service.notify("READY=1", f"STATUS={_REFUSED}")
        self._tell({"problems": [*problems]})

    def _end(self) -> None:
        assert self._coming is not None
        count = len(self._coming.config.routes)
        service.notify("READY=1", f"STATUS=reloaded, {count} routes")
        self._tell({"routes": count, "waiting": [*self._coming.waiting]})

    def _tell(self, answer: dict[str, JSON]) -> None:
        for asked in self._asked:
            asked.answer(answer)
        self._asked.clear()
