"""Owns the options given on the command line (`--set mqtt.port=1884`): they replace values of the document.

Knows nothing of which options exist; what an override sets is checked like the file, under its own name.
"""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from edge.config import strict_yaml
from edge.config.document import Document, Place
from edge.errors import Problem
from edge.literal import JSON, Path, dotted

_ASSIGNMENT = re.compile(r"(?P<path>[\w-]+(?:\.[\w-]+|\[[0-9]{1,4}\])*)=(?P<value>.*)", re.DOTALL)
_PART = re.compile(r"(?P<key>[\w-]+)|\[(?P<index>[0-9]+)\]")


def override(document: Document, overrides: Sequence[str]) -> tuple[Document, list[Problem]]:
    """Return the document with overrides in place, one after another, and the problems of those that are none.

    >>> from edge.config.document import parse
    >>> document, problems = override(parse("mqtt: {port: 1883}", file="edge.yaml"), ["mqtt.port=0"])
    >>> document.data, str(document.problem(("mqtt", "port"), "expected more"))
    ({'mqtt': {'port': 0}}, '--set mqtt.port=0: mqtt.port: expected more')
    """
    problems: list[Problem] = []
    for assignment in overrides:
        name = f"--set {assignment}"
        match = _ASSIGNMENT.fullmatch(assignment)
        if match is None:
            problems.append(Problem(file=name, message="expected OPTION=VALUE, as in mqtt.port=1883"))
            continue
        if not _is_text(assignment) or not _is_text(value := _value(match["value"])):
            message = "expected text, got bytes that are no UTF-8, or half of a surrogate pair"
            problems.append(Problem(file=name.encode(errors="backslashreplace").decode(), message=message))
            continue
        path = tuple(
            int(part["index"]) if part["index"] else part["key"] for part in _PART.finditer(match["path"])
        )
        try:
            data = _set(document.data, path, 0, value)
        except LookupError as error:
            problems.append(Problem(file=name, path=dotted(path), message=str(error.args[0])))
        else:
            document = _placed(replace(document, data=data), path, Place(file=name))
    return document, problems


def _value(text: str) -> JSON:
    """Return what a bare word means; in double quotes it is text in any case."""
    if text.startswith('"'):
        with suppress(json.JSONDecodeError):
            value = json.loads(text)
            return str(value)
    return strict_yaml.bare(text)


def _is_text(value: JSON) -> bool:
    """Whether a value could stand in a file: arguments may hold bytes that are no UTF-8, as lone surrogates."""
    return not isinstance(value, str) or not any("\ud800" <= char <= "\udfff" for char in value)


def _set(data: JSON, path: Path, depth: int, value: JSON) -> JSON:
    """Return the data with the value at a path; what stands on the way is copied, not changed."""
    if depth == len(path):
        return value
    part = path[depth]
    if isinstance(part, int):
        if not isinstance(data, list) or part >= len(data):
            raise LookupError(f"expected an item that exists, got {dotted(path[: depth + 1])}")
        return [*data[:part], _set(data[part], path, depth + 1, value), *data[part + 1 :]]
    if data is not None and not isinstance(data, dict):
        raise LookupError(f"expected a mapping at {dotted(path[:depth]) or 'the top'} to set this in")
    data = {} if data is None else data
    return {**data, part: _set(data.get(part), path, depth + 1, value)}


def _placed(document: Document, path: Path, place: Place) -> Document:
    """Return the document in which the value at a path, and what had to be made to hold it, stand elsewhere."""
    made = {path[:end]: place for end in range(1, len(path)) if path[:end] not in document.values}
    values = {old: at for old, at in document.values.items() if old[: len(path)] != path}
    keys = {old: at for old, at in document.keys.items() if old[: len(path)] != path}
    return replace(document, values=values | made | {path: place}, keys=keys | made | {path: place})
