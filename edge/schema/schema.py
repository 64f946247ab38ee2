"""Owns the subset of JSON Schema that readings may have: plain JSON in, a tree of frozen `Node`s out.

Knows nothing of texts, grammars or files. What lies outside the subset is refused with its path, never ignored.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias, TypeVar

from edge.literal import JSON, Number, Path, dumps, excerpt
from edge.schema import hints, keywords, patterns, references
from edge.schema.patterns import Pattern
from edge.schema.references import ReferenceFault

T = TypeVar("T")

MAX_DEPTH = 16  # levels of nesting; the model was trained on four at most
MAX_NODES = 512  # properties and items in all; the prompt of a larger schema would not fit the context
MAX_CHARS = 200_000  # of keywords and names in all; the largest context has 32,768 tokens, of some four characters
MAX_PATTERNS = 64  # different ones; each may take a megabyte
MAX_FAULTS = 50  # told at once
_OF_FILES = {"$schema", "$id", "$defs", "definitions"}  # about the document; nothing refers to them any more
_NOT_COUNTED = {"$defs", "definitions", "properties", "items", "default", "examples", hints.KEYWORD}


class Kind(StrEnum):
    """The JSON types, as `type` spells them."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    NULL = "null"
    OBJECT = "object"
    ARRAY = "array"


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One place of a schema.

    Attributes:
        kinds: what a value may be, as declared; empty where the schema gives no type.
        literals: the values of `enum`, or the one of `const`; None where any value will do.
        properties: those of an object, in schema order.
        items: what an array holds; None where the schema does not say.
        max_items: None means no bound of the schema's own.
        is_grounded: whether numbers and strings must be copies of the text.
        is_multiline: whether a string may run over line breaks.
        hints: of how it looks in Home Assistant, name and value.
    """

    kinds: tuple[Kind, ...] = ()
    literals: tuple[JSON, ...] | None = None
    properties: tuple["Property", ...] = ()
    items: "Node | None" = None
    max_items: int | None = None
    format: str | None = None
    unit: str | None = None
    description: str | None = None
    is_grounded: bool = True
    is_multiline: bool = True
    hints: tuple[tuple[str, JSON], ...] = ()

    @property
    def is_object(self) -> bool:
        """Whether a value here is an object: declared so, or given properties."""
        return self.kinds[:1] == (Kind.OBJECT,) or bool(self.properties)


@dataclass(frozen=True, kw_only=True, slots=True)
class Property:
    """A named place of an object."""

    name: str
    node: Node
    is_required: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """A schema in both its forms: the tree for grammar and prompt, the JSON document for validation.

    Attributes:
        document: what the tree says, as JSON Schema; references are written out, so that both mean the same.
        patterns: each `pattern` of the document, compiled, by its text.
    """

    root: Node
    document: dict[str, JSON]
    patterns: Mapping[str, Pattern] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What is wrong at one place of a JSON document: a whole sentence without the place."""

    path: Path
    message: str


