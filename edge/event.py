"""Owns what can happen to the main loop, as values. Knows nothing of what is done about it."""

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from edge.control.control import Asked
from edge.delivery.crew import Answered, Audited
from edge.mqtt.events import Event as NetworkEvent

if TYPE_CHECKING:
    from edge.monitoring.figures import Figures


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish what is in hand, then leave."""

    why: str


@dataclass(frozen=True, slots=True)
class Reload:
    """Take up the configuration as its file has it now."""


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody wants the figures of this moment."""

    reply: "Future[Figures]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the log that those who look after the daemon from afar should see.

    Attributes:
        level: warning or error.
        suppressed: how many such lines were left out since the last one.
    """

    level: str
    message: str
    suppressed: int = 0


@dataclass(frozen=True, slots=True)
class Replied:
    """A request that came over the broker has its reply.

    Attributes:
        number: which request.
    """

    number: int


Event: TypeAlias = NetworkEvent | Answered | Audited | Asked | Reload | Stop | Look | Logged | Replied
