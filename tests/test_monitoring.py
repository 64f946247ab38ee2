"""Figures over HTTP: what Prometheus gets, when the daemon is ready, and what strangers can do to it."""

import http.client
import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.config.options import HttpOptions
from edge.delivery.delivery import Standing
from edge.monitoring import exposition, machine, pages, webserver
from edge.monitoring.figures import Circumstances, Figures, RouteFigures
from edge.monitoring.latency import Latency
from edge.monitoring.machine import Machine
from edge.monitoring.webserver import MOST_REQUESTS, Page, WebServer
from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto, free_port
from tests.bridging import CONFIG, served, stranger
from tests.client import PATIENCE_S
from tests.made import NOON

if TYPE_CHECKING:
    from prometheus_client import Metric

ROOT = Path(__file__).parent.parent
BUILD = {"version": "1.2.3", "model_sha256": "abab", "quantization": "Q4_0"}


def figures(*troubles: str) -> Figures:
    """Return figures of a daemon that has done some work."""
    by_model, by_replay = Latency(), Latency()
    for duration_s in (0.2, 0.3, 400.0):
        by_model.add(duration_s)
    by_replay.add(0.001)
    return Figures(
        at=NOON,
        uptime_s=60.0,
        answered=8,
        routes={
            "tank": RouteFigures(readings=4, replayed=1, dead={"missing": 2, "schema": 1}, last_ok=NOON),
            "pump": RouteFigures(dead={}),
        },
        unrouted={"no_route": 1},
        by_model=by_model.durations,
        by_replay=by_replay.durations,
        now=Circumstances(
            standing=Standing(in_hand=3, oldest_s=12.5, unacknowledged=2),
            is_connected=not troubles,
            broker={"waiting": 7, "dropped": 5},
            spool={"messages": 11, "bytes": 1200, "max_bytes": 10**6, "oldest_at": None},
            counts=Counter(connections=3, hits=1, misses=3, shed=2),
            resident_bytes=312_000_000,
            machine=Machine(load=0.5, temperature_c=61.3),
            fed_tokens=700,
            decode_calls=20,
            troubles=troubles,
        ),
    )


def test_how_the_machine_is(tmp_path: Path) -> None:
    """The hottest thermometer counts; one that cannot be read is passed over."""
    for number, shown in enumerate(("48000\n", "61300\n", "-5000\n", "off\n")):
        zone = tmp_path / f"class/thermal/thermal_zone{number}"
        zone.mkdir(parents=True)
        (zone / "temp").write_text(shown)
    (tmp_path / "class/thermal/thermal_zone9").mkdir()
    found = machine.look(tmp_path)

    assert found.temperature_c == 61.3
    assert found.load is not None
    assert machine.look(tmp_path / "none").temperature_c is None


def families(text: bytes) -> dict[str, "Metric"]:
    """Return the metrics of an exposition by name, as the parser of Prometheus's own library reads them."""
    return {family.name: family for family in text_string_to_metric_families(text.decode())}


