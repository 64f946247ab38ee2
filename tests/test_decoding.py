"""One message on its way through a model: what is fed, what is chosen, what is guessed and taken back.

The models here have a mind of their own, but the model's manners: a row of logits depends on all the tokens before
it, on wrong guesses too. Tokens are bytes, or those of the real vocabulary.
"""

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import pytest
from llguidance import LLMatcher, LLTokenizer
from numpy.typing import NDArray

from edge.engine.decoding import Decoding
from edge.engine.request import Choice, Levers, Request
from edge.engine.tokens import Tokens
from edge.errors import Rejected
from edge.extraction import grammar
from edge.literal import JSON
from tests.grammars import Vocabulary, root_of

Mind: TypeAlias = Callable[[Sequence[int]], NDArray[np.float32]]

BYTES = LLTokenizer("byte")
VOCABULARY = Tokens(BYTES, 256)
BODY = b"T=21.4 RH=48;"
FIELDS: dict[str, JSON] = {
    "t": {"type": "number"},
    "rh": {"type": "number"},
    "battery": {"enum": ["low", "ok"]},
    "note": {"type": "string"},
}
GRAMMAR = grammar.build(root_of(**FIELDS), "T=21.4 RH=48 batt low")
READING = b'{"t":21.4,"rh":48,"battery":"low","note":"batt"}'


@dataclass(kw_only=True)
class Run:
    """A decoding and the mind that it asks, and what went through that mind so far."""

    decoding: Decoding
    mind: Mind
    held: list[int] = field(default_factory=list)
    fed: int = 0
    calls: int = 0
    rows: int = 0

    def step(self, most: int) -> None:
        """Feed the next tokens, at most so many, and let it choose."""
        count = self.decoding.next_count(most)
        tokens = self.decoding.pending[:count]
        wanted = self.decoding.wanted(count)
        rows = [self.mind([*self.held, *tokens[: index + 1]]) for index in wanted]
        self.held += tokens[: self.decoding.take(count, rows)]
        self.fed += count
        self.calls += 1
        self.rows += len(rows)

    def finish(self, most: int = 48) -> str:
        """Feed and choose until all is written; return it."""
        while not self.decoding.is_done:
            self.step(most)
        return self.decoding.text

    def start_again(self) -> None:
        """Lose what was fed."""
        self.decoding.start_again()
        self.held = []


def scribe(wish: bytes, body: bytes = BODY) -> Mind:
    """Return a mind that wants to write one text behind the body, and has no opinion once it strayed from that."""

    def opinion(tokens: Sequence[int]) -> NDArray[np.float32]:
        row = np.zeros(VOCABULARY.size, dtype=np.float32)
        text = bytes(tokens)
        assert text.startswith(body)
        written = text[len(body) :]
        if wish.startswith(written) and written != wish:
            row[wish[len(written)]] = 5.0
        return row

    return opinion


def dreamer(seed: int) -> Mind:
    """Return a mind whose opinions are random, but always the same behind the same tokens."""

    def opinion(tokens: Sequence[int]) -> NDArray[np.float32]:
        source = np.random.default_rng([seed, zlib.crc32(bytes(tokens))])
        return source.normal(scale=3.0, size=VOCABULARY.size).astype(np.float32)

    return opinion


def run_of(
    mind: Mind,
    *,
    draft: bytes = b"",
    limit: int = 200,
    levers: Levers = Levers(),  # noqa: B008  # frozen
    lark: str = GRAMMAR,
    lead: bytes = b"",
) -> Run:
    """Return a message at its beginning."""
    request = Request(
        prefix=(), body=tuple(BODY), grammar=lark, output_tokens=limit, deadline_s=1.0, draft=tuple(draft)
    )
    matcher = LLMatcher(BYTES, LLMatcher.grammar_from_lark(lark), log_level=0)
    return Run(
        decoding=Decoding(request, matcher, VOCABULARY, limit=limit, levers=levers, lead=tuple(lead)), mind=mind
    )


PLAIN = run_of(scribe(READING))
PLAIN.finish()


def test_it_writes_what_the_model_prefers() -> None:
    """Of what the grammar allows, that is; the choices are where the grammar leaves one, and lie in the text."""
    run = run_of(scribe(READING))

    assert run.finish().encode() == READING
    starts = [choice.start for choice in run.decoding.choices]
    assert starts == sorted(set(starts))
    assert all(choice.end == choice.start + 1 for choice in run.decoding.choices)
    assert 0 < len(starts) < len(READING)


def test_what_is_sure_is_fed_with_what_was_chosen() -> None:
    """Each call carries a choice and all that the grammar forces behind it, and asks for one row."""
    run = run_of(scribe(READING))
    run.finish()

    assert run.calls == run.rows == len(run.decoding.choices)
    assert bytes(run.held) == (BODY + READING)[: len(run.held)]


def test_a_prompt_goes_in_parts() -> None:
    """A prompt that is longer than its share of a call asks for no logits before its end."""
    run = run_of(scribe(READING))

    run.step(5)
    run.step(5)

    assert (run.fed, run.rows, run.decoding.choices) == (10, 0, [])
    assert run.finish(5).encode() == READING
    assert run.decoding.choices == PLAIN.decoding.choices


