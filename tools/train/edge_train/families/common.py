"""Owns what families share: a world with its trimmings, fit to be laid out. Knows nothing of layouts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from edge_train import limits, moments, spelling, strings, world
from edge_train.chance import Chance
from edge_train.facts import Fact
from edge_train.spelling import Style
from edge_train.strings import Naming

TIMES = frozenset(["when", "date", "time"])
NAMES = frozenset(
    ["identity", "hostname", "topic", "tag", "model", "product", "ssid", "severity", "code", "message"]
)
COUNTS = (1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 6, 6, 7, 8, 9, 11, 14)


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """A world that is ready to be worded.

    Attributes:
        shown: the facts to lay out, one after the other.
        stated: all that the text then states: these, and what stands beside them.
        absent: what is asked and is not there.
    """

    shown: Sequence[Fact]
    stated: Sequence[Fact]
    absent: Sequence[Fact]
    style: Style


def setting(
    chance: Chance,
    *,
    count: int | None = None,
    is_comma_free: bool = False,
    language: str = "en",
    has_trimmings: bool = True,
) -> Setting:
    """Return a world, now and then with rivals, limits, verdicts and values that are not available."""
    style = spelling.style(chance, is_comma_free=is_comma_free)
    wanted = count or chance.pick(COUNTS)
    facts = world.draw(chance, style, wanted, language)
    if has_trimmings and chance.maybe(0.16):
        facts = _with_rivals(chance, facts, world.rivals(chance, style))
    return finished(chance, facts, style, has_trimmings=has_trimmings)


def finished(chance: Chance, facts: list[Fact], style: Style, *, has_trimmings: bool = True) -> Setting:
    """Return facts with their trimmings, and with what is asked beyond them."""
    stated = list(facts)
    if has_trimmings and chance.maybe(0.3):
        facts, stated = _trimmed(chance, facts, style)
    absent = world.absent(chance, stated, chance.pick((1, 1, 2, 3))) if chance.maybe(0.4) else []
    return Setting(shown=facts, stated=stated, absent=absent, style=style)


def without(facts: Sequence[Fact], subjects: frozenset[str]) -> list[Fact]:
    """Return the facts about none of these subjects: absent ones that the layout of a text would state."""
    return [fact for fact in facts if fact.subject.isdisjoint(subjects)]


def is_about(facts: Sequence[Fact], subjects: frozenset[str]) -> bool:
    """Return whether some of the facts are about one of these subjects."""
    return any(not fact.subject.isdisjoint(subjects) for fact in facts)


def named(chance: Chance, subject: str) -> Fact:
    """Return a name of a kind: an `identity`, a `location`; or the moment `when`."""
    if subject == "when":
        return moments.logged(chance)
    return strings.fact(chance, _naming(subject))


@cache
def _naming(subject: str) -> Naming:
    return next(naming for naming in strings.table() if subject in naming.subject)


def _trimmed(chance: Chance, facts: Sequence[Fact], style: Style) -> tuple[list[Fact], list[Fact]]:
    kind = chance.random()
    shown, stated = [], []
    for fact in facts:
        others: list[Fact] = []
        trimmed = fact
        if fact.is_number and chance.maybe(0.5):
            if kind < _BESIDE:
                trimmed, others = limits.beside(chance, fact, style)
            elif kind < _UNAVAILABLE:
                trimmed = limits.unavailable(chance, fact) if chance.maybe(0.5) else fact
            else:
                trimmed = limits.verdict(chance, fact)
        shown.append(trimmed)
        stated += [trimmed, *others]
    return shown, stated


_BESIDE, _UNAVAILABLE = 0.5, 0.8  # shares of worlds: limits up to here, missing values up to here, else verdicts


def _with_rivals(chance: Chance, facts: list[Fact], rivals: list[Fact]) -> list[Fact]:
    """Return the facts with rivals in a row among them, without those that would be mistaken for one."""
    parts = {part for fact in rivals for subject in fact.subject for part in subject.replace(" ", "_").split("_")}
    kept = [
        fact
        for fact in facts
        if parts.isdisjoint(part for subject in fact.subject for part in subject.split("_"))
        and all(fact.label.lower() != rival.label.lower() for rival in rivals)
    ]
    at = chance.between(0, len(kept))
    return [*kept[:at], *rivals, *kept[at:]]
