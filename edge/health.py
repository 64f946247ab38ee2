"""Owns what the daemon says of itself: counts by route, and the JSON of `<base_topic>/bridge/health`.

Knows nothing of where the figures come from, nor of how they are published.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from edge.answer import Answer
from edge.literal import JSON
from edge.memory import BYTES_PER_MB
from edge.monitoring.figures import Circumstances, Figures, RouteFigures
from edge.monitoring.latency import Durations, Latency


@dataclass(kw_only=True, slots=True)
class _Route:
    readings: int = 0
    replayed: int = 0
    dead: Counter[str] = field(default_factory=Counter)
    last_ok: datetime | None = None


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
        self._unrouted: Counter[str] = Counter()  # dead letters, those of routes that are gone included
        self._gone = 0  # readings of routes that are gone
        self._by_model, self._by_replay = Latency(), Latency()

    def serve(self, routes: Iterable[str]) -> None:
        """Count for other routes from now on; those that stay keep their counts."""
        kept = {name: self._routes.get(name) or _Route() for name in routes}
        for route in (each for name, each in self._routes.items() if name not in kept):
            self._gone += route.readings
            self._unrouted += route.dead
        self._routes = kept

    def record(self, answer: Answer, took_s: float) -> None:
        """Count an answer that the broker has, and how long it took."""
        route = self._routes.get(answer.route or "")
        if answer.rejected is not None:
            (route.dead if route else self._unrouted)[str(answer.rejected.reason)] += 1
            return
        (self._by_model if answer.replay is None else self._by_replay).add(took_s)
        if route is None:
            self._gone += 1
        else:
            route.readings += 1
            route.replayed += answer.replay is not None
            route.last_ok = self._now()

    def figures(self, circumstances: Circumstances) -> Figures:
        """Return all that is known now."""
        routes = {
            name: RouteFigures(
                readings=each.readings, replayed=each.replayed, dead=dict(each.dead), last_ok=each.last_ok
            )
            for name, each in self._routes.items()
        }
        counted = sum(each.readings + sum(each.dead.values()) for each in routes.values())
        return Figures(
            at=self._now(),
            uptime_s=self._clock() - self._started_s,
            answered=counted + self._gone + sum(self._unrouted.values()),
            routes=routes,
            unrouted=dict(self._unrouted),
            by_model=self._by_model.durations,
            by_replay=self._by_replay.durations,
            now=circumstances,
        )


def document(figures: Figures) -> dict[str, JSON]:
    """Return figures as the health data have them."""
    now = figures.now
    reasons = sum((Counter(each.dead) for each in figures.routes.values()), Counter(figures.unrouted))
    return {
        "ts": _timestamp(figures.at),
        "uptime_s": round(figures.uptime_s),
        "troubles": list(now.troubles),
        "mqtt": {
            "connected": now.is_connected,
            "reconnects": max(0, now.counts.get("connections", 0) - 1),
            "queue_in": now.standing.in_hand,
            "unacked": now.standing.unacknowledged,
            "oldest_s": round(now.standing.oldest_s, 1),
            "published": figures.answered,
        },
        "broker": dict(now.broker),
        "spool": now.spool,
        "latency": {"model": _percentiles(figures.by_model), "replay": _percentiles(figures.by_replay)},
        "process": {"memory_mb": round(now.resident_bytes / BYTES_PER_MB)},
        "machine": {
            "load": _rounded(now.machine.load, 2),
            "temperature_c": _rounded(now.machine.temperature_c, 1),
        },
        "routes": {
            name: {
                "ok": each.readings,
                "replayed": each.replayed,
                "dead": sum(each.dead.values()),
                "last_ok": _timestamp(each.last_ok) if each.last_ok else None,
            }
            for name, each in figures.routes.items()
        },
        "dead_letters": dict(reasons),
        "counts": dict(sorted(now.counts.items())),
    }


def _percentiles(durations: Durations) -> dict[str, JSON]:
    return {"p50_ms": _milliseconds(durations.p50_s), "p95_ms": _milliseconds(durations.p95_s)}


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
