"""Owns what a sighting is: a value of a text as a person would point at it. Knows nothing of how it is found."""

from dataclasses import dataclass
from enum import StrEnum

from edge.text.units import Unit


class Kind(StrEnum):
    """What a value is."""

    NUMBER = "number"
    WORD = "word"
    MOMENT = "moment"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """A value of a text.

    Attributes:
        written: the number as JSON has it, else the characters of the text.
        start: its offset in the text.
        end: likewise, behind its last character.
        label: what stands before it, as written; empty where nothing does.
        unit: of a number; None where none is seen.
        place: its place in a row of values, counted from 1; 0 where it has a label, or nothing can be counted.
    """

    kind: Kind
    written: str
    start: int
    end: int
    label: str
    unit: Unit | None = None
    place: int = 0
