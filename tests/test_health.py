"""What the daemon says of itself."""

import json
from datetime import timedelta

from edge import answer as answers
from edge.answer import Answer, Publication
from edge.delivery.delivery import Standing
from edge.errors import Reason, Rejected
from edge.health import Health
from edge.literal import dumps
from tests.made import NOON, message


def rejection(route: str | None) -> Answer:
    """Return the answer to a message that lacks something."""
    return answers.of_rejection(message(b"x"), Rejected(Reason.MISSING, "y"), route=route, base_topic="edge/t")


def test_the_data_say_what_is_under_way_and_what_was_done() -> None:
    """Ages, counts by route, reasons, what the broker says of itself, and the spool."""
    now_s = 100.0
    health = Health(["tank", "pump"], clock=lambda: now_s, now=lambda: NOON + timedelta(seconds=now_s - 100))
    now_s = 160.4
    health.record(
        Answer(
            message=message(b"T=1"), publication=Publication(topic="readings/tank", payload=b"{}"), route="tank"
        )
    )
    health.record(rejection("tank"))
    health.record(rejection(None))
    data = health.data(
        Standing(in_hand=3, oldest_s=12.345, unacknowledged=2),
        is_connected=True,
        broker={"waiting": 7, "dropped": None},
        spool=None,
        counts={"shed": 2, "connections": 3},
    )

    assert json.loads(dumps(data)) == {
        "ts": "2026-01-02T12:01:00.523Z",
        "uptime_s": 60,
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
        "routes": {
            "tank": {"ok": 1, "replayed": 0, "dead": 1, "last_ok": "2026-01-02T12:01:00.523Z"},
            "pump": {"ok": 0, "replayed": 0, "dead": 0, "last_ok": None},
        },
        "dead_letters": {"missing": 2},
        "counts": {"connections": 3, "shed": 2},
    }
