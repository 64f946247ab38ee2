"""Owns worlds: sets of facts that a text can state beside each other, each with one right answer.

Knows nothing of wording or of schemas. No two facts of a world share a subject or a label, so none can be mistaken
for another; what is absent shares not even a word of its subject with what is there.
"""

from collections.abc import Iterable, Sequence

from edge.literal import Number
from edge_train import moments, quantities, spelling, states, strings
from edge_train.chance import Chance
from edge_train.facts import Fact, called
from edge_train.spelling import Style

_MIX = (0.6, 0.78, 0.93)  # of facts: quantities up to here, states, strings; the rest are moments
_ABSENT = (0.3, 0.8, 0.95)  # a state that nobody states is what a model invents first
_TRIES = 6  # for each fact that is wanted
QUALIFIERS = (  # pairs or more of one quantity; the label is made of the short form
    (("indoor", "in"), ("outdoor", "out")),
    (("inlet", "in"), ("outlet", "out")),
    (("supply", "sup"), ("return", "ret")),
    (("minimum", "min"), ("maximum", "max"), ("average", "avg")),
    (("min", "lo"), ("max", "hi")),
    (("current", "now"), ("max", "max")),
    (("current", "act"), ("target", "set")),
    (("left", "L"), ("right", "R")),
    (("upper", "top"), ("lower", "bottom")),
    (("first", "1"), ("second", "2"), ("third", "3")),
    (("zone 1", "z1"), ("zone 2", "z2"), ("zone 3", "z3")),
    (("channel A", "A"), ("channel B", "B")),
    (("phase 1", "L1"), ("phase 2", "L2"), ("phase 3", "L3")),
    (("before", "before"), ("after", "after")),
    (("previous", "last"), ("new", "new")),
    (("input", "in"), ("output", "out")),
    (("rated", "nom"), ("actual", "act")),
    (("today", "today"), ("yesterday", "yday")),
    (("front", "front"), ("rear", "rear")),
    (("allowed", "limit"), ("measured", "meas")),
)
_LABELS = (
    "{label}_{short}",
    "{label} {short}",
    "{short} {label}",
    "{label}.{short}",
    "{label}{Short}",
    "{short}_{label}",
    "{label}({short})",
    "{Short} {label}",
)


def draw(chance: Chance, style: Style, count: int, language: str = "en") -> list[Fact]:
    """Return so many facts or a few less, in no order."""
    found: list[Fact] = []
    subjects: set[str] = set()
    labels: set[str] = set()
    for _ in range(count * _TRIES):
        if len(found) >= count:
            break
        for fact in _some_fact(chance, style, language, _MIX):
            if subjects.isdisjoint(fact.subject) and fact.label.lower() not in labels:
                subjects |= fact.subject
                labels.add(fact.label.lower())
                found.append(fact)
    return found


def measured(chance: Chance, style: Style, count: int, language: str = "en") -> list[Fact]:
    """Return so many measured quantities or a few less."""
    found: list[Fact] = []
    for quantity in chance.some(quantities.table(), count * 2):
        fact = quantities.fact(chance, quantity, style, language)
        if len(found) < count and all(
            fact.subject.isdisjoint(other.subject) and fact.label.lower() != other.label.lower() for other in found
        ):
            found.append(fact)
    return found


def rivals(chance: Chance, style: Style) -> list[Fact]:
    """Return one quantity several times, each time of another place or moment: inside and outside, min and max."""
    quantity = chance.pick(quantities.table())
    qualifiers = chance.pick(QUALIFIERS)
    shape = chance.pick(_LABELS)
    seed = quantities.fact(chance, quantity, style)
    found: list[Fact] = []
    told = chance.some(qualifiers, len(qualifiers)) if chance.maybe(0.3) else qualifiers
    drawn = ranked([name for name, _ in told], [again(chance, quantity.subject, seed, style) for _ in told])
    for (qualifier, short), (shown, answer) in zip(told, drawn, strict=True):
        label = shape.format(label=seed.label, short=short, Short=short.capitalize())
        found.append(called(seed, label=label, qualifier=qualifier)._replace(shown=shown, answer=answer))
    return found


def again(chance: Chance, subject: frozenset[str], fact: Fact, style: Style) -> tuple[str, Number]:
    """Return another value of a measured fact, near what it shows."""
    literal = str(fact.answer)
    decimals = len(literal.partition(".")[2])
    at = float(literal)
    reach = max(abs(at) * 0.4, 3.0)
    low = max(at - reach, 0.0) if at >= 0 and "temperature" not in subject else at - reach
    return spelling.number(chance, low, at + reach, decimals, style)


def ranked(roles: Sequence[str], drawn: Sequence[tuple[str, Number]]) -> list[tuple[str, Number]]:
    """Return values so that a minimum is below a maximum; as drawn where the roles have no such order.

    >>> ranked(("max", "min"), [("3", Number("3")), ("5", Number("5"))])
    [('5', 5), ('3', 3)]
    """
    if not set(roles) <= set(_RANKS):
        return list(drawn)
    rising = sorted(drawn, key=lambda pair: pair[1])
    places = sorted(range(len(roles)), key=lambda k: _RANKS[roles[k]])
    return [rising[places.index(k)] for k in range(len(roles))]


_RANKS = {"min": 0, "minimum": 0, "average": 1, "current": 1, "max": 2, "maximum": 2}


def absent(chance: Chance, stated: Sequence[Fact], count: int) -> list[Fact]:
    """Return facts that the stated ones leave open: nobody would take a value of theirs for these."""
    found: list[Fact] = []
    taken = _parts(stated)
    names = {name for fact in stated for name in (*fact.names, fact.label.lower())}
    for _ in range(count * _TRIES):
        if len(found) >= count:
            break
        for fact in _some_fact(chance, spelling.PLAIN, "en", _ABSENT):
            parts = _parts([fact])
            if taken.isdisjoint(parts) and names.isdisjoint((*fact.names, fact.label.lower())):
                taken |= parts
                names.update(fact.names)
                found.append(fact)
    return found


def _parts(facts: Iterable[Fact]) -> set[str]:
    """Return the words of the subjects: what is absent must not share them with what is there."""
    return {part for fact in facts for subject in fact.subject for part in subject.split("_")}


def _some_fact(chance: Chance, style: Style, language: str, mix: tuple[float, float, float]) -> list[Fact]:
    kind = chance.random()
    if kind < mix[0]:
        return [quantities.fact(chance, chance.pick(quantities.table()), style, language)]
    if kind < mix[1]:
        return [states.fact(chance, chance.pick(states.table()))]
    if kind < mix[2]:
        return [strings.fact(chance, chance.pick(strings.table()))]
    return moments.facts(chance)
