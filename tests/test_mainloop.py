"""The main thread's duties, on a broker in memory: what is published, acknowledged, dropped and fed, and when."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from edge.answer import Answer, Publication, of_rejection
from edge.bridge.info import Program
from edge.condition import ENGINE_SILENCE_S
from edge.config.options import (
    BridgeOptions,
    Config,
    Dead,
    HealthOptions,
    HomeAssistantOptions,
    HttpOptions,
    Limits,
    Model,
    Mqtt,
    Shapes,
    SpoolOptions,
    WhenFull,
)
from edge.control.control import Asked
from edge.dead.deadletter import of_answer
from edge.dead.deadletters import DeadLetters
from edge.dead.deadstore import DeadStore
from edge.delivery import spool as spools
from edge.delivery.intake import Intake
from edge.delivery.outbox import RETRY_S
from edge.delivery.spool import Spool
from edge.errors import ConfigError, EngineClosed, Problem, Reason, Rejected, TakenOver, TooMuchMemory
from edge.event import Event, Look, Reload, Stop
from edge.generation import Generation
from edge.homeassistant.known import KnownDevices
from edge.inlet import Inlet
from edge.literal import JSON
from edge.mailbox import Mailbox
from edge.mainloop import DRAIN_S, MainLoop, Settings
from edge.memory import BYTES_PER_MB, PATIENCE_S, MemoryGuard
from edge.message import Message
from edge.mqtt.events import Confirmed, Connected, Disconnected, Received, Statistic
from edge.mqtt.rivalry import MOST
from edge.mqtt.session import Session
from edge.outlet import Outlet
from edge.pipeline import Pipeline
from edge.routes import OutputTopic, Route, Routes, TopicFilter
from tests import made

if TYPE_CHECKING:
    from edge.engine.engine import Engine
    from edge.extraction.extractor import Extractor
    from edge.mqtt.broker import Broker


CONFIG = Config(
    base_topic="edge/t",
    mqtt=Mqtt(client_id="edge-t"),
    model=Model(),
    limits=Limits(),
    spool=SpoolOptions(),
    health=HealthOptions(),
    bridge=BridgeOptions(),
    homeassistant=HomeAssistantOptions(),
    http=HttpOptions(),
    shapes=Shapes(enabled=False),
    dead=Dead(),
    routes=Routes(()),
)


PROGRAM = Program(model_sha256="ab" * 32, quantization="Q4_0", prompt_contract="edge-1")


@dataclass(kw_only=True)
class BrokerInMemory:
    """The door to MQTT without MQTT: writes down what it is told, and answers as the test says.

    Attributes:
        on_publish: called with each publication and its number; None leaves it unconfirmed.
    """

    on_publish: Callable[[int, Publication], None] | None = None
    on_acknowledge: Callable[[Message], None] | None = None
    published: list[Publication] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    announced: dict[str, JSON] = field(default_factory=dict)
    greetings: int = 0
    subscriptions: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    later: list[Event] = field(default_factory=list)

    def connect(self) -> None:
        """Connect at once."""

    def wait(self, timeout_s: float, wakeup: Mailbox[Event]) -> None:  # noqa: ARG002  # the door
        """Wait for nothing: what is to happen later happens now, one event after the other."""
        if self.later:
            wakeup.put(self.later.pop(0))

    def greet(self) -> None:
        """Count the greetings."""
        self.greetings += 1

    def publish(self, publication: Publication) -> int:
        """Take a publication and number it from 1."""
        self.published.append(publication)
        if self.on_publish:
            self.on_publish(len(self.published), publication)
        return len(self.published)

    def resubscribe(
        self,
        subscriptions: Sequence[str],
        stale_subscriptions: Sequence[str],
        asides: Sequence[str],  # noqa: ARG002  # the door
    ) -> int:
        """Remember what is to be subscribed to, and what no more."""
        self.subscriptions, self.stale = (*subscriptions,), (*stale_subscriptions,)
        return 0

    def acknowledge(self, message: Message) -> None:
        """Remember the packet id."""
        self.acknowledged.append(message.packet_id)
        if self.on_acknowledge:
            self.on_acknowledge(message)

    def announce(self, topic: str, payload: bytes, *, retain: bool = True) -> None:  # noqa: ARG002  # the door
        """Remember what was last said on a topic."""
        self.announced[topic] = json.loads(payload)

    def close(self, *, timeout_s: float) -> None:
        """Have nothing to close."""


def generation(pipeline: Pipeline, config: Config = CONFIG) -> Generation:
    """Return what is in force with a pipeline, without a shape cache."""
    return Generation(config=config, prepared={}, shapes={}, pipeline=pipeline, cache=None)


@dataclass(kw_only=True)
class EngineAtRest:
    """What the watchdog looks at of an engine."""

    last_alive_s: float = 0.0
    fed_tokens: int = 0
    decode_calls: int = 0
    is_idle: bool = True


@dataclass(kw_only=True)
class Bench:
    """A main loop with a broker in memory, and a clock that the test moves."""

    events: Mailbox[Event] = field(default_factory=Mailbox)
    broker: BrokerInMemory = field(default_factory=BrokerInMemory)
    engine: EngineAtRest = field(default_factory=EngineAtRest)
    now_s: float = 0.0
    tick_s: float = 0.0  # how far each look at the clock moves it
    spool_folder: Path | None = None
    resident_mb: int = 300

    def clock(self) -> float:
        """Return the time of the test."""
        self.now_s += self.tick_s
        return self.now_s

    def serve(
        self,
        *events: Event,
        pipeline_type: type[Pipeline] = Pipeline,
        workers: int = 1,
        reread: Callable[[Generation], Generation] = lambda now: now,
    ) -> None:
        """Let the loop handle these events, and all that follow from them, until it leaves."""
        pipeline = (
            pipeline_type(  # without routes, each message is answered by a dead letter, and no model is asked
                extractor=cast("Extractor", None),
                routes=Routes(()),
                prepared={},
                limits=Limits(),
                base_topic="edge/t",
            )
        )
        folder = self.spool_folder
        loop = MainLoop(
            Settings(base_topic="edge/t", in_flight=4, waiting_qos0=2, workers=workers),
            generation=generation(pipeline),
            reread=reread,
            broker=cast("Broker", self.broker),
            engine=cast("Engine", self.engine),
            events=self.events,
            intake=Intake(
                (lambda: Spool(folder, max_bytes=10**6)) if folder else None,
                is_storing=True,
                when_full=WhenFull.WAIT,
                window=4,
                clock=self.clock,
            ),
            dead=DeadLetters(Dead(), folder, payload_bytes=1000, clock=self.clock),
            session=Session(None, client_id="edge-t", subscriptions=()),
            guard=MemoryGuard(500, clock=self.clock, resident=lambda: self.resident_mb * BYTES_PER_MB),
            program=PROGRAM,
            devices=KnownDevices(None),
            clock=self.clock,
        )
        for event in events:
            self.events.put(event)
        try:
            loop.serve()
        finally:
            self.events.close()

    def confirm_until(self, last: int) -> None:
        """Let the broker confirm each publication, and leave behind the last."""

        def confirm(number: int, _publication: Publication) -> None:
            self.events.put(Confirmed(number, None))
            if number == last:
                self.stop()

        self.broker.on_publish = confirm

    def stop(self) -> None:
        """Ask the loop to leave."""
        self.events.put(Stop("SIGTERM"))


@pytest.fixture
def bench() -> Bench:
    """Give a bench whose broker confirms every publication at once."""
    fresh = Bench()
    fresh.broker.on_publish = lambda number, _: fresh.events.put(Confirmed(number, None))
    return fresh


def arrival(packet_id: int, *, epoch: int = 1, qos: int = 1) -> Received:
    """Return the arrival of a message."""
    return Received(made.message(b"T=1", qos=qos, packet_id=packet_id, epoch=epoch))


def test_a_message_is_acknowledged_when_its_answer_is_confirmed(bench: Bench) -> None:
    """The PUBACK of the input follows that of the output."""
    bench.broker.on_acknowledge = lambda _: bench.stop()
    bench.serve(Connected(1), arrival(7))

    assert [p.topic for p in bench.broker.published] == ["edge/t/dead/_unrouted"]
    assert bench.broker.acknowledged == [7]


def test_nothing_is_acknowledged_before_its_answer_is_confirmed(bench: Bench) -> None:
    """An answer that the broker never confirms leaves its message unacknowledged, even when the loop gives up."""
    bench.broker.on_publish = lambda _number, _publication: bench.stop()
    bench.tick_s = DRAIN_S / 2
    bench.serve(Connected(1), arrival(7))

    assert len(bench.broker.published) == 1
    assert bench.broker.acknowledged == []


def test_acknowledgements_keep_the_order_of_arrival(bench: Bench) -> None:
    """Confirmations may come in any order; PUBACKs of inputs may not."""

    def confirm_backwards(number: int, _publication: Publication) -> None:
        if number == 3:
            for earlier in (3, 2, 1):
                bench.events.put(Confirmed(earlier, None))
            bench.stop()

    bench.broker.on_publish = confirm_backwards
    bench.serve(Connected(1), arrival(5), arrival(9), arrival(2))

    assert bench.broker.acknowledged == [5, 9, 2]


def test_an_answer_that_is_under_way_outlives_the_connection(bench: Bench) -> None:
    """The redelivery of its message is not answered again, and is what is acknowledged."""

    def reconnect(number: int, _publication: Publication) -> None:
        for event in (Connected(2), arrival(7, epoch=2), Confirmed(number, None)):
            bench.events.put(event)

    bench.broker.on_publish = reconnect
    bench.broker.on_acknowledge = lambda _: bench.stop()
    bench.serve(Connected(1), arrival(7, epoch=1))

    assert bench.broker.greetings == 2
    assert len(bench.broker.published) == 1
    assert bench.broker.acknowledged == [7]


def test_an_answer_of_an_earlier_session_is_published_all_the_same(bench: Bench) -> None:
    """A broker that forgot the session delivers nothing again: what is in hand is all there is."""

    def reconnect(number: int, _publication: Publication) -> None:
        if number == 1:
            bench.events.put(Connected(2, is_same_session=False))
            bench.events.put(arrival(7, epoch=2))
        bench.events.put(Confirmed(number, None))

    bench.broker.on_publish = reconnect
    bench.broker.on_acknowledge = lambda _: bench.stop()
    bench.serve(Connected(1), arrival(7, epoch=1))

    assert len(bench.broker.published) == 2
    assert bench.broker.acknowledged == [7]


def test_a_message_at_qos_0_is_answered_and_not_acknowledged(bench: Bench) -> None:
    """Nobody waits for the PUBACK of a message at QoS 0, and no reconnection brings it back."""

    def confirm_and_stop(number: int, _publication: Publication) -> None:
        bench.events.put(Confirmed(number, None))
        bench.stop()

    bench.broker.on_publish = confirm_and_stop
    bench.serve(Connected(1), arrival(0, qos=0))

    assert len(bench.broker.published) == 1
    assert bench.broker.acknowledged == []


def test_a_refused_answer_is_published_again_after_a_pause(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """The broker's refusal is an error in the log; the message waits for the second attempt."""
    answers = iter([Confirmed(1, "Quota exceeded"), Confirmed(2, None)])
    bench.broker.on_publish = lambda _number, _publication: bench.events.put(next(answers))
    bench.broker.on_acknowledge = lambda _: bench.stop()
    bench.tick_s = RETRY_S[0] / 4
    bench.serve(Connected(1), arrival(7))

    assert len(bench.broker.published) == 2
    assert bench.broker.acknowledged == [7]
    assert "publication_refused topic=edge/t/dead/_unrouted attempt=1 why=Quota exceeded" in caplog.text


