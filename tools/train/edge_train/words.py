"""Owns the words that texts are made of: tables of names and nouns, and words that no language has.

Knows nothing of facts. Words without a meaning teach to copy: nobody has seen `Sklairnd` before.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache

from edge_train import lines
from edge_train.chance import Chance

Maker = Callable[[Chance], str]
_HOLE = re.compile(r"\{(\w+)\}")


@cache
def tables() -> dict[str, tuple[str, ...]]:
    """Return the words of `data/words.txt` by table."""
    found = {}
    for _, line in lines.read("data", "words.txt"):
        name, _, rest = line.partition(":")
        found[name] = tuple(word.strip() for word in rest.split(","))
    return found


def word(chance: Chance, table: str) -> str:
    """Return a word of a table; `syllables` makes one up."""
    return syllables(chance) if table == "syllables" else chance.pick(tables()[table])


def syllables(chance: Chance) -> str:
    """Return a word that is none, as products and networks are called.

    >>> syllables(Chance(3)), syllables(Chance(5))
    ('Nundpratron', 'Skouvskö')
    """
    known = tables()
    onset, nucleus, coda = known["onset"], known["nucleus"], known["coda"]
    made = "".join(
        chance.pick(onset) + chance.pick(nucleus) + chance.pick(coda) for _ in range(2 + chance.maybe(0.3))
    )
    return made.capitalize()


def sentence(chance: Chance, count: int) -> str:
    """Return so many words that read like a sentence, with a full stop."""
    known = tables()
    pools: Sequence[str] = ("noun", "verb", "adjective", "noun", "adverb")
    said = [chance.pick(known[pools[k % len(pools)]]) for k in range(count)]
    return " ".join(said).capitalize() + "."


def maker(ways: str) -> Maker:
    """Return what makes a value in one of several ways, as `data/strings.txt` writes them.

    >>> maker("@-### ; pump #")(Chance(7))
    'D-605'
    """
    made = [_way(way.strip()) for way in ways.split(";")]
    return lambda chance: chance.pick(made)(chance)


def _way(way: str) -> Maker:
    parts = _HOLE.split(way)  # literal, table, literal, …
    if len(parts) == 1:
        return lambda chance: chance.filled(way)

    def make(chance: Chance) -> str:
        return "".join(
            word(chance, part) if k % 2 else (chance.filled(part) if part else "") for k, part in enumerate(parts)
        )

    return make
