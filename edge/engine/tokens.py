"""Owns what the engine knows of the vocabulary: the bytes of each token, and how a choice among tokens is made.

Knows nothing of messages, sequences or grammars.
"""

from collections.abc import Sequence

import numpy as np
from llguidance import LLTokenizer
from numpy.typing import NDArray

from edge.engine.request import Choice, Lean

_WORD_BITS = 32  # llguidance's masks are 32-bit words, lowest bit first


class Tokens:
    """The vocabulary of one model."""

    def __init__(self, tokenizer: LLTokenizer, size: int) -> None:
        pieces = [tokenizer.decode_bytes([token]) for token in range(size)]
        first_bytes = np.array([piece[0] if piece else 0 for piece in pieces], dtype=np.uint8)
        self.size = size
        self.pieces = pieces
        self._closes_string = first_bytes == ord('"')
        self._continues_number = np.isin(first_bytes, list(b"0123456789.eE+-"))

    def text(self, tokens: Sequence[int]) -> bytes:
        """Return the bytes of a sequence of tokens."""
        return b"".join([self.pieces[token] for token in tokens])

    def choose(
        self, logits: NDArray[np.float32], allowed: NDArray[np.intp], written: bytes, lean: Lean | None = None
    ) -> tuple[int, Choice]:
        """Return the likeliest of the allowed tokens, and the choice that it is behind what is written."""
        start = len(written)
        found = logits[allowed]
        if lean is not None:
            found = found + lean(written, [self.pieces[token] for token in allowed])
        best = int(found.argmax())
        top = found[best]
        weights = np.exp(found - top)
        total = float(weights.sum())
        token = int(allowed[best])
        found[best] = -np.inf
        return token, Choice(
            start=start,
            end=start + len(self.pieces[token]),
            probability=1.0 / total,
            closing=float(weights[self._closes_string[allowed]].sum()) / total,
            beyond=float(weights[~self._continues_number[allowed]].sum()) / total,
            gap=float(top - found.max()),
        )


def allowed_tokens(mask: bytes, size: int) -> NDArray[np.intp]:
    """Return the tokens that a mask of llguidance allows, of a vocabulary of a size.

    Most masks allow few of 49,152 tokens, so only the words of the mask that have a bit set are unpacked.

    >>> allowed_tokens(bytes([0, 0, 0, 0, 0b101, 0, 0, 128]), 63).tolist()
    [32, 34]
    """
    words = np.frombuffer(mask, dtype="<u4")
    filled = np.flatnonzero(words)
    bits = np.unpackbits(words[filled].view(np.uint8).reshape(-1, _WORD_BITS // 8), axis=1, bitorder="little")
    rows, columns = np.nonzero(bits)
    tokens = filled[rows] * _WORD_BITS + columns
    return tokens[tokens < size]
