"""Owns a pipeline as the daemon has it, with routes of all kinds of schemas, and what a hostile day makes of it.

Knows nothing of what the messages are.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from edge.config.options import Limits, Shapes
from edge.extraction.extractor import Extractor
from edge.literal import JSON
from edge.message import Message
from edge.outlet import Outlet
from edge.pipeline import Pipeline
from edge.routes import OutputTopic, Route, Routes, TopicFilter
from edge.shapes.shapes import RouteShapes, ShapeCache
from tests.fuzz import payloads, verdict
from tests.made import message, schema_of

TOGETHER = 8  # messages that are read at a time
LIMITS = Limits(deadline_s=600.0)  # a slow machine is no fault of a text
TOPICS = ["hostile/a/weather", "hostile/b/tank", "hostile/c/rows", "hostile/d/notes", "hostile/e/any", "odd/x/y/z"]

_WEATHER: dict[str, JSON] = {
    "temperature": {"type": "number", "unit": "°C", "minimum": -60, "maximum": 1e6},
    "humidity": {"type": "number", "unit": "%"},
    "battery": {"enum": ["low", "ok"]},
}
_TANK: dict[str, JSON] = {
    "tank": {"type": "string"},
    "level": {"type": "integer", "unit": "cm"},
    "alarm": {"type": "boolean"},
}
_ROWS: dict[str, JSON] = {
    "rows": {
        "type": "array",
        "maxItems": 20,
        "items": {"type": "object", "properties": {"name": {"type": "string"}, "watts": {"type": "number"}}},
    },
    "cells": {"type": "array", "items": {"type": ["number", "null"]}},
}
_NOTES: dict[str, JSON] = {
    "code": {"type": "string", "pattern": r"^([A-Za-z]+)*[0-9]*$", "maxLength": 40},
    "line": {"type": "string", "multiline": False, "minLength": 2},
    "at": {"type": "string", "format": "date-time"},
    "deep": {"type": "object", "properties": {"er": {"type": "object", "properties": {"n": {"type": "number"}}}}},
    "step": {"type": "number", "multipleOf": 0.5},
}
_ANY: dict[str, JSON] = {
    'odd "key"\\': {},
    "maybe": {"type": ["string", "number", "boolean", "null"]},
    "温度": {"type": "number"},
    "empty": {"type": "object"},
    "fixed": {"const": "x"},
}


def _route(name: str, topic_filter: str, properties: dict[str, JSON], *required: str) -> Route:
    return Route(
        name=name,
        filters=(TopicFilter(topic_filter),),
        outlet=Outlet(topic=OutputTopic("readings/{1}/" + name)),
        schema=schema_of(properties, required=required),
    )


ROUTES = {
    route.name: route
    for route in (
        _route("weather", "hostile/+/weather", _WEATHER, "temperature"),
        _route("tank", "hostile/+/tank", _TANK),
        _route("rows", "hostile/+/rows", _ROWS),
        _route("notes", "hostile/+/notes", _NOTES),
        _route("any", "hostile/+/any", _ANY),
        _route("odd", "odd/#", _WEATHER),
    )
}


@dataclass(kw_only=True)
class Day:
    """What became of the messages.

    Attributes:
        outcomes: how many messages had which outcome.
        slowest: seconds and seed of the messages that took longest; a batch counts for each of its messages.
        resident: bytes of this process behind each tenth of the messages.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, int]] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)

    @property
    def growth_bytes(self) -> int:
        """By how much memory grew between the second tenth and the last."""
        return self.resident[-1] - self.resident[1]

    def table(self) -> str:
        """Return the counts by outcome, one a line, the most frequent first."""
        rows = [f"{name:20}{count:>9}" for name, count in self.outcomes.most_common()]
        tenths = " ".join(f"{size / 1e6:.0f}" for size in self.resident)
        slowest = ", ".join(f"{seconds:.1f} s by seed {seed}" for seconds, seed in self.slowest)
        return "\n".join([*rows, f"{'all':20}{self.outcomes.total():>9}", f"MB: {tenths}", f"slowest: {slowest}"])


def pipeline_of(extractor: Extractor) -> Pipeline:
    """Return a pipeline with a shape cache that learns soon."""
    prepared = {name: extractor.prepare(route.schema, flow=name) for name, route in ROUTES.items()}
    shapes = {
        name: RouteShapes(root=route.schema.root, validator=prepared[name].validator, fingerprint="fuzz")
        for name, route in ROUTES.items()
    }
    return Pipeline(
        extractor=extractor,
        routes=Routes(tuple(ROUTES.values())),
        prepared=prepared,
        limits=LIMITS,
        base_topic=verdict.BASE_TOPIC,
        cache=ShapeCache(Shapes(confirmations=2, per_route=32), shapes),
    )


def live(pipeline: Pipeline, seeds: range, *, clock: Callable[[], float] = time.monotonic) -> Day:
    """Let a pipeline answer the message of each seed, and check each answer."""
    day = Day()
    tenth = max(TOGETHER, len(seeds) // 10)
    with ThreadPoolExecutor(TOGETHER) as workers:
        for first in range(0, len(seeds), TOGETHER):
            if first // tenth > len(day.resident) - 1:
                day.resident.append(_resident_bytes())
            together = seeds[first : first + TOGETHER]
            before_s = clock()
            messages = [message_of(seed) for seed in together]
            known = [pipeline.recall(each) for each in messages]
            asked = [
                None if found else workers.submit(pipeline.answer, each)
                for each, found in zip(messages, known, strict=True)
            ]
            for seed, found, future in zip(together, known, asked, strict=True):
                answer = found or (future.result() if future else None)
                assert answer is not None
                try:
                    day.outcomes[verdict.outcome(answer, verdict.route_of(answer.message, ROUTES))] += 1
                except AssertionError as error:
                    error.add_note(f"the message of seed {seed}: {answer.message.payload[:300]!r}")
                    raise
                pipeline.learn(answer)
            day.slowest = sorted([*day.slowest, (clock() - before_s, first + seeds.start)], reverse=True)[:5]
    day.resident.append(_resident_bytes())
    return day


def message_of(seed: int) -> Message:
    """Return the message of a seed, the same each time."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    return message(payloads.payload(chance), topic=payloads.topic(chance, TOPICS), packet_id=1 + seed % 65_535)


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
