"""Owns the main thread: one event after the other, and what is due in between.

Knows nothing of how a reading comes about and of what is owed to the broker. This thread talks to the broker and
owns the shape cache, whose replays need no other; workers wait for the model, and put what comes of it into this
one's mailbox.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from edge import service
from edge.answer import Answer
from edge.control.control import Asked
from edge.control.desk import Desk
from edge.dead.deadletters import DeadLetters
from edge.delivery.crew import Answered, Audited, Crew
from edge.delivery.delivery import Delivery
from edge.delivery.intake import Intake
from edge.engine.engine import Engine
from edge.health import Health
from edge.literal import dumps
from edge.mailbox import Mailbox
from edge.mqtt.backlog import Backlog
from edge.mqtt.broker import Broker
from edge.mqtt.events import Confirmed, Connected, Disconnected, Received, Statistic, Unsubscribed
from edge.mqtt.events import Event as NetworkEvent
from edge.mqtt.rivalry import Rivalry
from edge.mqtt.session import Session
from edge.pipeline import Audit, Pipeline
from edge.shapes.shapes import ShapeCache

log = logging.getLogger(__name__)

TICK_S = 1.0  # the longest that the main thread waits for an event
DRAIN_S = 20.0  # for messages in hand at SIGTERM; the unit's TimeoutStopSec is 30
ENGINE_SILENCE_S = 30.0  # the model thread comes round at each step, many times a second


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish what is in hand, then leave."""

    signal_name: str


