"""Owns the vocabulary of a byte-level BPE tokenizer: its tokens, its merges, and what is left when tokens go.

Knows nothing of files. A token can only be made by merging others, and those by merging others again: whoever
keeps a token keeps them. So a text whose tokens are all kept has the same tokens before and after.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge_convert.errors import BaseModelError, ConversionError

TOKENS_KEY = "tokenizer.ggml.tokens"
TYPES_KEY = "tokenizer.ggml.token_type"
MERGES_KEY = "tokenizer.ggml.merges"
_NORMAL = 1  # LLAMA_TOKEN_TYPE_NORMAL, llama.h; the others control, or stand for themselves


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """The tokens by number, their types, and the merges as pairs, the first to be tried first."""

    tokens: Sequence[str]
    types: Sequence[int]
    merges: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trimmed:
    """A vocabulary of which only some tokens are left.

    Attributes:
        numbers: what each kept token's number was, in the order of the new numbers.
    """

    vocabulary: Vocabulary
    numbers: Sequence[int]


def parse(tokens: object, types: object, merges: object) -> Vocabulary:
    """Return the vocabulary that the metadata of a GGUF describe.

    Raises:
        BaseModelError: they describe none with merges.
    """
    if not (isinstance(tokens, list) and isinstance(types, list) and isinstance(merges, list)):
        raise BaseModelError(f"expected a tokenizer with {TOKENS_KEY}, {TYPES_KEY} and {MERGES_KEY}")
    pairs = []
    for merge in merges:
        one, _, other = str(merge).partition(" ")
        pairs.append((one, other))
    return Vocabulary(tokens=tokens, types=types, merges=pairs)


def trim(vocabulary: Vocabulary, kept: Collection[str]) -> Trimmed:
    """Return a vocabulary with some tokens, those that they are merged from, single bytes, and all that control.

    >>> merges = [("t", "h"), ("th", "e"), ("a", "n")]
    >>> tokens = ["<end>", "t", "h", "e", "a", "n", "th", "the", "an"]
    >>> trimmed = trim(Vocabulary(tokens=tokens, types=[3] + [1] * 8, merges=merges), {"the"})
    >>> trimmed.vocabulary.tokens[-2:], trimmed.vocabulary.merges, trimmed.numbers
    (['th', 'the'], [('t', 'h'), ('th', 'e')], [0, 1, 2, 3, 4, 5, 6, 7])

    Raises:
        ConversionError: a token to be kept is none of the vocabulary's.
    """
    unknown = sorted(set(kept) - set(vocabulary.tokens))
    if unknown:
        raise ConversionError(f"expected tokens of the base, got {len(unknown)} others, the first {unknown[0]!r}")
    left = _with_parts(kept, vocabulary.merges)
    numbers = [
        number
        for number, (token, kind) in enumerate(zip(vocabulary.tokens, vocabulary.types, strict=True))
        if kind != _NORMAL or len(token) == 1 or token in left
    ]
    present = {vocabulary.tokens[number] for number in numbers}
    return Trimmed(
        vocabulary=Vocabulary(
            tokens=[vocabulary.tokens[number] for number in numbers],
            types=[vocabulary.types[number] for number in numbers],
            merges=[pair for pair in vocabulary.merges if {*pair, "".join(pair)} <= present],
        ),
        numbers=numbers,
    )


def most_used(vocabulary: Vocabulary, used: Mapping[int, int], count: int) -> list[str]:
    """Return so many tokens: those that were used, the most used first, then those that the tokenizer made first.

    A tokenizer makes what is frequent first, so that these are common words. All come in the vocabulary's order.

    >>> vocabulary = Vocabulary(tokens=["a", "b", "ab", "ba", "aba"], types=[1] * 5, merges=[])
    >>> most_used(vocabulary, {4: 9}, 3)
    ['a', 'b', 'aba']
    """
    by_use = sorted(used, key=lambda number: (-used[number], number))
    chosen = list(dict.fromkeys([*by_use, *range(len(vocabulary.tokens))]))[:count]
    return [vocabulary.tokens[number] for number in sorted(chosen)]


def _with_parts(kept: Iterable[str], merges: Sequence[tuple[str, str]]) -> set[str]:
    """Return tokens with all that they are merged from."""
    made_from = {
        "".join(pair): pair for pair in reversed(merges)
    }  # the first merge to a token is the one that counts
    found: set[str] = set()
    waiting = list(kept)
    while waiting:
        token = waiting.pop()
        if token not in found:
            found.add(token)
            waiting += made_from.get(token, ())
    return found
