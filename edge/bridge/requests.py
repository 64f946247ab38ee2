"""Owns requests over the broker: `<base_topic>/bridge/request/VERB` in, `<base_topic>/bridge/response/VERB` out.

Knows nothing of how a request is carried out: that is the desk's, as for those who ask over the control socket. A
request is input like any other, from whoever may publish there: its size and its number are bounded, and its
answer goes nowhere where it would be taken for a text or a reading.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from edge.answer import Publication
from edge.config.options import Config
from edge.config.rules import got
from edge.control import desk
from edge.control.control import Asked
from edge.errors import BrokerError, EdgeError
from edge.event import Replied
from edge.literal import JSON, dumps, encoded, loads
from edge.mqtt.events import Requested
from edge.topics import TopicFilter, check_topic

log = logging.getLogger(__name__)

VERBS = (
    desk.HEALTH_CHECK,
    desk.RELOAD,
    desk.LOG_LEVEL,
    desk.EXTRACT,
    desk.DISCOVERY,
)  # the others show or delete texts of devices
MOST_WAITING = 8
MOST_A_SECOND = 20  # more are not even refused: an answer to each would be a flood of its own
RELOAD_EVERY_S = 5.0  # a reload makes each schema ready anew, and messages wait for that
MOST_ENVELOPE_BYTES = 4096  # of a request, beside the text that it may hold
MOST_TRANSACTION_CHARS = 200
MOST_CORRELATION_BYTES = 1000
MOST_TOPIC_BYTES = 1000
SAY_S = 60.0  # between two lines in the log about requests that were dropped


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ticket:
    """What is known of a request for the sake of its answer.

    Attributes:
        topic: where the answer goes.
        transaction: what the request wants to find in it; None for nothing.
        correlation: likewise, among its properties.
    """

    topic: str
    transaction: JSON = None
    correlation: bytes | None = None


class Requests:
    """The requests under way. For the main thread.

    Args:
        base_topic: the daemon's own.
        handle: carries a request out, now or later.
        publish: hands a publication to the broker and returns its number.
        tell: takes word of a reply, in whatever thread it is made.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        base_topic: str,
        *,
        handle: Callable[[Asked], None],
        publish: Callable[[Publication], int],
        tell: Callable[[Replied], None],
        clock: Callable[[], float],
    ) -> None:
        self._below = f"{base_topic}/bridge/request/"
        self._responses = f"{base_topic}/bridge/response/"
        self._handle = handle
        self._publish = publish
        self._tell = tell
        self._clock = clock
        self._is_open = False
        self._payload_bytes = 0
        self._closed: Sequence[TopicFilter] = ()
        self._waiting: dict[int, tuple[_Ticket, Asked]] = {}  # for their answers, by number
        self._number = 0
        self._sent: set[int] = set()  # answers that the broker has not confirmed
        self._second_s, self._in_second = clock(), 0
        self._said_at_s: float | None = None
        self._reload_at_s = clock()  # the earliest moment of the next one
        self.counts: Counter[str] = Counter()

    def serve(self, config: Config) -> None:
        """Answer as a configuration says from now on."""
        self._is_open = config.bridge.requests
        self._payload_bytes = config.limits.payload_bytes
        self._closed = closed_topics(config)

    def take(self, requested: Requested) -> None:
        """Carry a request out, or refuse it with the reason."""
        verb = requested.topic.removeprefix(self._below)
        if not self._is_open or not verb.isprintable() or self._is_too_often():
            return  # of what is not printable: brokers hang up on whoever publishes there
        self.counts["requests"] += 1
        ticket = _Ticket(topic=f"{self._responses}{verb}")
        try:
            request = self._request(requested.payload)
            ticket = replace(ticket, transaction=_transaction(request))
            ticket = replace(ticket, correlation=_correlation(requested))
            ticket = replace(ticket, topic=self._response_topic(requested) or ticket.topic)
            asked = Asked(request={**request, "verb": self._verb(verb)})
        except EdgeError as error:  # the ticket has what could be read by then
            self._answer(ticket, {"data": {}, "status": "error", "error": str(error)})
            return
        self._number += 1
        number = self._number
        self._waiting[number] = ticket, asked
        asked.reply.add_done_callback(lambda _: self._tell(Replied(number)))
        self._handle(asked)

    def replied(self, replied: Replied) -> None:
        """Publish the answer to a request that has its reply."""
        ticket, asked = self._waiting.pop(replied.number)
        error = asked.reply.exception(timeout=0)
        data = {} if error is not None else asked.reply.result(timeout=0)
        if error is None and "problems" in data:  # of a reload that was refused
            error = EdgeError("\n".join(cast("list[str]", data["problems"])))
        if error is not None:
            self._answer(ticket, {"data": {}, "status": "error", "error": str(error)})
        else:
            self._answer(ticket, {"data": data, "status": "ok"})

    def confirmed(self, publication_id: int, refusal: str | None) -> bool:
        """Take the broker's word on a publication; return whether it was an answer of these."""
        if publication_id not in self._sent:
            return False
        self._sent.discard(publication_id)
        if refusal is not None:
            self.counts["responses_refused"] += 1
            log.warning("response_refused why=%s", refusal)
        return True

    def _request(self, payload: bytes) -> dict[str, JSON]:
        if len(self._waiting) >= MOST_WAITING:
            raise EdgeError(f"expected at most {MOST_WAITING} requests at a time, got one more; try again")
        most_bytes = self._payload_bytes + MOST_ENVELOPE_BYTES
        if len(payload) > most_bytes:
            raise EdgeError(f"expected a request of at most {most_bytes} bytes, got {len(payload)}")
        try:
            request = loads(payload.decode()) if payload else {}
        except (ValueError, RecursionError) as error:
            raise EdgeError(
                f"expected a JSON object or nothing, got {len(payload)} bytes of something else"
            ) from error
        if not isinstance(request, dict):
            raise EdgeError(f"expected a JSON object or nothing, got a JSON {type(request).__name__}")
        return request

    def _verb(self, verb: str) -> str:
        if verb not in VERBS:
            raise EdgeError(f"expected one of {', '.join(VERBS)}, got {got(verb)}")
        if verb == desk.RELOAD:
            if self._clock() < self._reload_at_s:
                raise EdgeError(f"expected one reload in {RELOAD_EVERY_S:g} s, got one more; try again")
            self._reload_at_s = self._clock() + RELOAD_EVERY_S
        return verb

    def _response_topic(self, requested: Requested) -> str | None:
        """Return where the answer is wanted, if that is said and harmless.

        Raises:
            EdgeError: an answer there might be taken for something else.
        """
        topic = requested.response_topic
        if topic is None:
            return None
        expected = "response topic: expected"
        if len(topic.encode()) > MOST_TOPIC_BYTES:
            raise EdgeError(f"{expected} at most {MOST_TOPIC_BYTES} bytes, got {len(topic.encode())}")
        try:
            check_topic(topic)
        except ValueError as error:
            raise EdgeError(f"response topic: {error}") from error
        if topic.startswith("$") or set(topic) & set("+#"):
            raise EdgeError(f'{expected} one without "+" and "#" that does not start with "$", got {got(topic)}')
        if topic.startswith(self._responses):
            return topic
        for each in self._closed:
            if each.captures(topic) is not None:
                raise EdgeError(f'{expected} one beside "{each.text}", got {got(topic)}')
        return topic

    def _answer(self, ticket: _Ticket, answer: dict[str, JSON]) -> None:
        if ticket.transaction is not None:
            answer["transaction"] = ticket.transaction
        payload = encoded(answer)
        try:
            self._sent.add(
                self._publish(Publication(topic=ticket.topic, payload=payload, correlation=ticket.correlation))
            )
        except BrokerError as error:
            self.counts["responses_refused"] += 1
            log.warning("response_refused why=%s", error)

    def _is_too_often(self) -> bool:
        """Return whether there have been so many requests lately that this one gets no word."""
        now_s = self._clock()
        if now_s - self._second_s >= 1:
            self._second_s, self._in_second = now_s, 0
        self._in_second += 1
        if self._in_second <= MOST_A_SECOND:
            return False
        self.counts["requests_dropped"] += 1
        if self._said_at_s is None or now_s - self._said_at_s >= SAY_S:
            self._said_at_s = now_s
            log.warning("requests_dropped why=more than %d a second on %s+", MOST_A_SECOND, self._below)
        return True


def closed_topics(config: Config) -> tuple[TopicFilter, ...]:
    """Return where no answer may go: what the daemon or another one reads as a text, and what it says itself."""
    inputs = [each for route in config.routes for each in route.filters]
    outputs = [route.outlet.topic.as_filter(each) for route in config.routes for each in route.filters]
    discovery = [TopicFilter(f"{config.homeassistant.prefix}/#")]
    return (TopicFilter(f"{config.base_topic}/#"), *dict.fromkeys((*discovery, *inputs, *outputs)))


def _transaction(request: dict[str, JSON]) -> JSON:
    """Return what a request wants to find in its answer; None for nothing."""
    value = request.pop("transaction", None)
    if isinstance(value, dict | list) or len(dumps(value)) > MOST_TRANSACTION_CHARS:
        raise EdgeError(f"transaction: expected text or a number of at most {MOST_TRANSACTION_CHARS} characters")
    return value


def _correlation(requested: Requested) -> bytes | None:
    data = requested.correlation
    if data is not None and len(data) > MOST_CORRELATION_BYTES:
        raise EdgeError(f"correlation data: expected at most {MOST_CORRELATION_BYTES} bytes, got {len(data)}")
    return data
