"""Owns what sensors measure: the quantities of `data/quantities.txt`, and how one of them becomes a fact.

Knows nothing of texts. A quantity is added by a line of the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from edge.literal import JSON
from edge_train import lines, spelling
from edge_train.chance import Chance
from edge_train.facts import Fact
from edge_train.lines import TableError
from edge_train.spelling import Style

_SPELLED = {  # what schemas call a unit
    "°C": ("°C", "°C", "degC", "C", "celsius"),
    "°F": ("°F", "degF", "F"),
    "°": ("°", "deg", "degrees"),
    "µg/m³": ("µg/m³", "ug/m3"),
    "m³": ("m³", "m3"),
    "m³/h": ("m³/h", "m3/h"),
    "W/m²": ("W/m²", "W/m2"),
    "kn": ("kn", "kt"),
    "L/min": ("L/min", "l/min"),
    "%": ("%", "%", "percent"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """A unit in which a quantity is told, with what is usual in it.

    Attributes:
        decimals: the fewest and the most.
        spellings: as devices write it, with its space; an empty one where they leave it out.
    """

    name: str
    low: float
    high: float
    decimals: tuple[int, int]
    spellings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantity:
    """Something that sensors measure, as the columns of the table have it."""

    subject: frozenset[str]
    names: tuple[str, ...]
    labels: tuple[str, ...]
    phrases: Mapping[str, tuple[str, ...]]
    units: tuple[Unit, ...]
    notes: tuple[str, ...]


@cache
def table() -> tuple[Quantity, ...]:
    """Return the quantities of the table.

    Raises:
        TableError: a row that is none.
    """
    return tuple(_quantity(place, cells) for place, cells in lines.columns("quantities.txt", 6))


def fact(chance: Chance, quantity: Quantity, style: Style, language: str = "en") -> Fact:
    """Return a measured value of a quantity; its phrase is in the language, or in English."""
    unit = quantity.units[0] if chance.maybe(0.6) else chance.pick(quantity.units)
    few, most = unit.decimals
    shown, answer = spelling.number(chance, unit.low, unit.high, chance.between(few, most), style)
    suffix = chance.pick(unit.spellings) if style.unit_share and chance.maybe(style.unit_share) else ""
    is_whole = most == 0 and chance.maybe(0.6)
    phrases = quantity.phrases.get(language) or quantity.phrases["en"]
    return Fact(
        chance.pick(quantity.labels),
        shown,
        answer,
        _INTEGER if is_whole else _NUMBER,
        quantity.names,
        quantity.notes,
        chance.pick(_SPELLED[unit.name]) if unit.name in _SPELLED else unit.name,
        suffix,
        chance.pick(phrases),
        quantity.subject,
    )


_NUMBER: dict[str, JSON] = {"type": "number"}
_INTEGER: dict[str, JSON] = {"type": "integer"}


def _quantity(place: str, cells: Sequence[str]) -> Quantity:
    subjects, names, labels, phrases, units, notes = cells
    return Quantity(
        subject=frozenset(subjects.split()),
        names=tuple(names.split()),
        labels=tuple(labels.split()),
        phrases={
            phrase.strip()[:2]: tuple(said.strip() for said in phrase.strip()[3:].split(","))
            for phrase in phrases.split(";")
        },
        units=tuple(_unit(place, unit.split()) for unit in units.split(";")),
        notes=tuple(note.strip() for note in notes.split(";")),
    )


def _unit(place: str, words: Sequence[str]) -> Unit:
    try:
        name, bounds, decimals, *spellings = words
        low, high = bounds.split("..")
        few, _, most = decimals.removeprefix(".").partition("-.")
        return Unit(
            name="" if name == "-" else name,
            low=float(low),
            high=float(high),
            decimals=(int(few), int(most or few)),
            spellings=tuple("" if s == "-" else s.replace("_", " ") for s in spellings),
        )
    except ValueError as error:
        raise TableError(
            f'{place}: expected "UNIT LOW..HIGH .DECIMALS SPELLING…", got "{" ".join(words)}"'
        ) from error
