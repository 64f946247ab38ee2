"""Owns the faults found in one configuration, and the way from its mappings to dataclasses of options.

Knows nothing of what the options are called: dataclasses name them, and their annotations carry the rules.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar, cast

from edge.config.document import Document
from edge.config.rules import Rule, got
from edge.errors import ConfigError, Problem
from edge.literal import JSON, Path

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
S = TypeVar("S", bound="DataclassInstance")


class Checker:
    """Reads a document piece by piece; a fault is noted, and reading goes on with a default."""

    def __init__(self, document: Document, overriding: Iterable[Problem] = ()) -> None:
        """Start on a document; the problems are those that the overrides of the command line had."""
        self.document = document
        self._found = [(self._rank(problem), problem) for problem in overriding]

    def fault(self, path: Path, message: str, *, at_key: bool = False) -> None:
        """Note a fault of the value at a path, or of its key."""
        problem = self.document.problem(path, message, at_key=at_key)
        self._found.append((self._rank(problem), problem))

    def adopt(self, path: Path, problems: Iterable[Problem]) -> None:
        """Note the problems of another file, which the value at a path names."""
        rank = self._rank(self.document.problem(path, ""))
        self._found.extend((rank, problem) for problem in problems)

    def finish(self) -> None:
        """Return if there was no fault.

        Raises:
            ConfigError: every fault, in the order of the file; those of the command line last.
        """
        if self._found:
            ordered = [problem for _, problem in sorted(self._found, key=lambda found: found[0])]
            raise ConfigError(list(dict.fromkeys(ordered)))

    def mapping(self, path: Path, known: Iterable[str], later: Iterable[str] = ()) -> Mapping[str, JSON]:
        """Return the known keys of the mapping at a path; what is missing or null counts as empty.

        Args:
            path: where the mapping stands.
            known: the keys that it may have.
            later: keys that a later version will know, refused with that reason.
        """
        known, later = list(known), list(later)
        value = self.document.at(path)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.fault(path, f"expected a mapping of {', '.join(known)}, got {got(value)}")
            return {}
        for key in value:
            if key in later:
                message = "expected nothing here yet: this option arrives in a later version"
                self.fault((*path, key), message, at_key=True)
            elif key not in known:
                self.fault((*path, key), f"unknown key; {_hint(key, known)}", at_key=True)
        return {key: item for key, item in value.items() if key in known}

    def value(self, values: Mapping[str, JSON], path: Path, key: str, rule: Rule[T], default: T) -> T:
        """Return one option of a mapping, or its default where it is absent or wrong."""
        if key not in values:
            return default
        try:
            return rule(values[key])
        except ValueError as error:
            self.fault((*path, key), str(error))
            return default

    def section(self, kind: type[S], path: Path, *, later: Iterable[str] = (), **defaults: object) -> S:
        """Return the dataclass of options that the mapping at a path fills.

        Args:
            kind: a dataclass whose annotations carry a rule each, or the dataclass of a mapping that may be null.
            path: where the mapping stands.
            later: keys that a later version will know.
            defaults: those of fields for which the dataclass has none.
        """
        fields = {field.name: field for field in dataclasses.fields(kind)}
        values = self.mapping(path, fields, later)
        options: dict[str, object] = {}
        for name, field in fields.items():
            rule = rule_of(field)
            if dataclasses.is_dataclass(rule):
                is_given = values.get(name) is not None
                options[name] = (
                    self.section(cast("type[DataclassInstance]", rule), (*path, name)) if is_given else None
                )
            else:
                options[name] = self.value(values, path, name, rule, defaults.get(name, field.default))
        return cast("Callable[..., S]", kind)(**options)

    def _rank(self, problem: Problem) -> tuple[bool, int, int]:
        return problem.file != self.document.file, problem.line, problem.column


def rule_of(field: "dataclasses.Field[Any]") -> Any:
    """Return what judges an option: a rule, or the dataclass of a mapping of its own."""
    return cast("Any", field.type).__metadata__[0]


def _hint(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1)
    return f'did you mean "{near[0]}"?' if near else f"expected one of {', '.join(known)}"
