"""Owns the families that are written down as formats: each file of `formats/` is a kind of source.

Knows nothing of any format. A file that is added there needs a line in `FILES`.
"""

from edge_train import formats, moments, world
from edge_train.chance import Chance
from edge_train.draft import Draft, Family
from edge_train.facts import Fact
from edge_train.families import common

FILES = {  # file, and how often it comes
    "gnss": 4,
    "meters": 5,
    "machines": 5,
    "modems": 4,
    "weather": 5,
    "power": 6,
    "disks": 4,
    "lora": 4,
    "logs": 7,
    "hosts": 8,
    "network": 7,
    "firmware": 8,
    "buildings": 3,
    "notes": 7,
    "questions": 6,
    "fieldbus": 4,
}


def family(file: str) -> Family:
    """Return the family of a file."""

    def draft(chance: Chance) -> Draft:
        filled = formats.fill(chance, chance.pick(formats.load(f"{file}.txt")))
        absent = [fact for fact in filled.left_out if chance.maybe(0.3)]
        if chance.maybe(0.12):
            absent += [
                fact for fact in world.absent(chance, filled.stated, 1) if _is_unheard_of(fact, filled.text)
            ]
        text = filled.text
        if chance.maybe(0.06) and not any(map(_is_moment, (*filled.stated, *filled.left_out))):
            absent = common.without(absent, common.TIMES)
            when = moments.logged(chance)
            return Draft(text=f"{when.shown} {text}", stated=[when, *filled.stated], absent=absent)
        return Draft(text=text, stated=filled.stated, absent=absent)

    return draft


def _is_unheard_of(fact: Fact, text: str) -> bool:
    """Return whether a text has no word of the names of a fact."""
    lowered = text.lower()
    return not any(word in lowered for name in fact.names for word in name.split("_") if len(word) > len("of"))


def _is_moment(fact: Fact) -> bool:
    return any(word in _MOMENTS for name in fact.names for word in name.split("_"))


_MOMENTS = frozenset(["time", "date", "timestamp", "clock", "at", "when", "day", "utc", "on", "since"])
