"""Owns the places of the KV cache: which sequence holds what, and how many cells are free.

Knows nothing of messages. A cell is the memory of one token; sequences that share a prefix share its cells.

llama.cpp puts tokens into the lowest free cells, and sums over cells in their order. For a reading that does not
depend on its neighbours, bit for bit, the cells of a sequence have to ascend (ADR 7). So cells that are given back
stay taken, as holes, until `settle` frees them all: best at a moment when no message is half done.
"""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from edge.engine.model import Feed, Model

PREFIXES = 32  # sequences for the prefixes of schemas; the cells they may take are the context's

CELLS_ALONE = 256  # in use, from which on a single token is not fed alone


def sequences(slots: int) -> int:
    """Return how many sequences so many slots need: their own, those of prefixes, of holes, of padding."""
    return slots + PREFIXES + 2


@dataclass(kw_only=True, slots=True)
class Prefix:
    """The tokens that all messages of a schema begin with, decoded once.

    Attributes:
        sequence: which one holds it.
        fed: how many of its tokens are decoded.
        users: messages that begin with it, or wait for it, at this moment.
    """

    tokens: tuple[int, ...]
    sequence: int
    fed: int = 0
    users: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether messages may begin with it."""
        return self.fed == len(self.tokens)


@dataclass(kw_only=True, slots=True)
class Slot:
    """The sequence of one message.

    Attributes:
        position: how many tokens the sequence has, those of a shared prefix included.
        own: how many of them are in cells of its own.
    """

    sequence: int
    position: int = 0
    own: int = field(default=0)


class KvCache:
    """The sequences of a model: one for each message that is decoded at a time, and those of prefixes.

    Args:
        slots: how many messages are decoded at a time; they have the sequences from 0.
    """

    def __init__(self, model: Model, *, slots: int) -> None:
        self._model = model
        self._free_slots = list(range(slots))
        self._free_sequences = list(range(slots, slots + PREFIXES))
        self._hole_sequence, self._padding_sequence = slots + PREFIXES, slots + PREFIXES + 1
        self._cells = model.context_tokens
        self._prefixes: OrderedDict[tuple[int, ...], Prefix] = OrderedDict()  # least recently used first
        self.free_cells = model.context_tokens
        self.holes = 0  # cells given back, and not free yet

    @property
    def prefixes(self) -> Collection[Prefix]:
        """Those that have a place, the least recently used first."""
        return self._prefixes.values()

    def has_slot(self) -> bool:
        """Whether another message can be taken up."""
        return bool(self._free_slots)

    def take_slot(self) -> Slot:
        """Return an empty sequence for a message."""
        return Slot(sequence=self._free_slots.pop())

    def give_back(self, slot: Slot) -> None:
        """Take back the sequence of a message; its own cells become holes."""
        self.cut(slot, slot.position - slot.own)
        self._model.forget(slot.sequence)
        self._free_slots.append(slot.sequence)

    def begin(self, slot: Slot, prefix: Prefix) -> None:
        """Let a message's empty sequence begin with a prefix."""
        self._model.share(prefix.sequence, slot.sequence, len(prefix.tokens))
        slot.position = len(prefix.tokens)

    def grow(self, slot: Slot, count: int) -> None:
        """Note that tokens were added to a sequence."""
        slot.position += count
        slot.own += count
        self.free_cells -= count

    def cut(self, slot: Slot, position: int) -> None:
        """Take the tokens from a position on out of a sequence again; their cells become holes."""
        if position < slot.position:
            self._model.move(slot.sequence, self._hole_sequence, position)
            self.holes += slot.position - position
            slot.own -= slot.position - position
            slot.position = position

    def prefix(self, tokens: tuple[int, ...]) -> Prefix | None:
        """Return the place of a prefix and count one more user; None while others use all places."""
        found = self._prefixes.get(tokens)
        if found is None:
            if not self._free_sequences and not self.drop_prefix():
                return None
            found = self._prefixes[tokens] = Prefix(tokens=tokens, sequence=self._free_sequences.pop())
        self._prefixes.move_to_end(tokens)
        found.users += 1
        return found

    def grow_prefix(self, prefix: Prefix, count: int) -> None:
        """Note that more of a prefix is decoded."""
        prefix.fed += count
        self.free_cells -= count

    def drop_prefix(self) -> bool:
        """Drop the prefix that was not used for the longest time; False where all are in use."""
        idle = next((prefix for prefix in self._prefixes.values() if not prefix.users), None)
        if idle is not None:
            self._forget(idle)
        return idle is not None

    def padding(self) -> Sequence[Feed]:
        """Return what a call of a single token needs beside it: a token of no meaning, where the cache is filled.

        llama.cpp attends in another order for one token alone over 512 cells or more, which are those up to the
        highest one in use, rounded up to 256.
        """
        if self._cells - self.free_cells < CELLS_ALONE:
            return ()
        return [Feed(tokens=[0], position=0, sequence=self._padding_sequence)]

    def discard_padding(self) -> None:
        """Make the cell of the padding a hole."""
        self._model.move(self._padding_sequence, self._hole_sequence, 0)
        self.free_cells -= 1
        self.holes += 1

    def settle(self) -> None:
        """Free the holes."""
        if self.holes:
            self._model.forget(self._hole_sequence)
            self.free_cells += self.holes
            self.holes = 0

    def make_room(self, cells: int) -> bool:
        """Have so many cells free, if need be by dropping prefixes that nobody uses; False where it cannot be."""
        while self.free_cells < cells:
            if self.holes:
                self.settle()
            elif not self.drop_prefix():
                return False
        return True

    def _forget(self, prefix: Prefix) -> None:
        self._model.move(prefix.sequence, self._hole_sequence, 0)
        self.holes += prefix.fed
        self._free_sequences.append(prefix.sequence)
        del self._prefixes[prefix.tokens]
