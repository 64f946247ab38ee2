"""Owns what a demonstration publishes and what has to become of it.

Knows nothing of brokers and of how things look.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from edge import literal
from edge.config import document
from edge.errors import ConfigError, Reason
from edge.extraction import spans
from edge.extraction.extraction import Extraction, Value
from edge.literal import JSON
from edge.message import Message
from edge.routes import Match

READING = "reading"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A message to publish, and what it has to become: a reading, or a dead letter with one reason."""

    topic: str
    payload: bytes
    becomes: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a sample.

    Attributes:
        became: "reading", a reason, or "nothing".
        extraction: the reading with the places of its values; None for all else.
        detail: what the dead letter says; empty for all else.
    """

    sample: Sample
    became: str
    extraction: Extraction | None = None
    detail: str = ""
    ms: float

    @property
    def is_right(self) -> bool:
        """Whether the sample became what it had to."""
        return self.became == self.sample.becomes


def load(path: Path) -> list[Sample]:
    """Return the samples of a YAML file.

    Raises:
        ConfigError: every entry that is none, with its place.
    """
    source = document.read(path, name=str(path))
    entries = source.data if isinstance(source.data, list) else [source.data]
    samples, problems = [], []
    for index, entry in enumerate(entries):
        try:
            samples.append(_sample(entry))
        except ValueError as error:
            problems.append(source.problem((index,), str(error)))
    if problems:
        raise ConfigError(problems)
    return samples


def judge(sample: Sample, match: Match | None, answer: Message | None, *, ms: float) -> Outcome:
    """Return what became of a sample, from the message that came back; None where none did."""
    if answer is None:
        return Outcome(sample=sample, became="nothing", ms=ms)
    if match is None or answer.topic != match.output_topic:
        letter = json.loads(answer.payload)
        return Outcome(sample=sample, became=letter["reason"], detail=letter["detail"], ms=ms)
    extraction = _explained(sample.payload.decode(), answer.payload.decode(), match)
    return Outcome(sample=sample, became=READING, extraction=extraction, ms=ms)


def _explained(text: str, reading: str, match: Match) -> Extraction:
    """Return a reading with the places in the text where its values stand."""
    leaves = literal.leaves(reading)
    claims = spans.locate(text, match.route.schema.root, leaves, [1.0] * len(leaves))
    values = (Value(path=c.leaf.path, value=c.leaf.value, span=c.span, confidence=1.0) for c in claims)
    return Extraction(text=text, json=reading, values=tuple(values), left_out=(), duration_s=0.0)


def _sample(entry: JSON) -> Sample:
    if not isinstance(entry, dict):
        raise ValueError(f"expected a mapping, got {literal.dumps(entry)}")  # noqa: TRY004  # of a file, not of code
    topic, becomes = entry.get("topic"), entry.get("becomes")
    if not isinstance(topic, str) or becomes not in (READING, *Reason):
        raise ValueError("expected topic, and becomes: reading or a reason")
    text, hexadecimal, times = entry.get("text"), entry.get("hex"), entry.get("times", 1)
    if isinstance(hexadecimal, str):
        return Sample(topic=topic, payload=bytes.fromhex(hexadecimal), becomes=str(becomes))
    if isinstance(text, str) and isinstance(times, int):
        return Sample(topic=topic, payload=(text * times).encode(), becomes=str(becomes))
    raise ValueError("expected text (and times), or hex")
