"""`edge top`: the picture of health data, and a daemon that is watched."""

import copy
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from edge.__main__ import main
from edge.control import desk
from edge.control.control import Asked
from edge.control.controlserver import ControlServer
from edge.errors import EdgeError
from edge.health import Health, document
from edge.literal import dumps
from edge.verbs import dashboard, top
from tests.made import NOON
from tests.test_health import circumstances
from tests.test_terminal import shown

HEALTH: dict[str, Any] = {
    "ts": "2026-01-02T12:01:00.523Z",
    "uptime_s": 11_520,
    "troubles": [],
    "mqtt": {"connected": True, "reconnects": 2, "queue_in": 3, "unacked": 2, "oldest_s": 0.4, "published": 1535},
    "broker": {"waiting": 7, "dropped": 1},
    "spool": {"messages": 5},
    "latency": {"model": {"p50_ms": 181.2, "p95_ms": 402.0}, "replay": {"p50_ms": None, "p95_ms": None}},
    "process": {"memory_mb": 312},
    "machine": {"load": 0.46, "temperature_c": 61.3},
    "routes": {
        "green": {"ok": 1520, "replayed": 1490, "dead": 3, "last_ok": "2026-01-02T12:00:58.123Z"},
        "pump": {"ok": 0, "replayed": 0, "dead": 0, "last_ok": None},
    },
    "dead_letters": {"missing": 4, "no_route": 1},
    "counts": {},
}
PICTURE = """\
edge  up 3 h 12 min  312 MB  load 0.46  61.3 °C
2026-01-02T12:01:00.523Z
connected  3 in hand, the oldest 0.4 s  2 unacknowledged  7
at the broker  1 dropped there  5 in the spool  reconnected
2 times
latency  model 181 ms, 95 in 100 below 402 ms

route      readings  a minute  by shape  dead  last reading
green          1520       7.9       98%     3  2 s ago
pump              0       0.0         -     0  -
_unrouted         0       0.0         -     2  -

dead letters  missing 4  no_route 1
"""


def changed(**changes: Any) -> dict[str, Any]:
    """Return health data that differ in some parts."""
    return {**copy.deepcopy(HEALTH), **changes}


def later(seconds: int, *, ok: int, dead: int) -> dict[str, Any]:
    """Return health data of some seconds later, up to 59, with more messages of one route."""
    route = HEALTH["routes"]["green"]
    return changed(
        ts=f"2026-01-02T12:01:{seconds:02}.523Z",
        uptime_s=HEALTH["uptime_s"] + seconds,
        routes={"green": {**route, "ok": route["ok"] + ok, "dead": route["dead"] + dead}},
        dead_letters={"missing": 4 + dead, "no_route": 1},
    )


def test_a_picture() -> None:
    """What is done, what waits, and why there were dead letters; rates since the start."""
    assert shown(dashboard.picture(HEALTH, None)) == PICTURE


def test_a_daemon_says_all_that_the_picture_shows() -> None:
    """Its health data have the parts, those of a daemon that has done nothing too."""
    health = Health(["tank"], clock=lambda: 0.0, now=lambda: NOON)
    said = json.loads(dumps(document(health.figures(circumstances(counts={})))))

    picture = shown(dashboard.picture(said, None))

    assert "trouble: no connection\nconnected  3 in hand, the oldest 12.3 s  2 unacknowledged  7" in picture
    assert "tank          0       0.0         -     0  -\n" in picture


def test_rates_are_of_the_time_between() -> None:
    """Readings and dead letters are messages that were answered."""
    picture = shown(dashboard.picture(later(30, ok=9, dead=1), HEALTH))

    assert "green          1529      20.0       97%     4  32 s ago\n" in picture


def test_a_restart_between() -> None:
    """Its counts began anew, so rates are since then."""
    fresh = later(30, ok=-1510, dead=-3)
    fresh["uptime_s"] = 20

    assert "green            10      30.0" in shown(dashboard.picture(fresh, HEALTH))