def test_what_is_behind_the_last_choice_is_not_fed() -> None:
    """The end of an output that is forced goes through no model."""
    run = run_of(scribe(READING))
    run.finish()
    last = run.decoding.choices[-1]

    assert bytes(run.held) == BODY + READING[: last.start]


def test_a_right_draft_is_fed_in_one_go() -> None:
    """The model judges all of it in one call; its choices are those that it would have made one by one."""
    run = run_of(scribe(READING), draft=READING)

    assert run.finish(200).encode() == READING
    assert run.decoding.choices == PLAIN.decoding.choices
    assert run.calls == 1
    assert run.fed == PLAIN.fed  # not what is behind the last choice either


@pytest.mark.parametrize(
    "draft",
    [
        b'{"battery":"low"}',  # wrong at the first choice
        b'{"rh":48,"battery":"low","note":"batt"}',
        b'{"t":48,"rh":48,"battery":"low","note":"batt"}',  # at the second
        b'{"t":21.4,"rh":21.4,"battery":"low","note":"batt"}',  # in the middle
        b'{"t":21.4,"battery":"low","note":"batt"}',  # a key left out
        b'{"t":21.4,"rh":48,"battery":"low"}',
        b'{"t":21.4,"rh":48,"battery":"low","note":"b"}',  # at the last
        READING[:30],  # too short
        READING + b"}}}",  # too long
        b'{"t":99,"rh":48,"battery":"low","note":"batt"}',  # what this text's grammar forbids
        b'{"t":21.4,"rh":48,"battery":"empty","note":"batt"}',
        b"nonsense",
        b"\xff\x00",
    ],
)
@pytest.mark.parametrize("most", [1, 3, 200])
def test_a_wrong_draft_changes_nothing(draft: bytes, most: int) -> None:
    """Text and choices are those of no draft at all; what was fed and holds is the output, and nothing else."""
    run = run_of(scribe(READING), draft=draft)

    assert run.finish(most).encode() == READING
    assert run.decoding.choices == PLAIN.decoding.choices
    assert run.held == PLAIN.held


def test_a_draft_is_taken_up_again_behind_a_wrong_value() -> None:
    """One value that differs costs a call or two, not the rest of the draft."""
    run = run_of(scribe(READING), draft=READING.replace(b"21.4", b"48"))

    assert run.finish(200).encode() == READING
    assert run.calls == 3  # as far as the draft is right, the value, the rest


def test_drafts_turned_off() -> None:
    """Without the lever, a draft is as good as none."""
    run = run_of(scribe(READING), draft=READING, levers=Levers(draft=False))

    assert run.finish(200).encode() == READING
    assert (run.calls, run.fed) == (PLAIN.calls, PLAIN.fed)


def test_forced_tokens_one_by_one() -> None:
    """Without the lever, each token of the output has a call of its own, and the choices are the same."""
    run = run_of(scribe(READING), levers=Levers(feed_forced=False))

    assert run.finish(200).encode() == READING
    assert run.decoding.choices == PLAIN.decoding.choices
    assert run.calls == 1 + len(run.held) - len(BODY)


def test_all_rows() -> None:
    """Without the lever, every token has its logits computed, and the choices are the same."""
    run = run_of(scribe(READING), draft=READING, levers=Levers(few_rows=False))
    run.mind = lambda tokens: scribe(READING)(tokens) if len(tokens) >= len(BODY) else np.zeros(256, np.float32)

    assert run.finish(7).encode() == READING
    assert run.decoding.choices == PLAIN.decoding.choices
    assert run.rows == run.fed


def test_a_lead_comes_before_the_body() -> None:
    """Where no prefix is shared, it is fed as if it belonged to the message."""
    run = run_of(scribe(READING, b"Read: " + BODY), lead=b"Read: ")

    assert run.finish().encode() == READING
    assert bytes(run.held).startswith(b"Read: " + BODY)


@pytest.mark.parametrize("lark", ['start: "{\\"t\\":21.4}"', 'start: "{}"'], ids=["long", "short"])
def test_a_grammar_without_a_choice(lark: str) -> None:
    """What is forced from beginning to end is written before anything is fed."""
    run = run_of(scribe(b""), lark=lark, draft=b'{"t":5}', limit=1)

    assert run.decoding.is_done
    assert run.decoding.text in lark.replace("\\", "")
    assert run.decoding.choices == []


def refusal(run: Run, most: int = 48) -> str:
    """Return why an output is rejected."""
    with pytest.raises(Rejected) as error:
        run.finish(most)
    return str(error.value)


def outcome(begin: Callable[[], Run], most: int = 48) -> tuple[str, list[Choice]]:
    """Return what is written and chosen, or why it is rejected."""
    try:
        run = begin()
        return run.finish(most), run.decoding.choices
    except Rejected as rejected:
        return str(rejected), []


