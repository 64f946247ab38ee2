"""A backlog at the broker is told before anything is dropped, and what was dropped is counted."""

import pytest

from edge.mqtt.backlog import DROPPED, FULL_S, MANY, RETAINED, SAY_AGAIN_S, STORED, Backlog


class Bench:
    """A backlog over a window of 4, with a clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.backlog = Backlog(window=4, clock=lambda: self.now_s)

    def look(self, unacknowledged: int, *, at_s: float) -> None:
        """Look at a moment."""
        self.now_s = at_s
        self.backlog.look(unacknowledged)


def test_what_waits_is_what_is_stored_and_not_retained() -> None:
    """Nothing is known until the broker has said both."""
    backlog = Bench().backlog
    backlog.hear(STORED, 120)
    assert backlog.status == {"waiting": None, "dropped": None}
    backlog.hear(RETAINED, 45)
    backlog.hear(DROPPED, 3)

    assert backlog.status == {"waiting": 75, "dropped": 3}


def test_a_full_window_with_much_waiting_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """Half of what mosquitto keeps for a client is enough to say so, once, with what can be done."""
    bench = Bench()
    bench.backlog.hear(STORED, MANY + 45)
    bench.backlog.hear(RETAINED, 45)
    bench.look(3, at_s=0.0)
    assert caplog.records == []
    bench.look(4, at_s=1.0)
    bench.look(4, at_s=2.0)

    [record] = caplog.records
    assert record.getMessage() == (
        "backlog waiting_at_broker=500 window_full_s=0 why=inputs come faster than they are answered "
        "hint=mosquitto drops what exceeds max_queued_messages (1000): raise it, or enable the spool"
    )


def test_a_window_that_stays_full_is_told_without_figures(caplog: pytest.LogCaptureFixture) -> None:
    """A broker that says nothing of itself cannot keep the warning away; it comes again while it lasts."""
    bench = Bench()
    for at_s in (0.0, FULL_S - 1, FULL_S, FULL_S + 1, FULL_S + SAY_AGAIN_S):
        bench.look(4, at_s=at_s)

    said = [record.getMessage().split(" why=")[0] for record in caplog.records]
    assert said == [
        "backlog waiting_at_broker=unknown window_full_s=60",
        "backlog waiting_at_broker=unknown window_full_s=660",
    ]


def test_a_window_that_empties_now_and_then_is_no_backlog(caplog: pytest.LogCaptureFixture) -> None:
    """Only a window that is full all the time says that the daemon is too slow."""
    bench = Bench()
    for at_s, unacknowledged in ((0.0, 4), (FULL_S - 1, 3), (FULL_S, 4), (2 * FULL_S - 1, 4)):
        bench.look(unacknowledged, at_s=at_s)

    assert caplog.records == []


def test_what_the_broker_drops_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Each increase since the connection is a line; the first figure, and a broker that starts over, are none."""
    backlog = Bench().backlog
    for total in (7, 7, 10, 0, 2):
        backlog.hear(DROPPED, total)
    backlog.forget()
    backlog.hear(DROPPED, 50)

    said = [record.getMessage().split(" what=")[0] for record in caplog.records]
    assert said == ["broker_dropped count=3 total=10", "broker_dropped count=2 total=2"]
