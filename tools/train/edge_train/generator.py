"""Owns the stream of samples: which family comes how often, and that each sample keeps the rules.

Knows nothing of how a family words its texts. Sample k of a seed is the same on every machine, and with or without
those before it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from edge_train import check, noise, view
from edge_train.chance import Chance
from edge_train.draft import Family
from edge_train.families import FAMILIES
from edge_train.lines import TableError
from edge_train.sample import Sample

_SEEDS_APART = 1 << 40  # samples of one seed; more than anyone makes
_TRIES = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What became of the drafts: how many samples each family gave, and why others were thrown away."""

    made: Counter[str] = field(default_factory=Counter)
    thrown_away: Counter[str] = field(default_factory=Counter)


def generate(
    seed: int, count: int, *, first: int = 0, only: str | None = None, tally: Tally | None = None
) -> Iterator[Sample]:
    """Yield samples first to first + count - 1 of a seed.

    Args:
        seed: any whole number of at least 0.
        count: how many.
        first: where to begin, so that several processes can share the work.
        only: the one family to draw from; None for all, in their shares.
        tally: what is counted on the way.

    Raises:
        KeyError: there is no family of that name.
        TableError: a family gives nothing that keeps the rules.
    """
    families: Mapping[str, tuple[int, Family]] = FAMILIES if only is None else {only: FAMILIES[only]}
    counted = tally or Tally()
    names = tuple(families)
    ends = tuple(accumulate(share for share, _ in families.values()))
    for index in range(first, first + count):
        chance = Chance(seed * _SEEDS_APART + index)
        at = chance.between(1, ends[-1])
        name = next(name for name, end in zip(names, ends, strict=True) if at <= end)
        yield _sample(chance, name, families[name][1], counted)


def _sample(chance: Chance, name: str, family: Family, tally: Tally) -> Sample:
    for _ in range(_TRIES):
        draft = family(chance)
        schema, answer = view.ask(
            chance, draft.stated, draft.absent, manner_=draft.manner, is_whole=draft.is_whole
        )
        text = noise.roughened(chance, draft.text)
        sample = Sample(schema=schema, text=text, answer=answer, family=name)
        if not schema["properties"] or (reason := check.fault(sample)) is None:
            if schema["properties"]:
                tally.made[name] += 1
                return sample
            reason = "nothing is asked"
        tally.thrown_away[f"{name}: {reason}"] += 1
    raise TableError(f"family {name}: expected a sample that keeps the rules in {_TRIES} tries, got none")
