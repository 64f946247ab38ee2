"""Owns values without labels, whose meaning only their place tells: CSV lines, telegrams with a checksum.

Knows nothing of what is measured. A description says which value is meant: by its place, or as the legend has it.
"""

from collections.abc import Sequence

from edge_train import words
from edge_train.chance import Chance
from edge_train.draft import Draft
from edge_train.facts import Fact
from edge_train.families import common

_ORDINALS = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "13th",
    "14th",
    "15th",
    "16th",
)
_SEPARATORS = (",", ",", ",", ";", ";", "|", " ", "\t", ":", "/", ", ", "  ", "~", "^")
_PLACES = (
    "{o} value",
    "{o} field",
    "field {n}",
    "value {n}",
    "column {n}",
    "{o} number of the line",
    "{o} column",
    "#{n}",
)
_FRAMES = (
    "{}",
    "{}",
    "{}",
    "{}",
    "${h},{}*{c}",
    "#{h}:{}",
    "{h} {}",
    "<{}>",
    "[{}]",
    "+{h}: {}",
    "{h}={}",
    "!{h};{};",
    "@{h}|{}|{c}",
    "{h}({})",
    "^{}$",
)
_FILLERS = ("0", "", "-", "*", "A", "99", "255", "1", "V", "00", "ff")


def draft(chance: Chance) -> Draft:
    """Return a line of bare values, with descriptions, with a header, or with a legend behind it."""
    separator = chance.pick(_SEPARATORS)
    setting = common.setting(
        chance, count=chance.between(2, 9), is_comma_free=True, has_trimmings=chance.maybe(0.12)
    )
    facts = [fact for fact in setting.shown if separator.strip() == "" or separator.strip() not in fact.worded]
    if separator.strip() == "":
        facts = [fact for fact in facts if " " not in fact.worded]
    facts = facts or [fact for fact in setting.shown if fact.is_number][:1] or list(setting.shown[:1])
    absent = common.without([fact for fact in setting.absent if fact.notes], common.NAMES)
    if chance.maybe(0.25):
        return _with_header(chance, facts, separator, absent)
    return _with_places(chance, facts, separator, absent)


def _with_header(chance: Chance, facts: Sequence[Fact], separator: str, absent: Sequence[Fact]) -> Draft:
    """Return a header and a row. Names with a space would be two in a line that spaces part."""
    mark = chance.pick(("", "", "#", "# "))
    text = (
        mark + separator.join(fact.label for fact in facts) + "\n" + separator.join(fact.worded for fact in facts)
    )
    return Draft(text=text, stated=facts, absent=absent)


def _with_places(chance: Chance, facts: Sequence[Fact], separator: str, absent: Sequence[Fact]) -> Draft:
    """Return a row with fillers between the values, each value to be found by its place."""
    frame = chance.pick(_FRAMES)
    say = chance.pick(_PLACES)
    has_ordinals = "{o}" in say
    cells: list[str] = []
    stated = []
    for fact in facts:
        while chance.maybe(0.15) and len(cells) < len(_ORDINALS) - len(facts):
            cells.append(chance.pick(_FILLERS[:1] if separator.strip() == "" else _FILLERS))
        if len(cells) >= len(_ORDINALS):
            break
        place = say.format(o=_ORDINALS[len(cells)], n=len(cells) + 1)
        cells.append(fact.worded)
        said = fact.notes[0] if fact.notes else fact.phrase
        is_bare = has_ordinals and chance.maybe(0.3)
        notes = [place if is_bare else chance.pick((f"{said}, {place}", f"{place}: {said}", f"{said} ({place})"))]
        stated.append(fact._replace(notes=notes, is_cryptic=True))
    text = frame.format(separator.join(cells), h=words.syllables(chance)[:5].upper(), c=chance.filled("^^"))
    return Draft(text=text, stated=stated, absent=absent)
