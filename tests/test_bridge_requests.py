"""Requests over the broker: who asks is answered, wherever that is harmless, and nobody is held up by it."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.answer import Publication
from edge.bridge import requests
from edge.bridge.requests import MOST_A_SECOND, MOST_WAITING, RELOAD_EVERY_S, Requests, closed_topics
from edge.config.loader import load
from edge.config.options import Config
from edge.control.control import Asked
from edge.control.desk import MOST_EXTRACTIONS
from edge.errors import BrokerError, EdgeError, ModelError, Reason, Rejected
from edge.event import Reload
from edge.extraction.extraction import Extraction
from edge.extraction.extractor import Prepared
from edge.mqtt.events import Requested
from edge.verbs import mosquitto
from edge.verbs.mosquitto import Mosquitto
from tests import made
from tests.bridging import CONFIG, Daemon, Stranger, served, stranger
from tests.client import PATIENCE_S

if TYPE_CHECKING:
    from edge.event import Replied

ASK, ANSWER = "edge/t/bridge/request", "edge/t/bridge/response"
VERBS = "health_check, reload, log_level, extract, discovery"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Give a mosquitto that runs."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with mosquitto.running(folder) as running:
        yield running


@pytest.fixture
def daemon(tmp_path: Path, broker: Mosquitto) -> Iterator[Daemon]:
    """Give a daemon that takes requests."""
    with served(tmp_path, broker) as running:
        yield running


@pytest.fixture
def asker(daemon: Daemon, broker: Mosquitto) -> Iterator[Stranger]:
    """Give a client that hears all that is answered, and all that is read."""
    assert daemon is not None
    with stranger(broker, f"{ANSWER}/#", "mine/#", "readings/#", "edge/t/dead/#") as client:
        yield client


@pytest.mark.broker
def test_a_request_has_its_response(asker: Stranger) -> None:
    """What is asked on bridge/request/VERB is answered on bridge/response/VERB, with the asker's transaction."""
    asker.say(f"{ASK}/health_check", {"transaction": "x7°"})
    told = asker.told(f"{ANSWER}/health_check")

    assert (told["status"], told["transaction"], told["data"]["mqtt"]["connected"]) == ("ok", "x7°", True)
    assert told["data"]["troubles"] == []


@pytest.mark.broker
def test_a_request_may_be_empty(asker: Stranger) -> None:
    """Without a transaction there is none in the answer."""
    asker.say(f"{ASK}/health_check")

    assert set(asker.told(f"{ANSWER}/health_check")) == {"data", "status"}


@pytest.mark.broker
def test_the_answer_goes_where_mqtt_5_says(asker: Stranger) -> None:
    """With a response topic it goes there, and bears the correlation data."""
    asker.say(f"{ASK}/log_level", {"level": "info"}, response_topic="mine/1", correlation=b"\x00\xff")
    message = asker.hear("mine/1")

    assert json.loads(message.payload) == {"data": {"level": "info"}, "status": "ok"}
    assert message.properties.CorrelationData == b"\x00\xff"
    assert message.properties.ContentType == "application/json"
    assert not message.retain


@pytest.mark.broker
def test_a_client_of_mqtt_3_is_answered_as_well(daemon: Daemon, broker: Mosquitto) -> None:
    """It has its transaction to know its answer by."""
    assert daemon is not None
    with stranger(broker, f"{ANSWER}/#", name="old", protocol=paho.MQTTv311) as old:
        old.say(f"{ASK}/log_level", {"level": "info", "transaction": 12.50})

        assert old.hear(f"{ANSWER}/log_level").payload == (
            b'{"data":{"level":"info"},"status":"ok","transaction":12.5}'
        )


@pytest.mark.broker
def test_a_text_is_read_on_trial(asker: Stranger) -> None:
    """`extract` answers with what `edge try` shows; no reading is published."""
    asker.say(f"{ASK}/extract", {"route": "tank", "text": "L=182.5cm"})
    told = asker.told(f"{ANSWER}/extract")

    assert told == {
        "data": {
            "reading": {"level": 182.5},
            "spans": {"/level": [2, 7]},
            "units": {"/level": "cm"},
            "confidence": {"/level": 1.0},
            "rejected": None,
            "ms": 500.0,
        },
        "status": "ok",
    }
    assert asker.heard_topics() == []