def test_what_arrives_after_stop_is_left_to_the_broker(bench: Bench) -> None:
    """A message that comes while the daemon leaves is neither answered nor acknowledged."""
    bench.serve(Connected(1), Stop("SIGTERM"), arrival(7))

    assert bench.broker.published == []
    assert bench.broker.acknowledged == []


def test_the_same_trouble_is_told_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that stays away for a night is one line in the log, and so is its return."""
    caplog.set_level("INFO")
    away = Disconnected("no broker answers at pi:1883")
    bench.serve(away, away, away, Connected(1), away, Stop("SIGTERM"))

    lines = [record.getMessage() for record in caplog.records]
    assert [line for line in lines if "connected" in line] == [
        "disconnected why=no broker answers at pi:1883",
        "connected epoch=1 session=kept",
        "disconnected why=no broker answers at pi:1883",
    ]


@pytest.mark.parametrize(
    ("engine_silence_s", "is_fed"), [(0.0, True), (2 * ENGINE_SILENCE_S, False)], ids=["alive", "silent"]
)
def test_the_watchdog_is_fed_only_while_the_engine_lives(
    manager: socket.socket, engine_silence_s: float, is_fed: bool
) -> None:
    """A silent engine lets the service manager restart the daemon."""
    bench = Bench(now_s=1000.0, tick_s=1.0)
    bench.engine.last_alive_s = bench.now_s - engine_silence_s
    bench.broker.later = [Disconnected("x"), Stop("SIGTERM")]
    bench.serve()

    heard = manager.recv(4096).decode().splitlines()
    while heard[-1] != "STOPPING=1":
        heard += manager.recv(4096).decode().splitlines()
    assert ("WATCHDOG=1" in heard) is is_fed


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Give the socket on which a service manager would listen; its watchdog bites after two seconds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5.0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "2000000")
        yield listening


class SlowAtFirst(Pipeline):
    """Answers the message with the packet id 1 only behind the one with 2."""

    second_is_done = threading.Event()

    def answer(self, message: Message) -> Answer:
        """Return the answer of any pipeline, the first one late."""
        if message.packet_id == 1:
            assert self.second_is_done.wait(10)
        found = super().answer(message)
        if message.packet_id == 2:
            self.second_is_done.set()
        return found


def test_answers_to_one_topic_keep_its_order(bench: Bench) -> None:
    """A later message that is answered sooner waits for the earlier one, so that no old reading is the last."""
    bench.serve(Connected(1), arrival(1), arrival(2), Stop("SIGTERM"), pipeline_type=SlowAtFirst, workers=2)

    ids = [publication.properties["id"] for publication in bench.broker.published]
    assert ids == [arrival(1).message.id, arrival(2).message.id]
    assert bench.broker.acknowledged == [1, 2]


class Learner(Pipeline):
    """Reads the message with the packet id 1 and knows all others then; their workers are held up."""

    is_learned = False
    may_go_on = threading.Event()

    def recall(self, message: Message, *, is_first: bool = True) -> Answer | None:
        """Return an answer once the first message was read."""
        assert is_first is not self.is_learned
        return super().answer(message) if self.is_learned else None

    def learn(self, answered: Answer) -> bool:  # noqa: ARG002  # that of any pipeline
        """Learn from the first answer."""
        was_learned, self.is_learned = self.is_learned, True
        return not was_learned

    def answer(self, message: Message) -> Answer:
        """Return the answer of any pipeline, late for all but the first."""
        if message.packet_id != 1:
            assert self.may_go_on.wait(10)
        return super().answer(message)


def test_what_waits_for_the_model_is_answered_once_its_wording_is_known(bench: Bench) -> None:
    """A backlog of one kind needs no more of the model; what a worker says of it later is done without."""

    def acknowledged(message: Message) -> None:
        if message.packet_id == 4:
            Learner.may_go_on.set()
            bench.stop()

    bench.broker.on_acknowledge = acknowledged
    bench.serve(Connected(1), *map(arrival, (1, 2, 3, 4)), pipeline_type=Learner, workers=2)

    ids = [publication.properties["id"] for publication in bench.broker.published]
    assert ids == [arrival(number).message.id for number in (1, 2, 3, 4)]
    assert bench.broker.acknowledged == [1, 2, 3, 4]


def test_what_began_under_another_configuration_is_not_recalled_under_the_new_one(bench: Bench) -> None:
    """A wording that becomes known behind a reload answers what came behind it alone."""
    may_go_on, again = threading.Event(), []

    class Old(Pipeline):
        def answer(self, message: Message) -> Answer:
            for event in (Reload(), arrival(2)):
                bench.events.put(event)
            assert may_go_on.wait(10)
            return super().answer(message)

    class New(Pipeline):
        def recall(self, message: Message, *, is_first: bool = True) -> Answer | None:
            again.extend([] if is_first else [message.packet_id])
            return None

        def learn(self, answered: Answer) -> bool:  # noqa: ARG002  # that of any pipeline
            may_go_on.set()
            return True

    new = New(
        extractor=cast("Extractor", None), routes=Routes(()), prepared={}, limits=Limits(), base_topic="edge/t"
    )
    bench.broker.on_acknowledge = lambda message: bench.stop() if message.packet_id == 2 else None
    bench.serve(
        Connected(1),
        arrival(1),
        pipeline_type=Old,
        workers=2,
        reread=lambda now: replace(now, pipeline=new),
    )

    assert (bench.broker.acknowledged, again) == ([1, 2], [])


class Closing(Pipeline):
    """Its engine was closed."""

    def answer(self, message: Message) -> Answer:  # noqa: ARG002  # that of any pipeline
        """Fail as an engine that leaves."""
        raise EngineClosed("the engine was closed before this request was done")


def test_what_a_closed_engine_did_not_read_is_left_to_the_broker(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """It gets no dead letter and no acknowledgement, and nobody is alarmed."""
    bench.tick_s = 5.0
    with caplog.at_level("INFO", logger="edge"):
        bench.serve(Connected(1), arrival(1), Stop("SIGTERM"), pipeline_type=Closing)

    assert (bench.broker.published, bench.broker.acknowledged) == ([], [])
    assert "unanswered=1" in caplog.messages[-1]
    assert {record.levelname for record in caplog.records if record.name.startswith("edge")} == {"INFO"}


def test_with_a_spool_a_message_is_acknowledged_once_it_is_on_disk(bench: Bench, tmp_path: Path) -> None:
    """Also when its answer never gets through; and the next daemon finds it there."""
    bench.spool_folder = tmp_path
    bench.broker.on_publish = None
    bench.tick_s = DRAIN_S / 8
    bench.broker.later = [Connected(1), arrival(7), Disconnected("x"), Stop("SIGTERM")]
    bench.serve()

    assert bench.broker.acknowledged == [7]
    [left] = Spool(tmp_path, max_bytes=10**6).take(9)
    assert (left.payload, left.is_redelivered) == (b"T=1", True)


def test_with_a_spool_an_answered_message_leaves_the_disk(bench: Bench, tmp_path: Path) -> None:
    """Nothing is answered twice after a clean stop."""
    bench.spool_folder = tmp_path
    bench.broker.later = [Connected(1), arrival(7), arrival(8), Disconnected("x"), Stop("SIGTERM")]
    bench.serve()

    assert bench.broker.acknowledged == [7, 8]
    assert len(bench.broker.published) == 2
    assert Spool(tmp_path, max_bytes=10**6).take(9) == []


class Waiting(Pipeline):
    """Answers nothing before the test says so."""

    may_answer = threading.Event()

    def answer(self, message: Message) -> Answer:
        """Return the answer of any pipeline, late."""
        assert self.may_answer.wait(10)
        return super().answer(message)


def test_a_flood_at_qos_0_is_shed_and_counted(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """No broker holds such messages back, so only so many wait; messages at QoS 1 are none of them."""

    def acknowledged(_: Message) -> None:
        bench.stop()

    bench.broker.on_acknowledge = acknowledged
    flood = [arrival(0, qos=0) for _ in range(5)]
    Waiting.may_answer.clear()
    bench.events.put(Connected(1))
    threading.Timer(0.2, Waiting.may_answer.set).start()
    bench.serve(*flood, arrival(7), pipeline_type=Waiting)

    assert len(bench.broker.published) == 3
    assert "inputs_shed count=1 why=they came at QoS 0, faster than they are answered" in caplog.text


def test_two_daemons_with_one_client_id_are_told_apart(bench: Bench) -> None:
    """They would take the session from each other for ever; after a few times this one gives up and says why."""
    taken = Disconnected("the connection ended: Session taken over", is_takeover=True)
    with pytest.raises(TakenOver) as error:
        bench.serve(*[event for _ in range(MOST + 1) for event in (Connected(1), taken)])

    assert str(error.value) == (
        "expected a client id that no other client of the broker has; "
        "one took the session over 4 times within a minute"
    )


def test_the_health_data_come_with_the_connection(bench: Bench) -> None:
    """Who looks right after a start finds how things stand."""
    bench.serve(Connected(1), Statistic("publish/messages/dropped", 3), Stop("SIGTERM"))

    health = bench.broker.announced["edge/t/bridge/health"]
    assert isinstance(health, dict)
    assert health["mqtt"] == {
        "connected": True,
        "reconnects": 0,
        "queue_in": 0,
        "unacked": 0,
        "oldest_s": 0.0,
        "published": 0,
    }


def test_a_dead_letter_that_is_read_again_acknowledges_no_equal_message(bench: Bench) -> None:
    """An equal text under the same packet id may be in hand meanwhile: its own answer is what it waits for."""
    source = arrival(7).message

    def go_on(number: int, _publication: Publication) -> None:
        following: dict[int, tuple[Event, ...]] = {
            1: (Confirmed(1, None), arrival(7)),
            2: (Asked(request={"verb": "dead_replay", "ids": [source.id]}),),
            3: (Confirmed(3, None), Disconnected("x"), Stop("SIGTERM")),
        }
        for event in following[number]:
            bench.events.put(event)

    bench.broker.on_publish = go_on
    bench.serve(Connected(1), arrival(7))

    assert len(bench.broker.published) == 3
    assert bench.broker.acknowledged == [7]


def test_another_configuration_is_in_force_from_the_next_message_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """What came before the reload is answered by the old pipeline, what comes behind it by the new one."""
    answered: list[str] = []

    class Old(Pipeline):
        def answer(self, message: Message) -> Answer:
            answered.append(f"old {message.packet_id}")
            return super().answer(message)

    class New(Pipeline):
        def answer(self, message: Message) -> Answer:
            answered.append(f"new {message.packet_id}")
            return super().answer(message)

    new = New(
        extractor=cast("Extractor", None), routes=Routes(()), prepared={}, limits=Limits(), base_topic="edge/t"
    )
    bench.broker.on_acknowledge = lambda message: bench.stop() if message.packet_id == 8 else None
    with caplog.at_level("INFO", logger="edge"):
        bench.serve(
            Connected(1),
            arrival(7),
            Reload(),
            arrival(8),
            pipeline_type=Old,
            reread=lambda now: replace(now, pipeline=new, waiting=("mqtt.port", "model.slots")),
        )

    assert answered == ["new 7", "new 8"]  # both begin behind the events of this turn
    assert bench.broker.acknowledged == [7, 8]
    assert [line for line in caplog.messages if line.startswith("reload")] == [
        "reloaded routes=0",
        "reload_partial options=mqtt.port,model.slots hint=restart the daemon for these",
    ]


def test_a_broken_configuration_changes_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Each fault is logged with its place, and told to whoever asked; messages are answered as before."""

    def refused(_now: Generation) -> Generation:
        places = ((3, "routes[0].publish"), (9, "mqtt.port"))
        raise ConfigError(
            [Problem(file="edge.yaml", line=n, column=5, path=path, message="no") for n, path in places]
        )

    asked = Asked(request={"verb": "reload"})
    bench.broker.on_acknowledge = lambda _: bench.stop()
    bench.serve(Connected(1), asked, arrival(7), reread=refused)

    problems = ["edge.yaml:3:5: routes[0].publish: no", "edge.yaml:9:5: mqtt.port: no"]
    assert asked.reply.result(timeout=0) == {"problems": problems}
    assert bench.broker.acknowledged == [7]
    assert [line for line in caplog.messages if line.startswith("reload")] == [
        *(f"reload_refused why={problem}" for problem in problems),
        "reload_refused faults=2 hint=the configuration from before stays in force",
    ]


