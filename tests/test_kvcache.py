"""The places of the KV cache, on a real model that is tiny: who holds what, and how many cells are free."""

import random
from collections.abc import Iterator
from contextlib import closing

import pytest

from edge.engine.kvcache import CELLS_ALONE, PREFIXES, KvCache, Prefix, Slot, sequences
from edge.engine.model import ContextFull, Feed, Model
from tests.convert import tiny

SLOTS = 3
CELLS = 512  # llama.cpp rounds up to 256: as many as are asked for
SPARE = sequences(SLOTS)  # a sequence that the cache does not know


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """Give a tiny model with a sequence more than the cache has."""
    path = tiny.write_base(tmp_path_factory.mktemp("model") / "tiny.gguf")
    with closing(Model(path, threads=1, context_tokens=CELLS, sequences=SPARE + 1)) as model:
        yield model


@pytest.fixture
def model(loaded: Model) -> Model:
    """Return the model with all its sequences empty."""
    for sequence in range(SPARE + 1):
        loaded.forget(sequence)
    return loaded


@pytest.fixture
def cache(model: Model) -> KvCache:
    """Return an empty cache."""
    return KvCache(model, slots=SLOTS)


def feed(model: Model, sequence: int, position: int, count: int) -> None:
    """Decode tokens of no meaning, in calls as small as the engine's."""
    for start in range(0, count, 48):
        tokens = [9] * min(48, count - start)
        model.decode([Feed(tokens=tokens, position=position + start, sequence=sequence)])


def write(cache: KvCache, model: Model, slot: Slot, count: int) -> None:
    """Decode so many tokens of a message."""
    feed(model, slot.sequence, slot.position, count)
    cache.grow(slot, count)


def loaded_prefix(cache: KvCache, model: Model, tokens: tuple[int, ...]) -> Prefix:
    """Return a prefix that is decoded and in use."""
    prefix = cache.prefix(tokens)
    assert prefix is not None
    feed(model, prefix.sequence, prefix.fed, len(tokens) - prefix.fed)
    cache.grow_prefix(prefix, len(tokens) - prefix.fed)
    return prefix


def really_free(model: Model) -> int:
    """Return how many tokens llama.cpp finds cells for."""
    count = 0
    try:
        while True:
            model.decode([Feed(tokens=[9], position=count, sequence=SPARE)])
            count += 1
    except ContextFull:
        return count
    finally:
        model.forget(SPARE)


def test_how_many_sequences() -> None:
    """Those of slots and prefixes, one of holes, and one of padding."""
    assert sequences(8) == 8 + PREFIXES + 2


def test_slots(cache: KvCache) -> None:
    """There are as many as were asked for, all different, and each can be had again when it is given back."""
    slots = [cache.take_slot() for _ in range(SLOTS)]

    assert {slot.sequence for slot in slots} == set(range(SLOTS))
    assert not cache.has_slot()
    cache.give_back(slots[1])
    assert cache.has_slot()
    assert cache.take_slot() == Slot(sequence=slots[1].sequence, position=0, own=0)


def test_cells_of_a_message(cache: KvCache, model: Model) -> None:
    """What a message gives back is a hole until the holes are freed."""
    slot = cache.take_slot()
    write(cache, model, slot, 100)

    cache.cut(slot, 70)

    assert (slot.position, slot.own, cache.free_cells, cache.holes) == (70, 70, CELLS - 100, 30)
    assert really_free(model) == CELLS - 100
    cache.give_back(slot)
    assert (cache.free_cells, cache.holes) == (CELLS - 100, 100)
    assert really_free(model) == CELLS - 100
    cache.settle()
    assert (cache.free_cells, cache.holes) == (CELLS, 0)
    assert really_free(model) == CELLS


def test_a_cut_of_nothing(cache: KvCache, model: Model) -> None:
    """Where all tokens hold, nothing is given back."""
    slot = cache.take_slot()
    write(cache, model, slot, 10)

    cache.cut(slot, 10)

    assert (slot.position, slot.own, cache.holes) == (10, 10, 0)


