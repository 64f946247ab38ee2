"""Owns texts of people and of gateways that write like them: alarms, log books, messages, in several languages.

Knows nothing of what is measured. Beside what is asked, sentences tell what is not: limits, earlier values.
"""

from collections.abc import Sequence
from dataclasses import replace

from edge_train import limits, prose, spelling, strings, world
from edge_train.chance import Chance
from edge_train.draft import Draft
from edge_train.facts import Fact
from edge_train.families import common
from edge_train.spelling import Style

_LANGUAGES = ("en", "en", "en", "en", "en", "de", "de", "fr", "es", "it", "nl")
_ROLES = ("previous", "limit", "nominal", "target")
_FREE = (
    "message",
    "error_text",
    "part",
    "product",
    "order_number",
    "batch",
    "tag",
    "serial_number",
    "code",
    "firmware",
)
_SAID = ("{l} {v}", "{l}: {v}", "{l} is {v}", "({l} {v})", "{l} = {v}", "{v} ({l})", "the {l} is {v}")
_JOINTS = (", ", ", ", ". ", ". ", "; ", " - ", " / ", "\n", " and ", " | ")


def draft(chance: Chance) -> Draft:
    """Return a few sentences, or one long one."""
    language = chance.pick(_LANGUAGES)
    style = spelling.style(chance, is_comma_free=language == "en" and chance.maybe(0.9))
    style = replace(style, unit_share=chance.pick((1.0, 1.0, 0.8)))
    stated: list[Fact] = []
    clauses: list[str] = []
    for fact in world.measured(chance, style, chance.pick((0, 1, 1, 2, 2, 3, 3, 4, 5)), language):
        said, facts = _clause(chance, fact, style, language)
        clauses.append(said)
        stated += facts
    for fact in (*_claims(chance), *_things(chance)):
        if all(fact.subject.isdisjoint(other.subject) for other in stated):
            clauses.insert(chance.between(0, len(clauses)), _said(chance, fact))
            stated.append(fact)
    head, tail, framing = _frame(chance, language, stated)
    stated += framing
    text = " ".join(part for part in (head, _joined(chance, clauses), tail) if part)
    if chance.maybe(0.3):
        text = f"{text} {prose.piece(chance, language, 'end')}"
    absent = world.absent(chance, stated, chance.pick((1, 1, 2))) if chance.maybe(0.4) else []
    return Draft(text=text, stated=_in_order(text, stated), absent=common.without(absent, common.NAMES))


def _clause(chance: Chance, fact: Fact, style: Style, language: str) -> tuple[str, list[Fact]]:
    """Return a clause about a measured value, and what it states: now and then another value beside it."""
    value = fact.shown + (fact.suffix or (f" {fact.unit}" if fact.unit and chance.maybe(0.7) else ""))
    if not chance.maybe(0.2):
        return prose.piece(chance, language, "clause").format(p=fact.phrase, v=value), [fact]
    role = chance.pick(_ROLES)
    shown, answer = world.again(chance, fact.subject, fact, style)
    said = prose.piece(chance, language, role).format(p=fact.phrase, v=value, a=shown + value[len(fact.shown) :])
    return said, [fact, limits.other(fact, role, shown, answer)]


def _claims(chance: Chance) -> list[Fact]:
    count = chance.pick((0, 0, 1, 1, 1, 2, 3))
    return [prose.claim(chance, drawn) for drawn in chance.some(prose.claims(), count)]


def _things(chance: Chance) -> list[Fact]:
    """Return names of what the text is about: parts, orders, tags."""
    known = [naming for naming in strings.table() if not naming.subject.isdisjoint(_FREE)]
    return [strings.fact(chance, naming) for naming in chance.some(known, chance.pick((0, 0, 0, 1, 1, 2)))]


def _said(chance: Chance, fact: Fact) -> str:
    if not fact.label:
        return fact.shown
    return chance.pick(_SAID).format(l=fact.phrase if chance.maybe(0.6) else fact.label, v=fact.shown)


def _frame(chance: Chance, language: str, stated: Sequence[Fact]) -> tuple[str, str, list[Fact]]:
    """Return what stands before and behind the clauses, and what that states: device, place, moment, person."""
    ends: tuple[list[str], list[str]] = ([], [])
    found: list[Fact] = []
    if chance.maybe(0.4):
        ends[0].append(prose.piece(chance, language, "start"))
    for subject, kind, hole, share in _FRAMING:
        if not chance.maybe(share) or any(subject in fact.subject for fact in stated):
            continue
        fact = common.named(chance, subject)
        piece = prose.piece(chance, language, kind)
        if not piece:
            continue
        found.append(fact)
        at_start = kind == "device" or (kind != "person" and chance.maybe(0.4))
        ends[0 if at_start else 1].append(piece.format(**{hole: fact.shown}))
    return " ".join(ends[0]), " ".join(ends[1]), found


_FRAMING = (
    ("identity", "device", "s", 0.35),
    ("location", "place", "n", 0.25),
    ("when", "when", "t", 0.25),
    ("operator", "person", "s", 0.12),
)


def _joined(chance: Chance, clauses: Sequence[str]) -> str:
    joint = chance.pick(_JOINTS)
    if joint == ". ":
        clauses = [clause[:1].upper() + clause[1:] for clause in clauses]
    text = joint.join(clauses)
    return text + chance.pick((".", ".", "", "!")) if joint in {". ", ", "} else text


def _in_order(text: str, stated: Sequence[Fact]) -> list[Fact]:
    return sorted(stated, key=lambda fact: text.find(fact.shown))