@pytest.mark.broker
@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            Rejected(Reason.TIMEOUT, "too slow"),
            {"status": "ok", "rejected": {"reason": "timeout", "detail": "too slow"}},
        ),
        (ModelError("llama_decode failed"), {"status": "error", "error": "llama_decode failed"}),
        (
            ZeroDivisionError("T=secret"),
            {"status": "error", "error": "the program failed on this text; its log says where"},
        ),
    ],
    ids=["rejected", "model", "bug"],
)
def test_a_text_that_cannot_be_read(
    tmp_path: Path, broker: Mosquitto, script: Exception, told: dict[str, Any]
) -> None:
    """A rejection is an answer; a failure is an error; the daemon goes on, and a message is read behind it."""
    with served(tmp_path, broker, script=script), stranger(broker, f"{ANSWER}/#", "edge/t/dead/#") as asker:
        asker.say(f"{ASK}/extract", {"route": "tank", "text": "x"})
        answer = asker.told(f"{ANSWER}/extract")
        asker.say("raw/tank/1", "x")
        letter = asker.told("edge/t/dead/tank")

    assert {**answer, **answer["data"]} | told == {**answer, **answer["data"]}
    assert letter["topic"] == "raw/tank/1"


class Patient(made.ScriptedExtractor):
    """Reads the texts of devices at once, and those that are tried when it is told to."""

    def __init__(self) -> None:
        super().__init__('{"level":182.5}')
        self.may_go_on = threading.Event()

    def extract(self, prepared: Prepared, text: str) -> Extraction:
        """Return the reading, now or later."""
        assert "trial" not in text or self.may_go_on.wait(PATIENCE_S)
        return super().extract(prepared, text)


@pytest.mark.broker
def test_texts_on_trial_hold_no_message_up(tmp_path: Path, broker: Mosquitto) -> None:
    """With a single worker, and as many texts on trial as may wait, a message is read all the same."""
    patient = Patient()
    with (
        served(tmp_path, broker, extractor=patient),
        stranger(broker, "readings/#", f"{ANSWER}/#") as asker,
    ):
        for number in range(MOST_EXTRACTIONS + 1):
            asker.say(f"{ASK}/extract", {"route": "tank", "text": "trial 182.5cm", "transaction": number})
        refused = asker.told(f"{ANSWER}/extract")
        asker.say("raw/tank/1", "L=182.5cm")
        assert asker.told("readings/tank/1") == {"level": 182.5}
        patient.may_go_on.set()
        answered = [asker.told(f"{ANSWER}/extract")["transaction"] for _ in range(MOST_EXTRACTIONS)]

    assert (refused["error"], refused["transaction"]) == (
        "expected at most 4 texts at a time, got one more; try again",
        MOST_EXTRACTIONS,
    )
    assert answered == list(range(MOST_EXTRACTIONS))


@pytest.mark.broker
@pytest.mark.parametrize(
    ("verb", "payload", "error"),
    [
        ("dead_list", b"", f'expected one of {VERBS}, got "dead_list"'),
        ("health_check", b"\xff", "expected a JSON object or nothing, got 1 bytes of something else"),
        ("health_check", b"NaN", "expected a JSON object or nothing, got 3 bytes of something else"),
        ("health_check", b"[" * 5000, "expected a JSON object or nothing, got 5000 bytes of something else"),
        ("health_check", b"[" * 900 + b"]" * 900, "expected a JSON object or nothing, got a JSON list"),
        ("health_check", b"x" * 5097, "expected a request of at most 5096 bytes, got 5097"),
        (
            "health_check",
            b'{"transaction":[]}',
            "transaction: expected text or a number of at most 200 characters",
        ),
        (
            "health_check",
            json.dumps({"transaction": "x" * 199}).encode(),
            "transaction: expected text or a number of at most 200 characters",
        ),
        ("extract", b'{"route":"pump","text":"x"}', 'route: expected one of tank, got "pump"'),
        ("extract", b'{"route":"\\ud800","text":"x"}', "route: expected text, got half of a surrogate pair in it"),
        ("extract", b'{"route":"tank"}', "text: expected text, got NoneType"),
        ("log_level", b'{"level":"\\ud800"}', 'level: expected one of debug, info, warning, error, got "\ud800"'),
    ],
)
def test_what_is_no_request(asker: Stranger, verb: str, payload: bytes, error: str) -> None:
    """It is told what was expected and what was found, and the daemon goes on."""
    asker.say(f"{ASK}/{verb}", payload)

    assert asker.told(f"{ANSWER}/{verb}") == {"data": {}, "status": "error", "error": error}


