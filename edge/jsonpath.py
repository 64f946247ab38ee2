"""Owns places in a JSON document: how they are written, what stands there, and how it is replaced.

Knows nothing of what a place is for. Of JSONPath (RFC 9535) it reads keys and indices, none of what finds many.
"""

import re

from edge.literal import JSON, Path

PLACE = re.compile(r"\$((?:\.[^.\[\]\s]+|\[[0-9]{1,6}\])*)")
_STEP = re.compile(r"\.([^.\[\]]+)|\[([0-9]+)\]")


def parse(written: str) -> Path:
    """Return the place that a text names.

    >>> parse("$.data[0].message"), parse("$")
    (('data', 0, 'message'), ())

    Raises:
        ValueError: it is not written so.
    """
    found = PLACE.fullmatch(written)
    if found is None:
        raise ValueError(f'expected a place such as $.message or $.data[0].text, got "{written}"')
    return tuple(key or int(index) for key, index in _STEP.findall(found[1]))


def written(path: Path) -> str:
    """Return a place as `parse` reads it.

    >>> written(("data", 0, "text"))
    '$.data[0].text'
    """
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def find(document: JSON, path: Path) -> JSON:
    """Return what stands at a place of a document.

    >>> find({"data": [{"text": "T=1"}]}, ("data", 0, "text"))
    'T=1'

    Raises:
        LookupError: nothing does; it says how far the way leads.
    """
    value = document
    for number, step in enumerate(path):
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            raise LookupError(f"nothing at {written(path[: number + 1])}")
    return value


def replaced(document: JSON, path: Path, value: JSON) -> JSON:
    """Return a document that differs at one place, where something stands.

    >>> replaced({"id": 7, "data": ["a", "b"]}, ("data", 1), "c")
    {'id': 7, 'data': ['a', 'c']}
    """
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(document, dict):
        return {**document, str(step): replaced(document[str(step)], rest, value)}
    assert isinstance(document, list)
    assert isinstance(step, int)
    return [*document[:step], replaced(document[step], rest, value), *document[step + 1 :]]
