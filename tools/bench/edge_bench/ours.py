"""Owns the rows of our engine: the workload from so many clients at once, in this process, without a broker.

Knows nothing of MQTT and of peers.
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from edge.config.options import Limits
from edge.engine.request import Decoded, Levers
from edge.errors import Rejected
from edge.extraction.extraction import Extraction
from edge.extraction.extractor import Extractor, Prepared, open_model
from edge.schema import schema
from edge.verbs import cases
from edge.verbs.cases import Case
from edge_bench import closedloop, judged, memory, workload
from edge_bench.row import Row, percentiles

CONTEXT_TOKENS = 4096
SLOTS = 8  # the daemon's default; as many as there are clients, where those are more
GROUNDING = "grounding"


def levers() -> list[str]:
    """Return the names of what makes the engine fast; each can be switched off alone."""
    return [lever.name for lever in dataclasses.fields(Levers)]


def measure(
    *,
    model: Path,
    messages: Sequence[Case],
    concurrency: int,
    without: str = "",
    threads: int | None = None,
    slots: int | None = None,
) -> Row:
    """Return the row of the engine on some messages.

    Args:
        model: a GGUF of this program's prompt contract.
        messages: texts with their schemas and readings.
        concurrency: how many clients ask at once.
        without: the lever that is off, or "grounding"; empty for none.
        threads: how many cores compute; None for the daemon's own choice.
        slots: how many messages the engine takes at a time; None for the daemon's default, or more.
    """
    off = {without: False} if without in levers() else {}
    with open_model(
        model,
        threads=threads,
        context_tokens=CONTEXT_TOKENS,
        limits=Limits(),
        slots=slots or max(SLOTS, concurrency),
        levers=Levers(**off),
    ) as extractor:
        prepared = _prepared(extractor, messages, is_grounded=without != GROUNDING)
        for number in first_of_each_route(messages):  # a prefix is decoded once, at the start of a service
            _extract(extractor, prepared[number], messages[number].text)
        loop = closedloop.run(
            len(messages),
            concurrency,
            lambda number: _extract(extractor, prepared[number], messages[number].text),
        )
        held = memory.of_process()
    read = [extraction for extraction in loop.answers if extraction]
    return Row(
        kind="engine",
        variant=f"without {without}" if without else "",
        concurrency=concurrency,
        messages=len(messages),
        duration_s=loop.duration_s,
        percentiles_ms=percentiles(loop.times_ms),
        exact=judged.exact_share(messages, [each.json if each else "" for each in loop.answers]),
        fed_tokens=sum(_decoded(each).fed_tokens for each in read),
        decode_calls=sum(_decoded(each).decode_calls for each in read),
        choices=sum(len(_decoded(each).choices) for each in read),
        rss_mb=held.rss_mb,
        peak_rss_mb=held.peak_rss_mb,
        figures={"output_bytes": sum(len(each.json.encode()) for each in read)},
    )


def first_of_each_route(messages: Sequence[Case]) -> list[int]:
    """Return the numbers of the messages that are the first of their route."""
    first: dict[str, int] = {}
    for number, message in enumerate(messages):
        first.setdefault(workload.route_of(message), number)
    return list(first.values())


def _prepared(extractor: Extractor, messages: Sequence[Case], *, is_grounded: bool) -> list[Prepared]:
    """Return for each message its schema made ready, each schema once."""
    found: dict[str, Prepared] = {}
    for message in messages:
        key = json.dumps(message.schema)
        if key not in found:
            document = message.schema if is_grounded else cases.ungrounded(message).schema
            found[key] = extractor.prepare(schema.parse(document))
    return [found[json.dumps(message.schema)] for message in messages]


def _extract(extractor: Extractor, prepared: Prepared, text: str) -> Extraction | None:
    """Return what the engine reads; None where it rejects, which is an answer, too."""
    try:
        return extractor.extract(prepared, text)
    except Rejected:
        return None


def _decoded(extraction: Extraction) -> Decoded:
    """Return what the engine counted of an extraction."""
    assert extraction.decoded is not None, "the extractor always asks the model"
    return extraction.decoded
