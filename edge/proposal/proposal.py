"""Owns the proposal: from what texts show to the fields of a route, and what each text should then become.

Knows nothing of YAML and of the model.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from edge.errors import EdgeError
from edge.literal import JSON, Path
from edge.proposal import fields, naming, payload, sightings
from edge.proposal.fields import Field
from edge.proposal.payload import Piece
from edge.proposal.sighting import Kind, Sighting

_MOST_FIELDS = 64  # more, and neither the model nor a person sees them through


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
    proposed = [
        fields.of(each.name, list(each.values.values()), len(pieces))
        for each in list(seen.values())[:_MOST_FIELDS]
    ]
    return Proposal(
        fields=tuple(proposed),
        samples=tuple(_sample(piece, index, proposed, seen) for index, piece in enumerate(pieces)),
        place=contents.place,
        splits_lines=contents.splits_lines,
        left_out=len(seen) - len(proposed),
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


def _sample(piece: Piece, index: int, proposed: Sequence[Field], seen: dict[str, _Seen]) -> Sample:
    """Return a text with what its labels say, as far as a reading has it as it stands there."""
    expected: dict[str, JSON] = {}
    is_whole = True
    for each in proposed:
        sighting = seen[each.name].values.get(index)
        if sighting is None:
            continue
        value = fields.value(each, sighting)
        if value is None:
            is_whole = False
        else:
            expected[each.name] = value
    return Sample(payload=piece.payload, expected=expected, is_whole=is_whole)
