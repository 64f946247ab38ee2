"""Owns one field of a proposal: its type, unit and words, from what stood under its name.

Knows nothing of how names come about.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from edge.literal import JSON, Number
from edge.proposal import naming
from edge.proposal.sighting import Kind, Sighting
from edge.text import labels
from edge.text.units import Unit

_MOST_WORDS = 6  # a field with more different words is no enum
_YES = ("on", "yes", "true", "enabled")
_NO = ("off", "no", "false", "disabled")
_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_SHARES = ("humidity", "battery", "moisture", "charge", "soc", "level", "load")


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field as it is proposed.

    Attributes:
        type: of JSON Schema; empty for an enum.
        unit: its symbol; None where none was seen.
        words: of an enum.
        description: the label, where the name does not have it; None else.
        remark: what a person should look at; empty where all is clear.
    """

    name: str
    type: str
    unit: str | None = None
    words: tuple[str, ...] = ()
    is_moment: bool = False
    is_share: bool = False
    is_optional: bool = False
    description: str | None = None
    remark: str = ""


def of(name: str, values: Sequence[Sighting], text_count: int) -> Field:
    """Return the field for a name; of values of unlike kinds, most decide."""
    kind = Counter(each.kind for each in values).most_common(1)[0][0]
    found = [each for each in values if each.kind is kind]
    first = found[0]
    proposed = _number(name, found) if kind is Kind.NUMBER else _word(name, found, text_count)
    return Field(
        name=proposed.name,
        type=proposed.type,
        unit=proposed.unit,
        words=proposed.words,
        is_moment=kind is Kind.MOMENT,
        is_share=proposed.is_share,
        is_optional=len(found) < text_count,
        description=_description(name, first),
        remark=proposed.remark,
    )


def _number(name: str, found: Sequence[Sighting]) -> Field:
    written = {each.written for each in found}
    unit = _usual_unit(found)
    label = found[0].label
    if unit is None and written <= {"0", "1"} and naming.is_switch(label):
        return Field(name=name, type="boolean", remark="0 and 1 so far")
    is_whole = unit is None and not any("." in each or "e" in each.lower() for each in written)
    remark = ""
    others = {each.unit.symbol for each in found if each.unit and each.unit != unit}
    if unit is None and (usual := naming.usual_unit(name)):
        remark, is_whole = f"no unit seen; is it {usual}?", False
    elif others:
        remark = f"converted from {', '.join(sorted(others))}"
    is_share = unit is not None and unit.symbol == "%" and any(word in name for word in _SHARES)
    return Field(
        name=name,
        type="integer" if is_whole else "number",
        unit=unit.symbol if unit else None,
        is_share=is_share,
        remark=remark,
    )


def _usual_unit(found: Sequence[Sighting]) -> Unit | None:
    counted = Counter(each.unit for each in found if each.unit)
    return counted.most_common(1)[0][0] if counted else None


def _word(name: str, found: Sequence[Sighting], text_count: int) -> Field:
    if found[0].kind is Kind.MOMENT:
        return Field(name=name, type="string")
    words = tuple(dict.fromkeys(each.written for each in found))
    if all(word.lower() in (*_YES, *_NO) for word in words):
        return Field(name=name, type="boolean", remark=f"{', '.join(words)} so far")
    is_enum = 1 < len(words) <= _MOST_WORDS and (len(words) < len(found) or _are_plain(words))
    if is_enum and not any(any(char.isdigit() for char in word) for word in words):
        return Field(name=name, type="", words=words, remark="seen so far: add what else it may say")
    if text_count > 1 and len(words) == 1:
        return Field(name=name, type="string", remark=f"always {words[0][:24]!r} so far")
    return Field(name=name, type="string")


def _are_plain(words: Sequence[str]) -> bool:
    """Return whether these look like states: one short word each."""
    return all(word.isalpha() and len(word) <= len("unavailable") for word in words)


def _description(name: str, first: Sighting) -> str | None:
    """Return what leads to the value where the name alone does not."""
    if first.label:
        said, named = labels.words(first.label), labels.words(name)
        is_clear = bool(said) and all(any(labels.is_same_word(word, each) for each in named) for word in said)
        return None if is_clear else first.label
    if first.unit is None and 0 < first.place <= len(_PLACES):
        return f"{_PLACES[first.place - 1]} value"
    return None


def value(proposed: Field, sighting: Sighting) -> JSON:
    """Return what a value is in a reading; None where it is of another kind, or has to be converted."""
    is_number = sighting.kind is Kind.NUMBER
    if proposed.type == "boolean":
        is_state = sighting.written.lower() in (*_YES, *_NO, "0", "1")
        return sighting.written.lower() in (*_YES, "1") if is_state else None
    if proposed.type in {"number", "integer"}:
        is_same = sighting.unit is None or sighting.unit.symbol == proposed.unit
        return Number(sighting.written) if is_number and is_same else None
    return sighting.written if not proposed.words or sighting.written in proposed.words else None
