"""Owns the last judgement: an extraction that satisfies its JSON Schema becomes a reading, or is rejected.

Knows nothing of how values were found. Numbers are judged as exact decimals, never as floats.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import jsonschema
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from edge import literal
from edge.errors import Reason, Rejected
from edge.extraction import Extraction
from edge.literal import JSON, Path, dumps
from edge.schema import Schema


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A validated reading: compact JSON, ready to publish."""

    json: str
    extraction: Extraction


def _is_number(_checker: object, value: Any) -> bool:
    return isinstance(value, Decimal | int | float) and not isinstance(value, bool)


def _is_integer(checker: object, value: Any) -> bool:
    return _is_number(checker, value) and value == int(value)


_EXACT_VALIDATOR: type[Draft202012Validator] = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # untyped
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"number": _is_number, "integer": _is_integer}),
)


class Validator:
    """One schema's judge. `format` is not judged: timestamps are kept as they stand in the text."""

    def __init__(self, schema: Schema) -> None:
        self._validator = _EXACT_VALIDATOR(schema.document)

    def judge(self, extraction: Extraction) -> Reading:
        """Return the reading that an extraction makes.

        Raises:
            Rejected: missing, for required fields that the text does not state; schema, for all else.
        """
        try:
            errors = list(self._validator.iter_errors(literal.loads(extraction.json)))
        except InvalidOperation as error:  # multipleOf over an exponent of hundreds
            raise Rejected(Reason.SCHEMA, "a number is too large to be divided by multipleOf") from error
        missing = [error for error in errors if error.validator == "required"]
        if missing:
            raise Rejected(Reason.MISSING, _sentences(missing, extraction.left_out))
        if errors:
            raise Rejected(Reason.SCHEMA, _sentences(errors, extraction.left_out))
        return Reading(json=extraction.json, extraction=extraction)


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
