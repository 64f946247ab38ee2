"""Owns the step from what a text states to what its schema asks for: units, judged from each number's span.

Knows nothing of the model. Conversion does not exist yet, so a unit that differs rejects: 68 °F is never published
as 68 °C.
"""

from edge import literal
from edge.errors import Reason, Rejected
from edge.extraction.extraction import Extraction, Value
from edge.schema.schema import Node, node_at
from edge.text import units
from edge.text.units import Unit


def check_units(extraction: Extraction, root: Node) -> None:
    """Judge the unit beside every number whose field has a unit.

    Raises:
        Rejected: unit_mismatch, the text gives another unit; ambiguous_unit, the number stands in the text more
            than once and with different units, none of which is the field's.
    """
    for value in extraction.values:
        field_unit = node_at(root, value.path).unit
        if field_unit and value.span:
            _check(value, field_unit, extraction.text)


def _check(value: Value, field_unit: str, text: str) -> None:
    wanted = units.named(field_unit)
    span = value.span
    assert span is not None
    if wanted is not None and span.unit == wanted:
        return
    possible = {unit for unit in span.rival_units if _could_be(unit, wanted)} | {span.unit}
    where = f"{literal.dotted(value.path)}: {text[span.start : span.end]!r}"
    if len(possible) > 1:
        found = ", ".join(sorted(unit.symbol if unit else "none" for unit in possible))
        raise Rejected(
            Reason.AMBIGUOUS_UNIT,
            f"{where} stands in the text with different units ({found}), expected {field_unit}",
        )
    if span.unit is not None:
        raise Rejected(Reason.UNIT_MISMATCH, f"{where} is in {span.unit.symbol}, expected {field_unit}")


def _could_be(unit: Unit | None, wanted: Unit | None) -> bool:
    """Whether a number beside this unit could be meant for the field: 5 m/s is no temperature."""
    return unit is None or wanted is None or unit.dimension == wanted.dimension
