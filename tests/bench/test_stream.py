"""The stream of formats: many devices, changes in the middle, and the truth about each message."""

from collections import Counter, defaultdict
from itertools import islice

import pytest

from edge import literal
from edge.literal import JSON, Number
from edge.schema import schema
from edge.text import numerals
from edge_bench import stream
from edge_bench.formats import FORMATS, Event
from edge_bench.stream import StreamMessage
from tests.grammars import Vocabulary

COUNT = 4000


@pytest.fixture(scope="module")
def messages() -> list[StreamMessage]:
    """Give a stream."""
    return list(stream.generate(11, COUNT))


def leaves(expected: dict[str, JSON]) -> list[JSON]:
    """Return the numbers and strings of a reading."""
    return [leaf.value for leaf in literal.leaves(literal.dumps(expected)) if not isinstance(leaf.value, bool)]


def test_the_stream_has_thirty_six_formats_and_all_events(messages: list[StreamMessage]) -> None:
    """Every device speaks, and everything that can go wrong with a replay comes."""
    assert len({message.format_name for message in messages}) == len(FORMATS) == 36
    assert {message.event for message in messages} == set(Event)
    assert min(Counter(message.event for message in messages).values()) >= 30


def test_the_stream_is_its_seed() -> None:
    """The same seed and length give the same stream."""
    assert list(stream.generate(3, 50)) == list(stream.generate(3, 50))
    assert list(stream.generate(3, 50)) != list(stream.generate(4, 50))


def test_changes_come_in_the_middle(messages: list[StreamMessage]) -> None:
    """The first messages of the stream are all worded as devices always worded them."""
    lasting = set(Event) - {Event.PLAIN, Event.EQUAL_NUMBERS, Event.NEGATIVE_ZERO}
    first, last = messages[: int(0.3 * COUNT)], messages[int(0.8 * COUNT) :]

    assert {message.event for message in first} & lasting == set()
    assert Event.PLAIN not in {message.event for message in last}


def test_every_number_of_a_reading_is_in_its_text(messages: list[StreamMessage]) -> None:
    """Every number is a numeral of the text, as the program itself finds them, to the last zero."""
    missing = [
        (message.text, value)
        for message in messages
        for value in leaves(message.expected)
        if isinstance(value, Number)
        and value.literal
        not in {spelled for n in numerals.find(message.text) for spelled in (n.literal, n.integer_literal)}
    ]

    assert missing == []


def test_every_string_of_a_reading_is_in_its_text_unless_it_is_of_an_enum(messages: list[StreamMessage]) -> None:
    """A string that is no word of an enum is a copy."""
    words = {"running", "stopped", "low", "ok"}
    strings = [(m.text, v) for m in messages for v in leaves(m.expected) if isinstance(v, str) and v not in words]

    assert strings
    assert [text for text, value in strings if value not in text] == []


def test_events_are_what_they_say(messages: list[StreamMessage]) -> None:
    """Equal numbers are equal, negative zeros are written so."""
    by_event = defaultdict(list)
    for message in messages:
        by_event[message.event].append(message)

    assert all(
        len(set(map(str, leaves(message.expected)))) < len(leaves(message.expected))
        for message in by_event[Event.EQUAL_NUMBERS]
    )
    assert all("-0.0" in map(str, leaves(message.expected)) for message in by_event[Event.NEGATIVE_ZERO])


def test_a_threshold_decides_an_enum_and_is_no_field(messages: list[StreamMessage]) -> None:
    """The battery's percentage is in the text, its word in the reading."""
    found = {(m.expected["battery"], "%" in m.text) for m in messages if m.event is Event.THRESHOLD}

    assert found == {("low", True), ("ok", True)}


def test_steady_devices_are_seventy_two_and_change_all_values() -> None:
    """No two messages of a steady device have a value in common, and each wording is its own."""
    found = list(stream.shapes50(5, 3 * stream.SHAPES))
    by_name = defaultdict(list)
    for message in found:
        by_name[message.format_name].append(message)

    assert len(by_name) == 72
    assert all(len(group) == 3 for group in by_name.values())
    same = [
        key
        for first, second, _ in by_name.values()
        for key in first.expected
        if first.expected[key] == second.expected[key]
    ]
    assert len(same) <= 4  # by chance


@pytest.mark.model
def test_expected_readings_can_be_written(vocabulary: Vocabulary, messages: list[StreamMessage]) -> None:
    """The grounded grammar of each message takes its expected reading."""
    roots = {route: schema.parse(document).root for route, document in stream.schemas().items()}
    refused = [
        message.text
        for message in islice(messages, 0, COUNT, 50)
        if not vocabulary.accepts(roots[message.route], message.text, literal.dumps(message.expected))
    ]

    assert refused == []
