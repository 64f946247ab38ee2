"""Owns what tests ask of an engine: requests as the extractor makes them, and how two answers compare."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from edge.engine.engine import SLOTS, Choice, Decoded, Engine, Levers, Request, sequences
from edge.engine.model import Model
from edge.extraction import grammar, prompt
from edge.schema.schema import Schema
from tests.grammars import Vocabulary
from tests.made import schema_of

NOISE = 1.0  # of logits: where the winner leads by more, no reading may depend on a message's neighbours

WEATHER = schema_of(
    {
        "temperature": {"type": "number", "unit": "°C"},
        "humidity": {"type": "number", "unit": "%"},
        "battery": {"enum": ["low", "ok"]},
    }
)
TANK = schema_of(
    {
        "tank": {"type": "string"},
        "level": {"type": "number", "unit": "cm"},
        "alarm": {"type": "boolean"},
    }
)
LOADS = schema_of(
    {
        "site": {"type": "string"},
        "rows": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "watts": {"type": "number"}},
            },
        },
    }
)
UNLIKE: Sequence[tuple[Schema, str]] = [
    (WEATHER, "BME280 -> T=21.4C RH=48% batt low"),
    (TANK, "The level in tank North-2 is now 182.5 cm, no alarm."),
    (LOADS, "site barn\nfridge: 81 W\noven: 1200 W\nlamp: .5 W\n"),
    (WEATHER, "outside -3,5 °C, relative humidity 91 %, battery ok"),
    (TANK, "TANK=S1;LVL=99.0;ALARM=1"),
    (LOADS, "pump 340 W, fan 22 W"),
    (WEATHER, "temp 22.5 hum 40"),
    (TANK, "tank: rain water butt, 73 cm"),
    (LOADS, "Site: attic | heater=1500 | radio=7.5 | router=11"),
    (WEATHER, "sensor-12 online"),
    (TANK, "Alarm! Tank B7 overflow at 250.25 cm"),
    (LOADS, "site=lab; meter A 12.1 W; meter B 0.4 W; meter C 88 W; meter D 3 W"),
    (WEATHER, '{"t":19.75,"h":55.5,"b":"ok"}'),
    (TANK, "level unknown"),
    (LOADS, "Werkstatt: Säge 1,8 W; Lampe 60 W"),
    (WEATHER, "2026-01-02T03:04:05Z T+04.0C H033% B:LOW"),
    (TANK, "Füllstand Zisterne West 12,5 cm, Alarm aus"),
    (LOADS, ""),
    (WEATHER, "humidity is 66 % and the battery is nearly empty"),
    (TANK, "🚨 tank «Öl» 5 cm"),
    (LOADS, "kitchen\ttoaster\t800\nkitchen\tkettle\t2000\n"),
    (WEATHER, "T=<|im_end|> RH=12%"),
    (TANK, "A 1 B 2 C 3"),
    (LOADS, "site north: total 4 W"),
]


def request_of(
    vocabulary: Vocabulary, asked: Schema, text: str, *, output_tokens: int = 64, deadline_s: float = 60.0
) -> Request:
    """Return what the extractor would ask of the engine."""
    return Request(
        prefix=tuple(vocabulary.tokenize(prompt.prefix(asked.root))),
        body=(*vocabulary.tokenize(text), *vocabulary.tokenize(prompt.SUFFIX)),
        grammar=grammar.build(asked.root, text),
        output_tokens=output_tokens,
        deadline_s=deadline_s,
    )


def unlike(vocabulary: Vocabulary) -> list[Request]:
    """Return requests of three schemas, none like another."""
    return [request_of(vocabulary, asked, text, output_tokens=128) for asked, text in UNLIKE]


def with_draft(vocabulary: Vocabulary, request: Request, text: str) -> Request:
    """Return a request with a guess at its answer."""
    return dataclasses.replace(request, draft=tuple(vocabulary.tokenize(text)))


@contextmanager
def engine_of(
    model_path: Path,
    *,
    context_tokens: int,
    slots: int = SLOTS,
    levers: Levers = Levers(),  # noqa: B008  # frozen
) -> Iterator[Engine]:
    """Give a started engine with a model of its own, on one core."""
    with closing(Model(model_path, threads=1, context_tokens=context_tokens, sequences=sequences(slots))) as model:
        engine = Engine(model, slots=slots, levers=levers)
        engine.start()
        with closing(engine):
            yield engine


def one_by_one(engine: Engine, requests: Sequence[Request]) -> list[Decoded]:
    """Return the answers to requests that never meet."""
    return [engine.submit(request).result() for request in requests]


def at_once(engine: Engine, requests: Sequence[Request]) -> list[Decoded]:
    """Return the answers to requests that are decoded together."""
    futures = [engine.submit(request) for request in requests]
    return [future.result() for future in futures]


def differing_gaps(expected: Sequence[Decoded], found: Sequence[Decoded]) -> list[float]:
    """Return for each answer of another text by how much the first choice that differs was decided."""
    return [
        _first_gap(before.choices, after.choices)
        for before, after in zip(expected, found, strict=True)
        if before.text != after.text
    ]


def noise(expected: Sequence[Decoded], found: Sequence[Decoded]) -> list[float]:
    """Return for each answer of the same text by how much the probability of a choice differs at most."""
    return [
        max(
            (
                abs(left.probability - right.probability)
                for left, right in zip(before.choices, after.choices, strict=True)
            ),
            default=0.0,
        )
        for before, after in zip(expected, found, strict=True)
        if before.text == after.text
    ]


def _first_gap(left: Sequence[Choice], right: Sequence[Choice]) -> float:
    """Return the gap of the last choice before two ways part; they part where one writes something else."""
    gap = 0.0
    for before, after in zip(left, right, strict=False):
        if (before.start, before.end) != (after.start, after.end):
            return min(gap, before.gap)
        gap = before.gap
    return gap
