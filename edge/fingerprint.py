"""Owns what tells one way of reading from another: program, prompt, schema and model, as one hash.

Knows nothing of what is remembered under a fingerprint. What was learned under another one does not count.
"""

import hashlib
from pathlib import Path

import edge
from edge.extraction import prompt
from edge.literal import dumps
from edge.schema.schema import Schema

_SAMPLE_BYTES = 1 << 20  # at either end of a model: its metadata, and weights; hashing 78 MB takes a Pi a second


def of_model(path: Path) -> str:
    """Return what tells a model file from others: a hash of its size, its beginning and its end.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        beginning = file.read(_SAMPLE_BYTES)
        size = file.seek(0, 2)
        file.seek(max(0, size - _SAMPLE_BYTES))
        return _hash(str(size).encode(), beginning, file.read())


def sha256(path: Path) -> str:
    """Return the sha256 of a whole file, in hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_route(schema: Schema, model: str, *manner: object) -> str:
    """Return what tells the readings of a schema by a model, in some manner, from all others.

    >>> from edge.schema.schema import parse
    >>> celsius = parse({"type": "object", "properties": {"t": {"type": "number", "unit": "°C"}}})
    >>> kelvin = parse({"type": "object", "properties": {"t": {"type": "number", "unit": "K"}}})
    >>> of_route(celsius, "m") == of_route(celsius, "m"), of_route(celsius, "m") == of_route(kelvin, "m")
    (True, False)
    """
    parts = (edge.__version__, prompt.CONTRACT, prompt.prefix(schema.root), dumps(schema.document), model)
    return _hash(*(part.encode() for part in (*parts, *map(str, manner))))


def _hash(*parts: bytes) -> str:
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.sha256(framed).hexdigest()
