"""Owns the grounded grammar: what the model may write for one schema and one text, as llguidance's Lark.

Knows nothing of the model or of units. Numbers are numerals of the text and strings are runs of its pieces;
bounds, patterns and lengths are judged later, because a filter here would push the model to the wrong number.
"""

import re
from collections.abc import Iterable

from edge.literal import dumps
from edge.schema.schema import Kind, Node
from edge.text import numerals, pieces

MAX_ITEMS = 64  # of an array, whatever the text holds: the output limit would end it soon after
_SEPARATOR = re.compile(r"[\n,;|/\t]| {2,}")
_ANY = {  # what `grounded: false` allows
    Kind.NUMBER: r"/-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?/",
    Kind.INTEGER: r"/-?(0|[1-9][0-9]*)/",
    Kind.STRING: r'/"([^"\\\x00-\x1f]|\\["\\bfnrt])*"/',
}


def build(root: Node, text: str) -> str:
    r"""Return the grammar of every reading that a text may have under a schema.

    >>> from edge.schema.schema import parse
    >>> schema = parse({"type": "object", "properties": {"t": {"type": "number"}, "ok": {"type": "boolean"}}})
    >>> print(build(schema.root, "T=21.4, U=-3"))
    NUMBER: "21.4" | "-3"
    object_1_first_0: "\"t\":" NUMBER object_1_next_1 | object_1_first_1
    object_1_first_1: "\"ok\":" ( "true" | "false" ) object_1_next_2 | object_1_first_2
    object_1_first_2: ""
    object_1_next_1: ",\"ok\":" ( "true" | "false" ) object_1_next_2 | object_1_next_2
    object_1_next_2: ""
    start: "{" object_1_first_0 "}"
    """
    writer = _Writer(text)
    writer.rules["start"] = writer.object(root)
    return "\n".join(f"{name}: {body}" for name, body in writer.rules.items())


class _Writer:
    """One text's grammar under construction: rules by name, those that another needs before it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.numerals = numerals.find(text)
        self.most_items = len(_SEPARATOR.findall(text)) + 1
        self.object_count = 0
        self.rules: dict[str, str] = {}

    def value(self, node: Node) -> str | None:
        """Return an expression for the values of a node; None where the text offers none."""
        if node.literals is not None:
            return f"( {_alternatives(map(dumps, node.literals))} )"
        kinds = node.kinds or ((Kind.OBJECT,) if node.is_object else (Kind.STRING, Kind.NUMBER, Kind.BOOLEAN))
        options = [option for option in (self.option(kind, node) for kind in kinds) if option]
        return f"( {' | '.join(options)} )" if len(options) > 1 else next(iter(options), None)

    def option(self, kind: Kind, node: Node) -> str | None:
        """Return an expression for the values of one kind; None where the text offers none."""
        if kind is Kind.OBJECT:
            return self.object(node)
        if kind is Kind.ARRAY:
            return self.array(node)
        if kind is Kind.BOOLEAN:
            return '( "true" | "false" )'
        if kind is Kind.NULL:
            return '"null"'
        if not node.is_grounded:
            return self.rule(f"ANY_{kind.name}", _ANY[kind])
        return self.string(node) if kind is Kind.STRING else self.number(kind)

    def number(self, kind: Kind) -> str | None:
        """Return the terminal for the numerals of the text, as numbers or as integers."""
        if kind is Kind.INTEGER:
            return self.rule(
                "INTEGER", _alternatives(n.integer_literal for n in self.numerals if n.integer_literal)
            )
        return self.rule("NUMBER", _alternatives(n.literal for n in self.numerals))

    def string(self, node: Node) -> str | None:
        """Return the rule for strings that copy whole pieces of the text, not blank at either end."""
        parts = pieces.split(self.text)
        blanks = "|".join(re.escape(pieces.escape(blank)) for blank in sorted({p for p in parts if p.isspace()}))
        if all(part.isspace() for part in parts):
            return None
        self.rule("COPY", f"%regex {dumps({'substring_chunks': [pieces.escape(part) for part in parts]})}")
        trimmed = r"COPY & /(?s:.+)/"
        if blanks:  # ([^\\]|\\.)* steps over escapes whole: a written backslash before an n is no line break
            trimmed += rf" & ~/({blanks})(?s:.*)/ & ~/([^\\]|\\.)*({blanks})/"
        if node.is_multiline:
            self.rule("TRIMMED", trimmed)
            return self.rule("string", r'"\"" TRIMMED "\""')
        self.rule("LINE", trimmed + r" & ~/([^\\]|\\.)*\\[nr](?s:.*)/")
        return self.rule("line", r'"\"" LINE "\""')

    def array(self, node: Node) -> str:
        """Return an expression for an array of no more items than the text has room for."""
        items = node.items or Node()
        item = self.value(items)
        room = self.most_items
        if {Kind.NUMBER, Kind.INTEGER} & set(items.kinds):
            room = max(room, len(self.numerals))
        most = min(room, MAX_ITEMS, MAX_ITEMS if node.max_items is None else node.max_items)
        if item is None or most == 0:
            return _quoted("[]")
        more = f' ( "," {item} ){{0,{most - 1}}}' if most > 1 else ""  # llguidance refuses {0,0}
        return f'"[" ( {item}{more} )? "]"'

    def object(self, node: Node) -> str:
        """Return an expression for an object: keys in schema order, each of which may be left out.

        Two chains of rules: `first_k` has written no key yet, `next_k` writes a comma before the k-th.
        """
        self.object_count += 1
        name = f"object_{self.object_count}"
        values = [(prop.name, self.value(prop.node)) for prop in node.properties]
        pairs = [(key, value) for key, value in values if value]
        for chain, comma in (("first", ""), ("next", ",")):
            for k, (key, value) in enumerate(pairs):
                if chain == "first" or k:
                    written = f"{_quoted(f'{comma}{dumps(key)}:')} {value} {name}_next_{k + 1}"
                    self.rule(f"{name}_{chain}_{k}", f"{written} | {name}_{chain}_{k + 1}")
            self.rule(f"{name}_{chain}_{len(pairs)}", '""')
        return f'"{{" {name}_first_0 "}}"'

    def rule(self, name: str, body: str) -> str | None:
        """Write a rule down, once, and return its name; None for an empty body."""
        if body:
            self.rules[name] = body
        return name if body else None


def _alternatives(literals: Iterable[str]) -> str:
    return " | ".join(map(_quoted, dict.fromkeys(literals)))


def _quoted(text: str) -> str:
    """Return a text as a string of the grammar. A bare DEL is all that llguidance's lexer refuses."""
    return dumps(text).replace("\x7f", "\\u007f")
