"""Another client with the same client id is found out."""

import pytest

from edge.errors import TakenOver
from edge.mqtt.rivalry import MOST, SAY_AGAIN_S, WITHIN_S, Rivalry


class Bench:
    """Connections one after the other, on a clock of their own."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.rivalry = Rivalry(clock=lambda: self.now_s)

    def connection(self, *, lasting_s: float, is_takeover: bool = False) -> None:
        """Live through a connection."""
        self.rivalry.connected()
        self.now_s += lasting_s
        self.rivalry.disconnected(is_takeover=is_takeover)


def test_takeovers_in_a_row_end_the_daemon() -> None:
    """What the broker says is certain; a few may be this daemon's own restart."""
    bench = Bench()
    for _ in range(MOST):
        bench.connection(lasting_s=9.0, is_takeover=True)
    with pytest.raises(TakenOver) as error:
        bench.connection(lasting_s=9.0, is_takeover=True)

    assert str(error.value) == (
        "expected a client id that no other client of the broker has; "
        "one took the session over 4 times within a minute"
    )


def test_takeovers_now_and_then_are_none() -> None:
    """One an hour is somebody who tries something."""
    bench = Bench()
    for _ in range(3 * MOST):
        bench.connection(lasting_s=WITHIN_S, is_takeover=True)


def test_short_connections_are_told_with_what_to_look_for(caplog: pytest.LogCaptureFixture) -> None:
    """They may have other causes, so the daemon goes on; it says so again after a while."""
    bench = Bench()
    for _ in range(2 * MOST):
        bench.connection(lasting_s=1.0)
    bench.now_s += SAY_AGAIN_S
    for _ in range(2 * MOST):
        bench.connection(lasting_s=1.0)

    assert [record.getMessage() for record in caplog.records] == 2 * [
        "connections_short count=4 within_s=60 hint=does another client have this client id (mqtt.client_id)?"
    ]


def test_attempts_that_fail_are_no_connections(caplog: pytest.LogCaptureFixture) -> None:
    """A broker that is away is not a rival."""
    bench = Bench()
    for _ in range(9):
        bench.rivalry.disconnected(is_takeover=False)
    for _ in range(9):
        bench.connection(lasting_s=100.0)

    assert caplog.records == []
