"""Owns the main thread: one event after the other, and what is due in between.

Knows nothing of how a reading comes about and of what is owed to the broker. This thread talks to the broker and
owns the shape cache, whose replays need no other; workers wait for the model, and put what comes of it into this
one's mailbox.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from edge import health, service
from edge.answer import Answer
from edge.auditor import Auditor
from edge.bridge.bridge import Bridge
from edge.bridge.info import Program
from edge.bridge.loglines import LogLines
from edge.condition import Condition
from edge.control.control import Asked
from edge.control.desk import Desk
from edge.dead.deadletters import DeadLetters
from edge.delivery.crew import Answered, Audited, Crew
from edge.delivery.delivery import Delivery
from edge.delivery.intake import Intake
from edge.engine.engine import Engine
from edge.errors import EdgeError, TooMuchMemory
from edge.event import Event, Logged, Look, Reload, Replied, Stop
from edge.generation import Generation, asides
from edge.homeassistant.discovery import Discovery
from edge.homeassistant.known import KnownDevices
from edge.literal import excerpt
from edge.mailbox import Mailbox
from edge.memory import MemoryGuard
from edge.mqtt.broker import Broker
from edge.mqtt.contact import Contact
from edge.mqtt.events import (
    Confirmed,
    Connected,
    Disconnected,
    Received,
    Requested,
    Statistic,
    Subscribed,
    Unsubscribed,
)
from edge.mqtt.session import Session
from edge.reloader import Reloader

log = logging.getLogger(__name__)

TICK_S = 1.0  # the longest that the main thread waits for an event
DRAIN_S = 20.0  # for messages in hand at SIGTERM; the unit's TimeoutStopSec is 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the main loop is told.

    Attributes:
        base_topic: the daemon's own topics stand below it.
        in_flight: how many messages the broker sends ahead of their acknowledgements.
        waiting_qos0: how many messages at QoS 0 may wait.
        workers: how many messages wait for the model at a time.
    """

    base_topic: str
    in_flight: int = 64
    waiting_qos0: int = 1000
    workers: int = 1


