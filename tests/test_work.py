"""One request from its submission to its answer: whose time it is, and what it is told."""

from concurrent.futures import Future

import pytest
from llguidance import LLMatcher, LLTokenizer

from edge.engine.decoding import Decoding
from edge.engine.kvcache import Prefix
from edge.engine.request import Levers, Request
from edge.engine.tokens import Tokens
from edge.engine.work import Work
from edge.errors import ModelError

BYTES = LLTokenizer("byte")


@pytest.fixture
def work() -> Work:
    """Return a request that is decoded: its grammar leaves no choice."""
    lark = 'start: "{}"'
    request = Request(prefix=(), body=(1,), grammar=lark, output_tokens=9, deadline_s=10.0)
    matcher = LLMatcher(BYTES, LLMatcher.grammar_from_lark(lark))
    made = Work(request=request, matcher=matcher, future=Future())
    made.decoding = Decoding(request, matcher, Tokens(BYTES, 256), limit=9, levers=Levers())
    return made


def test_an_answer(work: Work) -> None:
    """Whoever waits gets the text, and what it took."""
    work.started_s, work.fed_tokens, work.decode_calls = 100.0, 7, 3

    work.answer(102.5)

    decoded = work.future.result(timeout=0)
    assert (decoded.text, decoded.choices) == ("{}", ())
    assert (decoded.fed_tokens, decoded.decode_calls, decoded.duration_s) == (7, 3, 2.5)


def test_a_failure(work: Work) -> None:
    """Whoever waits is told why there is nothing."""
    error = ModelError("no")

    work.fail(error)

    assert work.future.exception(timeout=0) is error


def test_nobody_cancels(work: Work) -> None:
    """Whoever does not want the answer any more may turn away; the engine gives it all the same."""
    work.started_s = 100.0

    assert not work.future.cancel()
    work.answer(101.0)
    assert work.future.result(timeout=0).text == "{}"


def test_waiting_for_another_slot_is_on_nobodys_account(work: Work) -> None:
    """Neither the deadline nor the duration goes on while a message that was put back waits."""
    work.started_s, work.deadline_s = 100.0, 110.5

    work.pause(104.0)

    assert [work.started_s, work.deadline_s, work.left_s] == [None, None, 6.5]
    work.started_s = 200.0
    work.answer(201.0)
    assert work.future.result(timeout=0).duration_s == 5.0


def test_a_pause_before_the_deadline_runs(work: Work) -> None:
    """A message that was still waiting for its prefix has all of its time left."""
    work.started_s = 100.0

    work.pause(104.0)

    assert work.left_s == 10.0


def test_waiting_for_a_prefix(work: Work) -> None:
    """A message waits until the last token of its prefix is decoded; without a prefix it need not."""
    prefixes = [None, *(Prefix(tokens=(1, 2), sequence=0, fed=fed) for fed in range(3))]

    waiting = []
    for work.prefix in prefixes:
        waiting.append(work.is_waiting_for_prefix)

    assert waiting == [False, True, True, False]
