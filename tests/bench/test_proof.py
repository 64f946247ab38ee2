"""The proof of the shape cache: a stream of devices that change, each message of which the model reads as well."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from edge import fingerprint, literal
from edge.config.options import Shapes
from edge.errors import Rejected
from edge.extraction.extractor import Extractor, Prepared
from edge.extraction.reading import Reading
from edge.schema.schema import parse
from edge.shapes.replay import Replay
from edge.shapes.shapes import RouteShapes, ShapeCache
from edge_bench import stream
from edge_bench.stream import StreamMessage

MESSAGES = int(os.environ.get("EDGE_PROOF_MESSAGES", "250"))  # `make proof` takes 10,000
TOGETHER = 16  # messages that the model reads at a time
WRONG_SHARE = 0.001

pytestmark = pytest.mark.model


def outcome(message: StreamMessage, replay: Replay | None, reading: Reading | None) -> str:
    """Return what a replay is worth: right is what the model reads as well, or what the text says."""
    if replay is None:
        return "misses"
    if reading is not None and replay.json == reading.json:
        return "as the model"
    return "right, unlike the model" if literal.loads(replay.json) == message.expected else "wrong"


def test_replays_are_what_the_model_reads(extractor: Extractor) -> None:
    """No replay is wrong where a device changed, and hardly one at all."""
    prepared = {route: extractor.prepare(parse(schema)) for route, schema in stream.schemas().items()}
    cache = ShapeCache(Shapes(), {route: shapes_of(each) for route, each in prepared.items()})
    messages = stream.generate(stream.SEED, MESSAGES)

    def read(message: StreamMessage) -> Reading | None:
        asked = prepared[message.route]
        try:
            return asked.validator.judge(extractor.extract(asked, message.text))
        except Rejected:
            return None

    outcomes: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    with ThreadPoolExecutor(TOGETHER) as pool:
        while some := list(islice(messages, TOGETHER)):
            for message, reading in zip(some, pool.map(read, some), strict=True):
                replay = cache.recall(message.route, message.text)
                found = outcome(message, replay, reading)
                outcomes[found] += 1
                if found == "wrong" and replay is not None:
                    wrong[str(message.event)] += 1
                    model_json = reading.json if reading else None
                    print(f"\n{message.text!r}: {replay.json}, the model: {model_json}")  # noqa: T201
                if replay is None and reading is not None:
                    cache.learn(message.route, message.text, reading.extraction)

    print(f"\n{MESSAGES} messages: {dict(outcomes)}; wrong by event: {dict(wrong)}; cache: {dict(cache.counts)}")  # noqa: T201
    assert sum(outcomes.values()) == MESSAGES
    assert sum(count for event, count in wrong.items() if event != "plain") == 0
    assert outcomes["wrong"] <= WRONG_SHARE * MESSAGES


def shapes_of(prepared: Prepared) -> RouteShapes:
    """Return what the cache must know of a route."""
    return RouteShapes(
        root=prepared.schema.root,
        validator=prepared.validator,
        fingerprint=fingerprint.of_route(prepared.schema, "proof"),
    )