def test_a_shared_prefix_has_its_cells_once(cache: KvCache, model: Model) -> None:
    """Messages begin with it without cells of their own, and leave it behind when they go."""
    prefix = loaded_prefix(cache, model, (7,) * 60)
    slots = [cache.take_slot(), cache.take_slot()]
    for slot in slots:
        cache.begin(slot, prefix)
        write(cache, model, slot, 10)

    assert [(slot.position, slot.own) for slot in slots] == [(70, 10), (70, 10)]
    assert really_free(model) == cache.free_cells == CELLS - 80
    for slot in slots:
        cache.give_back(slot)
    cache.settle()
    assert really_free(model) == cache.free_cells == CELLS - 60


def test_a_prefix_is_kept(cache: KvCache, model: Model) -> None:
    """Whoever asks for the same tokens again finds them decoded."""
    prefix = loaded_prefix(cache, model, (7,) * 60)
    assert prefix.is_ready
    prefix.users -= 1

    again = cache.prefix((7,) * 60)

    assert again is prefix
    assert (again.fed, again.users) == (60, 1)


def test_a_prefix_half_decoded(cache: KvCache, model: Model) -> None:
    """Nobody begins with it until all of it is there."""
    prefix = cache.prefix((7,) * 60)
    assert prefix is not None
    feed(model, prefix.sequence, 0, 48)

    cache.grow_prefix(prefix, 48)

    assert not prefix.is_ready
    assert really_free(model) == cache.free_cells == CELLS - 48


def test_an_empty_prefix_is_ready(cache: KvCache) -> None:
    """There is nothing to decode, and a message begins at its beginning."""
    prefix, slot = cache.prefix(()), cache.take_slot()
    assert prefix is not None

    cache.begin(slot, prefix)

    assert prefix.is_ready
    assert (slot.position, slot.own) == (0, 0)


def test_the_least_recently_used_prefix_goes_first(cache: KvCache, model: Model) -> None:
    """With one more than there are places, the one that nobody asked for longest is decoded anew."""
    for number in range(PREFIXES):
        loaded_prefix(cache, model, (number,) * 3).users -= 1
    asked_again = cache.prefix((0,) * 3)
    assert asked_again is not None
    asked_again.users -= 1

    loaded_prefix(cache, model, (99,) * 3).users -= 1

    kept = [cache.prefix((number,) * 3) for number in (0, 2, 99)]
    assert [prefix and prefix.fed for prefix in kept] == [3, 3, 3]
    dropped = cache.prefix((1,) * 3)
    assert dropped is not None
    assert dropped.fed == 0


def test_a_prefix_in_use_stays(cache: KvCache) -> None:
    """While messages use all places, another schema has to wait; the first that is free is its own."""
    used = [cache.prefix((number,)) for number in range(PREFIXES)]

    assert cache.prefix((99,)) is None
    assert not cache.drop_prefix()
    assert used[5] is not None
    used[5].users -= 1
    found = cache.prefix((99,))
    assert found is not None
    assert found.sequence == used[5].sequence
    again = cache.prefix((5,))
    assert again is None


def test_room_is_made_of_holes_before_prefixes(cache: KvCache, model: Model) -> None:
    """What is given back goes first, then prefixes that nobody uses, as few as needed; then there is no more."""
    first, second, used = (loaded_prefix(cache, model, (number,) * 100) for number in (1, 2, 3))
    first.users -= 1
    second.users -= 1
    slot = cache.take_slot()
    write(cache, model, slot, 100)
    cache.cut(slot, 50)

    assert cache.make_room(112)
    assert (cache.free_cells, cache.holes) == (112, 50)
    assert cache.make_room(113)
    assert (cache.free_cells, cache.holes) == (162, 0)
    assert cache.make_room(163)
    assert (cache.free_cells, cache.holes) == (262, 0)
    assert second.is_ready
    assert not cache.make_room(400)
    assert really_free(model) == cache.free_cells == CELLS - 100 - 50
    assert used.is_ready