def test_a_daemon_that_takes_too_much_memory_answers_what_it_has_and_leaves(bench: Bench) -> None:
    """A peak is let pass; what lasts ends the process with a word on why, after all answers are out."""
    bench.broker.on_publish = None
    bench.resident_mb = 501
    bench.tick_s = PATIENCE_S / 4

    with pytest.raises(TooMuchMemory) as error:
        bench.serve(Connected(1), arrival(7))

    assert str(error.value) == (
        "expected at most 500 MB of memory, got 501 MB (limits.memory_mb; what was in hand is answered)"
    )
    assert len(bench.broker.published) == 1


class Splitting(Pipeline):
    """Takes lines of `sensors/tank` apart; its model reads 21 in each, and nothing else is a reading."""

    def __init__(self, **_: object) -> None:
        """Make the pipeline, whatever that of the bench would be."""
        schema = made.schema_of({"t": {"type": "number", "unit": "°C"}})
        route = Route(
            name="tank",
            filters=(TopicFilter("sensors/tank"),),
            schema=schema,
            inlet=Inlet(splits_lines=True),
            outlet=Outlet(topic=OutputTopic("readings/tank")),
        )
        super().__init__(
            extractor=made.ScriptedExtractor('{"t":21}'),
            routes=Routes((route,)),
            prepared={"tank": made.prepared(schema)},
            limits=Limits(lines=3),
            base_topic="edge/t",
        )


