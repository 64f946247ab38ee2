"""Owns lines of labels and values, as small devices send them: `T=21.4C RH=48% batt low`.

Knows nothing of what is measured.
"""

import re

from edge_train import moments
from edge_train.chance import Chance
from edge_train.draft import Draft
from edge_train.facts import Fact
from edge_train.families import common

_JOINTS = (  # between label and value, between pairs
    ("=", " "),
    ("=", ", "),
    ("=", ";"),
    ("=", ","),
    ("=", "&"),
    ("=", " | "),
    ("=", "|"),
    ("=", "; "),
    (": ", ", "),
    (": ", " | "),
    (": ", "; "),
    (": ", "  "),
    (": ", " - "),
    (": ", " / "),
    (":", " "),
    (":", ","),
    (":", ";"),
    (":", "|"),
    (":", "/"),
    (" ", ", "),
    (" ", "  "),
    (" ", " | "),
    (" ", "; "),
    (" ", " / "),
    (" ", " "),
    ("->", " "),
    (" -> ", ", "),
    ("", " "),
    ("", ","),
    (" = ", ", "),
    (" = ", " ; "),
    ("\t", "\t"),
    (" is ", ", "),
    ("~", "|"),
)
_WRAPS = ("<{}>", "[{}]", "{{{}}}", "({})", "${}", "#{}#", ">>{}", "* {}", "{}\r\n", "{};", "{}\n", "\x02{}\x03")
_LEADS = (
    "Readings: ",
    "DATA ",
    "Sensor data: ",
    "OK ",
    "RX: ",
    ">> ",
    "payload: ",
    "STATUS: ",
    "RSP ",
    "+DATA:",
    "ping ",
    "heartbeat ",
    "measurement ",
    "report: ",
    "TELEM ",
    "Received: ",
    "evt ",
    "env ",
    "state ",
    "tick ",
    "uplink ",
    "Msg: ",
)
_LEVELS = ("INFO", "DEBUG", "WARN", "I", "D", "W", "info", "debug", "NOTICE", "V")
_MODULES = (
    "sensor",
    "app",
    "main",
    "mqtt",
    "wifi",
    "gw",
    "telemetry",
    "poll",
    "ctl",
    "bus",
    "radio",
    "core",
    "collector",
)


def draft(chance: Chance) -> Draft:
    """Return one line of pairs, now and then with a prefix of a log."""
    joint, between = chance.pick(_JOINTS)
    setting = common.setting(chance, is_comma_free="," in between)
    caps = chance.pick((_as_is, _as_is, _as_is, str.upper, str.lower))
    quote = chance.pick(("", "", "", "", '"', "'"))
    text = between.join(pair(fact, joint, between, caps(fact.label), quote) for fact in setting.shown)
    if chance.maybe(0.25):
        text = chance.pick(_WRAPS).format(text)
    if chance.maybe(0.2):
        text = chance.pick(_LEADS) + text
    if not chance.maybe(0.25):
        return Draft(text=text, stated=setting.stated, absent=setting.absent)
    lead, when = prefix(chance, has_moment=not common.is_about(setting.stated, common.TIMES))
    absent = common.without(setting.absent, common.NAMES | (common.TIMES if when else frozenset()))
    return Draft(text=lead + text, stated=[*([when] if when else []), *setting.stated], absent=absent)


def pair(fact: Fact, joint: str, between: str, label: str, quote: str = "") -> str:
    """Return a fact as `label joint value`, the joint made plain where the value would grow together with it."""
    value = fact.worded
    if between.strip() == "" and " " in value and not quote and not fact.is_number:
        return f'{label}{joint or "="}"{value}"'
    if joint.strip() == "" and (not joint or len(between) < len(", ")) and not re.match(r"[0-9]", value):
        joint = joint or "="
    if not joint and (label[-1:].isdigit() or not fact.is_number):
        joint = "="
    if quote and not fact.is_number:
        value = quote + value + quote
    return f"{label}{joint}{value}" if label else value


def prefix(chance: Chance, *, has_moment: bool = True) -> tuple[str, Fact | None]:
    """Return what a log writes before a line, and the moment in it; None where the line has none."""
    level, module = chance.pick(_LEVELS), chance.pick(_MODULES)
    if has_moment and chance.maybe(0.5):
        when = moments.logged(chance)
        lead = chance.pick(
            (
                "[{t}] ",
                "{t} ",
                "{t} | ",
                "{t} {l} ",
                "[{t}][{l}][{m}] ",
                "{t} {m}: ",
                "{t} {m}[{n}]: ",
                "({t}) ",
                "{t};",
            )
        )
        return lead.format(t=when.shown, l=level, m=module, n=chance.between(2, 30000)), when
    lead = chance.pick(
        ("[{l}] ", "{l} ({n}) {m}: ", "[{n}] ", "<{p}>", "#{p} ", "{m}: ", "{l}/{m}: ", "[{m}] ", "{m}> ")
    )
    return lead.format(l=level, m=module, n=chance.between(10, 999999), p=chance.between(1, 191)), None


def _as_is(label: str) -> str:
    return label