@pytest.mark.broker
@pytest.mark.parametrize(
    ("topic", "error"),
    [
        ("raw/tank/1", 'response topic: expected one beside "raw/tank/+", got "raw/tank/1"'),
        ("readings/tank/1", 'response topic: expected one beside "readings/tank/+", got "readings/tank/1"'),
        ("edge/t/status", 'response topic: expected one beside "edge/t/#", got "edge/t/status"'),
        (f"{ASK}/reload", f'response topic: expected one beside "edge/t/#", got "{ASK}/reload"'),
        ("edge/t/dead/tank", 'response topic: expected one beside "edge/t/#", got "edge/t/dead/tank"'),
        ("x" * 1001, "response topic: expected at most 1000 bytes, got 1001"),
        (
            "$SYS/x",
            'response topic: expected one without "+" and "#" that does not start with "$", got "$SYS/x"',
        ),
    ],
)
def test_an_answer_goes_nowhere_where_it_is_taken_for_something_else(
    asker: Stranger, topic: str, error: str
) -> None:
    """Not to what devices say, not to what is said of them, and not to what the daemon says or is asked."""
    asker.say(f"{ASK}/health_check", response_topic=topic, correlation=b"7")
    message = asker.hear(f"{ANSWER}/health_check")

    assert json.loads(message.payload) == {"data": {}, "status": "error", "error": error}
    assert message.properties.CorrelationData == b"7"
    assert asker.heard_topics() == []


@pytest.mark.broker
def test_what_the_broker_kept_is_not_asked_now(tmp_path: Path, broker: Mosquitto) -> None:
    """A retained request was somebody's of some day: the daemon does not do it at each start."""
    with stranger(broker, name="yesterday") as yesterday:
        yesterday.say(f"{ASK}/log_level", {"level": "error", "transaction": "old"}, retain=True)
    with stranger(broker, f"{ANSWER}/#") as asker, served(tmp_path, broker):
        asker.say(f"{ASK}/log_level", {"level": "info", "transaction": "new"})

        assert asker.told(f"{ANSWER}/log_level")["transaction"] == "new"


@pytest.mark.broker
def test_nothing_is_answered_unless_the_configuration_wants_it(tmp_path: Path, broker: Mosquitto) -> None:
    """By default the daemon does not even subscribe; a reload opens the door, and closes it again."""
    shut = CONFIG.replace("requests: true", "requests: false")
    with served(tmp_path, broker, shut) as daemon, stranger(broker, f"{ANSWER}/#", "edge/t/bridge/info") as asker:
        asker.say(f"{ASK}/health_check", {"transaction": 1})
        asker.told("edge/t/bridge/info")
        daemon.config_file.write_text(CONFIG.format(port=broker.port), encoding="utf-8")
        done = Asked(request={"verb": "reload"})
        daemon.events.put(done)
        done.reply.result(timeout=30)
        asker.say(f"{ASK}/health_check", {"transaction": 2})
        opened = asker.told(f"{ANSWER}/health_check")["transaction"]
        daemon.config_file.write_text(shut.format(port=broker.port), encoding="utf-8")
        asker.say(f"{ASK}/reload", {"transaction": 3})
        last = asker.told(f"{ANSWER}/reload")
        asker.say(f"{ASK}/health_check", {"transaction": 4})
        daemon.events.put(done := Asked(request={"verb": "health_check"}))
        done.reply.result(timeout=30)
        rest = [topic for topic in asker.heard_topics() if topic.startswith(ANSWER)]

    assert (opened, last, rest) == (
        2,
        {"data": {"routes": 1, "waiting": []}, "status": "ok", "transaction": 3},
        [],
    )


