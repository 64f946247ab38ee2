"""Owns the way of a message, from its arrival to its answer. The file to read first.

Knows nothing of the broker's client, of threads or of acknowledgements.

    message ──> route ──> text ──> shape cache ──hit────────────────────────────────> reading
                  │          │        └─miss─> extract ──> convert units ──> validate ──> reading, from which the
                  └──────────┴────────────────────┴───────────────┴──────────────┴──> dead letter  cache learns
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from edge import answer, bug, trial
from edge.answer import Answer
from edge.config.options import Limits
from edge.errors import EdgeError, EngineClosed, Reason, Rejected
from edge.extraction.extractor import Extractor, Prepared
from edge.extraction.reading import Validator
from edge.inlet import Content
from edge.message import Message
from edge.routes import Match, Route, Routes
from edge.shapes.replay import Replay
from edge.shapes.shapes import ShapeCache
from edge.trial import Trial

log = logging.getLogger(__name__)


def prepare(extractor: Extractor, route: Route) -> Prepared:
    """Return the schema of a route made ready, with a judge who asks for all that the route does.

    Raises:
        EdgeError: as `Extractor.prepare`.
    """
    validator = Validator(route.schema, route.units, min_confidence=route.min_confidence)
    return extractor.prepare(route.schema, flow=route.name, validator=validator)


@dataclass(frozen=True, slots=True)
class Audit:
    """What the model made of a text whose reading was replayed.

    Attributes:
        json: its reading; None where it was rejected.
        is_done: whether the model came to an end; a failure says nothing about the replay.
        duration_s: the engine's time.
    """

    replay: Replay
    json: str | None
    is_done: bool
    duration_s: float


class Pipeline:
    """Answers messages. `recall` and `learn` belong to one thread, the others to any.

    Args:
        prepared: the schema of each route, made ready, by the route's name.
        cache: of shapes; None where none is wanted.
    """

    def __init__(
        self,
        *,
        extractor: Extractor,
        routes: Routes,
        prepared: Mapping[str, Prepared],
        limits: Limits,
        base_topic: str,
        cache: ShapeCache | None = None,
    ) -> None:
        self._extractor = extractor
        self._routes = routes
        self._prepared = prepared
        self._limits = limits
        self._base_topic = base_topic
        self._cache = cache
        self._learning = {route.name for route in routes if route.shapes}

    @property
    def route_names(self) -> tuple[str, ...]:
        """The names of all routes, in the order of the file."""
        return tuple(route.name for route in self._routes)

    def parts(self, message: Message) -> Sequence[Message]:
        """Return the messages that a message is: itself, or one for each line where its route splits lines.

        One that cannot be split is itself: `answer` says why.
        """
        match = self._routes.match(message.topic)
        if match is None or not match.route.inlet.splits_lines or message.part:
            return (message,)
        try:
            payloads = self._payloads(message, match.route)
        except Exception:  # noqa: BLE001  # the boundary of a message; `answer` meets the same, and tells of it
            return (message,)
        return message.parts(payloads) if len(payloads) > 1 else (message,)

    def recall(self, message: Message, *, is_first: bool = True) -> Answer | None:
        """Return the answer to a message whose wording is known; None where the model must be asked.

        Args:
            message: to be answered.
            is_first: whether it has not been asked for before; counted is the first time.
        """
        match = self._routes.match(message.topic)
        if self._cache is None or match is None or not match.route.shapes:
            return None
        with self._surviving("recall", message), suppress(Rejected):
            content = self._content(message, match.route)
            replay = self._cache.recall(match.route.name, content.text, is_first=is_first)
            if replay is not None:
                return answer.of_replay(message, replay, match.within(content.document))
        return None

    def learn(self, answered: Answer) -> bool:
        """Let the shape cache take note of an answer, if it is a reading of the model's.

        Return whether its wording is known from now on.
        """
        reading, route = answered.reading, answered.route
        if self._cache is None or reading is None or route is None or route not in self._learning:
            return False
        is_known = False  # a variable, as what is survived leaves the block
        with self._surviving("learn", answered.message):
            is_known = self._cache.learn(route, reading.extraction.text, reading.extraction)
        return is_known  # noqa: RET504  # see above

    def audit(self, replay: Replay) -> Audit:
        """Return what the model makes of a replayed text."""
        prepared = self._prepared[replay.entry.route]
        json, duration_s, is_done = None, 0.0, True
        try:
            extraction = self._extractor.extract(prepared, replay.text)
            duration_s = extraction.duration_s
            json = prepared.validator.judge(extraction).json
        except Rejected as rejected:
            is_done = rejected.reason is not Reason.TIMEOUT
        except EdgeError:  # the model failed, or the engine was closed
            is_done = False
        return Audit(replay=replay, json=json, is_done=is_done, duration_s=duration_s)

    def attempt(self, route_name: str, text: str, *, arrived_at: datetime) -> Trial:
        """Return what becomes of a text under a route; nobody learns from it, and nothing is published.

        Raises:
            EdgeError: the model failed, or the engine was closed.
        """
        (route,) = (each for each in self._routes if each.name == route_name)
        return trial.of_text(
            self._extractor,
            self._prepared[route_name],
            route,
            text,
            limit_bytes=self._limits.payload_bytes,
            arrived_at=arrived_at,
        )

    def answer(self, message: Message) -> Answer:
        """Return the answer to a message; whatever the message is, there is one.

        Raises:
            EngineClosed: the daemon is leaving, and the message has not been read.
        """
        match = self._routes.match(message.topic)
        route = match.route.name if match else None
        try:
            return self._reading(message, match)
        except Rejected as rejected:
            return answer.of_rejection(message, rejected, route=route, base_topic=self._base_topic)
        except EngineClosed:
            raise
        except Exception as error:  # the boundary of a message: no message may end the daemon
            log.error("message_failed id=%s route=%s error=%s", message.id, route, bug.told(error))  # noqa: TRY400
            log.debug("message_failed id=%s", message.id, exc_info=True)  # whose words may quote the message
            return answer.of_failure(message, error, route=route, base_topic=self._base_topic)

    def _reading(self, message: Message, match: Match | None) -> Answer:
        if match is None:
            raise Rejected(Reason.NO_ROUTE, f"no route of the configuration takes the topic {message.topic}")
        content = self._content(message, match.route)
        match = match.within(content.document)  # before the model is asked in vain
        prepared = self._prepared[match.route.name]
        reading = prepared.validator.judge(self._extractor.extract(prepared, content.text))
        return answer.of_reading(message, reading, match)

    def _content(self, message: Message, route: Route) -> Content:
        payload = message.payload
        if route.inlet.splits_lines:
            payloads = self._payloads(message, route)
            if len(payloads) > 1:  # nobody took it apart: to read one of them would lose the others
                raise Rejected(Reason.TOO_MANY, f"expected one line, got {len(payloads)}")
            (payload,) = payloads
        return route.inlet.content(payload, limit_bytes=self._limits.payload_bytes)

    def _payloads(self, message: Message, route: Route) -> Sequence[bytes]:
        limits = self._limits
        return route.inlet.parts(message.payload, limit_bytes=limits.payload_bytes, most=limits.lines)

    @contextmanager
    def _surviving(self, what: str, message: Message) -> Iterator[None]:
        """Let the daemon go on when the shape cache fails on a message: the model reads it."""
        try:
            yield
        except Exception as error:  # the shape cache may not end the daemon either
            assert self._cache is not None
            self._cache.counts["cache_failures"] += 1
            log.error("cache_failed at=%s id=%s error=%s", what, message.id, bug.told(error))  # noqa: TRY400
            log.debug("cache_failed id=%s", message.id, exc_info=True)
