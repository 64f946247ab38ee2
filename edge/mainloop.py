"""Owns the main thread: publishes answers, acknowledges messages, feeds the watchdog, one event after the other.

Knows nothing of how a reading comes about. This thread talks to the broker and owns the shape cache, whose replays
need no other; workers wait for the model, and put what comes of it into this one's mailbox.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from edge import broker as brokers
from edge import service
from edge.answer import Answer
from edge.broker import Broker, Confirmed, Connected, Disconnected, Received
from edge.engine import Engine
from edge.ledger import Ledger
from edge.mailbox import Mailbox
from edge.message import Message
from edge.pipeline import Audit, Pipeline
from edge.replay import Replay
from edge.shapes import ShapeCache

log = logging.getLogger(__name__)

TICK_S = 1.0  # the longest that the main thread waits for an event
DRAIN_S = 20.0  # for messages in flight at SIGTERM; the unit's TimeoutStopSec is 30
REPUBLISH_S = 5.0  # until a publication that the broker refused is tried again
ENGINE_SILENCE_S = 30.0  # the model thread comes round at each step, many times a second


@dataclass(frozen=True, slots=True)
class Answered:
    """A worker has an answer."""

    work: Future[Answer]


@dataclass(frozen=True, slots=True)
class Audited:
    """A worker has audited a replay."""

    audit: Audit


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish what is in flight, then leave."""

    signal_name: str


Event = brokers.Event | Answered | Audited | Stop


def ignore_hangup(_number: int, _frame: object) -> None:
    """Take a SIGHUP: reloading arrives in a later version."""
    log.warning("sighup_ignored hint=restart the daemon to reload its configuration")


