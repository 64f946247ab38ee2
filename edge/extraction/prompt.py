"""Owns the prompt contract `edge-1`: how a schema and a text become the model's input, segment by segment.

Knows nothing of tokens or of the model. The wording is fixed with the weights: a character changed here moves
every prompt away from what the model was trained on.
"""

from edge.literal import dumps
from edge.schema.schema import Kind, Node

CONTRACT = "edge-1"
CONTRACT_KEY = "edge.prompt_contract"  # where a GGUF's metadata name the contract of its weights
SUFFIX = "\n\nOutput:\n"


def prefix(root: Node) -> str:
    r"""Return the segment that comes before the text: the same for every message of a route.

    >>> from edge.schema.schema import parse
    >>> document = {"type": "object", "required": ["t"], "properties": {
    ...     "t": {"type": "number", "unit": "°C", "description": "Air temperature"},
    ...     "battery": {"enum": ["low", "ok"]}}}
    >>> prefix(parse(document).root).removeprefix("Extract the structured JSON data from the following text.")
    '\n\nSchema: {"t":number(°C; Air temperature),"battery"?:"low"|"ok"}\n\nInput: '
    """
    return f"Extract the structured JSON data from the following text.\n\nSchema: {_object_text(root)}\n\nInput: "


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
