"""Owns the subset of JSON Schema that readings may have: plain JSON in, a tree of frozen `Node`s out.

Knows nothing of texts, grammars or files. What lies outside the subset is refused with its path, never ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar, cast
from urllib.parse import unquote

from edge import keywords, patterns
from edge.literal import JSON, Number, Path, excerpt
from edge.patterns import Pattern

T = TypeVar("T")

MAX_DEPTH = 16  # levels of nesting; the model was trained on four at most
MAX_NODES = 512  # properties and items in all; the prompt of a larger schema would not fit the context


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
        SchemaError: every fault of the document.
    """
    document = _exact(document)
    parser = _Parser(document)
    root = parser.node(document, (), ())
    if not parser.faults and root.kinds != (Kind.OBJECT,):
        parser.fault((), 'expected "type": "object" at the root of the schema')
    if parser.faults:
        raise SchemaError(parser.faults)
    assert isinstance(document, dict)
    return Schema(root=root, document=document, patterns=parser.patterns)


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


def referred(name: str) -> list[str]:
    """Return the keys on the way from the root of a document to what a local $ref names (RFC 6901, section 6).

    >>> referred("#/$defs/a~1b%25"), referred("#")
    (['$defs', 'a/b%'], [])
    """
    return [part.replace("~1", "/").replace("~0", "~") for part in unquote(name).split("/")[1:]]


class _Parser:
    """One walk over a schema document; collects faults instead of stopping at the first."""

    def __init__(self, document: JSON) -> None:
        self.document = document
        self.faults: list[Fault] = []
        self.patterns: dict[str, Pattern] = {}
        self.node_count = 0

    def fault(self, path: Path, message: str) -> None:
        self.faults.append(Fault(path=path, message=message))

    def node(self, document: JSON, path: Path, refs: tuple[str, ...], depth: int = 0) -> Node:
        """Return the node at a path; refs are the references followed on the way, to see a circle."""
        self.node_count += 1
        if depth > MAX_DEPTH or self.node_count > MAX_NODES:
            if self.node_count <= MAX_NODES + 1:  # say it once
                self.fault(path, f"expected at most {MAX_DEPTH} levels and {MAX_NODES} properties in all")
            self.node_count = MAX_NODES + 1
            return Node()
        if not isinstance(document, dict):
            self.fault(path, f"expected a schema (an object), got {excerpt(document)}")
            return Node()
        if "$ref" in document:
            return self.reference(document, path, refs, depth)
        self.check_keywords(document, path)
        literals = document.get("enum", [document["const"]] if "const" in document else None)
        items = document.get("items")
        return Node(
            kinds=self.kinds(document, path),
            literals=tuple(literals) if isinstance(literals, list) else None,
            properties=tuple(self.properties(document, path, refs, depth)),
            items=None if items is None else self.node(items, (*path, "items"), refs, depth + 1),
            max_items=_only(int, document.get("maxItems")),
            format=_only(str, document.get("format")),
            unit=_only(str, document.get("unit")),
            description=_only(str, document.get("description")),
            is_grounded=document.get("grounded") is not False,
            is_multiline=document.get("multiline") is not False,
        )

    def reference(self, document: dict[str, JSON], path: Path, refs: tuple[str, ...], depth: int) -> Node:
        """Return the node that a local $ref names, under the annotations that stand beside the $ref."""
        name = document["$ref"]
        here = (*path, "$ref")
        if not isinstance(name, str) or not (name == "#" or name.startswith("#/")):
            self.fault(here, f'expected a reference into this schema ("#/$defs/…"), got {excerpt(name)}')
            return Node()
        if name in refs:
            self.fault(here, f"{excerpt(name)} leads back to itself; a reading cannot be endless")
            return Node()
        target, target_path = self.document, cast("Path", ())
        for part in referred(name):
            if not isinstance(target, dict) or part not in target:
                self.fault(here, f"{excerpt(name)} names nothing in this schema")
                return Node()
            target, target_path = target[part], (*target_path, part)
        beside = {key: value for key, value in document.items() if key != "$ref"}
        merged = {**target, **beside} if isinstance(target, dict) else target
        return self.node(merged, target_path, (*refs, name), depth + 1)

    def kinds(self, document: dict[str, JSON], path: Path) -> tuple[Kind, ...]:
        declared = document.get("type", [])
        names = declared if isinstance(declared, list) else [declared]
        if declared == [] and "type" in document:
            self.fault((*path, "type"), f"expected one of {', '.join(Kind)}, got []")
        for name in names:
            if name not in list(Kind):
                self.fault((*path, "type"), f"expected one of {', '.join(Kind)}, got {excerpt(name)}")
        return tuple(Kind(name) for name in names if isinstance(name, str) and name in list(Kind))

    def properties(
        self, document: dict[str, JSON], path: Path, refs: tuple[str, ...], depth: int
    ) -> Iterator[Property]:
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
            node = self.node(value, (*path, "properties", name), refs, depth + 1)
            yield Property(name=name, node=node, is_required=name in required)

    def check_keywords(self, document: dict[str, JSON], path: Path) -> None:
        for key, value in document.items():
            if complaint := keywords.complaint(key, value):
                self.fault((*path, key), complaint)
            elif key == "pattern" and isinstance(value, str) and value not in self.patterns:
                self.patterns[value] = patterns.compiled(value)
        for key, complaint in keywords.quarrels(document):
            self.fault((*path, key), complaint)
        if path and "$id" in document:
            self.fault((*path, "$id"), "expected $id at the root alone: here it would change what each $ref means")


def _only(kind: type[T], value: JSON) -> T | None:
    """Return the value where it has the type; a wrong one has been reported already."""
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def _exact(value: JSON) -> JSON:
    """Return a copy in which every float is the decimal that its shortest spelling names.

    So that 0.1 is not below a minimum of 0.1, whose float is 0.1000000000000000055….

    >>> _exact({"minimum": 0.1})
    {'minimum': 0.1}
    """
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return Number(repr(value)) if isinstance(value, float) else value
