"""Owns the three ways to give a route its schema: `fields:`, an inline JSON Schema, and the name of a file.

Knows nothing of the rest of a route. The faults of a schema are told at their places in the file that holds it.
"""

from difflib import get_close_matches
from pathlib import Path as FilePath

from edge.config import document, rules
from edge.config.checker import Checker
from edge.config.rules import got
from edge.errors import ConfigError, Problem
from edge.literal import JSON, Path
from edge.schema import schema
from edge.schema.schema import Schema, SchemaError


def from_fields(checker: Checker, path: Path, fields: JSON) -> Schema | None:
    """Return the schema of a `fields:` mapping: name -> property, required unless `optional: true`.

    None where it has faults; they are noted.
    """
    if not isinstance(fields, dict) or not fields:
        checker.fault(path, f"expected a mapping of at least one field, got {got(fields)}")
        return None
    properties: dict[str, JSON] = {}
    required: list[JSON] = []
    for name, value in fields.items():
        if not isinstance(value, dict):
            properties[name] = value
            continue
        meant = get_close_matches("optional", value, n=1, cutoff=0.75)
        properties[name] = {key: item for key, item in value.items() if key not in meant}
        if meant and meant != ["optional"]:
            checker.fault((*path, name, *meant), 'unknown key; did you mean "optional"?', at_key=True)
        if not checker.value(value, (*path, name), "optional", rules.flag, default=False):
            required.append(name)
    try:
        return schema.parse({"type": "object", "properties": properties, "required": required})
    except SchemaError as error:
        for fault in error.faults:
            checker.fault((*path, *fault.path[1:]), fault.message)  # path[0] is "properties"
        return None


def from_schema(checker: Checker, path: Path, value: JSON, folder: FilePath) -> Schema | None:
    """Return the schema of `schema:`, a JSON Schema or the name of a file with one, relative to a folder.

    None where it has faults; they are noted.
    """
    if isinstance(value, str) and value:
        return _from_file(checker, path, value, folder)
    if not isinstance(value, dict):
        checker.fault(path, f"expected the name of a file or a JSON Schema, got {got(value)}")
        return None
    try:
        return schema.parse(value)
    except SchemaError as error:
        for fault in error.faults:
            checker.fault((*path, *fault.path), fault.message)
        return None


def from_file(path: FilePath) -> Schema:
    """Return the schema in a file, for a command line that names it outright.

    Raises:
        ConfigError: the file cannot be read, or every fault of its schema.
    """
    source = document.read(path, name=str(path))
    try:
        return schema.parse(source.data)
    except SchemaError as error:
        raise ConfigError([source.problem(fault.path, fault.message) for fault in error.faults]) from error


def _from_file(checker: Checker, path: Path, name: str, folder: FilePath) -> Schema | None:
    try:
        source = document.read(folder / rules.path(name), name=name)
    except ValueError as error:
        checker.fault(path, str(error))
        return None
    except ConfigError as error:
        _tell(checker, path, error.problems)
        return None
    try:
        return schema.parse(source.data)
    except SchemaError as error:
        checker.adopt(path, [source.problem(fault.path, fault.message) for fault in error.faults])
        return None


def _tell(checker: Checker, path: Path, problems: tuple[Problem, ...]) -> None:
    """Note what is wrong with a file: at its own lines, or at its name where it could not be read."""
    for problem in problems:
        if problem.line:
            checker.adopt(path, [problem])
        else:
            checker.fault(path, problem.message)
