"""Answers on their way out: in order, retried, replaced by a dead letter, kept on disk, and never dropped."""

import json
from dataclasses import dataclass, field

import pytest

from edge import answer as answers
from edge.answer import Answer, Publication
from edge.delivery.outbox import LAST_RESORT_S, RETRY_S, Outbox
from edge.errors import BrokerError, Reason, Rejected
from tests.made import message

READINGS = "readings/tank"


@dataclass
class Door:
    """Numbers publications from 1, and takes none to the topics it is told of."""

    published: list[Publication] = field(default_factory=list)
    impossible: set[str] = field(default_factory=set)

    def publish(self, publication: Publication) -> int:
        """Take a publication."""
        if publication.topic in self.impossible:
            raise BrokerError("the broker takes packets of at most 10 bytes, got 99")
        self.published.append(publication)
        return len(self.published)


@dataclass
class Bench:
    """An outbox, with a clock that the test moves and a disk that takes what the test says."""

    is_disk_fine: bool = True
    now_s: float = 0.0
    door: Door = field(default_factory=Door)
    done: list[Answer] = field(default_factory=list)
    kept: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outbox = Outbox(
            self.door, base_topic="edge/t", keep=self.keep, done=self.done.append, clock=lambda: self.now_s
        )

    def keep(self, answer: Answer) -> bool:
        """Keep a dead letter, if the disk is fine."""
        if self.is_disk_fine:
            self.kept.append(answer)
        return self.is_disk_fine

    def send(self, *sent: Answer) -> None:
        """Send answers whose places were kept in this order."""
        for each in sent:
            self.outbox.expect(each.message)
        for each in sent:
            self.outbox.send(each)

    def refuse_to_the_end(self, why: str = "Not authorized") -> None:
        """Refuse the last publication, and each attempt that follows for it."""
        for pause_s in RETRY_S:
            self.outbox.confirmed(len(self.door.published), why)
            self.now_s += pause_s
            self.outbox.tick()
        self.outbox.confirmed(len(self.door.published), why)


def reading(text: bytes = b"T=1", *, topic: str = "sensors/tank", packet_id: int = 7) -> Answer:
    """Return an answer that publishes what looks like a reading."""
    return Answer(
        message=message(text, topic=topic, packet_id=packet_id),
        publication=Publication(topic=READINGS, payload=text),
        route="tank",
    )


def topics(bench: Bench) -> list[str]:
    """Return where was published, in order."""
    return [each.topic for each in bench.door.published]


def test_an_answer_is_done_when_the_broker_has_it() -> None:
    """Not before, and once."""
    bench = Bench()
    sent = reading()
    bench.send(sent)
    assert (bench.done, len(bench.outbox)) == ([], 1)

    assert bench.outbox.confirmed(1, None)
    assert not bench.outbox.confirmed(1, None)
    assert (bench.done, len(bench.outbox)) == ([sent], 0)


def test_the_answers_to_one_topic_keep_its_order() -> None:
    """A later message that is answered sooner waits for the earlier one; other topics do not wait."""
    bench = Bench()
    first, second, other = reading(b"1"), reading(b"2"), reading(b"3", topic="sensors/pump")
    for each in (first, second, other):
        bench.outbox.expect(each.message)
    for each in (second, other, first):
        bench.outbox.send(each)

    assert [each.payload for each in bench.door.published] == [b"3", b"1", b"2"]


def test_a_refused_publication_is_tried_again_after_pauses(caplog: pytest.LogCaptureFixture) -> None:
    """The second attempt waits for its time, and may be taken."""
    bench = Bench()
    bench.send(reading())
    bench.outbox.confirmed(1, "Quota exceeded")
    bench.outbox.tick()
    assert len(bench.door.published) == 1
    bench.now_s = RETRY_S[0]
    bench.outbox.tick()
    bench.outbox.confirmed(2, None)

    assert (topics(bench), len(bench.done)) == ([READINGS, READINGS], 1)
    assert "publication_refused topic=readings/tank attempt=1 why=Quota exceeded" in caplog.text


def test_a_reading_refused_to_the_end_becomes_a_dead_letter() -> None:
    """The dead letter says where it was to go, and why it did not; it is the answer to the message."""
    bench = Bench()
    bench.send(reading(b"T=21"))
    bench.refuse_to_the_end()
    assert topics(bench) == [READINGS] * (len(RETRY_S) + 1) + ["edge/t/dead/tank"]
    letter = json.loads(bench.door.published[-1].payload)
    bench.outbox.confirmed(len(bench.door.published), None)

    assert (letter["reason"], letter["detail"], letter["payload"]) == (
        "publish_refused",
        "the broker refuses readings/tank: Not authorized",
        "T=21",
    )
    [done] = bench.done
    assert done.rejected is not None
    assert done.rejected.reason is Reason.PUBLISH_REFUSED


def test_a_topic_that_was_refused_to_the_end_is_not_waited_for_again() -> None:
    """A thousand more readings for it do not each wait for half a minute; once one is taken, they do again."""
    bench = Bench()
    bench.send(reading(b"1"))
    bench.refuse_to_the_end()
    bench.send(reading(b"2"))
    bench.outbox.confirmed(len(bench.door.published), "Not authorized")
    assert topics(bench)[-2:] == [READINGS, "edge/t/dead/tank"]
    bench.send(reading(b"3"))
    bench.outbox.confirmed(len(bench.door.published), None)
    bench.send(reading(b"4"))
    count = len(bench.door.published)
    bench.outbox.confirmed(count, "Not authorized")

    assert len(bench.door.published) == count


def dead_letter() -> Answer:
    """Return an answer that is a dead letter from the start."""
    return answers.of_rejection(message(b"x"), Rejected(Reason.MISSING, "y"), route="tank", base_topic="edge/t")


def test_a_dead_letter_refused_to_the_end_is_kept_on_disk(caplog: pytest.LogCaptureFixture) -> None:
    """There it is safe, so the message needs no more care."""
    bench = Bench()
    sent = dead_letter()
    bench.send(sent)
    bench.refuse_to_the_end()

    assert (bench.kept, bench.done, len(bench.outbox)) == ([sent], [sent], 0)
    assert f"dead_letter_kept_unpublished id={sent.message.id} topic=edge/t/dead/tank" in caplog.text
    assert bench.outbox.counts == {"refusals": 4, "kept_unpublished": 1}


def test_a_dead_letter_that_nobody_takes_is_tried_for_ever() -> None:
    """With broker and disk against it, the message stays without an answer, and so unacknowledged."""
    bench = Bench(is_disk_fine=False)
    bench.send(dead_letter())
    bench.refuse_to_the_end()
    assert (bench.done, len(bench.outbox)) == ([], 1)
    bench.now_s += LAST_RESORT_S
    bench.outbox.tick()
    bench.outbox.confirmed(len(bench.door.published), None)

    assert (len(bench.done), len(bench.outbox)) == (1, 0)


def test_what_the_client_does_not_take_becomes_a_dead_letter_at_once() -> None:
    """No later attempt would fare better; and where the dead letter fares as badly, the disk keeps it."""
    bench = Bench()
    bench.door.impossible = {READINGS}
    bench.send(reading())
    assert topics(bench) == ["edge/t/dead/tank"]
    bench.door.impossible.add("edge/t/dead/tank")
    bench.send(reading())

    assert [json.loads(each.publication.payload)["detail"] for each in bench.kept] == [
        "the broker refuses readings/tank: the broker takes packets of at most 10 bytes, got 99"
    ]
