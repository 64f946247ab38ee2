"""Dead letters are read again, a bounded number at a time, and each request learns what became of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field

from edge.answer import Answer, Publication
from edge.dead import rereads
from edge.dead.deadletters import DeadLetters
from edge.dead.rereads import DEADLINE_S, MOST_IN_THE_AIR, Rereads
from edge.errors import EdgeError
from edge.literal import JSON
from edge.message import Message
from tests.letters import PAYLOAD_BYTES, ids, options, rejection


@dataclass
class Bench:
    """What reads messages again when the test says so, on a clock that the test moves."""

    now_s: float = 0.0
    taken: list[Message] = field(default_factory=list)
    done: dict[str, Callable[[Answer], None]] = field(default_factory=dict)
    refuses: bool = False

    def __post_init__(self) -> None:
        self.dead = DeadLetters(options(), None, payload_bytes=PAYLOAD_BYTES)
        self.rereads = Rereads(self.dead, self.reread, clock=lambda: self.now_s)

    def reread(self, message: Message, done: Callable[[Answer], None]) -> None:
        """Take a message."""
        if self.refuses:
            raise EdgeError("the daemon is leaving")
        self.taken.append(message)
        self.done[message.id] = done

    def keep(self, *numbers: int) -> list[str]:
        """Keep some letters; return their ids."""
        for number in numbers:
            self.dead.keep(rejection(number))
        return [name(number) for number in numbers]

    def read(self, number: int) -> None:
        """Let a message become a reading."""
        self.done[name(number)](reading(number))

    def reject(self, number: int) -> None:
        """Let a message be rejected again."""
        self.done[name(number)](rejection(number, detail="again"))

    def ask(self, letter_ids: list[str]) -> list[list[JSON]]:
        """Ask for letters to be read again; return the list into which the answer will come."""
        answers: list[list[JSON]] = []
        self.rereads.start(letter_ids, answers.append)
        return answers


def name(number: int) -> str:
    """Return the id of a letter."""
    return f"{number:08d}abcdef"


def reading(number: int) -> Answer:
    """Return the answer that publishes a reading."""
    publication = Publication(topic=f"readings/{number}", payload=b"{}")
    return Answer(message=rejection(number).message, publication=publication, route="tank")


def test_what_becomes_of_each() -> None:
    """A letter that became a reading is gone; one that was rejected again stays."""
    bench = Bench()
    answers = bench.ask(bench.keep(1, 2))
    bench.reject(2)
    before = list(answers)
    bench.read(1)

    assert before == []
    assert answers == [
        [
            {"id": name(1), "outcome": "reading", "topic": "readings/1"},
            {"id": name(2), "outcome": "rejected", "reason": "missing", "detail": "again"},
        ]
    ]
    assert ids(bench.dead.listed()) == [2]
    assert [(message.id, message.is_redelivered) for message in bench.taken] == [(name(1), True), (name(2), True)]


def test_what_cannot_be_read_again() -> None:
    """A cut payload and a letter that is gone are told, and do not hold up the others."""
    bench = Bench()
    bench.dead.keep(rejection(1, b"x" * 20_000))
    answers = bench.ask([name(1), name(2), *bench.keep(3)])
    bench.read(3)

    assert answers == [
        [
            {
                "id": name(1),
                "outcome": "not_read",
                "detail": "only the first 4096 of 20000 bytes are kept",
            },
            {"id": name(2), "outcome": "not_read", "detail": "it is not kept any more"},
            {"id": name(3), "outcome": "reading", "topic": "readings/3"},
        ]
    ]


def test_a_daemon_that_takes_no_more() -> None:
    """Where the message is refused, that is the outcome."""
    bench = Bench(refuses=True)

    assert bench.ask(bench.keep(1)) == [
        [{"id": name(1), "outcome": "not_read", "detail": "the daemon is leaving"}]
    ]


def test_nothing_is_done_at_once() -> None:
    """A request for nothing has its answer."""
    assert Bench().ask([]) == [[]]


def test_only_so_many_are_in_the_air() -> None:
    """The next one follows when one is done, whoever asked."""
    bench = Bench()
    first = bench.ask(bench.keep(*range(1, MOST_IN_THE_AIR + 4)))
    second = bench.ask(bench.keep(100))
    in_the_air = len(bench.taken)
    for number in range(1, MOST_IN_THE_AIR + 4):
        bench.read(number)
    before = list(second)
    bench.read(100)

    assert in_the_air == MOST_IN_THE_AIR
    assert (len(first[0]), before, len(second[0])) == (MOST_IN_THE_AIR + 3, [], 1)


def test_answers_that_come_at_once() -> None:
    """Thousands of messages whose answers come before they were handed over are no recursion."""
    bench = Bench()
    kept = bench.keep(*range(1, 1001))
    bench.rereads = Rereads(bench.dead, lambda message, done: done(reading(int(message.id[:8]))))
    answers = bench.ask(kept)

    assert len(answers[0]) == 1000
    assert bench.dead.listed() == []


def test_two_requests_for_one_letter() -> None:
    """It is read once, and both learn what became of it; an id given twice is one."""
    bench = Bench()
    (letter_id,) = bench.keep(1)
    first, second = bench.ask([letter_id, letter_id]), bench.ask([letter_id])
    bench.read(1)

    assert len(bench.taken) == 1
    assert first == second == [[{"id": name(1), "outcome": "reading", "topic": "readings/1"}]]


def test_a_request_is_answered_at_its_deadline() -> None:
    """What is still under way, and what was not even tried, is told; an answer that comes later counts."""
    bench = Bench()
    answers = bench.ask(bench.keep(*range(1, MOST_IN_THE_AIR + 2)))
    bench.read(1)
    has_followed = name(MOST_IN_THE_AIR + 1) in bench.done
    later = bench.ask(bench.keep(200))
    bench.now_s += DEADLINE_S - 1
    bench.rereads.tick()
    before = list(answers)
    bench.now_s += 1
    bench.rereads.tick()
    bench.read(2)

    outcomes = [outcome["outcome"] for outcome in answers[0] if isinstance(outcome, dict)]
    assert (before, has_followed) == ([], True)
    assert outcomes == [rereads.READING] + [rereads.UNDER_WAY] * MOST_IN_THE_AIR
    assert later == [[{"id": name(200), "outcome": "not_tried"}]]
    assert bench.dead.find(name(2)) is None
    assert name(200) not in bench.done


def test_an_answer_that_comes_twice() -> None:
    """Only the first counts."""
    bench = Bench()
    answers = bench.ask(bench.keep(1))
    bench.reject(1)
    bench.read(1)

    assert len(answers) == 1
    assert ids(bench.dead.listed()) == [1]
