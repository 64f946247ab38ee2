"""Owns the events of the connection to the broker, as values. Knows nothing of what brings them about."""

from dataclasses import dataclass

from edge.message import Message


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection stands.

    Attributes:
        epoch: its number, counted from 1.
        is_same_session: whether the broker knows the session of the connection before, and will deliver again what
            got no acknowledgement there.
    """

    epoch: int
    is_same_session: bool = True


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is gone, or an attempt failed; the client tries again by itself.

    Attributes:
        is_takeover: whether another client came with the same client id.
    """

    why: str
    is_takeover: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A message arrived."""

    message: Message


@dataclass(frozen=True, slots=True)
class Requested:
    """Somebody asks this daemon something.

    Attributes:
        response_topic: where the answer is wanted (MQTT 5); None where that is not said.
        correlation: what the answer is to bear, so that the asker knows it (MQTT 5).
    """

    topic: str
    payload: bytes
    response_topic: str | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The broker answered a publication. The refusal is None where it took it, else the broker's words."""

    publication_id: int
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Statistic:
    """A figure that the broker publishes of itself, below `$SYS/broker/`."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker answered a subscription of `Broker.resubscribe`, with yes or no."""


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """The broker answered an unsubscription."""


Event = Connected | Disconnected | Received | Requested | Confirmed | Statistic | Subscribed | Unsubscribed
