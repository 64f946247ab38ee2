"""Owns JSON documents that others wrote: a file in, an object out. Knows nothing of what they mean."""

import json
from pathlib import Path

from edge.literal import JSON
from edge_convert.errors import ConversionError


def read(path: Path, failure: type[ConversionError]) -> dict[str, JSON]:
    """Return the object of a JSON file.

    Raises:
        ConversionError: of the kind given: the file holds no JSON, or no object.
        OSError: the file cannot be read.
    """
    try:
        document = json.loads(path.read_bytes(), parse_constant=_refuse)
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair could not be written again
    except (ValueError, RecursionError) as error:
        raise failure(f"{path}: expected JSON ({error})") from error
    if not isinstance(document, dict):
        raise failure(f"{path}: expected a JSON object, got {json.dumps(document)[:40]}")
    return document


def _refuse(constant: str) -> JSON:
    raise ValueError(f"{constant} is not JSON")
