"""A message in parts is settled when each part has its answer, in whatever order, over whatever connections."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.answer import Answer, Publication
from edge.delivery.ledger import Arrival, Ledger
from edge.delivery.parts import Parts
from edge.errors import Reason, Rejected
from edge.message import Message
from tests import made


def answer(part: Message, *, rejected: bool = False) -> Answer:
    """Return the answer to a part."""
    return Answer(
        message=part,
        publication=Publication(topic="out", payload=b""),
        route="tank",
        rejected=Rejected(Reason.MISSING, part.payload.decode()) if rejected else None,
    )


def split(message: Message, count: int) -> list[Message]:
    """Return a message in parts; one that is not taken apart is its own part."""
    return [*message.parts([b"%d" % number for number in range(count)])] if count > 1 else [message]


def test_the_last_part_ends_the_message() -> None:
    """As long as one is left, there is nothing to be done for the whole."""
    whole = made.message(b"a\nb\nc")
    a, b, c = split(whole, 3)
    parts = Parts()
    parts.begin(whole, [a, b, c])

    assert [parts.end(answer(c)), parts.end(answer(a))] == [None, None]
    assert parts.end(answer(b)) == (whole, answer(b))


def test_a_rejection_speaks_for_the_message() -> None:
    """Of several, the first that came does."""
    whole = made.message(b"a\nb\nc")
    a, b, c = split(whole, 3)
    parts = Parts()
    parts.begin(whole, [a, b, c])
    first = answer(b, rejected=True)
    parts.end(first)
    parts.end(answer(a, rejected=True))

    assert parts.end(answer(c)) == (whole, first)


def test_a_message_that_is_not_taken_apart() -> None:
    """It is its own part."""
    whole = made.message(b"a")
    parts = Parts()
    parts.begin(whole, [whole])

    assert parts.end(answer(whole)) == (whole, answer(whole))


def test_equal_messages_are_told_apart() -> None:
    """Two messages that look alike, as at QoS 0, are two."""
    first, second = made.message(b"a\nb"), made.message(b"a\nb")
    parts = Parts()
    (a, b), (c, d) = split(first, 2), split(second, 2)
    parts.begin(first, [a, b])
    parts.begin(second, [c, d])

    assert [parts.end(answer(a)), parts.end(answer(c))] == [None, None]
    found = parts.end(answer(d))
    assert found is not None
    assert found[0] is second


@dataclass
class Bench:
    """A broker that redelivers what it has no acknowledgement for, and the ledger and the parts that serve it."""

    ledger: Ledger = field(default_factory=Ledger)
    parts: Parts = field(default_factory=Parts)
    epoch: int = 1
    sizes: dict[int, int] = field(default_factory=dict)  # parts of each message, by packet id
    unacknowledged: list[int] = field(default_factory=list)  # as the broker has it, in order
    unanswered: list[tuple[int, Message]] = field(default_factory=list)  # parts under way
    begun: list[int] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger.begin(self.epoch, is_same_session=True)

    def deliver(self, packet_id: int) -> None:
        """Let the broker send a message, anew or again."""
        message = made.message(b"x", packet_id=packet_id, epoch=self.epoch)
        if self.ledger.admit(message) is Arrival.NEW:
            self.begun.append(packet_id)
            parts = split(message, self.sizes[packet_id])
            self.parts.begin(message, parts)
            self.unanswered += [(packet_id, part) for part in parts]
        self.take_due()

    def reconnect(self) -> None:
        """Begin a new connection of the same session."""
        self.epoch += 1
        self.ledger.begin(self.epoch, is_same_session=True)
        for packet_id in list(self.unacknowledged):
            self.deliver(packet_id)

    def answer(self, index: int) -> None:
        """Answer one of the parts that are under way."""
        if self.unanswered:
            _, part = self.unanswered.pop(index % len(self.unanswered))
            finished = self.parts.end(answer(part))
            if finished is not None:
                self.ledger.settle(finished[0])
                self.take_due()

    def take_due(self) -> None:
        """Acknowledge what is due; nothing of which a part is still without an answer ever is."""
        for message in self.ledger.take_due():
            assert message.epoch == self.epoch
            assert message.packet_id not in {packet_id for packet_id, _ in self.unanswered}
            assert message.packet_id == self.unacknowledged.pop(0)
            self.acknowledged.append(message.packet_id)


@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=6),
    steps=st.lists(st.one_of(st.just("deliver"), st.just("reconnect"), st.integers(0, 9)), max_size=40),
)
def test_every_order_of_answers_and_connections(sizes: list[int], steps: list[str | int]) -> None:
    """Each message is begun once, and acknowledged once, in order, after the last of its parts."""
    bench = Bench()
    coming = list(enumerate(sizes, start=1))
    for step in [*steps, *["deliver"] * len(sizes), *[0] * sum(sizes)]:
        if step == "reconnect":
            bench.reconnect()
        elif isinstance(step, int):
            bench.answer(step)
        elif coming:
            packet_id, bench.sizes[packet_id] = coming.pop(0)
            bench.unacknowledged.append(packet_id)
            bench.deliver(packet_id)

    everything = list(range(1, len(sizes) + 1))
    assert (bench.begun, bench.unacknowledged) == (everything, [])
    assert bench.acknowledged == everything


@pytest.mark.parametrize("count", [2, 5])
def test_the_ids_of_parts(count: int) -> None:
    """Each part has its own, which a redelivery has, too, and which is not the whole's."""
    payloads = [b"same"] * count
    first, again = (made.message(b"same\nsame", epoch=epoch).parts(payloads) for epoch in (1, 2))

    assert [part.id for part in first] == [part.id for part in again]
    assert len({made.message(b"same\nsame").id, *(part.id for part in first)}) == count + 1
    assert [part.part for part in first] == list(range(1, count + 1))
