"""Owns pages of one value a line: status pages, command output, displays, in columns, sections or with dots.

Knows nothing of what is measured. Words between the lines (titles, rules, notes) state nothing that is asked.
"""

from dataclasses import dataclass

from edge_train import words
from edge_train.chance import Chance
from edge_train.draft import Draft
from edge_train.facts import Fact
from edge_train.families import common

_JOINTS = (
    ": ",
    ": ",
    ":\t",
    " : ",
    "=",
    " = ",
    ":  ",
    "\t",
    "\t: ",
    " | ",
    " ... ",
    ": ",
    " - ",
    "  ",
    ">",
    " -> ",
)
_TITLES = (
    "=== {A} STATUS ===",
    "--- {a} ---",
    "[{a}]",
    "{A}",
    "{a} status:",
    "# {a}",
    "*** {A} ***",
    "{a} report",
    "Status of {a}",
    "## {a} {n}",
    "> show {a} status",
    "$ {a} --status",
    "{a}@{b}:~$ cat /proc/{a}",
    "{a}#show {b}",
    "AT+{A}?",
    "Device {n}: {a}",
)
_RULES = ("----------", "==========", "- - - -", "**********", "", "+--------+", "..........")
_NOTES = (
    "done.",
    "OK",
    "end of report",
    "-- {a} --",
    "Command completed.",
    "{a}> ",
    "# eof",
    "(press q to quit)",
    "ready",
    "0 warnings",
)
_BULLETS = ("", "", "", "", "", "- ", "* ", "  ", "\t", "| ", "> ", "• ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """How the lines of one page are set.

    Attributes:
        width: of the labels, filled with spaces or dots; 0 for as wide as each is.
    """

    joint: str
    bullet: str
    width: int
    fill: str = " "


def draft(chance: Chance) -> Draft:
    """Return a page, now and then with a title, with sections, or with lines that say nothing."""
    setting = common.setting(chance, count=chance.pick((2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14)))
    layout = Layout(
        joint=chance.pick(_JOINTS),
        bullet=chance.pick(_BULLETS),
        width=chance.pick((0, 0, 12, 16, 20, 26)),
        fill=chance.pick((" ", " ", " ", ".")),
    )
    spell = chance.pick((_as_is, _as_is, _long, _long, _dotted, _upper))
    lines = [line(fact, layout, spell(fact)) for fact in setting.shown]
    if chance.maybe(0.25):
        lines = _with_more(chance, lines)
    if chance.maybe(0.35):
        lines.insert(0, title(chance))
        if chance.maybe(0.3):
            lines.insert(1, chance.pick(_RULES))
    if chance.maybe(0.12):
        lines.append(chance.pick(_NOTES).format(a=words.syllables(chance).lower()))
    text = chance.pick(("\n", "\n", "\n", "\n", "\r\n")).join(lines)
    return Draft(text=text, stated=setting.stated, absent=common.without(setting.absent, common.NAMES))


def line(fact: Fact, layout: Layout, label: str) -> str:
    """Return the line of a fact."""
    return layout.bullet + label.ljust(layout.width, layout.fill) + layout.joint + fact.worded


def title(chance: Chance) -> str:
    """Return a line above a page, about a device that nobody has."""
    a, b = words.syllables(chance), words.word(chance, "kind")
    return chance.pick(_TITLES).format(a=a.lower(), A=a.upper(), b=b, n=chance.between(0, 9))


def _with_more(chance: Chance, lines: list[str]) -> list[str]:
    """Return the lines with headings of sections, or blank lines, between them."""
    at = chance.between(1, len(lines))
    kind = chance.between(1, 3)
    if kind == 1:
        return [*lines[:at], "", *lines[at:]]
    if kind == len("ab"):
        return [*lines[:at], chance.pick(_RULES), *lines[at:]]
    first, second = (words.word(chance, "noun").capitalize() for _ in "ab")
    return [
        f"{first}:",
        *(f"  {each}" for each in lines[:at]),
        f"{second}:",
        *(f"  {each}" for each in lines[at:]),
    ]


def _as_is(fact: Fact) -> str:
    return fact.label


def _upper(fact: Fact) -> str:
    return fact.label.upper()


def _long(fact: Fact) -> str:
    said = fact.phrase or fact.label
    return said[:1].upper() + said[1:]


def _dotted(fact: Fact) -> str:
    return (fact.phrase or fact.label).replace(" ", ".").lower()
