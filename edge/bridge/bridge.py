"""Owns the daemon's own word below `<base_topic>/bridge`: how it is, what it is, its log lines, its answers.

Knows nothing of messages and readings. For the main thread.
"""

import logging
from collections.abc import Callable, Mapping

from edge import health
from edge.bridge import info, loglines
from edge.bridge.info import Program
from edge.bridge.loglines import LogLines
from edge.bridge.requests import Requests
from edge.control.control import Asked
from edge.errors import BrokerError
from edge.event import Event, Logged, Replied
from edge.generation import Generation
from edge.literal import JSON, encoded
from edge.monitoring.figures import Figures
from edge.mqtt.broker import Broker
from edge.mqtt.events import Requested

log = logging.getLogger(__name__)


class Bridge:
    """What the daemon says of itself to the broker, and what it is asked there.

    Args:
        program: what serves.
        generation: what is in force at the start.
        broker: where it is said.
        figures: returns those of this moment.
        handle: carries a request out, as `Desk.handle` does.
        tell: takes events for the main thread, from any thread.
        log_lines: those to be published; None for none.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        program: Program,
        generation: Generation,
        *,
        broker: Broker,
        figures: Callable[[], Figures],
        handle: Callable[[Asked], None],
        tell: Callable[[Event], None],
        log_lines: LogLines | None,
        clock: Callable[[], float],
    ) -> None:
        self._program = program
        self._generation = generation
        self._broker = broker
        self._figures = figures
        self._log_lines = log_lines
        self._clock = clock
        self._below = f"{generation.config.base_topic}/bridge"
        self._requests = Requests(
            generation.config.base_topic, handle=handle, publish=broker.publish, tell=tell, clock=clock
        )
        self._requests.serve(generation.config)
        self._reload_error: str | None = None
        self._told_at_s = clock()

    @property
    def counts(self) -> Mapping[str, int]:
        """What happened, by name."""
        return self._requests.counts

    def serve(self, generation: Generation) -> None:
        """Speak of another generation from now on."""
        self._generation = generation
        self._requests.serve(generation.config)

    def connected(self) -> None:
        """Say how things stand, and what serves here."""
        self._tell_info()
        self._tell_health()

    def reloaded(self, error: str | None) -> None:
        """Say what serves here now; the error is why it is still what it was."""
        self._reload_error = error
        self._tell_info()

    def tick(self) -> None:
        """Say how things stand, if it is time."""
        every_s = self._generation.config.health.every_s
        if every_s and self._clock() - self._told_at_s >= every_s:
            self._tell_health()

    def logged(self, line: Logged) -> None:
        """Publish a line of the log, if that is wanted."""
        if self._log_lines is not None and self._generation.config.bridge.logging:
            with self._log_lines.deaf():
                self._announce("logging", loglines.document(line), retain=False)

    def requested(self, requested: Requested) -> None:
        """Carry a request out, or refuse it."""
        self._requests.take(requested)

    def replied(self, replied: Replied) -> None:
        """Publish the answer to a request."""
        self._requests.replied(replied)

    def confirmed(self, publication_id: int, refusal: str | None) -> bool:
        """Take the broker's word on a publication; return whether it was one of these."""
        return self._requests.confirmed(publication_id, refusal)

    def _tell_health(self) -> None:
        self._told_at_s = self._clock()
        if self._generation.config.health.every_s:
            self._announce("health", health.document(self._figures()))

    def _tell_info(self) -> None:
        self._announce("info", info.document(self._program, self._generation, reload_error=self._reload_error))

    def _announce(self, name: str, said: Mapping[str, JSON], *, retain: bool = True) -> None:
        try:
            self._broker.announce(f"{self._below}/{name}", encoded(dict(said)), retain=retain)
        except BrokerError as error:  # readings go on
            log.warning("bridge_not_told topic=%s/%s why=%s", self._below, name, error)
