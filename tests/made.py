"""Owns values that tests make by hand, without a model or a broker."""

from collections.abc import Sequence
from datetime import UTC, datetime

from edge.engine.engine import Choice, Decoded
from edge.extraction import extraction
from edge.extraction.extraction import Extraction
from edge.extraction.extractor import Extractor, Prepared
from edge.extraction.reading import Validator
from edge.literal import JSON
from edge.message import Message
from edge.schema import schema
from edge.schema.schema import Schema

NOON = datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)


def schema_of(properties: dict[str, JSON], *, required: Sequence[str] = ()) -> Schema:
    """Return an object's schema."""
    return schema.parse({"type": "object", "properties": properties, "required": list(required)})


def extracted(text: str, asked: Schema, json: str, choices: Sequence[Choice] = ()) -> Extraction:
    """Return what an extraction is when the model writes this JSON for a text; sure of all, without choices."""
    decoded = Decoded(text=json, choices=tuple(choices), fed_tokens=1, decode_calls=1, duration_s=0.5)
    return extraction.assemble(text, asked.root, decoded)


def message(
    payload: bytes, *, topic: str = "sensors/tank", qos: int = 1, packet_id: int = 7, epoch: int = 1
) -> Message:
    """Return a message as the broker delivers it."""
    return Message(topic=topic, payload=payload, qos=qos, packet_id=packet_id, epoch=epoch, received_at=NOON)


def prepared(asked: Schema) -> Prepared:
    """Return a schema made ready, with no prompt: for extractors that ask no model."""
    return Prepared(schema=asked, prefix=(), validator=Validator(asked))


class ScriptedExtractor(Extractor):
    """Reads every text as it was told to: writes one JSON text, or fails with one error."""

    def __init__(self, script: str | Exception) -> None:
        self._script = script

    def prepare(self, schema: Schema, *, flow: str = "", validator: Validator | None = None) -> Prepared:
        """Return a schema made ready, with no prompt."""
        return Prepared(schema=schema, prefix=(), validator=validator or Validator(schema), flow=flow)

    def extract(self, prepared: Prepared, text: str) -> Extraction:
        """Return the extraction of the scripted JSON, or raise the scripted error."""
        if isinstance(self._script, Exception):
            raise self._script
        return extracted(text, prepared.schema, self._script)
