"""Owns the last judgement: an extraction in its fields' units that satisfies its JSON Schema becomes a reading.

Knows nothing of how values were found. Numbers are judged as exact decimals, never as floats.
"""

import operator
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import jsonschema
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from edge import literal
from edge.errors import Reason, Rejected
from edge.extraction.extraction import Extraction
from edge.extraction.normalize import Normalizer
from edge.literal import JSON, Path, dumps
from edge.schema.patterns import Pattern
from edge.schema.schema import Schema
from edge.text.units import UnitPolicy


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A validated reading: compact JSON, ready to publish.

    Attributes:
        json: with each number in its field's unit.
        extraction: with each number as the text has it.
    """

    json: str
    extraction: Extraction

    @property
    def confidence(self) -> float:
        """That of the value that the model was least sure of, 0 to 1; 1 for a reading without values."""
        return min((value.confidence for value in self.extraction.values), default=1.0)


def _is_number(_checker: object, value: Any) -> bool:
    return isinstance(value, Decimal | int | float) and not isinstance(value, bool)


def _is_integer(checker: object, value: Any) -> bool:
    return _is_number(checker, value) and value == Decimal(value).to_integral_value()


def _validator(patterns: Mapping[str, Pattern]) -> type[Draft202012Validator]:
    """Return the class of validators that know numbers as decimals, and patterns as they were compiled."""

    def pattern(_validator: object, asked: str, value: object, _schema: object) -> Iterator[ValidationError]:
        if isinstance(value, str) and not patterns[asked].is_in(value):
            yield ValidationError("no match")

    extended = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # untyped
        Draft202012Validator,
        validators={"pattern": pattern},
        type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
            {"number": _is_number, "integer": _is_integer}
        ),
    )
    return cast("type[Draft202012Validator]", extended)


class Validator:
    """One schema's judge. `format` is not judged: timestamps are kept as they stand in the text.

    Whatever the text, it judges in time linear in the length of what it is given: patterns are RE2's.

    Attributes:
        normalizer: says numbers in the units of their fields.
    """

    def __init__(
        self, schema: Schema, policy: UnitPolicy = UnitPolicy.CONVERT, *, min_confidence: float = 0.0
    ) -> None:
        self._min_confidence = min_confidence
        self.normalizer = Normalizer(schema.root, policy)
        self._document = schema.document
        self._validator = _validator(schema.patterns)(schema.document)

    def judge(self, extraction: Extraction) -> Reading:
        """Return the reading that an extraction makes.

        Raises:
            Rejected: for a unit, as `Normalizer.json`; missing, for required fields that the text does not state;
                schema, for what it asks for beside; low_confidence.
        """
        json = self.normalizer.json(extraction)
        try:
            errors = list(self._validator.iter_errors(literal.loads(json)))
        except InvalidOperation as error:  # multipleOf over an exponent of hundreds
            raise Rejected(Reason.SCHEMA, "a number is too large to be divided by multipleOf") from error
        missing = [error for error in errors if error.validator == "required"]
        if missing:
            raise Rejected(Reason.MISSING, _sentences(missing, extraction.left_out))
        if errors:
            raise Rejected(Reason.SCHEMA, _sentences(errors, extraction.left_out))
        for value in extraction.values:
            if value.confidence < self._min_confidence:
                where = f"{literal.dotted(value.path)}: {dumps(value.value)}"
                expected = f"expected a confidence of at least {self._min_confidence:g}"
                raise Rejected(Reason.LOW_CONFIDENCE, f"{where}, {expected}, got {value.confidence:.4f}")
        return Reading(json=json, extraction=extraction)

    def value_judge(self, path: Path) -> Callable[[JSON], bool] | None:
        """Return what says whether a value may stand at a path, other than those that were judged there before.

        A reading of the same structure as an accepted one can fail only by its values. Types are taken as given.
        None where any value may stand there.
        """
        asked = {key: value for key, value in _schema_at(self._document, path).items() if key in _OF_VALUES}
        if asked.keys() <= _BOUNDS.keys():
            return _all([_bound(key, bound) for key, bound in asked.items()]) if asked else None
        return _all([self._validator.evolve(schema=asked).is_valid])

    def whole_judge(self) -> Callable[[str], bool] | None:
        """Return what judges the JSON of a whole reading, where the schema compares values with each other."""
        if '"uniqueItems":true' not in dumps(self._document):
            return None
        return _all([lambda json: self._validator.is_valid(literal.loads(cast("str", json)))])


_BOUNDS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}
_OF_VALUES = {*_BOUNDS, "multipleOf", "minLength", "maxLength", "pattern", "enum", "const"}


def _bound(keyword: str, bound: JSON) -> Callable[[JSON], bool]:
    """Return the judge of one bound. As in JSON Schema, what is no number has none.

    >>> judge = _bound("maximum", 100)
    >>> judge(literal.Number("100.0")), judge(literal.Number("100.1")), judge("high")
    (True, False, True)
    """
    holds = _BOUNDS[keyword]
    return lambda value: not isinstance(value, Decimal) or holds(value, cast("Decimal", bound))


def _all(judges: Iterable[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    judges = tuple(judges)

    def judge(value: Any) -> bool:
        try:
            return all(is_fine(value) for is_fine in judges)
        except InvalidOperation:  # as in `Validator.judge`
            return False

    return judge


def _schema_at(schema: JSON, path: Path) -> dict[str, JSON]:
    """Return what a schema says of the value at a path; nothing where it has no such place.

    >>> _schema_at({"properties": {"rows": {"items": {"maximum": 9}}}}, ("rows", 0))
    {'maximum': 9}
    """
    for part in path:
        holder = schema if isinstance(schema, dict) else {}
        properties = holder.get("properties")
        schema = holder.get("items") if isinstance(part, int) else None
        if isinstance(part, str) and isinstance(properties, dict):
            schema = properties.get(part)
    return schema if isinstance(schema, dict) else {}


_EXPECTED = {  # keyword: what it asks for, as the end of "expected …"
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "uniqueItems": "different items",
    "additionalProperties": "no other fields",
    "pattern": "a text that matches {}",
    "enum": "one of {}",
    "const": "{}",
    "type": "{}",
}


def _sentences(errors: Iterable[ValidationError], left_out: Container[Path]) -> str:
    """Return one sentence for each fault: where, what was expected, what the text gave."""
    return "; ".join(dict.fromkeys(sentence for error in errors for sentence in _describe(error, left_out)))


def _describe(error: ValidationError, left_out: Container[Path]) -> Iterable[str]:
    path, asked, got = (
        tuple(error.absolute_path),
        cast("JSON", error.validator_value),
        cast("JSON", error.instance),
    )
    if error.validator == "required" and isinstance(asked, list) and isinstance(got, dict):
        return [_missing((*path, str(name)), left_out) for name in asked if name not in got]
    expected = _EXPECTED.get(str(error.validator), f"{error.validator} {{}}").format(dumps(asked))
    return [f"{literal.dotted(path) or 'reading'}: expected {expected}, got {dumps(got)}"]


def _missing(path: Path, left_out: Container[Path]) -> str:
    why = "what it was read from belongs to another value" if path in left_out else "the text does not state it"
    return f"{literal.dotted(path)}: the schema requires it, and {why}"