def values(text: bytes, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """Return the samples of one metric by the values of these labels."""
    return {
        tuple(sample.labels[label] for label in labels): sample.value
        for family in families(text).values()
        for sample in family.samples
        if sample.name == name
    }


def test_messages_by_route_and_outcome() -> None:
    """Each message counts once; dead letters are counted by reason as well, those of no route included."""
    text = exposition.exposition(figures(), BUILD)

    assert values(text, "edge_messages_total", "route", "outcome") == {
        ("tank", "read"): 3,
        ("tank", "replayed"): 1,
        ("tank", "dead_letter"): 3,
        ("pump", "read"): 0,
        ("pump", "replayed"): 0,
        ("pump", "dead_letter"): 0,
        ("_unrouted", "dead_letter"): 1,
    }
    assert values(text, "edge_dead_letters_total", "route", "reason") == {
        ("tank", "missing"): 2,
        ("tank", "schema"): 1,
        ("_unrouted", "no_route"): 1,
    }
    assert values(text, "edge_last_reading_timestamp_seconds", "route") == {("tank",): NOON.timestamp()}


def test_how_long_answers_took() -> None:
    """A histogram for what the model read, and one for what was replayed: each bucket holds those below, too."""
    text = exposition.exposition(figures(), BUILD)
    buckets = values(text, "edge_answer_duration_seconds_bucket", "by", "le")

    assert {bound: buckets["model", bound] for bound in ("0.1", "0.25", "0.5", "300.0", "+Inf")} == {
        "0.1": 0,
        "0.25": 1,
        "0.5": 2,
        "300.0": 2,
        "+Inf": 3,
    }
    assert values(text, "edge_answer_duration_seconds_count", "by") == {("model",): 3, ("replay",): 1}
    assert values(text, "edge_answer_duration_seconds_sum", "by")["model",] == pytest.approx(400.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("edge_ready", 1),
        ("edge_mqtt_connected", 1),
        ("edge_mqtt_reconnects_total", 2),
        ("edge_messages_in_hand", 3),
        ("edge_messages_unacknowledged", 2),
        ("edge_oldest_message_age_seconds", 12.5),
        ("edge_broker_messages_waiting", 7),
        ("edge_broker_messages_dropped_total", 5),
        ("edge_spool_messages", 11),
        ("edge_machine_temperature_celsius", 61.3),
        ("edge_spool_bytes", 1200),
        ("edge_engine_tokens_total", 700),
        ("edge_engine_calls_total", 20),
        ("edge_shape_hits_total", 1),
        ("edge_shape_misses_total", 3),
    ],
)
def test_how_things_stand(name: str, value: float) -> None:
    """Each figure has a name of its own."""
    assert values(exposition.exposition(figures(), BUILD), name) == {(): value}


def test_program_process_and_events() -> None:
    """What serves, what the process takes, and whatever else is counted."""
    text = exposition.exposition(figures(), BUILD)

    assert values(text, "edge_build_info", *BUILD) == {("1.2.3", "abab", "Q4_0"): 1}
    assert values(text, "process_resident_memory_bytes")[()] > 1_000_000
    assert values(text, "edge_events_total", "event") == {
        ("connections",): 3,
        ("hits",): 1,
        ("misses",): 3,
        ("shed",): 2,
    }


