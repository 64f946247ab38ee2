"""Owns what sentences are made of: clauses in several languages, and claims that are made or denied.

Knows nothing of facts beyond their words. Clauses and claims are added by lines of `data/prose.txt` and
`data/claims.txt`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from edge.literal import JSON
from edge_train import lines
from edge_train.chance import Chance
from edge_train.facts import Fact

_BOOLEAN: dict[str, JSON] = {"type": "boolean"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """Something that is so or is not, with the sentences for either."""

    subject: frozenset[str]
    names: tuple[str, ...]
    made: tuple[str, ...]
    denied: tuple[str, ...]


@cache
def pieces() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return the pieces of `data/prose.txt` by language and kind."""
    found = {}
    for _, line in lines.read("data", "prose.txt"):
        head, _, rest = line.partition(": ")
        language, _, kind = head.partition(" ")
        found[language, kind] = tuple(piece.strip() for piece in rest.split("|"))
    return found


@cache
def claims() -> tuple[Claim, ...]:
    """Return the claims of `data/claims.txt`."""
    return tuple(
        Claim(
            subject=frozenset(subject.split()),
            names=tuple(names.split()),
            made=tuple(said.strip() for said in made.split(";")),
            denied=tuple(said.strip() for said in denied.split(";")),
        )
        for _, (subject, names, made, denied) in lines.columns("claims.txt", 4)
    )


def piece(chance: Chance, language: str, kind: str) -> str:
    """Return a piece of a sentence in a language."""
    return chance.pick(pieces()[language, kind])


def claim(chance: Chance, drawn: Claim) -> Fact:
    """Return a claim that is made or denied; its words are the value that is shown."""
    is_so = chance.maybe(0.5)
    said = chance.pick(drawn.made if is_so else drawn.denied)
    plain = drawn.names[0].replace("_", " ").removeprefix("is ")
    return Fact(
        "",
        said,
        is_so,
        _BOOLEAN,
        drawn.names,
        (f"whether {plain}", f"true if {plain}", plain),
        subject=drawn.subject,
        phrase=plain,
    )