def lines(
    packet_id: int = 7, payload: bytes = b"T=21C\nT=21V\nT=21C", *, epoch: int = 1, qos: int = 1
) -> Received:
    """Return the arrival of a message of several lines."""
    return Received(made.message(payload, qos=qos, packet_id=packet_id, epoch=epoch))


def topics(bench: Bench) -> list[str]:
    """Return where answers went."""
    return [publication.topic for publication in bench.broker.published]


def test_a_message_of_lines_is_acknowledged_after_the_last_of_its_answers(bench: Bench) -> None:
    """Each line has its answer, in order, whatever became of the others; confirmations come in any order."""
    acknowledged: list[int] = []

    def confirm_backwards(number: int, _publication: Publication) -> None:
        if number == 4:
            for earlier in (4, 2, 1):
                bench.events.put(Confirmed(earlier, None))
            bench.events.put(Received(made.message(b"", qos=0, packet_id=0)))
        if number == 5:  # the answer to the empty message, behind the three confirmations
            acknowledged.extend(bench.broker.acknowledged)
            for earlier in (5, 3):
                bench.events.put(Confirmed(earlier, None))
            bench.stop()

    bench.broker.on_publish = confirm_backwards
    bench.serve(Connected(1), lines(7), lines(8, b"T=21C"), pipeline_type=Splitting)

    readings, dead = "readings/tank", "edge/t/dead/tank"
    assert topics(bench) == [readings, dead, readings, readings, dead]
    assert len({each.properties["id"] for each in bench.broker.published}) == 5
    assert (acknowledged, bench.broker.acknowledged) == ([], [7, 8])


