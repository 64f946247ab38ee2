"""Owns the text of one YAML or JSON file: its values, and the line and column where each of them stands.

Knows nothing of what the values are for. The dialect is that of `strict_yaml`.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

import yaml

from edge.config import strict_yaml
from edge.config.rules import got
from edge.config.strict_yaml import MAX_DEPTH, MAX_NODES, SyntaxFault
from edge.errors import ConfigError, Problem
from edge.literal import JSON, Path, dotted

MAX_BYTES = 1_000_000  # a configuration is some kB; what is larger was not written by hand
_MAX_SHOWN = 200  # characters of a path that a problem shows
_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFSOCK: "a socket"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where something stands; line and column count from 1, and are 0 where the source has no lines."""

    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """The values of a file and their places.

    Attributes:
        file: the name of the file, as problems show it.
        data: the values; integers as int, other numbers as `edge.literal.Number`.
        values: where each value stands. The root has the path ().
        keys: where the key of each value stands, for the values of mappings.
    """

    file: str
    data: JSON
    values: Mapping[Path, Place]
    keys: Mapping[Path, Place]

    def at(self, path: Path) -> JSON:
        """Return the value at a path; None where there is none."""
        value = self.data
        for part in path:
            if isinstance(value, dict):
                value = value.get(str(part))
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def problem(self, path: Path, message: str, *, at_key: bool = False) -> Problem:
        """Return a problem of the value at a path, or of its key; of what is missing, at what should hold it."""
        place = (self.keys if at_key else self.values).get(path)
        above = path
        while place is None:
            above = above[:-1]
            place = self.values.get(above)
        return Problem(file=place.file, line=place.line, column=place.column, path=_shown(path), message=message)


def read(path: FilePath, *, name: str | None = None) -> Document:
    """Return the document in a file; `.json` files hold JSON, all others YAML.

    Args:
        path: a regular file of at most `MAX_BYTES` bytes of UTF-8; of a pipe or a device, reading may never end.
        name: what problems call the file; None means its name without its folder.

    Raises:
        ConfigError: the file cannot be read (a problem without a line), or its text cannot be used.
    """
    name = path.name if name is None else name
    which = "it" if name == str(path) else path
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                kind = _KINDS.get(stat.S_IFMT(mode), "something else")
                raise ConfigError(
                    [Problem(file=name, message=f"cannot read {which}: expected a file, got {kind}")]
                )
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError([Problem(file=name, message=f"cannot read {which}: {error.strerror}")]) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError([Problem(file=name, message=f"expected at most {MAX_BYTES} bytes")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = len(raw[raw.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8-sig")) + 1
        message = f"expected UTF-8, got the byte 0x{raw[error.start]:02X}"
        raise ConfigError([Problem(file=name, line=line, column=column, message=message)]) from error
    return parse(text, file=name, is_json=path.suffix == ".json")


def parse(text: str, *, file: str, is_json: bool = False) -> Document:
    """Return the document in a text.

    >>> document = parse("mqtt: {port: 0}", file="edge.yaml")
    >>> document.data, str(document.problem(("mqtt", "port"), "expected more"))
    ({'mqtt': {'port': 0}}, 'edge.yaml:1:14: mqtt.port: expected more')

    Raises:
        ConfigError: the syntax is broken (one problem), or keys are wrong (all of them).
    """
    builder = _Builder(file)
    try:
        root = strict_yaml.compose_json(text) if is_json else strict_yaml.compose(text)
        data = None if root is None else builder.value(root, (), ())
    except SyntaxFault as fault:
        problem = Problem(file=file, line=fault.line, column=fault.column, message=str(fault))
        raise ConfigError([problem]) from fault
    if builder.problems:
        raise ConfigError(list(builder.problems))
    builder.values.setdefault((), Place(file=file, line=1, column=1))
    return Document(file=file, data=data, values=builder.values, keys=builder.keys)


def _open_at_once(path: str, flags: int) -> int:
    """Return a descriptor without waiting for whoever writes into a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


class _Builder:
    """One walk over the tree of a text: values out, their places and the faults of keys noted."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.problems: dict[Problem, None] = {}  # each once: an alias brings one fault many times
        self.count = 0

    def value(self, node: yaml.Node, path: Path, above: tuple[yaml.Node, ...]) -> JSON:
        """Return the value of a node; above are the nodes that hold it, to see an alias that holds itself."""
        self.count += 1
        if any(node is holder for holder in above):
            raise _fault(node, "expected a value that ends, got an alias of something that holds it")
        if len(above) >= MAX_DEPTH:
            raise _fault(node, f"expected at most {MAX_DEPTH} levels")
        if self.count > MAX_NODES:
            raise _fault(node, f"expected at most {MAX_NODES} values, aliases written out")
        self.values[path] = self.place(node)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path, (*above, node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index), (*above, node)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def mapping(self, node: yaml.MappingNode, path: Path, above: tuple[yaml.Node, ...]) -> dict[str, JSON]:
        values: dict[str, JSON] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                hint = ", or around the braces if they are text" if node.flow_style else ""
                message = f"expected a key that is text, got {_words(key_node)}; put quotes around it{hint}"
                self.problem(key_node, path, message)
            elif key == "<<" and key_node.style is None:
                self.problem(key_node, path, "expected a key, got the merge key <<; write its keys out")
            elif key in values:
                first = self.keys[*path, key].line
                message = f"expected each key once, got {got(key)} again (the first stands on line {first})"
                self.problem(key_node, path, message)
            else:
                self.keys[*path, key] = self.place(key_node)
                values[key] = self.value(value_node, (*path, key), above)
        return values

    def place(self, node: yaml.Node) -> Place:
        return Place(file=self.file, line=node.start_mark.line + 1, column=node.start_mark.column + 1)

    def problem(self, node: yaml.Node, path: Path, message: str) -> None:
        place = self.place(node)
        problem = Problem(file=self.file, line=place.line, column=place.column, path=_shown(path), message=message)
        self.problems[problem] = None


def _scalar(node: yaml.Node) -> JSON:
    """Return the value of a scalar: with quotes or as a block always text, bare what the dialect says."""
    text: str = node.value
    if isinstance(node, yaml.ScalarNode) and node.style is None:
        return strict_yaml.bare(text)
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")  # "\ud83c\udf21" is one character
    except UnicodeDecodeError as error:
        raise _fault(node, "expected text, got half of a surrogate pair") from error


def _shown(path: Path) -> str:
    shown = dotted(path)
    return shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "…"


def _words(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return got(_scalar(node))
    return "a mapping" if isinstance(node, yaml.MappingNode) else "a list"


def _fault(node: yaml.Node, message: str) -> SyntaxFault:
    return SyntaxFault(message, line=node.start_mark.line + 1, column=node.start_mark.column + 1)
