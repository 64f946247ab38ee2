"""Owns the prompt contracts: how a schema and a text become the model's input, segment by segment.

Knows nothing of tokens or of the model. The wording is fixed with the weights: a character changed here moves
every prompt away from what the model was trained on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.literal import dumps
from edge.schema.schema import Kind, Node

CONTRACT = "edge-1"
CONTRACT_KEY = "edge.prompt_contract"  # where a GGUF's metadata name the contract of its weights
SUFFIX = "\n\nOutput:\n"
_TASK = "Extract the structured JSON data from the following text."
_TRAILING = " \t\r\n\v\f\0"  # what devices send behind a line; no text of the training ended so


@dataclass(frozen=True, kw_only=True, slots=True)
class Contract:
    """What stands before a text and behind it, in front of weights that were trained so.

    Attributes:
        suffix: the segment behind the text.
        has_schema: whether the schema stands before the text; where not, only the grammar knows of it.
    """

    name: str
    suffix: str
    has_schema: bool

    def prefix(self, root: Node) -> str:
        r"""Return the segment that comes before the text: the same for every message of a route.

        >>> CONTRACTS["maaza-1"].prefix(Node())
        'Extract the structured JSON data from the following text.\n\nInput: '
        """
        return prefix(root) if self.has_schema else f"{_TASK}\n\nInput: "


CONTRACTS: Mapping[str, Contract] = {
    contract.name: contract
    for contract in (
        Contract(name=CONTRACT, suffix=SUFFIX, has_schema=True),
        Contract(name="maaza-1", suffix="\n\nOutput:", has_schema=False),  # of the adapters Maaza MLM-JSON
    )
}


def trimmed(text: str) -> str:
    r"""Return a text as it stands in the prompt: without line breaks before it, nor blanks or zeros behind it.

    >>> trimmed("\r\n  T=21.4\r\n\0")
    '  T=21.4'
    """
    return text.lstrip("\r\n").rstrip(_TRAILING)


def prefix(root: Node) -> str:
    r"""Return the segment that comes before the text under `edge-1`.

    >>> from edge.schema.schema import parse
    >>> document = {"type": "object", "required": ["t"], "properties": {
    ...     "t": {"type": "number", "unit": "°C", "description": "Air temperature"},
    ...     "battery": {"enum": ["low", "ok"]}}}
    >>> prefix(parse(document).root).removeprefix("Extract the structured JSON data from the following text.")
    '\n\nSchema: {"t":number(°C; Air temperature),"battery"?:"low"|"ok"}\n\nInput: '
    """
    return f"{_TASK}\n\nSchema: {_object_text(root)}\n\nInput: "


def _object_text(node: Node) -> str:
    parts = (
        f"{dumps(prop.name)}{'' if prop.is_required else '?'}:{_type_text(prop.node)}" for prop in node.properties
    )
    return "{" + ",".join(parts) + "}"


def _type_text(node: Node) -> str:
    notes = "; ".join(note for note in (node.unit, node.description) if note)
    return _bare_type_text(node) + (f"({notes})" if notes else "")


def _bare_type_text(node: Node) -> str:
    if node.literals is not None:
        return "|".join(map(dumps, node.literals))
    if node.is_object:
        return _object_text(node)
    if node.kinds == (Kind.ARRAY,):
        return "[" + _type_text(node.items or Node()) + "]"
    if node.kinds == (Kind.STRING,) and node.format:
        return node.format
    return "|".join(node.kinds) or "any"
