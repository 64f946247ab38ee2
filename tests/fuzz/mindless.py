"""Owns a model without a mind: the real tokenizer, and logits that mean nothing.

Knows nothing of texts and schemas. It walks every grammar at random, which no good model does, and it sees all
that would have reached the real one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from gguf import GGUFReader, TokenType
from numpy.typing import NDArray

from edge.config.options import Limits
from edge.engine.engine import SLOTS, Engine, sequences
from edge.engine.model import BATCH_ROWS, BATCH_TOKENS, Feed, Model
from edge.extraction.extractor import Extractor

_STRIDE, _OTHER_STRIDE = 7919, 104_729  # primes: neighbouring tokens and places get rows that are not alike


def control_tokens(path: Path) -> frozenset[int]:
    """Return the tokens that mean something to the model beside their text, such as `<|im_end|>`."""
    types = GGUFReader(path).fields["tokenizer.ggml.token_type"].contents()
    found = frozenset(token for token, kind in enumerate(types) if kind == TokenType.CONTROL)
    assert {0, 1, 2} <= found, "SmolLM2's own"
    return found


class MindlessModel(Model):
    """Answers with pseudo-random logits, a function of a token and its place alone; keeps account of the cache.

    Args:
        path: whose tokenizer it has.
        controls: tokens that nobody may feed.
    """

    def __init__(self, path: Path, *, context_tokens: int, slots: int, controls: frozenset[int]) -> None:
        super().__init__(path, threads=1, context_tokens=BATCH_TOKENS, sequences=1)
        self.context_tokens = context_tokens
        self.sequences = sequences(slots)
        self.lengths: Counter[int] = Counter()  # of the sequences
        self._controls = np.array(sorted(controls))
        pool = np.random.default_rng(4).normal(0.0, 3.0, 2 * self.vocab_size)
        self._pool = pool.astype(np.float32)

    def decode(self, feeds: Sequence[Feed]) -> list[list[NDArray[np.float32]]]:
        """Return rows of logits, having checked what llama.cpp would check, and that no control token came."""
        assert sum(len(feed.tokens) for feed in feeds) <= min(BATCH_TOKENS, self.context_tokens)
        assert sum(len(feed.wanted) for feed in feeds) <= BATCH_ROWS
        rows = []
        for feed in feeds:
            assert 0 <= feed.sequence < self.sequences
            is_padding = list(feed.tokens) == [0] and feed.position == 0 and not feed.wanted
            if not is_padding:
                assert feed.position == self.lengths[feed.sequence], "a sequence has no gaps"
                found = np.intersect1d(feed.tokens, self._controls)
                assert not len(found), f"control tokens {found} were fed"
            self.lengths[feed.sequence] = feed.position + len(feed.tokens)
            rows.append([self._row(feed.tokens[index], feed.position + index) for index in feed.wanted])
        return rows

    def share(self, source: int, target: int, length: int) -> None:
        """Note that the target begins with what the source has."""
        assert self.lengths[source] >= length
        self.lengths[target] = length

    def forget(self, sequence: int) -> None:
        """Note that a sequence is empty."""
        self.lengths[sequence] = 0

    def move(self, source: int, target: int, position: int) -> None:
        """Note that a sequence ends here; the target is never read."""
        assert source != target
        self.lengths[source] = min(self.lengths[source], position)

    def _row(self, token: int, position: int) -> NDArray[np.float32]:
        start = (token * _STRIDE + position * _OTHER_STRIDE) % self.vocab_size
        return self._pool[start : start + self.vocab_size]


@contextmanager
def mindless_extractor(
    path: Path, *, limits: Limits, context_tokens: int = 4096, slots: int = SLOTS
) -> Iterator[Extractor]:
    """Give an extractor that is the daemon's but for the mind of its model."""
    controls = control_tokens(path)
    with closing(MindlessModel(path, context_tokens=context_tokens, slots=slots, controls=controls)) as model:
        engine = Engine(model, slots=slots)
        engine.start()
        with closing(engine):
            yield Extractor(engine, tokenize=model.tokenize, context_tokens=context_tokens, limits=limits)