class MainLoop:
    """The main thread's work: one event after the other.

    Args:
        cache: the pipeline's, to be kept and audited here; None where there is none.
        workers: how many messages wait for the model at a time: enough for the engine to let routes take turns.
    """

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        broker: Broker,
        engine: Engine,
        events: Mailbox[Event],
        cache: ShapeCache | None = None,
        workers: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pipeline = pipeline
        self._broker = broker
        self._engine = engine
        self._events = events
        self._clock = clock
        self._ledger = Ledger()
        self._cache = cache
        self._workers = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="edge-worker")
        self._working: dict[Future[Answer], Message] = {}
        self._lines: dict[str, dict[int, Answer | None]] = {}  # by topic: messages by identity, as they came
        self._published: dict[int, Answer] = {}  # by publication id, until the broker confirms
        self._refused: list[tuple[float, Answer]] = []  # when to publish again
        self._counts: Counter[str] = Counter()
        self._is_connected = False
        self._trouble: str | None = None  # why there is no connection, as last said
        self._leave_at_s: float | None = None  # set by Stop
        self._feed_every_s = (service.watchdog_interval_s() or 0.0) / 2
        self._fed_at_s = clock()

    def serve(self) -> None:
        """Serve until a Stop has come and nothing is in flight."""
        self._broker.connect()
        service.notify("READY=1", "STATUS=waiting for the broker")
        log.info("ready")
        while not self._may_leave():
            self._broker.wait(TICK_S, self._events)
            while (event := self._events.take()) is not None:
                self._handle(event)
            self._publish_refused_again()
            self._feed_watchdog()
            if self._cache is not None:
                self._cache.tick()
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._broker.close(timeout_s=TICK_S)
        self._counts["unanswered"] += len(self._working) + len(self._refused)
        if self._cache is not None:
            self._cache.flush()
            self._counts += self._cache.counts
        log.info("stopped %s", " ".join(f"{name}={count}" for name, count in sorted(self._counts.items())))

    def _handle(self, event: Event) -> None:
        match event:
            case Connected(epoch):
                self._begin(epoch)
            case Disconnected(why):
                self._wait_for_broker(why)
            case Received(message):
                self._take(message)
            case Answered(work):
                self._working.pop(work, None)
                self._pipeline.learn(work.result())
                self._answer(work.result())
            case Audited(audit):
                self._judge(audit)
            case Confirmed(publication_id, refusal):
                self._settle(publication_id, refusal)
            case Stop(signal_name):
                in_flight = len(self._working) + len(self._published) + len(self._refused)
                log.info("stopping signal=%s in_flight=%d", signal_name, in_flight)
                service.notify("STOPPING=1")
                self._leave_at_s = self._clock() + DRAIN_S

    def _begin(self, epoch: int) -> None:
        """Start over on a new connection: the broker delivers again what was not acknowledged on the last one."""
        self._ledger.begin(epoch)
        for work, message in list(self._working.items()):
            if not self._ledger.is_current(message) and work.cancel():
                del self._working[work]
                self._lines[message.topic].pop(id(message))
                self._publish_in_turn(message.topic)
        self._is_connected, self._trouble = True, None
        self._broker.greet()
        log.info("connected epoch=%d", epoch)
        service.notify("STATUS=connected")

    def _wait_for_broker(self, why: str) -> None:
        """Note that there is no connection; attempts that fail for the same reason are one line in the log."""
        self._is_connected = False
        if why != self._trouble:
            self._trouble = why
            log.info("disconnected why=%s", why)
            service.notify(f"STATUS=waiting for the broker: {why}")

    def _take(self, message: Message) -> None:
        if self._leave_at_s is not None:
            return  # not acknowledged, so the broker keeps it for the next start
        self._ledger.admit(message)
        self._lines.setdefault(message.topic, {})[id(message)] = None
        known = self._pipeline.recall(message)
        if known is not None:
            self._answer(known)
            return
        work = self._workers.submit(self._pipeline.answer, message)
        self._working[work] = message
        work.add_done_callback(lambda done: None if done.cancelled() else self._events.put(Answered(done)))

    def _answer(self, answer: Answer) -> None:
        """Publish an answer behind those to earlier messages of its topic: devices keep their order."""
        self._lines[answer.message.topic][id(answer.message)] = answer
        self._publish_in_turn(answer.message.topic)

    def _publish_in_turn(self, topic: str) -> None:
        line = self._lines[topic]
        while line:
            first = next(iter(line))
            answer = line[first]
            if answer is None:
                return
            del line[first]
            self._publish(answer)
        del self._lines[topic]

    def _publish(self, answer: Answer) -> None:
        if not self._ledger.is_current(answer.message):
            self._counts["overtaken"] += 1  # by a reconnection: the message comes, or came, again
            return
        self._published[self._broker.publish(answer.publication)] = answer

    def _settle(self, publication_id: int, refusal: str | None) -> None:
        answer = self._published.pop(publication_id, None)
        if answer is None:  # the status message
            if refusal is not None:
                log.error("status_refused why=%s", refusal)
            return
        if refusal is not None:
            log.error("publication_refused topic=%s why=%s", answer.publication.topic, refusal)
            self._refused.append((self._clock() + REPUBLISH_S, answer))
            return
        for message in self._ledger.settle(answer.message):
            self._broker.acknowledge(message)
        self._record(answer)
        if answer.replay is not None and self._cache is not None:
            is_idle = self._engine.is_idle
            if self._cache.published(answer.replay, answer.message.id, is_engine_idle=is_idle):
                self._start_audit(answer.replay)

    def _start_audit(self, replay: Replay) -> None:
        """Let the model read a replayed text, behind."""
        work = self._workers.submit(self._pipeline.audit, replay)
        work.add_done_callback(lambda done: None if done.cancelled() else self._events.put(Audited(done.result())))

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

    def _record(self, answer: Answer) -> None:
        if answer.rejected is None:
            self._counts["readings"] += 1
            log.debug("reading_published route=%s id=%s", answer.route, answer.message.id)
        else:
            self._counts["dead_letters"] += 1
            log.debug(
                "dead_letter_published route=%s id=%s reason=%s detail=%s",
                answer.route,
                answer.message.id,
                answer.rejected.reason,
                answer.rejected.detail,
            )

    def _publish_refused_again(self) -> None:
        due = [answer for at_s, answer in self._refused if at_s <= self._clock()]
        self._refused = [(at_s, answer) for at_s, answer in self._refused if answer not in due]
        for answer in due:
            self._publish(answer)

    def _may_leave(self) -> bool:
        if self._leave_at_s is None:
            return False
        is_idle = not self._working and not self._published
        return is_idle or not self._is_connected or self._clock() >= self._leave_at_s

    def _feed_watchdog(self) -> None:
        """Give the sign of life, but only while the model thread lives, too."""
        now = self._clock()
        is_engine_alive = now - self._engine.last_alive_s < ENGINE_SILENCE_S
        is_due = self._feed_every_s and now - self._fed_at_s >= self._feed_every_s
        if is_due and is_engine_alive:
            self._fed_at_s = now
            service.notify("WATCHDOG=1")
