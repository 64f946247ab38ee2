"""Owns the figures as Prometheus reads them: names, types, labels and help of each metric.

Knows nothing of HTTP. The only importer of prometheus_client. Labels name routes, reasons and the program's own
words, never topics or devices: what a stranger chooses makes no series.
"""

from collections.abc import Iterator, Mapping
from typing import cast

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from edge.literal import JSON
from edge.monitoring.figures import Figures
from edge.monitoring.latency import BOUNDS_S, Durations

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
UNROUTED = "_unrouted"  # as the topic of their dead letters has it; no route can have this name


def exposition(figures: Figures, build: Mapping[str, str]) -> bytes:
    """Return figures in the text format of Prometheus, those of the process included.

    Args:
        figures: of the daemon.
        build: what tells this program and its model from others, by label.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(
        _Collected(
            [
                *_of_messages(figures),
                *_of_now(figures),
                InfoMetricFamily("edge_build", "The program and its model.", value=dict(build)),
            ]
        )
    )
    return generate_latest(registry)


class _Collected(Collector):
    """Metrics that are there already."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """Return them."""
        return iter(self._metrics)


def _of_messages(figures: Figures) -> Iterator[Metric]:
    """Yield what has become of messages since the start."""
    messages = CounterMetricFamily(
        "edge_messages",
        "Messages answered, by how: read by the model, replayed, or a dead letter.",
        labels=["route", "outcome"],
    )
    dead = CounterMetricFamily("edge_dead_letters", "Dead letters, by reason.", labels=["route", "reason"])
    last = GaugeMetricFamily(
        "edge_last_reading_timestamp_seconds",
        "When the latest reading of a route was published.",
        labels=["route"],
    )
    for name, route in figures.routes.items():
        messages.add_metric([name, "read"], route.readings - route.replayed)
        messages.add_metric([name, "replayed"], route.replayed)
        messages.add_metric([name, "dead_letter"], sum(route.dead.values()))
        for reason, count in route.dead.items():
            dead.add_metric([name, reason], count)
        if route.last_ok is not None:
            last.add_metric([name], route.last_ok.timestamp())
    messages.add_metric([UNROUTED, "dead_letter"], sum(figures.unrouted.values()))
    for reason, count in figures.unrouted.items():
        dead.add_metric([UNROUTED, reason], count)
    took = HistogramMetricFamily(
        "edge_answer_duration_seconds",
        "From when a message is begun until the broker has its reading.",
        labels=["by"],
    )
    for way, durations in (("model", figures.by_model), ("replay", figures.by_replay)):
        took.add_metric([way], _buckets(durations), durations.sum_s)
    yield from (messages, dead, last, took)


def _of_now(figures: Figures) -> Iterator[Metric]:
    """Yield how things stand, and what is counted beside messages."""
    now = figures.now
    gauges = {
        "edge_ready": ("Whether the daemon does its work; /ready says why not.", not now.troubles),
        "edge_mqtt_connected": ("Whether there is a connection to the broker.", now.is_connected),
        "edge_messages_in_hand": ("Messages that have come and have no answer yet.", now.standing.in_hand),
        "edge_messages_unacknowledged": (
            "Messages that the broker waits for the acknowledgement of.",
            now.standing.unacknowledged,
        ),
        "edge_oldest_message_age_seconds": (
            "How long the oldest message in hand has waited; 0 where none does.",
            now.standing.oldest_s,
        ),
        "edge_broker_messages_waiting": (
            "Messages that the broker keeps for its clients.",
            now.broker.get("waiting"),
        ),
        "edge_spool_messages": ("Messages that wait in the spool.", _of(now.spool, "messages")),
        "edge_machine_temperature_celsius": (
            "Of the hottest part of the machine that has a thermometer.",
            now.machine.temperature_c,
        ),
        "edge_spool_bytes": ("How much of the spool they take.", _of(now.spool, "bytes")),
    }
    for name, (meaning, value) in gauges.items():
        if value is not None:
            yield GaugeMetricFamily(name, meaning, value=float(cast("float", value)))
    counters = {
        "edge_mqtt_reconnects": (
            "Connections to the broker after the first.",
            max(0, now.counts.get("connections", 0) - 1),
        ),
        "edge_broker_messages_dropped": (
            "Messages that the broker dropped, for any client.",
            now.broker.get("dropped"),
        ),
        "edge_engine_tokens": ("Tokens that went through the model.", now.fed_tokens),
        "edge_engine_calls": ("Calls of the model.", now.decode_calls),
        "edge_shape_hits": ("Messages whose wording the shape cache knew.", now.counts.get("hits", 0)),
        "edge_shape_misses": ("Messages whose wording it did not know.", now.counts.get("misses", 0)),
    }
    for name, (meaning, value) in counters.items():
        if value is not None:
            yield CounterMetricFamily(name, meaning, value=float(cast("float", value)))
    events = CounterMetricFamily(
        "edge_events", "Whatever else is counted, by the name in the log.", labels=["event"]
    )
    for event, count in sorted(now.counts.items()):
        events.add_metric([event], count)
    yield events


def _buckets(durations: Durations) -> list[tuple[str, float]]:
    """Return a histogram as Prometheus wants it: each bucket counts all that are below its bound."""
    found, below = [], 0
    for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), durations.counts, strict=True):
        below += count
        found.append((bound, float(below)))
    return found


def _of(spool: JSON, key: str) -> JSON:
    return spool.get(key) if isinstance(spool, dict) else None