def test_lines_in_hand_outlive_the_connection(bench: Bench) -> None:
    """A redelivered message is not begun again while one of its lines is without an answer."""

    def reconnect(number: int, _publication: Publication) -> None:
        if number == 3:
            for event in (Confirmed(3, None), Connected(2), lines(7, epoch=2), Confirmed(1, None)):
                bench.events.put(event)
            bench.events.put(Confirmed(2, None))

    bench.broker.on_publish = reconnect
    bench.broker.on_acknowledge = lambda _: bench.stop()
    bench.serve(Connected(1), lines(7), pipeline_type=Splitting)

    assert len(bench.broker.published) == 3
    assert bench.broker.acknowledged == [7]


def test_too_many_lines_are_one_dead_letter(bench: Bench) -> None:
    """What would be too much work is refused whole."""
    bench.broker.on_acknowledge = lambda _: bench.stop()
    bench.serve(Connected(1), lines(7, b"1\n2\n3\n4"), pipeline_type=Splitting)

    (letter,) = (json.loads(each.payload) for each in bench.broker.published)
    assert (letter["reason"], letter["payload"]) == ("too_many", "1\n2\n3\n4")


def test_a_message_of_lines_stays_on_disk_until_the_last_of_its_answers(bench: Bench, tmp_path: Path) -> None:
    """A daemon that ends between the answers begins all of them again, and each has the id that it had."""
    bench.spool_folder = tmp_path
    bench.tick_s = DRAIN_S / 10
    bench.broker.on_publish = lambda number, _: (  # the second one is never confirmed
        bench.stop() if number == 2 else bench.events.put(Confirmed(number, None))
    )
    bench.serve(Connected(1), lines(7), pipeline_type=Splitting)
    ids = [each.properties["id"] for each in bench.broker.published]
    again = Bench(spool_folder=tmp_path)
    again.confirm_until(3)
    again.serve(Connected(1), pipeline_type=Splitting)

    assert bench.broker.acknowledged == [7]
    assert [each.properties["id"] for each in again.broker.published] == ids
    assert [each.properties.get("redelivered") for each in again.broker.published] == ["true"] * 3
    assert spools.status(tmp_path)["messages"] == 0


