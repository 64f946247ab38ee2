"""Owns texts with brackets and quotes: JSON, its cousins and XML, as firmwares and bridges send them.

Knows nothing of what is measured. Numbers stay numbers where JSON allows it, and are quoted with a unit.
"""

import re
from collections.abc import Sequence

from edge.literal import dumps
from edge_train import moments, strings, words
from edge_train.chance import Chance
from edge_train.draft import Draft
from edge_train.facts import Fact
from edge_train.families import common

_LEGAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_NESTS = (
    "data",
    "sensor",
    "readings",
    "payload",
    "state",
    "attributes",
    "d",
    "values",
    "SENSOR",
    "fields",
    "params",
)
_ROOTS = ("tele", "home", "site", "stat", "dev")
_LEADS = ("{t} MQT: {p} = ", "{p} ", "[{t}] {p}: ", "{t} {p} -> ", "recv {p}: ")
_UNITS_APART = 0.15


def draft(chance: Chance) -> Draft:
    """Return an object in one of many notations, now and then behind a topic."""
    setting = common.setting(chance, is_comma_free=True, has_trimmings=chance.maybe(0.2))
    write = chance.pick(_NOTATIONS)
    absent = common.without(setting.absent, common.NAMES | common.TIMES) if write is _triples else setting.absent
    text = write(chance, setting.shown)
    if write is _triples or not chance.maybe(0.2):
        return Draft(text=text, stated=setting.stated, absent=absent)
    return _behind_topic(chance, text, setting.stated, absent)


def _behind_topic(chance: Chance, text: str, stated: Sequence[Fact], absent: Sequence[Fact]) -> Draft:
    """Return a text behind the topic that it came on, which may be asked for."""
    topic = "/".join((chance.pick(_ROOTS), words.word(chance, "kind"), chance.pick(_NESTS)))
    lead = chance.pick(_LEADS)
    when = moments.logged(chance, moments.CLOCKS)
    facts: list[Fact] = []
    if "{t}" in lead:
        if common.is_about(stated, common.TIMES):
            lead = "{p} "
        else:
            facts.append(when)
            absent = common.without(absent, common.TIMES)
    if not common.is_about(stated, common.NAMES):
        notes = ("topic that it came on", "MQTT topic")
        facts.append(Fact("", topic, topic, strings.STRING, ("topic", "mqtt_topic", "source_topic"), notes))
    text = lead.format(t=when.shown, p=topic) + text
    return Draft(text=text, stated=[*facts, *stated], absent=common.without(absent, common.NAMES))


def _json(chance: Chance, facts: Sequence[Fact]) -> str:
    comma, colon = chance.pick(((",", ":"), (", ", ": "), (",\n  ", ": ")))
    pairs = [f"{dumps(fact.label)}{colon}{_value(fact)}" for fact in facts]
    if chance.maybe(0.25) and len(pairs) > len("ab"):
        at = chance.between(1, len(pairs) - 1)
        pairs = [*pairs[:at], f"{dumps(chance.pick(_NESTS))}{colon}{{{comma.join(pairs[at:])}}}"]
    if chance.maybe(_UNITS_APART):
        pairs = [
            f'{{"name":{dumps(fact.label)},"value":{_value(fact, has_unit=False)}'
            + (f',"unit":{dumps(fact.suffix.strip())}' if fact.suffix.strip() else "")
            + "}"
            for fact in facts
        ]
        return f"[{comma.join(pairs)}]"
    return f"{{{comma.join(pairs)}}}"


def _python(_: Chance, facts: Sequence[Fact]) -> str:
    return "{" + ", ".join(f"'{fact.label}': {_single(_value(fact))}" for fact in facts) + "}"


def _loose(chance: Chance, facts: Sequence[Fact]) -> str:
    name = words.syllables(chance)
    colon = chance.pick((":", ": ", "="))
    return (
        f"{name}{{"
        + chance.pick((" ", ", ", ",")).join(f"{fact.label}{colon}{fact.worded}" for fact in facts)
        + "}"
    )


def _xml(chance: Chance, facts: Sequence[Fact]) -> str:
    between = chance.pick(("", "\n", "\n  "))
    parts = [f"<{_tag(fact.label)}>{fact.worded}</{_tag(fact.label)}>" for fact in facts]
    outer = chance.pick(_NESTS)
    return f"<{outer}>{between}" + between.join(parts) + f"{between[:1]}</{outer}>"


def _xml_attributes(chance: Chance, facts: Sequence[Fact]) -> str:
    return f"<{chance.pick(_NESTS)} " + " ".join(f'{_tag(fact.label)}="{fact.worded}"' for fact in facts) + "/>"


def _ini(chance: Chance, facts: Sequence[Fact]) -> str:
    return f"[{chance.pick(_NESTS)}]\n" + "\n".join(f"{fact.label}={fact.worded}" for fact in facts)


def _query(_: Chance, facts: Sequence[Fact]) -> str:
    return "GET /update?" + "&".join(f"{_tag(fact.label)}={fact.worded.replace(' ', '+')}" for fact in facts)


def _yaml(chance: Chance, facts: Sequence[Fact]) -> str:
    return f"{chance.pick(_NESTS)}:\n" + "\n".join(f"  {fact.label}: {fact.worded}" for fact in facts)


def _triples(chance: Chance, facts: Sequence[Fact]) -> str:
    """Return the line protocol of time series."""
    tags = f"{words.word(chance, 'kind')},host={words.syllables(chance).lower()}"
    values = ",".join(
        f"{_tag(fact.label)}=" + (fact.shown if fact.is_number else f'"{fact.shown}"') for fact in facts
    )
    return f"{tags} {values} {chance.between(1_500_000_000, 1_900_000_000)}"


def _value(fact: Fact, *, has_unit: bool = True) -> str:
    said = fact.worded if has_unit else fact.shown
    if said in {"null", "true", "false"} or (fact.is_number and _LEGAL.fullmatch(said)):
        return said
    return dumps(said)


def _single(value: str) -> str:
    return f"'{value[1:-1]}'" if value[:1] == '"' and "'" not in value and "\\" not in value else value


def _tag(label: str) -> str:
    return re.sub(r"[^\w.-]", "_", label)


_NOTATIONS = (_json, _json, _json, _json, _python, _loose, _xml, _xml_attributes, _ini, _query, _yaml, _triples)
