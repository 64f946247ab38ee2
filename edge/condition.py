"""Owns what is known of the daemon at a moment: its figures, and why it does not do its work.

Knows nothing of who asks. Figures are looked up where they arise when somebody wants them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from edge.answer import Answer
from edge.delivery.delivery import Delivery
from edge.delivery.intake import Intake
from edge.engine.engine import Engine
from edge.health import Health
from edge.memory import MemoryGuard
from edge.monitoring import machine
from edge.monitoring.figures import Circumstances, Figures
from edge.monitoring.stall import Stall
from edge.mqtt.contact import Contact

ENGINE_SILENCE_S = 30.0  # the model thread comes round at each step, many times a second


class Condition:
    """How the daemon is. For the main thread.

    Args:
        routes: their names.
        delivery: what is under way.
        contact: whether there is a broker.
        intake: where messages come in.
        guard: of this process's memory.
        engine: the model's thread.
        counts: returns all that is counted, by name.
        clock: monotonic seconds.
        now: the present moment, aware, UTC.

    Attributes:
        is_leaving: whether the daemon takes nothing new any more.
    """

    def __init__(
        self,
        routes: Iterable[str],
        *,
        delivery: Delivery,
        contact: Contact,
        intake: Intake,
        guard: MemoryGuard,
        engine: Engine,
        counts: Callable[[], Counter[str]],
        clock: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self.is_leaving = False
        self._delivery = delivery
        self._contact = contact
        self._intake = intake
        self._guard = guard
        self._engine = engine
        self._counts = counts
        self._clock = clock
        self._health = Health(routes, clock=clock, now=now)
        self._stall = Stall(clock=clock)

    @property
    def is_model_silent(self) -> bool:
        """Whether the model's thread has not come round for long."""
        return self._silence_s >= ENGINE_SILENCE_S

    @property
    def figures(self) -> Figures:
        """All that is known now."""
        circumstances = Circumstances(
            standing=self._delivery.standing,
            is_connected=self._contact.is_connected,
            broker=self._contact.backlog.status,
            spool=self._intake.status(),
            counts=self._counts(),
            resident_bytes=self._guard.resident_bytes,
            machine=machine.look(),
            fed_tokens=self._engine.fed_tokens,
            decode_calls=self._engine.decode_calls,
            troubles=tuple(self._troubles()),
        )
        return self._health.figures(circumstances)

    def serve(self, routes: Iterable[str]) -> None:
        """Count for other routes from now on."""
        self._health.serve(routes)

    def record(self, answer: Answer, took_s: float) -> None:
        """Count an answer that the broker has, and how long it took."""
        self._health.record(answer, took_s)

    def tick(self) -> None:
        """Look whether anything is stuck."""
        self._stall.look(is_stalled=self._delivery.waits_for_model and self._engine.is_idle)

    @property
    def _silence_s(self) -> float:
        return self._clock() - self._engine.last_alive_s

    def _troubles(self) -> Iterator[str]:
        """Yield why the daemon does not do its work now."""
        if self.is_leaving:
            yield "the daemon is leaving"
        if self._contact.trouble is not None:
            yield f"no connection to the broker: {self._contact.trouble}"
        if self.is_model_silent:
            yield f"the model has been silent for {self._silence_s:.0f} s"
        if self._stall.lasting_s >= ENGINE_SILENCE_S:
            yield f"a worker is stuck: messages wait, the model has had no work for {self._stall.lasting_s:.0f} s"