def test_padding(cache: KvCache, model: Model) -> None:
    """A single token is fed alone where the cache is hardly filled; else with one of no meaning, a hole later."""
    slot = cache.take_slot()
    write(cache, model, slot, CELLS_ALONE - 1)
    assert cache.padding() == ()
    write(cache, model, slot, 1)

    for _ in range(3):
        [padding] = cache.padding()
        model.decode([Feed(tokens=[9], position=slot.position, sequence=slot.sequence), padding])
        cache.grow(slot, 1)
        cache.discard_padding()

    assert (cache.free_cells, cache.holes) == (CELLS - CELLS_ALONE - 6, 3)
    assert really_free(model) == cache.free_cells
    cache.settle()
    assert really_free(model) == cache.free_cells == CELLS - CELLS_ALONE - 3


class Traffic:
    """Messages that come, write, are cut and go at random."""

    def __init__(self, cache: KvCache, model: Model, seed: int) -> None:
        self.cache = cache
        self.busy: list[tuple[Slot, Prefix]] = []
        self._model = model
        self._chance = random.Random(seed)  # noqa: S311  # no secret

    def step(self) -> None:
        """Let something happen."""
        self._chance.choice([self.come, self.write, self.write, self.leave, self.pad, self.tidy])()

    def come(self) -> None:
        """Let a message begin with one of more prefixes than there are places."""
        tokens = (self._chance.randrange(PREFIXES + 20),) * self._chance.randrange(1, 40)
        if self.cache.has_slot() and self.cache.make_room(len(tokens)):
            prefix, slot = loaded_prefix(self.cache, self._model, tokens), self.cache.take_slot()
            self.cache.begin(slot, prefix)
            self.busy.append((slot, prefix))

    def write(self) -> None:
        """Decode tokens of a message, and take some of them back."""
        count = self._chance.randrange(1, 60)
        if self.busy and self.cache.make_room(count):
            slot, _ = self._chance.choice(self.busy)
            write(self.cache, self._model, slot, count)
            self.cache.cut(slot, slot.position - self._chance.randrange(count))

    def leave(self) -> None:
        """Let a message go, now and then."""
        if self.busy and self._chance.random() < 0.5:
            slot, prefix = self.busy.pop(self._chance.randrange(len(self.busy)))
            self.cache.give_back(slot)
            prefix.users -= 1

    def pad(self) -> None:
        """Decode a token of no meaning, where one is needed."""
        for padding in self.cache.padding() if self.cache.make_room(1) else ():
            self._model.decode([padding])
            self.cache.discard_padding()

    def tidy(self) -> None:
        """Free holes or drop a prefix, now and then."""
        if self._chance.random() < 0.2:
            self._chance.choice([self.cache.settle, self.cache.drop_prefix])()

    def end(self) -> None:
        """Let all messages go, and drop all prefixes."""
        for slot, prefix in self.busy:
            self.cache.give_back(slot)
            prefix.users -= 1
        while self.cache.drop_prefix():
            pass
        self.cache.settle()


@pytest.mark.parametrize("seed", range(4))
def test_the_account_never_drifts(seed: int, cache: KvCache, model: Model) -> None:
    """Whatever comes, goes, is cut or dropped: every cell is free, a hole, a message's or a prefix's."""
    traffic = Traffic(cache, model, seed)
    for _ in range(300):
        traffic.step()

        owned = sum(slot.own for slot, _ in traffic.busy)
        held = sum(prefix.fed for prefix in cache.prefixes)
        assert cache.free_cells + cache.holes + owned + held == CELLS

    assert really_free(model) == cache.free_cells
    traffic.end()
    assert really_free(model) == cache.free_cells == CELLS
