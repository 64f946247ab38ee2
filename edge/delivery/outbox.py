"""Owns answers on their way to the broker: in order for each topic, retried, and never dropped.

Knows nothing of how an answer came about and of what is owed for its message. A publication that the broker
refuses is tried again a few times; then a dead letter takes its place; if the broker refuses that one too, it
is kept on disk instead.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge import answer as answers
from edge.answer import Answer, Publication
from edge.errors import BrokerError, Reason, Rejected
from edge.message import Message

log = logging.getLogger(__name__)

RETRY_S = (1.0, 4.0, 10.0)  # pauses before the second attempt and those after it
LAST_RESORT_S = 60.0  # between attempts of a dead letter that neither the broker nor the disk takes
MOST_CLOSED_TOPICS = 1000


class Door(Protocol):
    """Where publications go."""

    def publish(self, publication: Publication) -> int:
        """Hand a publication over; return the number under which it will be confirmed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Attempt:
    answer: Answer
    number: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class _Waiting:
    attempt: _Attempt
    until_s: float


class Outbox:
    """The answers between the pipeline and the broker's confirmation.

    Args:
        base_topic: dead letters go below it.
        keep: puts a dead letter on disk now; returns whether it is safe there.
        done: called with each answer that needs no more care.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        door: Door,
        *,
        base_topic: str,
        keep: Callable[[Answer], bool],
        done: Callable[[Answer], None],
        clock: Callable[[], float],
    ) -> None:
        self._door = door
        self._base_topic = base_topic
        self._keep = keep
        self._done = done
        self._clock = clock
        self._lines: dict[str, dict[int, Answer | None]] = {}  # by topic: messages by identity, as they came
        self._unconfirmed: dict[int, _Attempt] = {}  # by publication id
        self._waiting: list[_Waiting] = []
        self._closed_topics: dict[str, None] = {}  # refused to the end, and not taken since: no more retries there
        self.counts: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many publications the broker has not confirmed."""
        return len(self._unconfirmed) + len(self._waiting)

    def expect(self, message: Message) -> None:
        """Keep a place for the answer to a message, behind those to earlier messages of its topic."""
        self._lines.setdefault(message.topic, {})[id(message)] = None

    def send(self, answer: Answer) -> None:
        """Publish an answer behind those to earlier messages of its topic: devices keep their order."""
        topic = answer.message.topic
        line = self._lines[topic]
        line[id(answer.message)] = answer
        while line:
            first = next(iter(line))
            ready = line[first]
            if ready is None:
                return
            del line[first]
            self._attempt(_Attempt(answer=ready))
        del self._lines[topic]

    def confirmed(self, publication_id: int, refusal: str | None) -> bool:
        """Take the broker's word on a publication; return whether it was one of these.

        Args:
            publication_id: as the door gave it.
            refusal: the broker's reason; None where it took the publication.
        """
        attempt = self._unconfirmed.pop(publication_id, None)
        if attempt is None:
            return False
        if refusal is not None:
            self._refused(attempt, refusal)
        else:
            self._closed_topics.pop(attempt.answer.publication.topic, None)
            self._done(attempt.answer)
        return True

    def tick(self) -> None:
        """Try again what has waited long enough."""
        if not self._waiting:
            return
        now_s = self._clock()
        due = [each for each in self._waiting if each.until_s <= now_s]
        self._waiting = [each for each in self._waiting if each.until_s > now_s]
        for each in due:
            self._attempt(each.attempt)

    def _attempt(self, attempt: _Attempt) -> None:
        try:
            number = self._door.publish(attempt.answer.publication)
        except BrokerError as error:  # no later attempt would fare better
            self._refused(_Attempt(answer=attempt.answer, number=len(RETRY_S) + 1), str(error))
            return
        self._unconfirmed[number] = attempt

    def _refused(self, attempt: _Attempt, why: str) -> None:
        topic = attempt.answer.publication.topic
        self.counts["refusals"] += 1
        is_last = attempt.number > len(RETRY_S) or topic in self._closed_topics
        log.error("publication_refused topic=%s attempt=%d why=%s", _visible(topic), attempt.number, why)
        if not is_last:
            self._wait(_Attempt(answer=attempt.answer, number=attempt.number + 1), RETRY_S[attempt.number - 1])
            return
        self._closed_topics[topic] = None
        if len(self._closed_topics) > MOST_CLOSED_TOPICS:
            del self._closed_topics[next(iter(self._closed_topics))]
        if not attempt.answer.publication.is_dead_letter:
            self._attempt(_Attempt(answer=self._dead_letter(attempt.answer, why)))
        elif self._keep(attempt.answer):
            self.counts["kept_unpublished"] += 1
            log.error("dead_letter_kept_unpublished id=%s topic=%s", attempt.answer.message.id, _visible(topic))
            self._done(attempt.answer)
        else:  # neither broker nor disk: the message stays unacknowledged, so the broker keeps it
            self._wait(attempt, LAST_RESORT_S)

    def _dead_letter(self, answer: Answer, why: str) -> Answer:
        """Return the dead letter that takes the place of a reading that the broker refuses."""
        detail = f"the broker refuses {answer.publication.topic}: {why}"
        rejected = Rejected(Reason.PUBLISH_REFUSED, detail)
        return answers.of_rejection(answer.message, rejected, route=answer.route, base_topic=self._base_topic)

    def _wait(self, attempt: _Attempt, pause_s: float) -> None:
        self._waiting.append(_Waiting(attempt=attempt, until_s=self._clock() + pause_s))


def _visible(topic: str) -> str:
    r"""Return a topic for the log: captured from an input, it may hold what would look like another line.

    >>> _visible("readings/a\nb")
    'readings/a\\nb'
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in topic)
