"""Owns what was read from one text: the JSON as decoded, and for each value its source characters and confidence.

Knows nothing of units, of `required` or of bounds: an extraction is what the text states, not yet a reading.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edge import literal
from edge.engine.engine import Choice, Decoded
from edge.extraction import spans
from edge.extraction.calibration import Calibration
from edge.extraction.spans import Span
from edge.literal import JSON, Leaf, Path
from edge.schema.schema import Node


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """One leaf of an extraction.

    Attributes:
        span: the characters of the text that it copies; None for what was inferred (enum, boolean).
        confidence: how likely the value is right, 0 to 1: the probability that the model gave to it among all that
            the grammar allowed in its place, calibrated where the weights have a calibration.
    """

    path: Path
    value: JSON
    span: Span | None
    confidence: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Extraction:
    """What the model read from a text: compact JSON whose numbers are spelled as the text spells them.

    Attributes:
        left_out: places of values that the model wrote, but whose characters belong to another, surer value.
        decoded: what the model wrote, and what it took; None where it was not asked.
    """

    text: str
    json: str
    values: tuple[Value, ...]
    left_out: tuple[Path, ...]
    duration_s: float
    decoded: Decoded | None = None


def assemble(text: str, root: Node, decoded: Decoded, calibration: Calibration | None = None) -> Extraction:
    """Return the decoded JSON of a text with the source and the confidence of each of its values.

    Args:
        text: what was read.
        root: what was asked for.
        decoded: what the model wrote.
        calibration: of the weights; None takes probabilities as they are.
    """
    leaves = literal.leaves(decoded.text)
    probabilities = [probability(leaf, decoded.text, decoded.choices) for leaf in leaves]
    sureness = [
        value * presence
        for value, presence in zip(probabilities, presences(leaves, decoded.text, decoded.choices), strict=True)
    ]
    claims = spans.locate(text, root, leaves, sureness)
    lost = frozenset(claim.leaf.path for claim in claims if claim.is_lost)
    json = literal.dumps(_without(literal.loads(decoded.text), lost)) if lost else decoded.text
    confidences = map(calibration, probabilities) if calibration else probabilities
    kept = [(claim, sure) for claim, sure in zip(claims, confidences, strict=True) if not claim.is_lost]
    return Extraction(
        text=text,
        json=json,
        values=tuple(  # paths anew: behind an item left out, the others have moved up
            Value(path=leaf.path, value=leaf.value, span=claim.span, confidence=sure)
            for leaf, (claim, sure) in zip(literal.leaves(json), kept, strict=True)
        ),
        left_out=tuple(claim.leaf.path for claim in claims if claim.is_lost),
        duration_s=decoded.duration_s,
        decoded=decoded,
    )


def probability(leaf: Leaf, output: str, choices: Sequence[Choice]) -> float:
    """Return the probability that the model gave to a value: of its tokens, and of ending where it ends.

    >>> leaf = literal.leaves('{"t":21}')[0]
    >>> digit = Choice(start=6, end=7, probability=0.9, closing=0.0, beyond=0.1, gap=2.2)
    >>> brace = Choice(start=7, end=8, probability=0.5, closing=0.0, beyond=0.8, gap=0.1)
    >>> round(probability(leaf, '{"t":21}', [digit, brace]), 3)
    0.72
    """
    start, end = (len(output[:offset].encode()) for offset in (leaf.start, leaf.end))
    is_string = output[leaf.start] == '"'
    product = 1.0
    for choice in choices:
        if is_string and choice.start == end - 1:
            product *= choice.closing
        elif not is_string and choice.start == end:
            product *= choice.beyond
        elif choice.start < end and choice.end > start:
            product *= choice.probability
    return product


def presences(leaves: Sequence[Leaf], output: str, choices: Sequence[Choice]) -> list[float]:
    """Return for each leaf the probability of what was written between it and the leaf before: mostly its key.

    >>> leaves = literal.leaves('{"t":21}')
    >>> key = Choice(start=2, end=3, probability=0.7, closing=0.0, beyond=0.0, gap=0.8)
    >>> presences(leaves, '{"t":21}', [key])
    [0.7]
    """
    found, after = [], 0
    for leaf in leaves:
        start = len(output[: leaf.start].encode())
        found.append(math.prod(c.probability for c in choices if after <= c.start and c.end <= start))
        after = len(output[: leaf.end].encode())
    return found


def _without(value: JSON, lost: frozenset[Path], path: Path = ()) -> JSON:
    """Return a value without the leaves at some paths, nor the objects and arrays that this leaves empty.

    >>> _without({"a": 1, "b": [{"c": 2}], "d": {}}, frozenset([("b", 0, "c")]))
    {'a': 1, 'd': {}}
    """
    if isinstance(value, dict):
        members = {
            key: _without(item, lost, (*path, key)) for key, item in value.items() if (*path, key) not in lost
        }
        return {key: item for key, item in members.items() if item or not value[key]}
    if isinstance(value, list):
        items = [
            (item, _without(item, lost, (*path, k))) for k, item in enumerate(value) if (*path, k) not in lost
        ]
        return [item for before, item in items if item or not before]
    return value