class MainLoop:
    """The main thread's work.

    Args:
        generation: what is in force at the start.
        reread: as `Reloader` takes it.
        intake: where messages come in.
        dead: where dead letters are kept.
        session: what the broker remembers of earlier configurations.
        guard: of this process's memory.
        program: what serves, for those who ask.
        devices: what was announced to Home Assistant before.
        log_lines: of which the broker is told; None for none.
        clock: monotonic seconds.
        now: the present moment, aware, UTC.
        uniform: returns a random number between two.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        generation: Generation,
        reread: Callable[[Generation], Generation],
        broker: Broker,
        engine: Engine,
        events: Mailbox[Event],
        intake: Intake,
        dead: DeadLetters,
        session: Session,
        guard: MemoryGuard,
        program: Program,
        devices: KnownDevices,
        log_lines: LogLines | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._settings = settings
        self._generation = generation
        self._reloader = Reloader(reread)
        self._broker = broker
        self._events = events
        self._intake = intake
        self._dead = dead
        self._session = session
        self._guard = guard
        self._clock = clock
        self._now = now
        self._crew = Crew(generation.pipeline, workers=settings.workers, tell=events.put)
        self._auditor = Auditor(generation.cache, engine=engine, crew=self._crew)
        self._delivery = Delivery(
            pipeline=generation.pipeline,
            broker=broker,
            intake=intake,
            crew=self._crew,
            base_topic=settings.base_topic,
            waiting_qos0=settings.waiting_qos0,
            keep=lambda answer: dead.keep(answer, is_urgent=True),
            finished=self._finish,
            clock=clock,
        )
        self._desk = Desk(
            dead,
            intake.status,
            self._delivery.reread,
            reload=self._reload,
            health=lambda: health.document(self._condition.figures),
            extract=self._extract,
            discover=lambda forgets: self._discovery.again(forgets=forgets),
            clock=clock,
        )
        self._bridge = Bridge(
            program,
            generation,
            broker=broker,
            figures=lambda: self._condition.figures,
            handle=self._desk.handle,
            tell=events.put,
            log_lines=log_lines,
            clock=clock,
        )
        self._discovery = Discovery(
            generation.config, devices, publish=broker.publish, clock=clock, uniform=uniform
        )
        self._contact = Contact(window=settings.in_flight, clock=clock)
        self._condition = Condition(
            generation.pipeline.route_names,
            delivery=self._delivery,
            contact=self._contact,
            intake=intake,
            guard=guard,
            engine=engine,
            counts=self._sums,
            clock=clock,
            now=now,
        )
        self._watchdog = service.Watchdog(clock=clock)
        self._counts: Counter[str] = Counter()
        self._leave_at_s: float | None = None  # set by Stop
        self._excess_mb: int | None = None  # why it leaves, if it is that

    def serve(self) -> None:
        """Serve until a Stop has come and nothing is in hand.

        Raises:
            TakenOver: another client keeps coming with the same client id.
            TooMuchMemory: the process has been above its bound for a while.
        """
        self._broker.connect()
        service.notify("READY=1", "STATUS=waiting for the broker")
        log.info("ready")
        try:
            while not self._may_leave():
                self._broker.wait(TICK_S, self._events)
                while (event := self._events.take()) is not None:
                    self._handle(event)
                self._delivery.turn(may_begin=self._leave_at_s is None)
                self._tick()
        finally:
            self._crew.close()
            self._broker.close(timeout_s=TICK_S)
            self._delivery.close()
            self._dead.close()
            self._auditor.flush()
            log.info("stopped %s", " ".join(f"{name}={count}" for name, count in sorted(self._sums().items())))

        if self._excess_mb is not None:
            raise TooMuchMemory(
                f"expected at most {self._guard.limit_mb} MB of memory, got {self._excess_mb} MB "
                "(limits.memory_mb; what was in hand is answered)"
            )

    def _handle(self, event: Event) -> None:  # noqa: C901, PLR0912  # one line an event
        match event:
            case Connected():
                self._connect(event)
            case Disconnected():
                self._reloader.disconnected()
                self._discovery.disconnected()
                self._contact.disconnected(event)
            case Received(message):
                if self._leave_at_s is None:  # else it is not acknowledged: the broker keeps it for the next start
                    self._delivery.take(message)
            case Answered(answer, pipeline):
                is_new = False
                if pipeline is self._generation.pipeline:  # else it was read under another schema, perhaps
                    is_new = pipeline.learn(answer)
                self._delivery.answered(answer)
                if is_new:
                    self._delivery.recall_again()
            case Audited(audit):
                self._auditor.audited(audit)
            case Confirmed(publication_id, refusal):
                parts = (self._delivery, self._bridge, self._discovery)
                is_known = any(part.confirmed(publication_id, refusal) for part in parts)
                if not is_known and refusal is not None:
                    log.error("status_refused why=%s", refusal)
            case Statistic(name, value):
                self._contact.backlog.hear(name, value)
            case Subscribed():
                self._reloader.subscribed()
            case Unsubscribed():
                self._session.unsubscribed()
            case Asked():
                self._desk.handle(event)
            case Requested() if self._discovery.is_birth(event):
                self._discovery.born(event)
            case Requested():
                self._bridge.requested(event)
            case Replied():
                self._bridge.replied(event)
            case Logged():
                self._bridge.logged(event)
            case Look(reply):
                reply.set_result(self._condition.figures)
            case Reload():
                self._reload()
            case Stop(why):
                log.info("stopping why=%s in_hand=%d", why, self._delivery.standing.in_hand)
                service.notify("STOPPING=1")
                self._leave_at_s = self._clock() + DRAIN_S
                self._condition.is_leaving = True

    def _connect(self, connected: Connected) -> None:
        self._delivery.begin(connected.epoch, is_same_session=connected.is_same_session)
        self._contact.connected(connected)
        self._broker.greet()
        self._bridge.connected()
        self._discovery.connected()

    def _reload(self, asked: Asked | None = None) -> None:
        """Take up the configuration as its file has it now, or keep the one in force."""
        coming = self._reloader.begin(self._generation, asked)
        if coming is not None:
            self._reloader.taken_up(subscribing=self._take_up(coming))
        self._bridge.reloaded(self._reloader.error)

    def _take_up(self, coming: Generation) -> int:
        """Let another generation be in force from the next message on; what is in hand ends under its own.

        Return how many subscriptions the broker has yet to answer.
        """
        self._generation = coming
        self._auditor.serve(coming.cache)
        if coming.cache is not None:
            coming.cache.serve(coming.config.shapes, coming.shapes)
        self._crew.pipeline = coming.pipeline
        self._delivery.serve(coming.pipeline)
        self._dead.bound(coming.config.dead, payload_bytes=coming.config.limits.payload_bytes)
        self._guard.limit_mb = coming.memory_limit_mb
        self._condition.serve(coming.pipeline.route_names)
        self._bridge.serve(coming)
        self._discovery.serve(coming.config)
        self._session.change(coming.subscriptions)
        return self._broker.resubscribe(coming.subscriptions, self._session.stale, asides(coming.config))

    def _extract(self, route: str, text: str, asked: Asked) -> None:
        """Let the model read a text that is no message."""
        names = self._generation.pipeline.route_names
        if route not in names:
            raise EdgeError(f"route: expected one of {', '.join(names)}, got {excerpt(route)}")
        self._crew.attempt(route, text, asked, arrived_at=self._now())

    def _finish(self, answer: Answer, took_s: float) -> None:
        """Count an answer that the broker has; keep a dead letter, have a replay audited if it is due."""
        self._condition.record(answer, took_s)
        if answer.rejected is not None:
            self._counts["dead_letters"] += 1
            self._dead.keep(answer)
            what = f"reason={answer.rejected.reason} detail={answer.rejected.detail}"
            log.debug("dead_letter_published route=%s id=%s %s", answer.route, answer.message.id, what)
            return
        self._counts["readings"] += 1
        self._discovery.published(answer)
        log.debug("reading_published route=%s id=%s", answer.route, answer.message.id)
        self._auditor.published(answer)

    def _tick(self) -> None:
        self._contact.backlog.look(self._delivery.standing.unacknowledged)
        self._dead.tick()
        self._desk.tick()
        self._auditor.tick()
        self._bridge.tick()
        self._discovery.tick()
        self._condition.tick()
        self._watch_memory()
        if not self._condition.is_model_silent:
            self._watchdog.feed()

    def _watch_memory(self) -> None:
        """Leave where the process takes too much: what is in hand is answered, and the broker keeps the rest."""
        excess_mb = self._guard.excess_mb() if self._leave_at_s is None else None
        if excess_mb is not None:
            self._excess_mb = excess_mb
            log.error("memory_limit resident_mb=%d limit_mb=%d", excess_mb, self._guard.limit_mb)
            self._handle(Stop("memory_limit"))

    def _sums(self) -> Counter[str]:
        """Return all that is counted, by name."""
        parts = (
            *(self._delivery.counts, self._dead.counts, self._reloader.counts, self._auditor.counts),
            *(self._bridge.counts, self._discovery.counts, {"connections": self._contact.connections}),
        )
        return sum((Counter(each) for each in parts), self._counts)

    def _may_leave(self) -> bool:
        if self._leave_at_s is None:
            return False
        is_idle = not self._delivery.standing.in_hand
        return is_idle or not self._contact.is_connected or self._clock() >= self._leave_at_s
