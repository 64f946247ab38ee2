"""Owns how a reading is published: its topic, and what stands in the payload beside what was read.

Knows nothing of how readings come about. Fields that the user sets come behind those that were read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.literal import JSON, dumps
from edge.topics import OutputTopic

META = "meta"  # the field of a payload that says where it comes from


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlet:
    """The way from a reading to its publication.

    Attributes:
        topic: where it goes.
        retain: whether the broker keeps the last one for those who subscribe later.
        constants: fields that each reading has, by their names, which no field of the schema has.
        has_meta: whether the payload tells its source, as the MQTT 5 properties do.
    """

    topic: OutputTopic
    retain: bool = False
    constants: Mapping[str, JSON] = field(default_factory=dict)
    has_meta: bool = False

    def payload(self, reading: str, meta: Mapping[str, str]) -> str:
        """Return what is published for the JSON of a reading.

        >>> outlet = Outlet(topic=OutputTopic("out"), constants={"site": "barn"})
        >>> outlet.payload('{"t":21.40}', {}), outlet.payload("{}", {})
        ('{"t":21.40,"site":"barn"}', '{"site":"barn"}')

        Args:
            reading: compact JSON of an object.
            meta: what is known of the reading beside it.
        """
        added: dict[str, JSON] = {**self.constants, **({META: dict(meta)} if self.has_meta else {})}
        if not added:
            return reading
        separator = "" if reading == "{}" else ","
        return f"{reading[:-1]}{separator}{dumps(added)[1:]}"
