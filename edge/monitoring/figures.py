"""Owns the figures of the daemon at one moment, as values.

Knows nothing of where they come from and of who wants them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.delivery.delivery import Standing
from edge.literal import JSON
from edge.monitoring.latency import Durations
from edge.monitoring.machine import Machine


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteFigures:
    """What has become of the messages of one route.

    Attributes:
        readings: published readings.
        replayed: how many of them the shape cache gave.
        dead: dead letters, by their reason.
        last_ok: when the latest reading was with the broker; None where there was none.
    """

    readings: int = 0
    replayed: int = 0
    dead: Mapping[str, int]
    last_ok: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """What the daemon's parts say of themselves.

    Attributes:
        standing: how much is under way.
        broker: what the broker says of itself.
        spool: what waits on disk; None without a spool.
        counts: of events since the start, by name, as the log has them.
        resident_bytes: what the process has in memory.
        machine: how the machine is that it runs on.
        fed_tokens: tokens that have gone through the model.
        decode_calls: calls of the model that took.
        troubles: why the daemon does not do its work now; nothing where it does.
    """

    standing: Standing
    is_connected: bool
    broker: Mapping[str, JSON]
    spool: JSON
    counts: Mapping[str, int]
    resident_bytes: int
    machine: Machine
    fed_tokens: int
    decode_calls: int
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """All that is known at one moment.

    Attributes:
        answered: how many messages have been answered.
        routes: by name, in the order of the file.
        unrouted: dead letters of messages that no route took, by reason; and of routes that are gone.
        by_model: how long messages took that the model read, from their beginning to the broker's confirmation.
        by_replay: likewise, those that the shape cache replayed.
    """

    at: datetime
    uptime_s: float
    answered: int
    routes: Mapping[str, RouteFigures]
    unrouted: Mapping[str, int]
    by_model: Durations
    by_replay: Durations
    now: Circumstances