def test_an_output_that_does_not_end() -> None:
    """The limit counts what is chosen and forced, except for a forced end."""
    assert refusal(run_of(scribe(READING), limit=20)) == "truncated: the reading does not end within 20 tokens"


def test_no_tokens_at_all() -> None:
    """A limit of nothing is over at the beginning."""
    with pytest.raises(Rejected) as error:
        run_of(scribe(READING), limit=0)

    assert str(error.value) == "truncated: the reading does not end within 0 tokens"


@pytest.mark.parametrize("limit", range(1, len(READING) + 2))
def test_the_limit_inside_a_draft(limit: int) -> None:
    """Whether an output is truncated does not depend on the draft, and no more is fed than the limit allows."""

    def drafted() -> Run:
        return run_of(scribe(READING), draft=READING, limit=limit)

    expected = outcome(lambda: run_of(scribe(READING), limit=limit))

    assert outcome(drafted, 200) == expected
    assert outcome(drafted, 3) == expected


def test_never_more_pending_than_the_limit() -> None:
    """A draft plans nothing that the context, which limits the output, could not hold."""
    for limit in range(len(READING)):
        try:
            run = run_of(scribe(READING), draft=READING, limit=limit)
        except Rejected:
            continue

        assert len(run.decoding.pending) <= len(BODY) + limit


@pytest.mark.parametrize("draft", [b"", READING, READING.replace(b"21.4", b"48")])
@pytest.mark.parametrize("most", [4, 16])
def test_it_can_start_again_anywhere(draft: bytes, most: int) -> None:
    """What lost its place in the cache is fed again, chooses nothing twice, and goes on where it was."""
    for after in range(1, 12):
        run = run_of(scribe(READING), draft=draft)
        for _ in range(after):
            if not run.decoding.is_done:
                run.step(most)
        if run.decoding.is_done:
            return

        chosen = list(run.decoding.choices)
        run.start_again()

        assert run.decoding.choices == chosen
        assert run.finish(most).encode() == READING
        assert run.decoding.choices == PLAIN.decoding.choices
        assert run.held == PLAIN.held


def test_written_counts_what_is_sure() -> None:
    """Guesses that the model has not judged yet are not written."""
    run = run_of(scribe(READING), draft=READING)

    assert len(run.decoding.pending) > len(BODY) + 20
    assert run.decoding.written == len(b"{")
    run.finish(200)
    assert run.decoding.written == len(READING)


def levers() -> Iterator[Levers]:
    """Yield all levers, and each one turned off."""
    yield Levers()
    for name in ("feed_forced", "draft", "few_rows"):
        yield replace(Levers(), **{name: False})


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_model_thinks(seed: int) -> None:
    """Drafts, levers, shares of calls and new beginnings change neither text nor choices of a random mind."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    limit = chance.choice([10, 25, 40, 200])
    plain = outcome(lambda: run_of(dreamer(seed), limit=limit), 200)
    drafts = [plain[0].encode(), READING, *(outcome(lambda: run_of(dreamer(seed + 50)))[0].encode(),)]

    for draft in drafts:
        for each in levers():
            most = chance.choice([1, 2, 5, 17, 200])

            def wandering(draft: bytes = draft, each: Levers = each, most: int = most) -> Run:
                run = run_of(dreamer(seed), draft=draft, levers=each, limit=limit)
                while chance.random() < 0.8 and not run.decoding.is_done:
                    run.step(most)
                    if chance.random() < 0.2 and not run.decoding.is_done:
                        run.start_again()
                return run

            assert outcome(wandering, most) == plain


@pytest.mark.model
def test_tokens_of_the_real_vocabulary(vocabulary: Vocabulary) -> None:
    """Tokens of several bytes: a right draft takes one call, a wrong one changes nothing."""
    tokens = Tokens(vocabulary.tokenizer, vocabulary.tokenizer.vocab_size)
    text = "T=21.4 RH=48 batt low"
    root = root_of(**FIELDS)
    wish = vocabulary.tokenize(READING.decode())
    request = Request(
        prefix=(),
        body=tuple(vocabulary.tokenize(text)),
        grammar=grammar.build(root, text),
        output_tokens=64,
        deadline_s=1.0,
    )

    def mind(fed: Sequence[int]) -> NDArray[np.float32]:
        row = np.zeros(tokens.size, dtype=np.float32)
        written = list(fed[len(request.body) :])
        if wish[: len(written)] == written and len(written) < len(wish):
            row[wish[len(written)]] = 5.0
        return row

    def run_with(draft: str) -> Run:
        asked = replace(request, draft=tuple(vocabulary.tokenize(draft)))
        matcher = vocabulary.matcher(root, text)
        return Run(decoding=Decoding(asked, matcher, tokens, limit=64, levers=Levers()), mind=mind)

    plain, right = run_with(""), run_with(READING.decode())
    wrong = run_with('{"t":48,"rh":21.4,"battery":"ok","note":"low"}')

    assert {run.finish(64) for run in (plain, right, wrong)} == {READING.decode()}
    assert right.decoding.choices == wrong.decoding.choices == plain.decoding.choices
    assert right.calls == 1 < plain.calls == len(plain.decoding.choices)
