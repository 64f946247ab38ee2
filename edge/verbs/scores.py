"""Owns the definition of every accuracy figure: exact, field F1, compliant, valid, invented.

Knows nothing of models. It judges the extraction as decoded, before units are judged and before `required` counts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from jsonschema import Draft202012Validator

from edge.literal import JSON
from edge.text.magnitudes import magnitudes


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What one prediction is worth.

    Attributes:
        exact: the prediction equals the expected object.
        field_f1: F1 over top-level fields whose values are equal, 0 to 1.
        compliant: every expected top-level field is there with the same JSON type (EdgeJSON's definition).
        valid: it satisfies the JSON Schema, `required` apart.
        invented: how many of its values are neither in the text nor open to inference.
    """

    exact: bool
    field_f1: float
    compliant: bool
    valid: bool
    invented: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """The scores of a set of cases: shares from 0 to 1, and the sum of what was invented."""

    cases: int
    exact: float
    field_f1: float
    compliant: float
    valid: float
    invented: int


def score(expected: dict[str, JSON], got: JSON, schema: dict[str, JSON], text: str) -> Score:
    """Return the score of a prediction; a `got` of None is a prediction that failed."""
    validator = Draft202012Validator(cast("dict[str, JSON]", _without_required(schema)))
    return Score(
        exact=got == expected,
        field_f1=field_f1(expected, got) if isinstance(got, dict) else 0.0,
        compliant=compliant(expected, got) if isinstance(got, dict) else False,
        valid=got is not None and validator.is_valid(got),
        invented=0 if got is None else sum(_is_invented(leaf, spec, text) for leaf, spec in _leaves(got, schema)),
    )


def summarize(scores: Iterable[Score]) -> Summary:
    """Return the mean of each share and the sum of what was invented; at least one score is needed."""
    group = list(scores)
    return Summary(
        cases=len(group),
        exact=sum(s.exact for s in group) / len(group),
        field_f1=sum(s.field_f1 for s in group) / len(group),
        compliant=sum(s.compliant for s in group) / len(group),
        valid=sum(s.valid for s in group) / len(group),
        invented=sum(s.invented for s in group),
    )


def field_f1(expected: dict[str, JSON], got: dict[str, JSON]) -> float:
    """Return F1 over top-level fields; two empty objects agree.

    >>> field_f1({"t": 21, "h": 48}, {"t": 21.0, "h": 47})
    0.5
    """
    if not expected and not got:
        return 1.0
    hits = sum(1 for key, value in expected.items() if key in got and got[key] == value)
    return 2 * hits / (len(expected) + len(got))


def compliant(expected: dict[str, JSON], got: dict[str, JSON]) -> bool:
    """Return whether every expected field is there with its JSON type; whole and broken numbers are one type.

    >>> compliant({"t": 21}, {"t": 21.5, "more": 1}), compliant({"t": 21}, {"t": "21"})
    (True, False)
    """
    return all(key in got and _kind(got[key]) is _kind(value) for key, value in expected.items())


def _is_invented(leaf: JSON, spec: dict[str, JSON], text: str) -> bool:
    if (
        isinstance(leaf, bool)
        or leaf is None
        or "enum" in spec
        or "const" in spec
        or spec.get("grounded") is False
    ):
        return False
    if isinstance(leaf, int | float):
        return abs(float(str(leaf))) not in magnitudes(text)  # float(10 ** 400) would overflow
    return str(leaf) not in text and " ".join(str(leaf).split()) not in " ".join(text.split())


def _leaves(value: JSON, spec: JSON) -> Iterator[tuple[JSON, dict[str, JSON]]]:
    spec = spec if isinstance(spec, dict) else {}
    if isinstance(value, dict):
        properties = spec.get("properties", {})
        for key, item in value.items():
            yield from _leaves(item, properties.get(key, {}) if isinstance(properties, dict) else {})
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, spec.get("items", {}))
    else:
        yield value, spec


def _without_required(schema: JSON) -> JSON:
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if key != "required" or not isinstance(value, list)}
        return {key: _without_required(value) for key, value in kept.items()}
    return [_without_required(item) for item in schema] if isinstance(schema, list) else schema


def _kind(value: JSON) -> type:
    return float if type(value) is int else type(value)