def test_the_metrics_are_as_prometheus_wants_them() -> None:
    """Its own tool finds nothing wrong with names, types, units and help."""
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("no promtool: `apt-get install prometheus` brings it")
    text = exposition.exposition(figures(), BUILD)
    done = subprocess.run([tool, "check", "metrics"], input=text, capture_output=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def exported() -> set[str]:
    """Return the names of all samples that a daemon may export."""
    found = families(exposition.exposition(figures(), BUILD)).values()
    return {sample.name for family in found for sample in family.samples}


def test_the_dashboard_asks_for_nothing_that_is_not_exported() -> None:
    """Each name in a query of the dashboard is a sample's, and so is each label that it sorts by."""
    dashboard = json.loads((ROOT / "packaging/grafana/edge.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    queries += [each["query"]["query"] for each in dashboard["templating"]["list"] if each["type"] == "query"]
    named = {name for query in queries for name in re.findall(r"\b(?:edge|process)_\w+", query)}

    assert len(queries) >= 20
    assert named - exported() == set()
    assert {
        label for query in queries for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(", ")
    } <= {
        "outcome",
        "route",
        "reason",
        "le",
    }


def test_every_event_that_the_dashboard_picks_is_counted_somewhere() -> None:
    """A name that the program does not count would be an empty line for ever."""
    dashboard = (ROOT / "packaging/grafana/edge.json").read_text(encoding="utf-8")
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "edge").rglob("*.py"))
    (picked,) = re.findall(r'event=~\\"([a-z_|]+)', dashboard)

    assert [name for name in picked.split("|") if f'counts["{name}"]' not in sources] == []


def test_the_page_on_monitoring_names_every_metric_and_no_other() -> None:
    """What is exported stands in the table; what stands there is exported."""
    page = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    named = {
        name
        for row in re.findall(r"^\| (`[^|]*)\|", page, flags=re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    histogram = re.compile(r"(?<=_seconds)_(bucket|sum|count)$")
    own = {histogram.sub("", name) for name in exported() if name.startswith("edge_")}

    assert {name for name in named if name.startswith("edge_")} == own


def test_what_is_not_known_is_left_out() -> None:
    """A broker without statistics, a machine without a thermometer, and no spool make no zeros."""
    known = figures()
    now = known.now
    bare = Circumstances(
        standing=now.standing,
        is_connected=True,
        broker={"waiting": None, "dropped": None},
        spool=None,
        counts={},
        resident_bytes=1,
        machine=Machine(load=None, temperature_c=None),
        fed_tokens=0,
        decode_calls=0,
    )
    text = exposition.exposition(
        Figures(
            at=NOON,
            uptime_s=1,
            answered=0,
            routes={},
            unrouted={},
            by_model=known.by_model,
            by_replay=known.by_replay,
            now=bare,
        ),
        BUILD,
    )

    assert [
        name for name in families(text) if name.startswith(("edge_broker", "edge_spool", "edge_machine"))
    ] == []


@pytest.mark.parametrize(
    ("found", "status", "body"),
    [
        (figures(), HTTPStatus.OK, b"ready\n"),
        (figures("no connection", "the model is silent"), 503, b"no connection\nthe model is silent\n"),
        (
            None,
            503,
            b"the daemon is starting, or its main thread is stuck: it gave no figures in time\n",
        ),
    ],
    ids=["ready", "troubles", "stuck"],
)
def test_ready_or_not(found: Figures | None, status: int, body: bytes) -> None:
    """200 where the daemon does its work; 503 with every reason where not."""
    page = pages.pages(lambda: found, BUILD)["/ready"]()

    assert (page.status, page.body) == (status, body)


def test_a_stuck_daemon_gives_no_metrics_and_still_pings() -> None:
    """Prometheus sees that the target is down, and not figures of yesterday."""
    made = pages.pages(lambda: None, BUILD)

    assert made["/metrics"]().status == HTTPStatus.SERVICE_UNAVAILABLE
    assert made["/ping"]() == Page(body=b"pong\n")


def get(port: int, path: str, method: str = "GET") -> tuple[int, bytes]:
    """Return status and body of a request."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read()


@pytest.fixture
def server() -> Iterator[WebServer]:
    """Give a server that has little patience."""
    made = {"/ping": lambda: Page(body=b"pong\n"), "/bug": lambda: Page(body=bytes(1 // 0))}
    with closing(WebServer(HttpOptions(port=free_port()), made, patience_s=0.5)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/ping", 200, b"pong\n"),
        ("GET", "/ping?x=1", 200, b"pong\n"),
        ("HEAD", "/ping", 200, b""),
        ("GET", "/", 404, b"expected one of /bug, /ping\n"),
        ("GET", "//etc/passwd", 404, b"expected one of /bug, /ping\n"),
    ],
)
def test_pages(server: WebServer, method: str, path: str, status: int, body: bytes) -> None:
    """There are a few paths, and nothing else."""
    assert get(server.port, path, method) == (status, body)


def test_nothing_but_reading_is_possible(server: WebServer) -> None:
    """Other methods are refused."""
    assert get(server.port, "/ping", "POST")[0] == HTTPStatus.NOT_IMPLEMENTED


def threads() -> list[str]:
    """Return the names of the threads that serve a request."""
    return [each.name for each in threading.enumerate() if "process_request_thread" in each.name]


def test_the_slow_are_sent_away_and_rubbish_harms_nobody(server: WebServer) -> None:
    """As many as may be open at a time say nothing, or drip; when their time is up, others are served again."""
    idle = [socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) for _ in range(MOST_REQUESTS)]
    idle[0].sendall(b"GET /ping HTTP/1.0\r\nX-Drip: ")
    ends = [each.recv(10) for each in idle]
    deadline_s = time.monotonic() + PATIENCE_S
    while threads() and time.monotonic() < deadline_s:  # none waits on, though no client has closed
        time.sleep(0.01)
    left = threads()
    for each in idle:
        each.close()
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) as rude:
        rude.sendall(b"\x16\x03\x01\r\n\r\n")
        assert b"400" in rude.recv(1000)

    assert (ends, left) == ([b""] * MOST_REQUESTS, [])
    assert get(server.port, "/ping") == (200, b"pong\n")


def test_one_too_many_is_sent_away(server: WebServer) -> None:
    """It is closed without a word, and costs no thread."""
    idle = [socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) for _ in range(MOST_REQUESTS)]
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_S) as late:
        late.sendall(b"GET /ping HTTP/1.0\r\n\r\n")
        try:
            said = late.recv(100)
        except ConnectionResetError:  # what it sent was not read
            said = b""
    for each in idle:
        each.close()

    assert said == b""


def test_a_bug_in_a_page_is_logged_without_what_it_quotes(
    server: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection ends, and the server goes on."""
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        get(server.port, "/bug")

    assert get(server.port, "/ping") == (200, b"pong\n")
    (line,) = [each for each in caplog.messages if each.startswith("http_failed")]
    assert line.startswith("http_failed error=ZeroDivisionError at ")


def test_a_port_that_is_taken_is_an_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Readings are worth more than figures: the daemon serves without."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert webserver.serve_or_none(HttpOptions(port=port), {}) is None

    assert caplog.messages == [f"http_not_served address=127.0.0.1:{port} why=Address already in use"]


def test_the_server_speaks_ipv6() -> None:
    """`::1` is this machine alone as well."""
    with closing(WebServer(HttpOptions(address="::1", port=free_port()), {})) as opened:
        socket.create_connection(("::1", opened.port), PATIENCE_S).close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a mosquitto that runs."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with mosquitto.running(folder) as running:
        yield running


@pytest.mark.broker
def test_a_daemon_is_ready_while_it_is_connected_and_its_model_lives(tmp_path: Path, broker: Mosquitto) -> None:
    """A broker that goes away, and a model that falls silent, are the reasons that /ready gives."""
    port = free_port()
    text = f"{CONFIG}http: {{{{enabled: true, port: {port}}}}}\n"
    with served(tmp_path, broker, text) as daemon:
        ready = get(port, "/ready")
        daemon.engine.last_alive_s -= 100
        silent = get(port, "/ready")
        daemon.engine.last_alive_s = time.monotonic()
        broker.stop()
        deadline_s = time.monotonic() + PATIENCE_S
        while (alone := get(port, "/ready"))[0] == HTTPStatus.OK and time.monotonic() < deadline_s:
            time.sleep(0.05)

    assert ready == (200, b"ready\n")
    assert silent[0] == HTTPStatus.SERVICE_UNAVAILABLE
    assert silent[1].startswith(b"the model has been silent for 100 s")
    assert alone[0] == HTTPStatus.SERVICE_UNAVAILABLE
    assert alone[1].startswith(b"no connection to the broker: ")


@pytest.mark.broker
def test_the_figures_are_those_of_this_moment(tmp_path: Path, broker: Mosquitto) -> None:
    """A reading and a dead letter count when they are with the broker, in the metrics and in the health data."""
    port = free_port()
    text = f"{CONFIG}http: {{{{enabled: true, port: {port}}}}}\n"
    with served(tmp_path, broker, text), stranger(broker, "readings/#", "edge/t/#") as client:
        client.say("raw/tank/a", "L=182.5cm")
        client.hear("readings/tank/a")
        client.say("raw/tank/b", b"\xff")
        client.hear("edge/t/dead/tank")
        client.say("edge/t/bridge/request/health_check")
        health = json.loads(client.hear("edge/t/bridge/response/health_check").payload)["data"]
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            text_now = get(port, "/metrics")[1]
            messages = values(text_now, "edge_messages_total", "route", "outcome")
            if messages["tank", "dead_letter"] or time.monotonic() > deadline_s:
                break

    assert messages == {
        ("tank", "read"): 1,
        ("tank", "replayed"): 0,
        ("tank", "dead_letter"): 1,
        ("_unrouted", "dead_letter"): 0,
    }
    assert values(text_now, "edge_dead_letters_total", "route", "reason") == {("tank", "not_utf8"): 1}
    assert values(text_now, "edge_answer_duration_seconds_count", "by") == {("model",): 1, ("replay",): 0}
    assert values(text_now, "edge_engine_tokens_total") == {(): 700}
    assert health["routes"]["tank"]["ok"] == 1
    assert health["latency"]["model"]["p50_ms"] > 0
