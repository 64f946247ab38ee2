"""Owns the promise of delivery: no acknowledgement before the answer is with the broker, or the input on disk.

Knows nothing of how a reading comes about, of events and of what is told about it. A message passes `take`, waits
in the intake, is taken apart where its route says so, is recalled or read, goes out by the outbox, and is
acknowledged by way of the ledger once all of its parts have gone out.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.answer import Answer
from edge.delivery.crew import Crew
from edge.delivery.inhand import InHand
from edge.delivery.intake import Intake
from edge.delivery.ledger import Arrival, Ledger
from edge.delivery.outbox import Outbox
from edge.delivery.parts import Parts
from edge.message import Message
from edge.mqtt.broker import Broker
from edge.pipeline import Pipeline

if TYPE_CHECKING:
    from concurrent.futures import Future

log = logging.getLogger(__name__)

SAY_SHED_S = 60.0  # between two lines in the log about messages that were shed


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How much is under way.

    Attributes:
        in_hand: messages that have come and have no answer at the broker; each part of one counts.
        oldest_s: the age of the oldest of them.
        unacknowledged: messages that the broker waits for the acknowledgement of.
    """

    in_hand: int
    oldest_s: float
    unacknowledged: int


class Delivery:
    """The messages between their arrival and their acknowledgement; for one thread.

    Args:
        intake: where messages come in.
        crew: answers what is not recalled; `answered` is to be called with what comes of it.
        base_topic: dead letters go below it.
        waiting_qos0: how many messages at QoS 0 may wait.
        keep: puts a dead letter on disk now; returns whether it is safe there.
        finished: called with each answer once it is safe, and with how long that took, in seconds.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        broker: Broker,
        intake: Intake,
        crew: Crew,
        base_topic: str,
        waiting_qos0: int,
        keep: Callable[[Answer], bool],
        finished: Callable[[Answer, float], None],
        clock: Callable[[], float],
    ) -> None:
        self._pipeline = pipeline
        self._broker = broker
        self._intake = intake
        self._crew = crew
        self._finished = finished
        self._clock = clock
        self._ledger = Ledger()
        self._parts = Parts()
        self._in_hand = InHand(most_loose=waiting_qos0, clock=clock)
        self._outbox = Outbox(broker, base_topic=base_topic, keep=keep, done=self._finish, clock=clock)
        self._asked: dict[int, tuple[Message, Pipeline, Future[Answer]]] = {}  # of the crew, by identity
        self._rereads: dict[int, Callable[[Answer], None]] = {}  # by the identity of the message
        self._counts: Counter[str] = Counter()
        self._said_shed_at_s: float | None = None

    @property
    def standing(self) -> Standing:
        """How much is under way."""
        return Standing(
            in_hand=len(self._in_hand),
            oldest_s=self._in_hand.oldest_s,
            unacknowledged=len(self._ledger),
        )

    @property
    def waits_for_model(self) -> bool:
        """Whether a message waits for the crew to answer it."""
        return bool(self._asked)

    @property
    def counts(self) -> Mapping[str, int]:
        """What happened on the way, by name."""
        return self._counts + self._outbox.counts + self._intake.counts

    def serve(self, pipeline: Pipeline) -> None:
        """Recall by another pipeline from now on; what is in hand is answered by the one that began it."""
        self._pipeline = pipeline

    def begin(self, epoch: int, *, is_same_session: bool) -> None:
        """Begin a new connection; what is in hand goes on, and is published on it."""
        self._ledger.begin(epoch, is_same_session=is_same_session)

    def take(self, message: Message) -> None:
        """Take a message that has arrived; `turn` sees what becomes of it."""
        match self._ledger.admit(message):
            case Arrival.NEW:
                self._intake.arrive(message)
            case Arrival.IN_HAND:
                self._counts["redelivered_in_hand"] += 1
            case Arrival.SETTLED:
                self._counts["redelivered_answered"] += 1

    def turn(self, *, may_begin: bool) -> None:
        """Acknowledge what is safe on disk, begin what may begin, and try again what was refused."""
        turn = self._intake.turn(may_begin=may_begin)
        for message in turn.stored:
            self._ledger.settle(message)
        for message in turn.begun:
            if message.row or self._in_hand.has_room(message):
                self._begin(message)
            else:
                self._shed()
        self._outbox.tick()
        self._acknowledge()

    def reread(self, message: Message, done: Callable[[Answer], None]) -> None:
        """Answer a message anew, for which no acknowledgement is owed.

        `done` hears when the answers to all of its parts are safe: the first that rejects one, or else the last.
        """
        self._rereads[id(message)] = done
        self._begin(message)

    def answered(self, answer: Answer) -> None:
        """Take the answer to a message from the crew; one that has been answered meanwhile is done without."""
        if self._asked.pop(id(answer.message), None) is not None:
            self._outbox.send(answer)

    def recall_again(self) -> None:
        """Answer what waits for the model, and whose wording has become known: a backlog is mostly of one kind."""
        for message, pipeline, work in list(self._asked.values()):
            if pipeline is not self._pipeline:  # it began under another configuration, and ends under that
                continue
            known = pipeline.recall(message, is_first=False)
            if known is not None:
                del self._asked[id(message)]
                work.cancel()  # no matter if it has begun: nobody listens
                self._outbox.send(known)

    def confirmed(self, publication_id: int, refusal: str | None) -> bool:
        """Take the broker's word on a publication; return whether it was that of an answer."""
        return self._outbox.confirmed(publication_id, refusal)

    def close(self) -> None:
        """Write what is still to be written; count what is left without an answer."""
        self._counts["unanswered"] += len(self._in_hand)
        self._intake.close()

    def _begin(self, message: Message) -> None:
        parts = self._pipeline.parts(message)
        self._parts.begin(message, parts)
        for part in parts:
            self._in_hand.begin(part)
            self._outbox.expect(part)
        for part in parts:
            known = self._pipeline.recall(part)
            if known is not None:
                self._outbox.send(known)
            else:
                self._asked[id(part)] = part, self._pipeline, self._crew.answer(part)

    def _finish(self, answer: Answer) -> None:
        """Do what is due once an answer is safe: with the broker, or, refused by it, on disk."""
        took_s = self._in_hand.end(answer.message)
        finished = self._parts.end(answer)
        if finished is not None:
            self._intake.answered(finished[0])
            if finished[
                0
            ].epoch:  # one from disk is owed nothing, and may have the id of another that has just come
                self._ledger.settle(finished[0])
                self._acknowledge()
        self._finished(answer, took_s)
        if finished is not None:
            message, speaker = finished
            reread = self._rereads.pop(id(message), None)
            if reread is not None:
                reread(speaker)

    def _acknowledge(self) -> None:
        for message in self._ledger.take_due():
            self._broker.acknowledge(message)

    def _shed(self) -> None:
        """Do without a message at QoS 0 for which there is no room: nobody else keeps it."""
        self._counts["shed"] += 1
        if self._said_shed_at_s is None or self._clock() - self._said_shed_at_s >= SAY_SHED_S:
            self._said_shed_at_s = self._clock()
            log.warning(
                "inputs_shed count=%d why=they came at QoS 0, faster than they are answered "
                "hint=publish at QoS 1, or raise mqtt.waiting_qos0",
                self._counts["shed"],
            )
