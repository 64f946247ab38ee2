"""Owns what payloads are made of: texts as they are, JSON with the text in it, many lines of one kind.

Knows nothing of fields; it looks at what the texts show to tell a text from an id or a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge import jsonpath, literal
from edge.literal import JSON, Path
from edge.proposal import sightings
from edge.proposal.sighting import Kind


@dataclass(frozen=True, slots=True)
class Piece:
    """One text.

    Attributes:
        text: what is to be read.
        payload: as a device would publish this text alone.
    """

    text: str
    payload: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """The texts of payloads, and how a route gets at them.

    Attributes:
        place: where the text stands in a payload that is JSON; None for payloads that are texts.
        splits_lines: whether each line is a text of its own.
    """

    pieces: tuple[Piece, ...]
    place: Path | None = None
    splits_lines: bool = False


def of(payloads: Sequence[str]) -> Contents:
    r"""Return what payloads of a device hold.

    >>> found = of(['{"id":"s-7","rx":"T=21.4 RH=48"}', '{"id":"s-9","rx":"T=19.8 RH=51"}'])
    >>> found.place, [piece.text for piece in found.pieces]
    (('rx',), ['T=21.4 RH=48', 'T=19.8 RH=51'])
    >>> of(["id=1 T=21\nid=2 T=19"]).splits_lines, of(["T=21\nRH=48"]).splits_lines
    (True, False)
    """
    documents = [_document(each) for each in payloads]
    place = _place(documents)
    pieces = [
        Piece(each if place is None else str(jsonpath.find(document, place)), each)
        for each, document in zip(payloads, documents, strict=True)
    ]
    if not _are_alike([each.text for each in pieces]):
        return Contents(pieces=tuple(pieces), place=place)
    lines = [
        Piece(line, line if place is None else literal.dumps(jsonpath.replaced(document, place, line)))
        for piece, document in zip(pieces, documents, strict=True)
        for line in _lines(piece.text)
    ]
    return Contents(pieces=tuple(dict.fromkeys(lines)), place=place, splits_lines=True)


def _document(payload: str) -> JSON:
    """Return the JSON object that a payload is; None where it is none."""
    try:
        found = literal.loads(payload)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _place(documents: Sequence[JSON]) -> Path | None:
    """Return the only place at which all documents have a text with numbers in it; None where there is none."""
    if any(document is None for document in documents):
        return None
    try:
        common = set.intersection(*({*_texts(document, ())} for document in documents))
    except RecursionError:  # brackets in brackets, a thousand times
        return None
    return common.pop() if len(common) == 1 else None


def _texts(value: JSON, path: Path) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*path, index))
    elif isinstance(value, str) and _is_text(value) and jsonpath.PLACE.fullmatch(jsonpath.written(path)):
        yield path


def _is_text(value: str) -> bool:
    """Return whether a string is what a device said, and no id, version or time."""
    is_whole = not any("\ud800" <= char <= "\udfff" for char in value)  # half of a pair is no character
    return is_whole and any(each.kind is Kind.NUMBER for each in sightings.find(value))


def _are_alike(texts: Sequence[str]) -> bool:
    """Return whether the texts have lines, several in one of them, and all lines the same labels."""
    if all(len(_lines(text)) < len(("one", "two")) for text in texts):
        return False
    labels = {tuple(each.label for each in sightings.find(line)) for text in texts for line in _lines(text)}
    return len(labels) == 1 and any(any(each) for each in labels)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]
