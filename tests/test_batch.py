"""Many messages at a time: each is read as when it is alone, and none has to pay for another."""

import dataclasses
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.engine.engine import SLOTS, Decoded, Engine, Levers, Request, sequences
from edge.engine.model import Feed, Model
from edge.errors import EngineClosed, ModelError
from tests.asking import (
    LOADS,
    NOISE,
    TANK,
    UNLIKE,
    WEATHER,
    at_once,
    differing_gaps,
    engine_of,
    noise,
    one_by_one,
    request_of,
    unlike,
    with_draft,
)
from tests.grammars import Vocabulary

if TYPE_CHECKING:
    from concurrent.futures import Future

pytestmark = pytest.mark.model

TEXT = "BME280 -> T=21.4C RH=48% batt low"
READING = '{"temperature":21.4,"humidity":48,"battery":"low"}'
CLOSED = "the engine was closed before this request was done"
LEVERS = [field.name for field in dataclasses.fields(Levers)]


@pytest.fixture(scope="module")
def engine(model_path: Path) -> Iterator[Engine]:
    """Give an engine with room for all."""
    with engine_of(model_path, context_tokens=4096) as opened:
        yield opened


@pytest.fixture(scope="module")
def alone(engine: Engine, vocabulary: Vocabulary) -> list[Decoded]:
    """Return what unlike messages are read as when they never meet."""
    return one_by_one(engine, unlike(vocabulary))


@pytest.fixture(scope="module")
def small_model(model_path: Path) -> Iterator[Model]:
    """Give a model whose context is too small for many messages, as the last test left it."""
    with closing(Model(model_path, threads=1, context_tokens=256, sequences=sequences(SLOTS))) as opened:
        yield opened


@pytest.fixture
def small(small_model: Model) -> Engine:
    """Return an engine with a small context that is not started: what is submitted before is there all at once."""
    for sequence in range(sequences(SLOTS)):
        small_model.forget(sequence)
    return Engine(small_model)


def drafted(vocabulary: Vocabulary, alone: Sequence[Decoded], kind: str) -> list[Request]:
    """Return the unlike messages with no draft, with the right one, or with that of another message."""
    requests = unlike(vocabulary)
    texts = [decoded.text for decoded in alone]
    if kind == "none":
        return requests
    guesses = texts if kind == "right" else [*texts[3:], *texts[:3]]
    return [with_draft(vocabulary, request, text) for request, text in zip(requests, guesses, strict=True)]


def order_of(futures: Sequence["Future[Decoded]"]) -> list[int]:
    """Return in which order these are answered from now on; called before the engine is started."""
    order: list[int] = []
    for number, future in enumerate(futures):
        future.add_done_callback(partial(_note, order, number))
    return order


def _note(order: list[int], number: int, _: "Future[Decoded]") -> None:
    order.append(number)


@pytest.mark.parametrize("draft", ["none", "right", "wrong"])
def test_the_same_to_the_bit(draft: str, engine: Engine, vocabulary: Vocabulary, alone: Sequence[Decoded]) -> None:
    """As long as no cells are freed under a message that is half done, neighbours and drafts change nothing."""
    requests = drafted(vocabulary, alone, draft)

    found = [
        decoded
        for start in range(0, len(requests), SLOTS)
        for decoded in at_once(engine, requests[start : start + SLOTS])
    ]

    assert [decoded.text for decoded in found] == [decoded.text for decoded in alone]
    assert noise(alone, found) == [0.0] * len(UNLIKE)


@pytest.mark.parametrize("draft", ["none", "right", "wrong"])
def test_the_same_readings_in_a_rush(
    draft: str, engine: Engine, vocabulary: Vocabulary, alone: Sequence[Decoded]
) -> None:
    """Where cells are freed under messages that are half done, only what was undecided may come out otherwise."""
    found = at_once(engine, drafted(vocabulary, alone, draft))

    report_differences(draft, alone, found)


@pytest.mark.parametrize("lever", LEVERS)
def test_the_same_readings_without_a_lever(
    lever: str, model_path: Path, vocabulary: Vocabulary, alone: Sequence[Decoded]
) -> None:
    """What makes the engine fast changes no reading; drafts are wrong, so that there is something to take back."""
    count = 9
    requests = drafted(vocabulary, alone, "wrong")[:count]

    with engine_of(model_path, context_tokens=4096, levers=Levers(**{lever: False})) as slower:
        found = at_once(slower, requests)

    report_differences(lever, alone[:count], found)


def report_differences(what: str, alone: Sequence[Decoded], found: Sequence[Decoded]) -> None:
    """Print how far answers differ; one of them may, where the model could not decide."""
    gaps, differences = differing_gaps(alone, found), noise(alone, found)
    same = sum(difference == 0 for difference in differences)
    print(  # noqa: T201  # how near it was
        f"{what}: {len(gaps)} of {len(alone)} texts differ, gaps {gaps}; "
        f"{same} the same to the bit, probabilities at most {max(differences)} apart"
    )
    assert len(gaps) <= 1
    assert all(gap < NOISE for gap in gaps)


def test_it_saves_calls(engine: Engine, vocabulary: Vocabulary, alone: Sequence[Decoded]) -> None:
    """A right draft takes fewer calls than choices, and no more tokens than none."""
    requests = drafted(vocabulary, alone, "right")

    found = one_by_one(engine, requests)

    assert sum(each.decode_calls for each in found) < sum(each.decode_calls for each in alone) / 3
    own = sum(each.fed_tokens for each in alone) - sum(map(len, {request.prefix for request in requests}))
    assert own <= sum(each.fed_tokens for each in found) <= own + len(requests)  # some draft has other tokens


