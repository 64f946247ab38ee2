"""Owns the way of a message, from its arrival to its answer. The file to read first.

Knows nothing of the broker's client, of threads or of acknowledgements.

    message ──> route ──> text ──> extract ──> check units ──> validate ──> reading
                  └──────────┴────────┴──────────────┴─────────────┴──────> dead letter
"""

import logging
from collections.abc import Mapping

from edge import answer, normalize
from edge import message as messages
from edge.answer import Answer
from edge.config.options import Limits
from edge.errors import Reason, Rejected
from edge.extraction import Extraction
from edge.extractor import Extractor, Prepared
from edge.message import Message
from edge.reading import Reading
from edge.routes import Match, Routes

log = logging.getLogger(__name__)


def judge(extraction: Extraction, prepared: Prepared) -> Reading:
    """Return the reading that an extraction makes.

    Raises:
        Rejected: with the first reason that stands against it.
    """
    normalize.check_units(extraction, prepared.schema.root)
    return prepared.validator.judge(extraction)


class Pipeline:
    """Answers messages, one at a time or from several threads.

    Args:
        prepared: the schema of each route, made ready, by the route's name.
    """

    def __init__(
        self,
        *,
        extractor: Extractor,
        routes: Routes,
        prepared: Mapping[str, Prepared],
        limits: Limits,
        base_topic: str,
    ) -> None:
        self._extractor = extractor
        self._routes = routes
        self._prepared = prepared
        self._limits = limits
        self._base_topic = base_topic

    def answer(self, message: Message) -> Answer:
        """Return the answer to a message; whatever the message is, there is one."""
        match = self._routes.match(message.topic)
        route = match.route.name if match else None
        try:
            return self._reading(message, match)
        except Rejected as rejected:
            return answer.of_rejection(message, rejected, route=route, base_topic=self._base_topic)
        except Exception as error:  # the boundary of a message: no message may end the daemon
            log.exception("message_failed id=%s route=%s", message.id, route)
            return answer.of_failure(message, error, route=route, base_topic=self._base_topic)

    def _reading(self, message: Message, match: Match | None) -> Answer:
        if match is None:
            raise Rejected(Reason.NO_ROUTE, f"no route of the configuration takes the topic {message.topic}")
        text = messages.text(message.payload, limit_bytes=self._limits.payload_bytes)
        prepared = self._prepared[match.route.name]
        reading = judge(self._extractor.extract(prepared, text), prepared)
        return answer.of_reading(
            message, reading, route=match.route.name, topic=match.output_topic, retain=match.route.retain
        )
