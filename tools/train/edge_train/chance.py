"""Owns the draws that everything here is made of. Knows nothing of texts.

A sample is drawn from its seed alone, so that any of them can be made again without those before it.
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance(Random):
    """A generator of random numbers with the few draws that wording a text takes; none of them is secret."""

    def maybe(self, share: float) -> bool:
        """Return True in this share of draws, 0 to 1."""
        return self.random() < share

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included.

        >>> sorted({Chance(1).between(3, 5) for _ in range(9)} | {Chance(2).between(3, 3)})
        [3]
        """
        return low + int(self.random() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options, each as likely as the others.

        >>> Chance(4).pick("abc")
        'a'
        """
        return options[int(self.random() * len(options))]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """Return so many different options, or all of them where there are fewer, in random order.

        >>> Chance(4).some("abc", 5)
        ['a', 'b', 'c']
        """
        rest = list(options)
        for k in range(min(count, len(rest))):
            other = k + int(self.random() * (len(rest) - k))
            rest[k], rest[other] = rest[other], rest[k]
        return rest[:count]

    def filled(self, pattern: str) -> str:
        """Return a pattern with its marks filled in.

        `#` is a digit, `@` an upper-case letter, `&` a lower-case one, `%` and `^` a hexadecimal digit in lower
        and in upper case; every other character is itself.

        >>> Chance(1).filled("P-###@ (%%:^^)")
        'P-187G (77:AC)'
        """
        return "".join(
            _MARKS[char][int(self.random() * len(_MARKS[char]))] if char in _MARKS else char for char in pattern
        )


_MARKS = {
    "#": "0123456789",
    "@": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "&": "abcdefghijklmnopqrstuvwxyz",
    "%": "0123456789abcdef",
    "^": "0123456789ABCDEF",
}