def test_a_long_message_does_not_hold_up_short_ones(model_path: Path, vocabulary: Vocabulary) -> None:
    """What came behind a text of some 900 tokens is answered before it, also under another schema."""
    long = request_of(vocabulary, WEATHER, f"{TEXT} " + "x " * 900)
    short = [request_of(vocabulary, asked, "T=5C, tank A 7 cm") for asked in (WEATHER, TANK, LOADS)]
    with engine_of(model_path, context_tokens=2048) as engine:
        engine.submit(short[0]).result()
        first = engine.submit(long)
        behind = [engine.submit(request) for request in short]
        order = order_of([first, *behind])
        for future in (first, *behind):
            future.result()

    assert len(long.body) > 900
    assert order[-1] == 0


def test_flows_take_turns(small: Engine, vocabulary: Vocabulary) -> None:
    """Who sends one message waits for those that have slots, not for all that another sent before."""
    flood = [request_of(vocabulary, WEATHER, f"T={n}C") for n in range(20)]
    single = dataclasses.replace(request_of(vocabulary, WEATHER, TEXT), flow="b")
    futures = [small.submit(dataclasses.replace(each, flow="a")) for each in flood]
    futures.append(small.submit(single))
    order = order_of(futures)

    small.start()
    with closing(small):
        assert futures[-1].result().text == READING
        for future in futures:
            future.result()

    assert order.index(20) < SLOTS + 2


def test_limits_hold_for_each_message_alone(engine: Engine, vocabulary: Vocabulary) -> None:
    """One without time and one without tokens fail among others that are read as if nothing were."""
    good = request_of(vocabulary, WEATHER, TEXT)
    late = dataclasses.replace(good, deadline_s=0.0)
    wordy = dataclasses.replace(good, output_tokens=3)

    futures = [engine.submit(request) for request in (good, late, good, wordy, good)]

    assert [str(future.exception() or future.result().text) for future in futures] == [
        READING,
        "timeout: the deadline passed after 0 tokens of the reading",
        READING,
        "truncated: the reading does not end within 3 tokens",
        READING,
    ]


def test_a_message_that_cannot_be_decoded_fails_alone(engine: Engine, vocabulary: Vocabulary) -> None:
    """What is no token is refused at once: llama.cpp would refuse the call, with all that is in it."""
    good = request_of(vocabulary, WEATHER, TEXT)

    first = engine.submit(good)
    broken = [
        engine.submit(dataclasses.replace(good, body=(-7,))),
        engine.submit(dataclasses.replace(good, prefix=(49_152,))),
    ]
    second = engine.submit(good)

    assert [str(future.exception(timeout=0)) for future in broken] == [
        "expected a token from 0 to 49151, got -7",
        "expected a token from 0 to 49151, got 49152",
    ]
    assert [first.result().text, second.result().text] == [READING, READING]


def wordy(vocabulary: Vocabulary) -> list[Request]:
    """Return requests whose readings are longer than what is kept free for them."""
    rows = ["fridge 81 W", "oven 1200 W", "lamp 0.5 W", "radio 7.25 W", "router 11 W"]
    return [
        request_of(vocabulary, LOADS, f"site {site}\n" + "\n".join(rows), output_tokens=120)
        for site in ("barn", "attic", "north", "lab", "yard")
    ]


def test_a_context_too_small_for_all(small: Engine, vocabulary: Vocabulary) -> None:
    """Messages wait, and give their cells back to earlier ones, rather than fail; all are read as when alone."""
    requests = wordy(vocabulary)
    together = [small.submit(request) for request in requests]

    small.start()
    with closing(small):
        found = [future.result() for future in together]
        alone = one_by_one(small, requests)

    assert all(gap < NOISE for gap in differing_gaps(alone, found))
    own = [decoded.fed_tokens for decoded in alone]
    again = [after.fed_tokens > before + 10 for before, after in zip(own[1:], found[1:], strict=True)]
    assert any(again)  # what was put back went through the model twice


class FailsOnce(Model):
    """A model whose third call fails, as llama.cpp's may for want of memory."""

    calls = 0

    def decode(self, feeds: Sequence[Feed]) -> list[list[NDArray[np.float32]]]:
        """Decode, or fail."""
        self.calls += 1
        if self.calls == 3:
            raise ModelError("llama_decode failed with code -3 on 9 tokens")
        return super().decode(feeds)


def test_a_call_that_fails(model_path: Path, vocabulary: Vocabulary) -> None:
    """All that were in it are told, nothing of the cache is used again, and who comes then is read."""
    request = request_of(vocabulary, WEATHER, TEXT)
    with closing(FailsOnce(model_path, threads=1, context_tokens=512, sequences=sequences(SLOTS))) as model:
        engine = Engine(model)
        futures = [engine.submit(request) for _ in range(3)]
        engine.start()
        with closing(engine):
            errors = [str(future.exception()) for future in futures]
            after = engine.submit(request).result()

    assert errors == ["llama_decode failed with code -3 on 9 tokens"] * 3
    assert after.text == READING
    assert after.fed_tokens > len(request.prefix)  # its prefix too


def test_close_in_the_midst(small: Engine, vocabulary: Vocabulary) -> None:
    """Whoever waits when the engine is closed is told: those in slots, those put back, those who never had one."""
    futures = [small.submit(request) for request in wordy(vocabulary) * 4]
    is_one_done = threading.Event()
    futures[0].add_done_callback(lambda _: is_one_done.set())

    small.start()
    is_one_done.wait()
    small.close()

    assert all(future.done() for future in futures)
    failed = [error for error in (future.exception() for future in futures) if error]
    assert 0 < len(failed) < len(futures)
    assert {(type(error), str(error)) for error in failed} == {(EngineClosed, CLOSED)}
