"""Owns how two machines are compared: by what the messages of the demonstration are read as on each.

`readings.py read MODEL CONFIG MESSAGES` prints a JSON line for each message, `readings.py compare ONE OTHER` shows
two such files side by side. Knows nothing of wheels, roots and emulators: it runs inside them.
"""

# ruff: noqa: INP001, T201  # a script, run by packaging/try-arm64, and its output is what it prints

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

ARRIVED_AT = datetime(2026, 1, 1, tzinfo=UTC)  # the same on both, as moments may be completed from it
DEADLINE_S = 3600  # for a message: an emulated processor is a hundred times slower than a real one


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What became of a message.

    Attributes:
        became: the reading as it is published, or the reason of the dead letter.
        confidences: of the values, in the order of the reading.
        gap: by how much the closest choice was won, in logits; infinite where nothing was chosen.
        tokens: fed through the model, the prefix of the schema included where this message needed it first.
        calls: of llama_decode.
        duration_s: of the model.
    """

    topic: str
    text: str
    became: str
    confidences: Sequence[float] = ()
    gap: float = math.inf
    tokens: int = 0
    calls: int = 0
    duration_s: float = 0.0


def read(model: Path, config_file: Path, messages_file: Path) -> Iterator[Line]:
    """Yield what becomes of each message of a demonstration, one after the other, without the shape cache."""
    from edge import config  # noqa: PLC0415  # to compare, nothing of Edge need be installed
    from edge.extraction.extractor import open_model  # noqa: PLC0415
    from edge.verbs import demoscript, tryout  # noqa: PLC0415

    settings = config.load(config_file, overrides=[f"limits.deadline_s={DEADLINE_S}"], hostname="trial")
    options, limits = settings.model, settings.limits
    with open_model(
        model, threads=options.threads, context_tokens=options.context_tokens, limits=limits
    ) as extractor:
        for sample in demoscript.load(messages_file):
            match = settings.routes.match(sample.topic)
            assert match is not None, f"{sample.topic}: expected a topic with a route"
            trial = tryout.attempt(extractor, match.route, sample.payload, limits, arrived_at=ARRIVED_AT)
            extraction = trial.extraction
            decoded = extraction.decoded if extraction else None
            yield Line(
                topic=sample.topic,
                text=sample.payload[:200].decode(errors="replace"),
                became=trial.published if trial.reading else str(trial.rejected),
                confidences=tuple(value.confidence for value in extraction.values) if extraction else (),
                gap=min((choice.gap for choice in decoded.choices), default=math.inf) if decoded else math.inf,
                tokens=decoded.fed_tokens if decoded else 0,
                calls=decoded.decode_calls if decoded else 0,
                duration_s=decoded.duration_s if decoded else 0.0,
            )


def compare(one: Iterable[Line], other: Iterable[Line]) -> Iterator[tuple[bool, str]]:
    """Yield for each message whether both machines made the same of it, byte for byte, and that in words.

    Raises:
        ValueError: the two read different messages.

    >>> line = Line(topic="t", text="T=1", became='{"t":1}', confidences=(0.99,), gap=2.5)
    >>> [same for same, _ in compare([line], [line])]
    [True]
    """
    for a, b in zip(one, other, strict=True):
        if (a.topic, a.text) != (b.topic, b.text):
            raise ValueError(f"expected the same messages, got {a.topic} {a.text!r} and {b.topic} {b.text!r}")
        shown = f"{a.topic}  {a.text.strip()!r}\n  one    {a.became}\n  other  {b.became}\n"
        if a.became != b.became:
            yield False, f"{shown}  DIFFERENT; closest choice won by {a.gap:.4f} and {b.gap:.4f} logits"
            continue
        apart = max((abs(p - q) for p, q in zip(a.confidences, b.confidences, strict=True)), default=0.0)
        yield (
            True,
            f"{shown}  equal; confidences up to {apart:.4f} apart, closest choice won by {b.gap:.2f} logits",
        )


def main() -> int:
    """Do what the command line says; return 1 where two machines differ, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    reader, comparer = verbs.add_parser("read"), verbs.add_parser("compare")
    for name in ("model", "config", "messages"):
        reader.add_argument(name, type=Path)
    for name in ("one", "other"):
        comparer.add_argument(name, type=Path)
    options = parser.parse_args()
    if options.verb == "read":
        for line in read(options.model, options.config, options.messages):
            print(json.dumps(asdict(line), ensure_ascii=False), flush=True)
        return 0
    verdicts = list(compare(_lines(options.one), _lines(options.other)))
    for _, words in verdicts:
        print(words)
    same = sum(is_same for is_same, _ in verdicts)
    print(f"\n{same} of {len(verdicts)} messages equal, byte for byte")
    return 0 if same == len(verdicts) else 1


def _lines(file: Path) -> list[Line]:
    return [Line(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    sys.exit(main())
