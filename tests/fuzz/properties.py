"""Owns what must hold for readers of texts, numbers and topics, whatever they are given: one function for each.

Knows nothing of where the texts come from; `test_scanners.py` and `guided.py` make them.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from edge import answer, literal, topics
from edge.config import document
from edge.errors import EdgeError, Reason, Rejected
from edge.inlet import PLAIN, Inlet
from edge.literal import JSON, Number
from edge.proposal import page, proposal
from edge.schema import schema
from edge.shapes import shape as shapes
from edge.text import numerals, pieces, units
from edge.topics import OutputTopic, TopicFilter
from tests.fuzz import verdict
from tests.made import message

T = TypeVar("T")


def numerals_copy_the_text(text: str) -> None:
    """Each numeral is legal JSON, and spells the ASCII digits of its place: sign, point and exponent."""
    found = numerals.find(text)

    assert list(found) == sorted(found, key=lambda n: (n.start, -n.end, n.literal))
    for numeral in found:
        source = text[numeral.start : numeral.end]
        assert 0 <= numeral.start < numeral.end <= len(text)
        assert json.loads(numeral.literal, parse_int=str, parse_float=str) == numeral.literal
        assert not any(char.isnumeric() and not char.isascii() for char in source)
        assert verdict.spells(source, numeral.literal), (source, numeral.literal)
        if numeral.integer_literal is not None:
            assert Number(numeral.integer_literal) == Number(numeral.literal)


def units_are_known_or_none(text: str) -> None:
    """Beside each numeral there is a unit of the table, or none; and it is the same when asked again."""
    for numeral in numerals.find(text):
        for find in (units.beside, units.in_label):
            unit = find(text, numeral.start, numeral.end)
            assert unit is None or units.named(unit.symbol) == unit


def pieces_are_the_text(text: str) -> None:
    """The pieces joined are the text, escaped they are a JSON string, and each stands where it is found."""
    parts = pieces.split(text)

    assert "".join(parts) == text
    assert all(parts)
    assert json.loads(f'"{"".join(map(pieces.escape, parts))}"') == text
    for value in parts[:3]:
        found = pieces.occurrences(value, text)
        assert found
        assert all(text[start:end] == value for start, end in found)


def shapes_agree_on_numerals(text: str) -> None:
    """Two texts of one shape have as many numerals, in the same order, whatever their digits."""
    other = text.translate(str.maketrans("23456789", "98765432"))
    mine, theirs = shapes.of(text), shapes.of(other)
    if mine is not None and theirs is not None and mine.key == theirs.key:
        signs = [[n.literal[:1] == "-" for n in numerals.find(each)] for each in (text, other)]
        assert signs[0] == signs[1]


def json_keeps_its_spelling(text: str) -> None:
    """A text that is JSON for Python and for us is written as it was, and its leaves are where they say."""
    value: JSON = {text: [text, None, True], "n": [Number(n.literal) for n in numerals.find(text)]}
    written = literal.dumps(value)

    assert literal.dumps(literal.loads(written)) == written
    for leaf in literal.leaves(written):
        assert literal.loads(written[leaf.start : leaf.end]) == leaf.value


def topics_are_refused_or_taken_apart(text: str) -> None:
    """A filter takes a topic apart without a loss, and a topic that MQTT forbids is refused in words."""
    output, made = _made(OutputTopic, text), _made(TopicFilter, text)
    if output is not None:
        filled = output.fill(("a",) * output.placeholder_count, ("b",) * len(output.places))
        assert filled
        assert "{" not in filled
    if made is not None:
        assert made.covers(made)
        assert made.overlaps(made)
        captures = TopicFilter("+/#").captures(text)
        assert (captures is None) == text.startswith("$")
        assert captures is None or text in {"/".join(captures), captures[0]}  # a/# is for a as well


def _made(kind: Callable[[str], T], text: str) -> T | None:
    """Return a filter, an output topic or a level; None for a text that is refused, in words."""
    try:
        return kind(text)
    except ValueError as error:
        if not str(error).startswith("expected "):
            raise
        return None


def lines_lose_nothing(text: str) -> None:
    """The lines of a payload are the text but for line breaks and blank lines, however it is carried."""
    expected = [line for line in re.split(r"\r\n|\n|\r", text) if line.strip(" \t\v\f")]
    document = literal.dumps({"m": text, "n": [Number("1.50")]})
    for encoding in ("utf-8", "utf-16", "gb18030"):
        for inlet, payload in (
            (Inlet(encoding=encoding), text),
            (Inlet(encoding=encoding, place=("m",)), document),
        ):
            try:
                parts = inlet.parts(payload.encode(encoding), limit_bytes=10**9, most=10**5)
            except Rejected as rejected:
                if rejected.reason is not Reason.NO_TEXT:
                    raise
                parts = ()
            assert [inlet.text(each, limit_bytes=10**9) for each in parts] == expected


def values_are_levels_or_refused(text: str) -> None:
    """What a payload names is a part of one level of a topic, or it is refused in words."""
    shown = _made(topics.level, text)
    if shown is not None:
        topics.check_topic(shown)
        assert TopicFilter("+").captures(shown) == (shown,)
        assert not set(shown) & set("+#")


def payloads_are_texts_or_refused(payload: bytes) -> None:
    """A payload is its text, or it is refused with the byte at fault; its dead letter is JSON either way."""
    try:
        text = PLAIN.text(payload, limit_bytes=1000)
    except Rejected as found:
        rejected = found
        assert rejected.reason in {Reason.NOT_UTF8, Reason.OVERSIZE}
    else:
        assert text.encode() == payload
        rejected = Rejected(Reason.SCHEMA, text)
    letter = answer.of_rejection(message(payload), rejected, route="tank", base_topic=verdict.BASE_TOPIC)
    assert verdict.parsed(letter.publication.payload)["reason"] == rejected.reason


def proposals_are_routes(text: str) -> None:
    """What is proposed for a text is YAML of its own making: its fields, and its payloads as they were."""
    try:
        proposed = proposal.of([text])
    except EdgeError:
        return
    written = page.yaml(proposed, name="t", subscribe="raw/t", file="t.yaml")
    (route,) = cast("dict[str, Any]", document.parse(written, file="t.yaml").data)["routes"]

    assert list(route["fields"]) == [each.name for each in proposed.fields]
    assert {each["input"] for each in route.get("tests", [])} <= {each.payload for each in proposed.samples}
    schema.parse(
        {
            "type": "object",
            "properties": {
                name: {key: value for key, value in each.items() if key != "optional"}
                for name, each in route["fields"].items()
            },
        }
    )


OF_TEXTS: Sequence[Callable[[str], None]] = (
    numerals_copy_the_text,
    units_are_known_or_none,
    pieces_are_the_text,
    shapes_agree_on_numerals,
    json_keeps_its_spelling,
    topics_are_refused_or_taken_apart,
    lines_lose_nothing,
    values_are_levels_or_refused,
    proposals_are_routes,
)
