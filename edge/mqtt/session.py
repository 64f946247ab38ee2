"""Owns the memory of what this client has subscribed to: a session at the broker outlives the configuration.

Knows nothing of the broker's client. A broker goes on delivering what a client once subscribed to, until it
unsubscribes or the session expires; so a small file in the state directory says what to end.
"""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

log = logging.getLogger(__name__)

FILE = "session.json"


class Session:
    """The subscriptions of one client id, as far as they are known.

    Args:
        folder: the state directory; None for none: then nothing is remembered.
        client_id: sessions of others are left alone.
        subscriptions: those of this configuration.
    """

    def __init__(self, folder: Path | None, *, client_id: str, subscriptions: Sequence[str]) -> None:
        self._path = folder / FILE if folder else None
        self._client_id = client_id
        self._subscriptions: list[str] = []
        self.stale: tuple[str, ...] = ()
        self._unanswered = 0
        self._begin(self._read(), subscriptions)

    def change(self, subscriptions: Sequence[str]) -> None:
        """Note that the configuration has others from now on; those that it had before are stale."""
        self._begin([*self.stale, *self._subscriptions], subscriptions)

    def unsubscribed(self) -> None:
        """Note that the broker ended one stale subscription; after the last, all of them are forgotten."""
        if self._unanswered:
            self._unanswered -= 1
            if not self._unanswered:
                self.stale = ()
                self._write(self._subscriptions)

    def _begin(self, known: Sequence[str], subscriptions: Sequence[str]) -> None:
        self._subscriptions = list(subscriptions)
        self.stale = tuple(each for each in known if each not in self._subscriptions)
        self._unanswered = len(self.stale)
        if list(known) != self._subscriptions:
            self._write([*self.stale, *self._subscriptions])

    def _read(self) -> list[str]:
        if self._path is None or not self._path.exists():
            return []
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            if found["client_id"] == self._client_id:
                return [str(each) for each in found["subscriptions"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("session_not_known why=%s: %s", self._path, error)
        return []

    def _write(self, subscriptions: Sequence[str]) -> None:
        if self._path is None:
            return
        data = {"client_id": self._client_id, "subscriptions": list(subscriptions)}
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            fresh.replace(self._path)
        except OSError as error:
            log.warning("session_not_kept why=%s", error)
