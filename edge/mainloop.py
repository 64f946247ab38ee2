"""Owns the main thread: publishes answers, acknowledges messages, feeds the watchdog, one event after the other.

Knows nothing of how a reading comes about. Three threads meet here in a queue: paho's emits events, the worker
answers messages, and this one does the rest.
"""

import logging
import queue
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from edge import broker as brokers
from edge import service
from edge.answer import Answer
from edge.broker import Broker, Confirmed, Connected, Disconnected, Received
from edge.engine import Engine
from edge.ledger import Ledger
from edge.message import Message
from edge.pipeline import Pipeline

log = logging.getLogger(__name__)

TICK_S = 1.0  # the longest that the main thread waits for an event
DRAIN_S = 20.0  # for messages in flight at SIGTERM; the unit's TimeoutStopSec is 30
REPUBLISH_S = 5.0  # until a publication that the broker refused is tried again
ENGINE_SILENCE_S = 30.0  # the model thread comes round at each step, many times a second


@dataclass(frozen=True, slots=True)
class Answered:
    """The worker has an answer."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish what is in flight, then leave."""

    signal_name: str


Event = brokers.Event | Answered | Stop


def ignore_hangup(_number: int, _frame: object) -> None:
    """Take a SIGHUP: reloading arrives in a later version."""
    log.warning("sighup_ignored hint=restart the daemon to reload its configuration")


class MainLoop:
    """The main thread's work: one event after the other."""

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        broker: Broker,
        engine: Engine,
        events: "queue.SimpleQueue[Event]",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pipeline = pipeline
        self._broker = broker
        self._engine = engine
        self._events = events
        self._clock = clock
        self._ledger = Ledger()
        self._workers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="edge-worker")
        self._working: dict[Future[Answer], Message] = {}
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
            with suppress(queue.Empty):
                self._handle(self._events.get(timeout=TICK_S))
            self._publish_refused_again()
            self._feed_watchdog()
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._broker.close(timeout_s=TICK_S)
        self._counts["unanswered"] += len(self._working) + len(self._refused)
        log.info("stopped %s", " ".join(f"{name}={count}" for name, count in sorted(self._counts.items())))

    def _handle(self, event: Event) -> None:
        match event:
            case Connected(epoch):
                self._begin(epoch)
            case Disconnected(why):
                self._wait_for_broker(why)
            case Received(message):
                self._take(message)
            case Answered(answer):
                self._publish(answer)
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
        work = self._workers.submit(self._pipeline.answer, message)
        self._working[work] = message
        work.add_done_callback(
            lambda done: None if done.cancelled() else self._events.put(Answered(done.result()))
        )

    def _publish(self, answer: Answer) -> None:
        self._working = {work: message for work, message in self._working.items() if message is not answer.message}
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
        """Give the sign of life, but only while paho's thread and the model thread live, too."""
        now = self._clock()
        is_engine_alive = now - self._engine.last_alive_s < ENGINE_SILENCE_S
        if now - self._fed_at_s >= self._feed_every_s and self._broker.is_alive and is_engine_alive:
            self._fed_at_s = now
            service.notify("WATCHDOG=1")
