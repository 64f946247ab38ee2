"""Owns the accounts of one scenario: what went in, what came out, and that the two balance.

Knows nothing of how the figures came about. `inputs = readings + dead letters + lost by the broker + shed + lost`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from tests.chaos.consumer import Consumer
from tests.chaos.publisher import Publisher
from tests.chaos.witness import Witness

_SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Books:
    """The figures of one scenario.

    Attributes:
        inputs: messages that the broker accepted and took for the daemon.
        readings: inputs with a reading at the consumer.
        dead_letters: inputs with a dead letter and no reading there.
        lost_by_broker: inputs that the broker forgot, or whose answer it acknowledged and forgot.
        dropped: of these, those that the broker itself says it dropped.
        shed: inputs at QoS 0 that the daemon says it did without.
        lost: inputs that the daemon owes an answer for. Has to be 0.
        corrupted: answers that say something else than their message. Has to be 0.
        duplicates: further copies of an answer, with the same id.
        other_ids: further copies of an answer, with another id.
        out_of_order: answers that came behind that to a later message of their topic.
        early: inputs that the daemon acknowledged before the broker had acknowledged their answer.
        stale: acknowledgements for packets that were not delivered on their connection. Has to be 0.
        unordered: acknowledgements that overtook another. Has to be 0.
        connections: how often the daemon connected.
    """

    scenario: str
    inputs: int
    readings: int
    dead_letters: int
    lost_by_broker: int
    dropped: int
    shed: int
    lost: int
    corrupted: int
    duplicates: int
    other_ids: int
    out_of_order: int
    early: int
    stale: int
    unordered: int
    connections: int
    remarks: tuple[str, ...] = ()

    def faults(self, *, has_spool: bool = False, has_other_ids: bool = False) -> list[str]:
        """Return in words what must not be.

        Args:
            has_spool: whether inputs are kept on disk, and acknowledged before their answer.
            has_other_ids: whether copies may bear another id, as after a crash of the broker.
        """
        whole = self.readings + self.dead_letters + self.lost_by_broker + self.shed + self.lost
        found = {
            f"{self.inputs} inputs, but {whole} answered or lost": self.inputs != whole,
            f"{self.lost} lost": self.lost,
            f"{self.corrupted} corrupted": self.corrupted,
            f"{self.other_ids} copies with another id": self.other_ids and not has_other_ids,
            f"{self.early} acknowledged before their answer": self.early and not has_spool,
            f"{self.stale} stale acknowledgements": self.stale,
            f"{self.unordered} acknowledgements out of order": self.unordered,
        }
        wrong = [words for words, is_so in found.items() if is_so]
        return [*wrong, *self.remarks] if wrong else []

    def as_json(self) -> dict[str, object]:
        """Return the figures as they are written to a file."""
        return asdict(self)


def close(scenario: str, publisher: Publisher, consumer: Consumer, witness: Witness, *, shed: int) -> Books:
    """Return the accounts of a scenario in which nothing moves any more.

    Args:
        scenario: its name.
        publisher: what sent.
        consumer: what heard.
        witness: what saw the wire.
        shed: how many inputs at QoS 0 the daemon says it did without.
    """
    answered = set(consumer.ids)
    inputs = publisher.accepted | (answered & set(publisher.offered))
    lost, lost_by_broker = losses(inputs - answered, witness)
    return Books(
        scenario=scenario,
        inputs=len(inputs),
        readings=len(consumer.readings & inputs),
        dead_letters=len((set(consumer.dead) - consumer.readings) & inputs),
        lost_by_broker=len(lost_by_broker) - shed,
        dropped=consumer.dropped_in_all,
        shed=shed,
        lost=len(lost),
        corrupted=len(consumer.corrupted),
        duplicates=_copies(consumer.ids, is_same_id=True),
        other_ids=_copies(consumer.ids, is_same_id=False),
        out_of_order=consumer.out_of_order,
        early=len(witness.early),
        stale=witness.stale,
        unordered=witness.unordered,
        connections=witness.connections,
        remarks=(
            *_some("lost", lost),
            *_some("lost_by_broker", lost_by_broker),
            *consumer.corrupted[:_SHOWN],
            *_some("unexpected dead letters", consumer.unexpected),
            *sorted(set(consumer.unexpected.values()))[:_SHOWN],
        ),
    )


def losses(missing: set[int], witness: Witness) -> tuple[set[int], set[int]]:
    """Return which of the messages without an answer the daemon owes, and which the broker.

    The broker has lost what it acknowledged an answer for, and what it never asked the daemon for again. The
    daemon owes what it acknowledged without an answer, and what it was given on a connection that still stands.

    >>> witness = Witness(answered={1}, settled={1, 2})
    >>> losses({1, 2, 3}, witness)
    ({2}, {1, 3})
    """
    owed = (witness.settled | witness.in_hand()) - witness.answered
    return missing & owed, missing - owed


def _copies(ids: Mapping[int, list[str | None]], *, is_same_id: bool) -> int:
    """Count the answers behind the first of their message.

    >>> ids = {7: ["a", "a", "b"], 8: ["c"]}
    >>> _copies(ids, is_same_id=True), _copies(ids, is_same_id=False)
    (1, 1)
    """
    others = sum(len(set(each)) - 1 for each in ids.values())
    return sum(len(each) - 1 for each in ids.values()) - others if is_same_id else others


def _some(name: str, numbers: Iterable[int]) -> tuple[str, ...]:
    shown = sorted(numbers)
    return (
        (f"{name}: {', '.join(map(str, shown[:_SHOWN]))}{' …' if len(shown) > _SHOWN else ''}",) if shown else ()
    )