def test_a_dead_letter_of_a_line_is_read_again_alone(bench: Bench, tmp_path: Path) -> None:
    """It has the id and the number that it had; one of a whole message gives way to those of its lines."""
    whole = lines(9, b"T=21C\nT=21V").message
    (_, part) = lines(7, b"T=21C\nT=21V").message.parts([b"T=21C", b"T=21V"])
    store = DeadStore(tmp_path)
    rejected = [
        of_rejection(each, Rejected(Reason.TOO_MANY, "why"), route="tank", base_topic="edge/t")
        for each in (part, whole)
    ]
    store.write([of_answer(each, payload_bytes=1000) for each in rejected])
    store.close()
    bench.spool_folder = tmp_path
    asked = Asked(request={"verb": "dead_replay", "ids": [part.id, whole.id]})
    bench.confirm_until(3)
    bench.serve(Connected(1), asked, pipeline_type=Splitting)

    assert topics(bench) == ["edge/t/dead/tank", "readings/tank", "edge/t/dead/tank"]
    assert [each.properties["part"] for each in bench.broker.published] == ["2", "1", "2"]
    store = DeadStore(tmp_path)
    assert [(each.payload, each.part, each.reason) for each in store.listed()] == [
        (b"T=21V", 2, "unit_mismatch"),
        (b"T=21V", 2, "unit_mismatch"),
    ]


@pytest.mark.parametrize("is_idle", [True, False], ids=["stuck", "busy"])
def test_a_worker_that_is_stuck_is_told(bench: Bench, *, is_idle: bool) -> None:
    """A message that waits while the model works is a backlog; while it rests for long, something is wrong."""
    may_go_on = threading.Event()

    class Stuck(Pipeline):
        def answer(self, message: Message) -> Answer:
            assert may_go_on.wait(30)
            return super().answer(message)

    look = Look()
    look.reply.add_done_callback(lambda _: may_go_on.set())
    bench.engine.is_idle = is_idle
    bench.engine.last_alive_s = 1000.0
    bench.tick_s = 1.0
    bench.broker.later = [*[Statistic("x", 0)] * 20, look]
    bench.broker.on_acknowledge = lambda _: bench.stop()
    bench.serve(Connected(1), arrival(7), pipeline_type=Stuck)
    troubles = look.reply.result(timeout=0).now.troubles

    assert [trouble.partition(" for ")[0] for trouble in troubles] == (
        ["a worker is stuck: messages wait, the model has had no work"] if is_idle else []
    )
