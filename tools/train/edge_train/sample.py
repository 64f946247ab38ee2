"""Owns what a training sample is: a schema, a text, one right answer. Knows nothing of how texts are worded."""

import json
from dataclasses import dataclass

from edge.literal import JSON, dumps


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One text, the JSON Schema to read it under, and what a careful reader writes.

    Attributes:
        answer: its numbers are `Number`s, spelled as the product spells what the text shows; its keys stand in
            schema order.
        family: the kind of source that the text imitates.
    """

    schema: dict[str, JSON]
    text: str
    answer: dict[str, JSON]
    family: str

    @property
    def target(self) -> str:
        """The answer as the model is to write it: the product's canonical JSON."""
        return dumps(self.answer)


def row(sample: Sample) -> str:
    """Return a sample as a line of a file of samples, without the line break.

    >>> row(Sample(schema={"type": "object"}, text="T=21", answer={}, family="keyvalue"))
    '{"family":"keyvalue","schema":{"type":"object"},"text":"T=21","answer":{}}'
    """
    rest = {"family": sample.family, "schema": sample.schema, "text": sample.text}  # no `Number`s: json is faster
    return f'{_JSON.encode(rest)[:-1]},"answer":{sample.target}}}'


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
