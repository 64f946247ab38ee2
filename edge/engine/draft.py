"""Owns a guess at what will be written, as tokens, and where in it an output stands that has partly left it.

Knows nothing of where the guess comes from, nor of the model that judges it.
"""

from collections.abc import Sequence
from itertools import accumulate, takewhile

_ROOT = b'{"'
_NEXT = b',"'  # behind a value: a key, or the next string of an array


class Draft:
    """A guess at a whole output.

    Args:
        tokens: the guess; empty for none. It ends where one is no token of the vocabulary.
        pieces: the bytes of each token of the vocabulary.
    """

    def __init__(self, tokens: Sequence[int], pieces: Sequence[bytes]) -> None:
        self._tokens = list(takewhile(range(len(pieces)).__contains__, tokens))
        self._text = b"".join(pieces[token] for token in self._tokens)
        ends = accumulate((len(pieces[token]) for token in self._tokens), initial=0)
        self._token_at = {offset: index for index, offset in enumerate(ends)}  # by byte offset

    def rest(self, output: Sequence[int], text: bytes) -> list[int]:
        """Return the tokens that will probably follow an output; none where the guess has nothing to say.

        An output that has left the guess at one value is found again at the next key that both have.

        Args:
            output: the tokens written so far.
            text: their bytes.

        >>> pieces = [b'{"a":', b"1", b"2", b',"b":', b"3", b"}"]
        >>> draft = Draft([0, 1, 3, 4, 5], pieces)
        >>> draft.rest([0], b'{"a":'), draft.rest([0, 2], b'{"a":2'), draft.rest([0, 2, 3], b'{"a":2,"b":')
        ([1, 3, 4, 5], [], [4, 5])
        """
        if self._tokens[: len(output)] == list(output):
            return self._tokens[len(output) :]
        since = max(text.rfind(_NEXT), text.rfind(_ROOT))
        if since < 0:
            return []
        place = self._text.find(text[since:])
        index = self._token_at.get(place + len(text) - since) if place >= 0 else None
        return self._tokens[index:] if index is not None else []