@pytest.mark.broker
def test_a_refused_reload_is_an_error_with_every_fault(asker: Stranger, daemon: Daemon, broker: Mosquitto) -> None:
    """What `edge reload` shows is what is answered; bridge/info bears it until a reload is taken up."""
    asker.listen("edge/t/bridge/info")
    assert asker.told("edge/t/bridge/info")["reload_error"] is None
    daemon.config_file.write_text(
        f"{CONFIG.format(port=broker.port)}    retain: 1\n    shapes: 2\n", encoding="utf-8"
    )
    asker.say(f"{ASK}/reload", {"transaction": 1})
    faults = [
        f"{daemon.config_file}:12:13: routes[0].retain: expected true or false, got 1",
        f"{daemon.config_file}:13:13: routes[0].shapes: expected true or false, got 2",
    ]
    info, answer = asker.told("edge/t/bridge/info"), asker.told(f"{ANSWER}/reload")
    daemon.config_file.write_text(CONFIG.format(port=broker.port), encoding="utf-8")
    daemon.events.put(Reload())

    assert info["reload_error"] == "\n".join(faults)
    assert answer == {"data": {}, "status": "error", "error": "\n".join(faults), "transaction": 1}
    assert asker.told("edge/t/bridge/info")["reload_error"] is None


class Bench:
    """Requests without a broker, with a clock that the test moves."""

    def __init__(self, configuration: Config, handle: Callable[[Asked], None]) -> None:
        self.now_s = 0.0
        self.published: list[Publication] = []
        self.replies: list[Replied] = []
        self.requests = Requests(
            "edge/t", handle=handle, publish=self._publish, tell=self.replies.append, clock=lambda: self.now_s
        )
        self.requests.serve(configuration)

    def ask(self, count: int = 1) -> None:
        """Let requests come, and publish what has its reply."""
        for _ in range(count):
            self.requests.take(Requested(f"{ASK}/health_check", b""))
        while self.replies:
            self.requests.replied(self.replies.pop(0))

    def _publish(self, publication: Publication) -> int:
        self.published.append(publication)
        return len(self.published)


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return a configuration with one route that takes requests."""
    file = tmp_path_factory.mktemp("requests") / "edge.yaml"
    file.write_text(CONFIG.format(port=1883), encoding="utf-8")
    return load(file, hostname="pi")


def test_few_requests_wait_at_a_time(configuration: Config) -> None:
    """One more is refused; who was answered makes room."""
    waiting: list[Asked] = []
    bench = Bench(configuration, waiting.append)
    bench.ask(MOST_WAITING + 1)
    refusals = [json.loads(each.payload)["error"] for each in bench.published]
    waiting[0].answer({})
    bench.ask()

    assert refusals == ["expected at most 8 requests at a time, got one more; try again"]
    assert len(waiting) == MOST_WAITING + 1 - 1
    bench.ask()
    assert len(waiting) == MOST_WAITING + 1


def test_a_flood_of_requests_is_not_answered_with_a_flood(
    configuration: Config, caplog: pytest.LogCaptureFixture
) -> None:
    """Beyond some a second they get no word; they are counted, and the log says it once a minute."""
    bench = Bench(configuration, lambda asked: asked.answer({}))
    bench.ask(MOST_A_SECOND + 5)
    bench.now_s = 1.0
    bench.ask(MOST_A_SECOND + 1)

    assert len(bench.published) == 2 * MOST_A_SECOND
    assert bench.requests.counts == {"requests": 2 * MOST_A_SECOND, "requests_dropped": 6}
    assert caplog.messages == [f"requests_dropped why=more than 20 a second on {ASK}/+"]


def test_reloads_keep_their_distance(configuration: Config) -> None:
    """Messages wait while one is under way: nobody may have them wait all the time."""
    bench = Bench(configuration, lambda asked: asked.answer({}))
    for bench.now_s in (0.0, RELOAD_EVERY_S - 0.1, RELOAD_EVERY_S):
        bench.requests.take(Requested(f"{ASK}/reload", b""))
        bench.ask(0)

    assert [json.loads(each.payload).get("error") for each in bench.published] == [
        None,
        "expected one reload in 5 s, got one more; try again",
        None,
    ]


def test_an_answer_that_the_broker_refuses(configuration: Config, caplog: pytest.LogCaptureFixture) -> None:
    """Access rules may forbid the topic: the log and a counter say so."""
    bench = Bench(configuration, lambda asked: asked.answer({}))
    bench.ask(2)

    assert [bench.requests.confirmed(number, "Not authorized") for number in (1, 2, 3)] == [True, True, False]
    assert caplog.messages == ["response_refused why=Not authorized"] * 2
    assert bench.requests.counts["responses_refused"] == 2


def test_an_answer_that_is_too_long_for_the_broker(
    configuration: Config, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is published, and nobody falls over it."""

    def refuse(_publication: Publication) -> int:
        raise BrokerError("the broker takes packets of at most 100 bytes, got 300")

    told: list[Replied] = []
    door = Requests(
        "edge/t", handle=lambda asked: asked.answer({}), publish=refuse, tell=told.append, clock=lambda: 0
    )
    door.serve(configuration)
    door.take(Requested(f"{ASK}/health_check", b""))
    door.replied(told[0])

    assert caplog.messages == ["response_refused why=the broker takes packets of at most 100 bytes, got 300"]


