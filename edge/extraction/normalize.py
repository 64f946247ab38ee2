"""Owns the step from what a text states to what its schema asks for: units, and the spelling of moments.

Knows nothing of the model and of bounds. A number beside another unit than its field's is converted, or the
message is rejected: 68 °F is never published as 68 °C.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeAlias

from edge import literal
from edge.errors import EdgeError, Reason, Rejected
from edge.extraction import conversion
from edge.extraction.extraction import Extraction, Value
from edge.literal import Path
from edge.schema.schema import Node, node_at
from edge.text import moments, units
from edge.text.moments import Zone
from edge.text.units import Unit, UnitPolicy

MOMENT = "date-time"  # the format of fields that hold one
Convert: TypeAlias = Callable[[str], str]  # from a number as the text has it to the one to publish


class Normalizer:
    """Says the numbers of an extraction in the units of their fields.

    Args:
        root: of the schema.
        policy: what becomes of a number whose unit is not its field's.
    """

    def __init__(self, root: Node, policy: UnitPolicy = UnitPolicy.CONVERT) -> None:
        self._root = root
        self._policy = policy

    def json(self, extraction: Extraction) -> str:
        """Return the JSON of an extraction with each number in its field's unit; all else stays as it is.

        Raises:
            Rejected: unit_mismatch, nothing converts the text's unit into the field's; ambiguous_unit, the number
                stands in the text more than once and with different units, none of which is the field's.
        """
        if self._policy is UnitPolicy.KEEP:
            return extraction.json
        judged = {value.path: self._judged(value, extraction.text) for value in extraction.values}
        return literal.replaced(extraction.json, {path: each for path, each in judged.items() if each is not None})

    def converter(self, path: Path, unit: Unit | None) -> Convert | None:
        """Return what turns a number in some unit into the one to publish at a path; None where it stays as it is.

        What it returns raises Rejected for a number beyond all measure.
        """
        node = node_at(self._root, path)
        wanted = units.named(node.unit) if node.unit else None
        if self._policy is UnitPolicy.KEEP or unit is None or wanted is None or unit == wanted:
            return None
        is_whole = "number" not in node.kinds

        def convert(number: str) -> str:
            try:
                return conversion.converted(number, unit, wanted, is_whole=is_whole)
            except EdgeError as error:
                raise Rejected(Reason.UNIT_MISMATCH, f"{literal.dotted(path)}: {error}") from error

        return convert

    def _judged(self, value: Value, text: str) -> Convert | None:
        field_unit, span = node_at(self._root, value.path).unit, value.span
        if not field_unit or span is None:
            return None
        wanted = units.named(field_unit)
        if wanted is not None and span.unit == wanted:
            return None
        where = f"{literal.dotted(value.path)}: {text[span.start : span.end]!r}"
        possible = {unit for unit in span.rival_units if _could_be(unit, wanted)} | {span.unit}
        if len(possible) > 1:
            found = ", ".join(sorted(unit.symbol if unit else "none" for unit in possible))
            raise Rejected(
                Reason.AMBIGUOUS_UNIT,
                f"{where} stands in the text with different units ({found}), expected {field_unit}",
            )
        if span.unit is not None and (wanted is None or not conversion.is_possible(span.unit, wanted)):
            raise Rejected(Reason.UNIT_MISMATCH, f"{where} is in {span.unit.symbol}, expected {field_unit}")
        return self.converter(value.path, span.unit)


def with_moments(json: str, root: Node, zone: Zone, arrived_at: datetime) -> str:
    """Return the JSON of a reading with each text of the format `date-time` as RFC 3339 has it.

    Args:
        json: compact, in the structure of the schema.
        root: of the schema.
        zone: how the device writes the time.
        arrived_at: the message's arrival, aware: what a text leaves out of a date is completed from it.

    Raises:
        Rejected: timestamp, a field holds what is no moment.
    """

    def convert(path: Path, spelled: str) -> str:
        try:
            return literal.dumps(moments.rfc3339(str(literal.loads(spelled)), zone, arrived_at))
        except EdgeError as error:
            raise Rejected(Reason.TIMESTAMP, f"{literal.dotted(path)}: {error}") from error

    places = [
        leaf.path
        for leaf in literal.leaves(json)
        if isinstance(leaf.value, str) and node_at(root, leaf.path).format == MOMENT
    ]
    return literal.replaced(json, {path: partial(convert, path) for path in places})


def _could_be(unit: Unit | None, wanted: Unit | None) -> bool:
    """Whether a number beside this unit could be meant for the field: 5 m/s is no temperature."""
    return unit is None or wanted is None or unit.dimension == wanted.dimension
