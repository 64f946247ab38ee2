"""Owns what the daemon says of itself: counts by route, and the JSON of `<base_topic>/bridge/health`.

Knows nothing of where the figures come from, nor of how they are published.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.answer import Answer
from edge.delivery.delivery import Standing
from edge.literal import JSON


@dataclass(kw_only=True, slots=True)
class _Route:
    counts: Counter[str] = field(default_factory=Counter)
    last_ok_at: str | None = None


class Health:
    """Counts what has been answered.

    Args:
        routes: their names.
        clock: monotonic seconds.
        now: the present moment, aware, UTC.
    """

    def __init__(self, routes: Iterable[str], *, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._routes = {name: _Route() for name in routes}
        self._clock = clock
        self._now = now
        self._started_s = clock()
        self._dead_letters: Counter[str] = Counter()
        self._unrouted = 0

    def serve(self, routes: Iterable[str]) -> None:
        """Count for other routes from now on; those that stay keep their counts."""
        kept = {name: self._routes.get(name) or _Route() for name in routes}
        gone = [each for name, each in self._routes.items() if name not in kept]
        self._unrouted += sum(each.counts["ok"] + each.counts["dead"] for each in gone)
        self._routes = kept

    def record(self, answer: Answer) -> None:
        """Count an answer that the broker has."""
        route = self._routes.get(answer.route or "")
        if answer.rejected is not None:
            self._dead_letters[str(answer.rejected.reason)] += 1
            if route is None:
                self._unrouted += 1
            else:
                route.counts["dead"] += 1
            return
        if route is not None:
            route.counts["ok"] += 1
            route.counts["replayed"] += answer.replay is not None
            route.last_ok_at = _timestamp(self._now())

    @property
    def answered(self) -> int:
        """How many messages have been answered."""
        routes = self._routes.values()
        return self._unrouted + sum(each.counts["ok"] + each.counts["dead"] for each in routes)

    def data(
        self,
        standing: Standing,
        *,
        is_connected: bool,
        broker: Mapping[str, JSON],
        spool: JSON,
        counts: Mapping[str, int],
    ) -> dict[str, JSON]:
        """Return the health data.

        Args:
            standing: how much is under way.
            is_connected: whether there is a connection to the broker.
            broker: what the broker says of itself.
            spool: what waits on disk; None without a spool.
            counts: of events since the start, by name, as the log has them.
        """
        return {
            "ts": _timestamp(self._now()),
            "uptime_s": round(self._clock() - self._started_s),
            "mqtt": {
                "connected": is_connected,
                "reconnects": max(0, counts.get("connections", 0) - 1),
                "queue_in": standing.in_hand,
                "unacked": standing.unacknowledged,
                "oldest_s": round(standing.oldest_s, 1),
                "published": self.answered,
            },
            "broker": dict(broker),
            "spool": spool,
            "routes": {
                name: {
                    "ok": each.counts["ok"],
                    "replayed": each.counts["replayed"],
                    "dead": each.counts["dead"],
                    "last_ok": each.last_ok_at,
                }
                for name, each in self._routes.items()
            },
            "dead_letters": dict(self._dead_letters),
            "counts": dict(sorted(counts.items())),
        }


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