def test_dead_letters_that_are_new_are_red() -> None:
    """Those from before are not."""
    console = Console(width=80, force_terminal=True, color_system="standard", file=StringIO())
    with console.capture() as capture:
        console.print(dashboard.picture(later(30, ok=0, dead=1), HEALTH))

    assert "\x1b[1;31mmissing 5  \x1b[0mno_route 1" in capture.get()


def test_what_is_not_well() -> None:
    """No connection, and the daemon's own words for why it does not do its work."""
    picture = shown(
        dashboard.picture(
            changed(
                troubles=["no connection: [x]\x1b"],
                mqtt={**HEALTH["mqtt"], "connected": False},
                broker={"waiting": None, "dropped": None},
                spool=None,
                latency={each: {"p50_ms": None, "p95_ms": None} for each in ("model", "replay")},
                machine={"load": None, "temperature_c": None},
                dead_letters={},
                routes={},
            ),
            None,
        )
    )

    assert "trouble: no connection: [x]\ufffd\nnot connected  3 in hand" in picture
    assert "latency  no reading yet\n" in picture
    assert picture.endswith("\nno dead letters\n")


class Daemon:
    """A daemon's end of the socket that gives health data, one after the other, the last again and again."""

    def __init__(self, folder: Path, *told: dict[str, Any]) -> None:
        self._told = list(told)
        self._server = ControlServer(folder, self._answer)

    def _answer(self, asked: Asked) -> None:
        assert asked.request == {"verb": desk.HEALTH_CHECK}
        asked.answer(self._told.pop(0) if len(self._told) > 1 else self._told[0])

    def close(self) -> None:
        """End."""
        self._server.close()


def test_one_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--once` needs no terminal."""
    daemon = Daemon(tmp_path, HEALTH)
    with pytest.raises(SystemExit) as exit_:
        main(["top", "--once", "--state", str(tmp_path)])
    daemon.close()

    assert exit_.value.code == 0
    assert "green          1520       7.9       98%     3  2 s ago" in capsys.readouterr().out


def test_the_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints the health data as they are."""
    daemon = Daemon(tmp_path, HEALTH)
    top.run(tmp_path, every_s=2, is_once=False, as_json=True)
    daemon.close()

    assert json.loads(capsys.readouterr().out) == HEALTH


def test_no_daemon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told, with where to look, and by the exit code."""
    with pytest.raises(SystemExit) as exit_:
        main(["top", "--state", str(tmp_path)])

    assert exit_.value.code == 69
    assert capsys.readouterr().err == (
        f"edge: {tmp_path}: no daemon runs with this state directory; `systemctl status edge` says why\n"
    )


def test_no_terminal(tmp_path: Path) -> None:
    """A live picture in a pipe is of no use; what is, is said."""
    daemon = Daemon(tmp_path, HEALTH)
    with pytest.raises(EdgeError) as error:
        top.run(tmp_path, every_s=2, is_once=False, as_json=False, console=Console(file=StringIO()))
    daemon.close()

    assert str(error.value) == (
        "expected a terminal for a live picture, got none; --once prints one, --json what it shows"
    )


def test_a_live_picture(tmp_path: Path) -> None:
    """It is drawn anew, stays while the daemon is away, and Ctrl-C ends it."""
    daemon = Daemon(tmp_path, HEALTH, later(30, ok=9, dead=1))
    drawn = StringIO()
    pauses = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            daemon.close()
        if len(pauses) == 3:
            raise KeyboardInterrupt

    console = Console(file=drawn, force_terminal=True, color_system=None, width=120, height=30, highlight=False)
    top.run(tmp_path, every_s=2, is_once=False, as_json=False, console=console, sleep=sleep)

    first, second, third = [frame for frame in drawn.getvalue().split("\x1b[H") if "latency" in frame]
    assert pauses == [2, 2, 2]
    assert "green          1520       7.9" in first
    assert "green          1529      20.0" in second
    assert "green          1529      20.0" in third
    assert "no daemon runs with this state directory" in third