_KEYS = st.sampled_from(["transaction", "route", "text", "level", "verb", "x"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
_PAYLOADS = st.binary(max_size=300) | st.dictionaries(_KEYS, _VALUES).map(lambda made: json.dumps(made).encode())


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    verb=st.sampled_from(requests.VERBS) | st.text(st.characters(codec="utf-8"), min_size=1),
    payload=_PAYLOADS,
    response_topic=st.none() | st.text(st.characters(codec="utf-8")) | st.sampled_from(["raw/tank/1", "mine"]),
    correlation=st.none() | st.binary(),
)
def test_whatever_is_asked_has_one_answer_that_is_json(
    configuration: Config, verb: str, payload: bytes, response_topic: str | None, correlation: bytes | None
) -> None:
    """No request ends the daemon, and no answer leaves the topics that are open to it."""
    bench = Bench(configuration, lambda asked: asked.answer(dict(asked.request)))
    bench.requests.take(Requested(f"{ASK}/{verb}", payload, response_topic, correlation))
    bench.ask(0)
    if not verb.isprintable():  # no broker would take the answer
        assert bench.published == []
        return
    (answer,) = bench.published

    assert json.loads(answer.payload)["status"] in {"ok", "error"}
    assert answer.topic in {f"{ANSWER}/{verb}", response_topic}
    assert [each.text for each in closed_topics(configuration) if each.captures(answer.topic) is not None] in (
        [],
        ["edge/t/#"],
    )
    assert answer.topic.startswith(f"{ANSWER}/") or not answer.topic.startswith("edge/t/")


def test_an_error_of_the_desk_is_the_answer(configuration: Config) -> None:
    """What `edge` would print is what is answered."""
    bench = Bench(configuration, lambda asked: asked.refuse(EdgeError("no")))
    bench.ask()

    assert bench.published[0].payload == b'{"data":{},"status":"error","error":"no"}'


def test_correlation_data_are_bounded(configuration: Config) -> None:
    """They come back with the answer, so a long one would be a message of the asker's through the daemon."""
    bench = Bench(configuration, lambda asked: asked.answer({}))
    bench.requests.take(Requested(f"{ASK}/health_check", b"", None, b"x" * 1001))

    assert bench.published[0].payload == (
        b'{"data":{},"status":"error","error":"correlation data: expected at most 1000 bytes, got 1001"}'
    )
    assert bench.published[0].correlation is None


def test_a_response_topic_that_brokers_hang_up_on(configuration: Config) -> None:
    """The test broker ends the connection of whoever asks so; another might end that of the daemon."""
    bench = Bench(configuration, lambda asked: asked.answer({}))
    bench.requests.take(Requested(f"{ASK}/health_check", b"", "mine/\x01"))

    assert bench.published[0].topic == f"{ANSWER}/health_check"
    assert json.loads(bench.published[0].payload)["error"] == (
        "response topic: expected a topic of printable characters, got U+0001 in it"
    )


def test_no_request_shows_or_deletes_texts_of_devices() -> None:
    """What dead letters hold is for those alone who may use the machine."""
    assert [verb for verb in requests.VERBS if verb.startswith(("dead", "spool"))] == []


@pytest.fixture(autouse=True)
def log_level() -> Iterator[None]:
    """Put the level of the log back to what it was."""
    before = logging.getLogger("edge").level
    yield
    logging.getLogger("edge").setLevel(before)
