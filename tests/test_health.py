"""What the daemon says of itself."""

import json
from datetime import timedelta

from edge import answer as answers
from edge import health as documents
from edge.answer import Answer, Publication
from edge.delivery.delivery import Standing
from edge.errors import Reason, Rejected
from edge.health import Health
from edge.literal import dumps
from edge.monitoring.figures import Circumstances
from edge.monitoring.machine import Machine
from tests.made import NOON, message


def rejection(route: str | None) -> Answer:
    """Return the answer to a message that lacks something."""
    return answers.of_rejection(message(b"x"), Rejected(Reason.MISSING, "y"), route=route, base_topic="edge/t")


def circumstances(*, counts: dict[str, int]) -> Circumstances:
    """Return what the parts of a daemon may say."""
    return Circumstances(
        standing=Standing(in_hand=3, oldest_s=12.345, unacknowledged=2),
        is_connected=True,
        broker={"waiting": 7, "dropped": None},
        spool=None,
        counts=counts,
        resident_bytes=312_400_000,
        machine=Machine(load=0.456, temperature_c=61.34),
        fed_tokens=100,
        decode_calls=10,
        troubles=("no connection",),
    )


def test_the_data_say_what_is_under_way_and_what_was_done() -> None:
    """Ages, counts by route, reasons, what the broker says of itself, and the spool."""
    now_s = 100.0
    health = Health(["tank", "pump"], clock=lambda: now_s, now=lambda: NOON + timedelta(seconds=now_s - 100))
    now_s = 160.4
    health.record(
        Answer(
            message=message(b"T=1"), publication=Publication(topic="readings/tank", payload=b"{}"), route="tank"
        ),
        0.25,
    )
    health.record(rejection("tank"), 0.001)
    health.record(rejection(None), 0.001)
    data = documents.document(health.figures(circumstances(counts={"shed": 2, "connections": 3})))

    assert json.loads(dumps(data)) == {
        "ts": "2026-01-02T12:01:00.523Z",
        "uptime_s": 60,
        "troubles": ["no connection"],
        "mqtt": {
            "connected": True,
            "reconnects": 2,
            "queue_in": 3,
            "unacked": 2,
            "oldest_s": 12.3,
            "published": 3,
        },
        "broker": {"waiting": 7, "dropped": None},
        "spool": None,
        "latency": {"model": {"p50_ms": 250.0, "p95_ms": 250.0}, "replay": {"p50_ms": None, "p95_ms": None}},
        "process": {"memory_mb": 312},
        "machine": {"load": 0.46, "temperature_c": 61.3},
        "routes": {
            "tank": {"ok": 1, "replayed": 0, "dead": 1, "last_ok": "2026-01-02T12:01:00.523Z"},
            "pump": {"ok": 0, "replayed": 0, "dead": 0, "last_ok": None},
        },
        "dead_letters": {"missing": 2},
        "counts": {"connections": 3, "shed": 2},
    }


def test_what_a_reload_takes_away_still_counts() -> None:
    """Messages of routes that are gone have been answered; a route that stays keeps its figures."""
    health = Health(["tank", "pump"], clock=lambda: 0.0, now=lambda: NOON)
    for route in ("tank", "pump"):
        publication = Publication(topic=f"readings/{route}", payload=b"{}")
        health.record(Answer(message=message(b"T=1"), publication=publication, route=route), 0.1)
        health.record(rejection(route), 0.1)
    health.serve(["pump", "attic"])
    health.record(Answer(message=message(b"T=1"), publication=publication, route="tank"), 0.1)
    figures = health.figures(circumstances(counts={}))

    assert (figures.answered, figures.unrouted) == (5, {"missing": 1})
    assert {name: (each.readings, dict(each.dead)) for name, each in figures.routes.items()} == {
        "pump": (1, {"missing": 1}),
        "attic": (0, {}),
    }