Event: TypeAlias = NetworkEvent | Answered | Audited | Asked | Stop


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the main loop is told.

    Attributes:
        base_topic: the daemon's own topics stand below it.
        in_flight: how many messages the broker sends ahead of their acknowledgements.
        waiting_qos0: how many messages at QoS 0 may wait.
        health_every_s: between two messages about health; 0 for none.
        workers: how many messages wait for the model at a time.
    """

    base_topic: str
    in_flight: int = 64
    waiting_qos0: int = 1000
    health_every_s: float = 60.0
    workers: int = 1


def ignore_hangup(_number: int, _frame: object) -> None:
    """Take a SIGHUP: reloading arrives in a later version."""
    log.warning("sighup_ignored hint=restart the daemon to reload its configuration")


class MainLoop:
    """The main thread's work.

    Args:
        intake: where messages come in.
        dead: where dead letters are kept.
        session: what the broker remembers of earlier configurations.
        cache: the pipeline's, to be kept and audited here; None where there is none.
        clock: monotonic seconds.
        now: the present moment, aware, UTC.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        pipeline: Pipeline,
        broker: Broker,
        engine: Engine,
        events: Mailbox[Event],
        intake: Intake,
        dead: DeadLetters,
        session: Session,
        cache: ShapeCache | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._broker = broker
        self._engine = engine
        self._events = events
        self._intake = intake
        self._dead = dead
        self._session = session
        self._cache = cache
        self._clock = clock
        self._crew = Crew(pipeline, workers=settings.workers, tell=events.put)
        self._delivery = Delivery(
            pipeline=pipeline,
            broker=broker,
            intake=intake,
            crew=self._crew,
            base_topic=settings.base_topic,
            waiting_qos0=settings.waiting_qos0,
            keep=lambda answer: dead.keep(answer, is_urgent=True),
            finished=self._finish,
            clock=clock,
        )
        self._desk = Desk(dead, intake.status, self._delivery.reread, clock=clock)
        self._backlog = Backlog(window=settings.in_flight, clock=clock)
        self._health = Health(pipeline.route_names, clock=clock, now=now)
        self._rivalry = Rivalry(clock=clock)
        self._watchdog = service.Watchdog(clock=clock)
        self._counts: Counter[str] = Counter()
        self._is_connected = False
        self._trouble: str | None = None  # why there is no connection, as last said
        self._leave_at_s: float | None = None  # set by Stop
        self._told_at_s = clock()

    def serve(self) -> None:
        """Serve until a Stop has come and nothing is in hand.

        Raises:
            TakenOver: another client keeps coming with the same client id.
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
            if self._cache is not None:
                self._cache.flush()
            log.info("stopped %s", " ".join(f"{name}={count}" for name, count in sorted(self._sums().items())))

    def _handle(self, event: Event) -> None:  # noqa: C901  # one line an event
        match event:
            case Connected():
                self._connect(event)
            case Disconnected():
                self._wait_for_broker(event)
            case Received(message):
                if self._leave_at_s is None:  # else it is not acknowledged: the broker keeps it for the next start
                    self._delivery.take(message)
            case Answered(answer):
                self._pipeline.learn(answer)
                self._delivery.answered(answer)
            case Audited(audit):
                self._judge(audit)
            case Confirmed(publication_id, refusal):
                if not self._delivery.confirmed(publication_id, refusal) and refusal is not None:
                    log.error("status_refused why=%s", refusal)
            case Statistic(name, value):
                self._backlog.hear(name, value)
            case Unsubscribed():
                self._session.unsubscribed()
            case Asked():
                self._desk.handle(event)
            case Stop(signal_name):
                log.info("stopping signal=%s in_hand=%d", signal_name, self._delivery.standing.in_hand)
                service.notify("STOPPING=1")
                self._leave_at_s = self._clock() + DRAIN_S

    def _connect(self, connected: Connected) -> None:
        self._delivery.begin(connected.epoch, is_same_session=connected.is_same_session)
        self._counts["connections"] += 1
        self._is_connected, self._trouble = True, None
        self._rivalry.connected()
        self._broker.greet()
        self._tell_health()
        session = "kept" if connected.is_same_session else "new"
        log.info("connected epoch=%d session=%s", connected.epoch, session)
        service.notify("STATUS=connected")

    def _wait_for_broker(self, event: Disconnected) -> None:
        """Note that there is no connection; attempts that fail for the same reason are one line in the log."""
        self._is_connected = False
        self._backlog.forget()
        if event.why != self._trouble:
            self._trouble = event.why
            log.info("disconnected why=%s", event.why)
            service.notify(f"STATUS=waiting for the broker: {event.why}")
        self._rivalry.disconnected(is_takeover=event.is_takeover)

    def _finish(self, answer: Answer) -> None:
        """Count and keep an answer that is safe; have a replay audited if one is due."""
        self._health.record(answer)
        if answer.rejected is not None:
            self._counts["dead_letters"] += 1
            self._dead.keep(answer)
            what = f"reason={answer.rejected.reason} detail={answer.rejected.detail}"
            log.debug("dead_letter_published route=%s id=%s %s", answer.route, answer.message.id, what)
            return
        self._counts["readings"] += 1
        log.debug("reading_published route=%s id=%s", answer.route, answer.message.id)
        if answer.replay is not None and self._cache is not None:
            is_idle = self._engine.is_idle
            if self._cache.published(answer.replay, answer.message.id, is_engine_idle=is_idle):
                self._crew.audit(answer.replay)

    def _judge(self, audit: Audit) -> None:
        """Let the cache take note of an audit; name the readings that it puts in doubt."""
        assert self._cache is not None
        if not audit.is_done:
            self._cache.abandoned(audit.replay, duration_s=audit.duration_s)
            return
        doubt = self._cache.audited(audit.replay, audit.json, duration_s=audit.duration_s)
        if doubt is not None:
            log.warning(
                "shape_dropped route=%s shape=%s why=the model reads it otherwise in_doubt=%d ids=%s",
                doubt.route,
                doubt.shape_id,
                doubt.count,
                ",".join(doubt.message_ids),
            )

    def _tick(self) -> None:
        self._backlog.look(self._delivery.standing.unacknowledged)
        self._dead.tick()
        self._desk.tick()
        if self._cache is not None:
            self._cache.tick()
        every_s = self._settings.health_every_s
        if every_s and self._clock() - self._told_at_s >= every_s:
            self._tell_health()
        if self._clock() - self._engine.last_alive_s < ENGINE_SILENCE_S:
            self._watchdog.feed()

    def _tell_health(self) -> None:
        """Publish how things stand."""
        self._told_at_s = self._clock()
        if self._settings.health_every_s:
            data = self._health.data(
                self._delivery.standing,
                is_connected=self._is_connected,
                broker=self._backlog.status,
                spool=self._intake.status(),
                counts=self._sums(),
            )
            self._broker.announce(f"{self._settings.base_topic}/bridge/health", dumps(data).encode())

    def _sums(self) -> Counter[str]:
        """Return all that is counted, by name."""
        sums = self._counts + Counter(self._delivery.counts) + self._dead.counts
        return sums + self._cache.counts if self._cache is not None else sums

    def _may_leave(self) -> bool:
        if self._leave_at_s is None:
            return False
        is_idle = not self._delivery.standing.in_hand
        return is_idle or not self._is_connected or self._clock() >= self._leave_at_s
