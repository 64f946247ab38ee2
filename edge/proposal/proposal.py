"""Owns the proposal: from what texts show to the fields of a route, and what each text should then become.

Knows nothing of YAML and of the model.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from edge.errors import EdgeError
from edge.literal import JSON, Number, Path
from edge.proposal import naming, payload, sightings
from edge.proposal.payload import Piece
from edge.proposal.sightings import Kind, Sighting
from edge.text import labels
from edge.text.units import Unit

_MOST_FIELDS = 64  # more, and neither the model nor a person sees them through
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A text, and what its labels say that it becomes: no value that would have to be converted.

    Attributes:
        payload: as a device would publish it.
        expected: by the name of the field.
        is_whole: whether nothing is left out of what is expected.
    """

    payload: str
    expected: dict[str, JSON]
    is_whole: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """The fields of a route, and the texts that they were seen in.

    Attributes:
        place: where the text stands in a payload that is JSON; None for payloads that are texts.
        splits_lines: whether each line is a text of its own.
        left_out: how many values there were beyond the fields.
    """

    fields: tuple[Field, ...]
    samples: tuple[Sample, ...]
    place: Path | None = None
    splits_lines: bool = False
    left_out: int = 0


@dataclass(kw_only=True, slots=True)
class _Seen:
    """One name and what stood under it, text by text."""

    name: str
    values: dict[int, Sighting] = field(default_factory=dict)


def of(payloads: Sequence[str]) -> Proposal:
    """Return what is proposed for payloads of a device, at least one.

    >>> proposal = of(["T=21.4C RH=48% batt low", "T=19.8C RH=51% batt ok"])
    >>> [(each.name, each.type, each.unit, each.words) for each in proposal.fields]
    [('temperature', 'number', '°C', ()), ('humidity', 'number', '%', ()), ('battery', '', None, ('low', 'ok'))]

    Raises:
        EdgeError: nothing in them looks like a value.
    """
    seen: dict[str, _Seen] = {}
    contents = payload.of(payloads)
    pieces = contents.pieces
    for index, piece in enumerate(pieces):
        for name, sighting in _named(sightings.find(piece.text)):
            seen.setdefault(name, _Seen(name=name)).values[index] = sighting
    if not seen:
        raise EdgeError(
            "no value found in the texts: expected a number, or a word behind a label, as in `T=21.4C batt=low`"
        )
    fields = [_field(each, len(pieces)) for each in list(seen.values())[:_MOST_FIELDS]]
    return Proposal(
        fields=tuple(fields),
        samples=tuple(_sample(piece, index, fields, seen) for index, piece in enumerate(pieces)),
        place=contents.place,
        splits_lines=contents.splits_lines,
        left_out=len(seen) - len(fields),
    )


def _named(found: Sequence[Sighting]) -> Iterator[tuple[str, Sighting]]:
    """Yield the values of one text, each under a name of its own."""
    used: Counter[str] = Counter()
    for each in found:
        name = naming.name(each.label, each.unit)
        if each.kind is Kind.MOMENT and not name:
            name = "time"
        if not name:
            name = f"value_{each.place}" if each.place else "value"
        used[name] += 1
        while used[name] > 1:
            name = f"{name}_{used[name]}"
            used[name] += 1
        yield name, each


def _field(seen: _Seen, text_count: int) -> Field:
    """Return the field for a name; of values of unlike kinds, most decide."""
    kind = Counter(each.kind for each in seen.values.values()).most_common(1)[0][0]
    found = [each for each in seen.values.values() if each.kind is kind]
    first = found[0]
    proposed = _number(seen.name, found) if kind is Kind.NUMBER else _word(seen.name, found, text_count)
    return Field(
        name=proposed.name,
        type=proposed.type,
        unit=proposed.unit,
        words=proposed.words,
        is_moment=kind is Kind.MOMENT,
        is_share=proposed.is_share,
        is_optional=len(found) < text_count,
        description=_description(seen.name, first),
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


def _sample(piece: Piece, index: int, fields: Sequence[Field], seen: dict[str, _Seen]) -> Sample:
    """Return a text with what its labels say, as far as a reading has it as it stands there."""
    expected: dict[str, JSON] = {}
    is_whole = True
    for each in fields:
        sighting = seen[each.name].values.get(index)
        if sighting is None:
            continue
        value = _value(each, sighting)
        if value is None:
            is_whole = False
        else:
            expected[each.name] = value
    return Sample(payload=piece.payload, expected=expected, is_whole=is_whole)


def _value(proposed: Field, sighting: Sighting) -> JSON:
    """Return what a value is in a reading; None where it is of another kind, or has to be converted."""
    is_number = sighting.kind is Kind.NUMBER
    if proposed.type == "boolean":
        return sighting.written.lower() in (*_YES, "1")
    if proposed.type in {"number", "integer"}:
        is_same = sighting.unit is None or sighting.unit.symbol == proposed.unit
        return Number(sighting.written) if is_number and is_same else None
    return sighting.written
