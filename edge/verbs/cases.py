"""Owns evaluation cases: texts with their schemas and the right answers, as JSON lines or in EdgeJSON's layout.

Knows nothing of models and scores.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from edge.errors import EdgeError
from edge.literal import JSON

NO_FAMILY = "-"
_COPIED: set[JSON] = {"string", "number", "integer"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One text, the schema to read it under, and the object that a careful reader would give."""

    id: str
    schema: dict[str, JSON]
    text: str
    expected: dict[str, JSON]
    family: str


def from_lines(path: Path) -> list[Case]:
    """Return the cases of a file of rows {"id", "schema", "text", "expected", "family"?}.

    Raises:
        EdgeError: a row that is none; the message names file, line and key.
    """
    cases = []
    for place, row in _rows(path):
        cases.append(
            Case(
                id=_text(row, "id", place),
                schema=_mapping(row, "schema", place),
                text=_text(row, "text", place),
                expected=_mapping(row, "expected", place),
                family=str(row.get("family", NO_FAMILY)),
            )
        )
    return cases


def from_edgejson(folder: Path, rows: str = "test.jsonl") -> list[Case]:
    """Return cases of EdgeJSON v3, a file of rows beside `schemas.json`; the family is the complexity.

    Raises:
        EdgeError: a file is missing or not in that layout.
    """
    schemas = _load(folder / "schemas.json")
    cases = []
    for place, row in _rows(folder / rows):
        schema_id = str(row.get("schema_id", row.get("schema_name")))
        cases.append(
            Case(
                id=_text(row, "id", place),
                schema=_mapping(schemas, schema_id, str(folder / "schemas.json")),
                text=_text(row, "prompt", place),
                expected=_mapping(row, "expected_output", place),
                family=str(row.get("complexity", "unlabelled")),
            )
        )
    return cases


def ungrounded(case: Case) -> Case:
    """Return a case under a schema whose numbers and strings need not be copies of the text.

    >>> asked: dict[str, JSON] = {"properties": {"t": {"type": "number"}, "ok": {"type": "boolean"}}}
    >>> ungrounded(Case(id="1", schema=asked, text="t 1", expected={}, family="")).schema["properties"]
    {'t': {'type': 'number', 'grounded': False}, 'ok': {'type': 'boolean'}}
    """
    return replace(case, schema=_freed(case.schema))


def _freed(schema: dict[str, JSON]) -> dict[str, JSON]:
    changed = dict(schema)
    properties, items = schema.get("properties"), schema.get("items")
    if isinstance(properties, dict):
        changed["properties"] = {
            name: _freed(each) if isinstance(each, dict) else each for name, each in properties.items()
        }
    if isinstance(items, dict):
        changed["items"] = _freed(items)
    kinds = schema.get("type", [])
    if set(kinds if isinstance(kinds, list) else [kinds]) & _COPIED and "enum" not in schema:
        changed["grounded"] = False
    return changed


def _rows(path: Path) -> Iterator[tuple[str, dict[str, JSON]]]:
    """Yield the objects of a file of JSON lines, each with its place."""
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if line.strip():
            yield f"{path}:{number}", _object(line, f"{path}:{number}")


def _load(path: Path) -> dict[str, JSON]:
    return _object(_read(path), str(path))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EdgeError(f"{path}: cannot read the cases: {error}") from error


def _object(text: str, place: str) -> dict[str, JSON]:
    try:
        row = json.loads(text)
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise EdgeError(f"{place}: expected text, got half of a surrogate pair") from error
    except ValueError as error:
        raise EdgeError(f"{place}: expected a JSON object, got {error}") from error
    if not isinstance(row, dict):
        raise EdgeError(f"{place}: expected a JSON object, got {text[:40]}")
    return row


def _text(row: dict[str, JSON], key: str, place: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise EdgeError(f'{place}: expected a string "{key}", got {json.dumps(value)}')
    return value


def _mapping(row: dict[str, JSON], key: str, place: str) -> dict[str, JSON]:
    value = row.get(key)
    if not isinstance(value, dict):
        raise EdgeError(f'{place}: expected an object "{key}", got {json.dumps(value)}')
    return value
