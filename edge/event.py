"""Owns what can happen to the main loop, as values. Knows nothing of what is done about it."""

from dataclasses import dataclass
from typing import TypeAlias

from edge.control.control import Asked
from edge.delivery.crew import Answered, Audited
from edge.mqtt.events import Event as NetworkEvent


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish what is in hand, then leave."""

    why: str


@dataclass(frozen=True, slots=True)
class Reload:
    """Take up the configuration as its file has it now."""


Event: TypeAlias = NetworkEvent | Answered | Audited | Asked | Reload | Stop