class SchemaError(ValueError):
    """A schema outside the subset: every fault at once, for the caller to say where they stand in its file."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, f.path)) or 'schema'}: {f.message}" for f in faults))
        self.faults = tuple(faults)


def parse(document: JSON) -> Schema:
    """Return the schema that a JSON document describes; its root is an object.

    >>> schema = parse({"type": "object", "required": ["t"],
    ...                 "properties": {"t": {"type": "number", "unit": "°C"}}})
    >>> [(p.name, p.node.kinds, p.node.unit, p.is_required) for p in schema.root.properties]
    [('t', (<Kind.NUMBER: 'number'>,), '°C', True)]

    Raises:
        SchemaError: every fault of the document, or the first MAX_FAULTS.
    """
    document = _exact(document)
    parser = _Parser(document)
    root, written_out = parser.node(document, (), ())
    if not parser.faults and root.kinds != (Kind.OBJECT,):
        parser.fault((), 'expected "type": "object" at the root of the schema')
    if parser.faults:
        raise SchemaError(list(parser.faults))
    return Schema(root=root, document=written_out, patterns=parser.patterns)


def node_at(root: Node, path: Path) -> Node:
    """Return the node that describes the value at a path of a reading.

    Raises:
        KeyError: the schema has no such place.
    """
    node = root
    for part in path:
        if isinstance(part, int):
            if node.items is None:
                raise KeyError(path)
            node = node.items
        else:
            node = {prop.name: prop.node for prop in node.properties}[part]
    return node


_Parsed: TypeAlias = tuple[Node, dict[str, JSON]]  # a place of the tree, and its JSON Schema without references


class _Parser:
    """One walk over a schema document; collects faults instead of stopping at the first.

    It follows references as often as they stand there, and counts what it meets: few lines may refer to much.
    """

    def __init__(self, document: JSON) -> None:
        self.document = document
        self.faults: dict[Fault, None] = {}  # each once: what is referred to twice has its faults twice
        self.patterns: dict[str, Pattern] = {}
        self.node_count = 0
        self.char_count = 0

    def fault(self, path: Path, message: str) -> None:
        self.faults[Fault(path=path, message=message)] = None
        if len(self.faults) > MAX_FAULTS:
            told = list(self.faults)[:MAX_FAULTS]
            raise SchemaError([*told, Fault(path=(), message="expected fewer faults; mend these, there are more")])

    def node(self, document: JSON, path: Path, refs: tuple[str, ...], depth: int = 0) -> _Parsed:
        """Return the node at a path; refs are the references followed on the way, to see a circle."""
        self.node_count += 1
        if depth > MAX_DEPTH or self.node_count > MAX_NODES:
            if self.node_count <= MAX_NODES + 1:  # say it once
                self.fault(path, f"expected at most {MAX_DEPTH} levels and {MAX_NODES} properties in all")
            self.node_count = MAX_NODES + 1
            return Node(), {}
        if not isinstance(document, dict):
            self.fault(path, f"expected a schema (an object), got {excerpt(document)}")
            return Node(), {}
        if "$ref" in document:
            return self.reference(document, path, refs, depth)
        self.char_count += _chars(document)
        if self.char_count > MAX_CHARS:
            self.fault(path, f"expected at most {MAX_CHARS} characters of a schema, references written out")
            raise SchemaError(list(self.faults))
        self.check_keywords(document, path)
        written_out = {key: value for key, value in document.items() if key not in _OF_FILES}
        properties = list(self.properties(document, path, refs, depth))
        items = None
        if "items" in document:
            items, written_out["items"] = self.node(document["items"], (*path, "items"), refs, depth + 1)
        if properties:
            written_out["properties"] = {prop.name: below for prop, below in properties}
        literals = document.get("enum", [document["const"]] if "const" in document else None)
        node = Node(
            kinds=self.kinds(document, path),
            literals=tuple(literals) if isinstance(literals, list) else None,
            properties=tuple(prop for prop, _ in properties),
            items=items,
            max_items=_only(int, document.get("maxItems")),
            format=_only(str, document.get("format")),
            unit=_only(str, document.get("unit")),
            description=_only(str, document.get("description")),
            is_grounded=document.get("grounded") is not False,
            is_multiline=document.get("multiline") is not False,
            hints=hints.of_schema(document),
        )
        return node, written_out

    def reference(self, document: dict[str, JSON], path: Path, refs: tuple[str, ...], depth: int) -> _Parsed:
        """Return the node that a local $ref names, joined with what stands beside the $ref."""
        name = document["$ref"]
        if name in refs:
            self.fault((*path, "$ref"), f"{excerpt(name)} leads back to itself; a reading cannot be endless")
            return Node(), {}
        try:
            joined, target_path = references.resolved(self.document, document)
        except ReferenceFault as fault:
            self.fault((*path, fault.key), str(fault))
            return Node(), {}
        return self.node(joined, target_path, (*refs, str(name)), depth + 1)

    def kinds(self, document: dict[str, JSON], path: Path) -> tuple[Kind, ...]:
        declared = document.get("type", [])
        names = declared if isinstance(declared, list) else [declared]
        if (declared == [] and "type" in document) or len(names) > len(Kind):
            self.fault((*path, "type"), f"expected one of {', '.join(Kind)}, got {excerpt(declared)}")
            return ()
        for name in names:
            if name not in list(Kind):
                self.fault((*path, "type"), f"expected one of {', '.join(Kind)}, got {excerpt(name)}")
        return tuple(Kind(name) for name in names if isinstance(name, str) and name in list(Kind))

    def properties(
        self, document: dict[str, JSON], path: Path, refs: tuple[str, ...], depth: int
    ) -> Iterator[tuple[Property, dict[str, JSON]]]:
        properties, required = document.get("properties", {}), document.get("required", [])
        if not isinstance(properties, dict):
            self.fault((*path, "properties"), f"expected an object, got {excerpt(properties)}")
            return
        if not isinstance(required, list):
            self.fault((*path, "required"), f"expected a list of property names, got {excerpt(required)}")
            required = []
        for index, name in enumerate(required):
            if not isinstance(name, str) or name not in properties:
                self.fault((*path, "required", index), f"{excerpt(name)} is not among the properties")
        for name, value in properties.items():
            node, written_out = self.node(value, (*path, "properties", name), refs, depth + 1)
            yield Property(name=name, node=node, is_required=name in required), written_out

    def check_keywords(self, document: dict[str, JSON], path: Path) -> None:
        for key, value in document.items():
            if complaint := keywords.complaint(key, value):
                self.fault((*path, key), complaint)
            elif key == "pattern" and isinstance(value, str) and value not in self.patterns:
                self.patterns[value] = patterns.compiled(value)
                if len(self.patterns) > MAX_PATTERNS:
                    self.fault((*path, key), f"expected at most {MAX_PATTERNS} different patterns in a schema")
        for key, complaint in keywords.quarrels(document):
            self.fault((*path, key), complaint)
        if path and "$id" in document:
            self.fault((*path, "$id"), "expected $id at the root alone: here it would change what each $ref means")


def _chars(document: dict[str, JSON]) -> int:
    """Return how much one level of a schema has to say: the characters of its keywords and of its names.

    >>> _chars({"type": "number", "unit": "°C"}), _chars({"properties": {"level": {"type": "number"}}})
    (20, 15)
    """
    said = {key: value for key, value in document.items() if key not in _NOT_COUNTED}
    properties = document.get("properties")
    names = properties if isinstance(properties, dict) else {}
    return sum(len(key) for key in (*document, *names)) + sum(len(dumps(value)) for value in said.values())


def _only(kind: type[T], value: JSON) -> T | None:
    """Return the value where it has the type; a wrong one has been reported already."""
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def _exact(value: JSON, path: Path = ()) -> JSON:
    """Return a copy in which every float is the decimal that its shortest spelling names.

    So that 0.1 is not below a minimum of 0.1, whose float is 0.1000000000000000055….

    >>> _exact({"minimum": 0.1})
    {'minimum': 0.1}

    Raises:
        SchemaError: a float that JSON cannot write.
    """
    if isinstance(value, dict):
        return {key: _exact(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_exact(item, (*path, index)) for index, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise SchemaError([Fault(path=path, message=f"expected a number of JSON, got {value}")])
    return Number(repr(value)) if isinstance(value, float) else value
