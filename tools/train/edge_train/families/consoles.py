"""Owns consoles that say one value a line, each line with the same frame: firmwares, brokers, bridges, tests.

Knows nothing of what is measured.
"""

from collections.abc import Callable

from edge_train import moments, words
from edge_train.chance import Chance
from edge_train.draft import Draft
from edge_train.facts import Fact
from edge_train.families import common

_Frame = Callable[[Chance, str, Fact], str]  # what is said of a fact behind the name of a device
_STAMPS = ("", "", "[{t}] ", "{t} ", "{t} | ", "({t}) ")


def draft(chance: Chance) -> Draft:
    """Return a line for each fact, all in one frame, now and then with a time before each line."""
    setting = common.setting(chance, count=chance.between(1, 6), has_trimmings=False, is_comma_free=True)
    frame = chance.pick(_FRAMES)
    stamp = chance.pick(_STAMPS)
    device = (
        words.word(chance, "kind") + chance.pick(("", "1", "_2"))
        if chance.maybe(0.5)
        else words.syllables(chance).lower()
    )
    has_stamp = bool(stamp) and not common.is_about(setting.stated, common.TIMES)
    when = moments.logged(chance, (chance.pick((*moments.CLOCKS[:3], *moments.WHOLE[:9])),))
    lead = stamp.format(t=when.shown) if has_stamp else ""
    facts = [fact for fact in setting.shown if '"' not in fact.shown]
    text = "\n".join(lead + frame(chance, device, fact) for fact in facts)
    absent = common.without(setting.absent, common.NAMES | common.TIMES)
    stated = list(facts)
    if has_stamp and facts:
        notes = ["time at the start of the line", "when the lines were logged"]
        stated.insert(0, when._replace(notes=notes))
    return Draft(text=text, stated=stated, absent=absent)


def _esphome(chance: Chance, device: str, fact: Fact) -> str:
    kind = "sensor" if fact.is_number else "text_sensor"
    said = f"[D][{kind}:{chance.between(90, 140):03}]: '{device} {fact.phrase}': Sending state {fact.worded}"
    return said + (f" with {chance.between(0, 3)} decimals of accuracy" if fact.is_number else "")


def _topic(_: Chance, device: str, fact: Fact) -> str:
    return f"{device}/{(fact.phrase or fact.label).replace(' ', '_')} {fact.worded}"


def _bridge(_: Chance, device: str, fact: Fact) -> str:
    return f"Item '{device}_{fact.label}' changed to {fact.worded}"


def _state(_: Chance, device: str, fact: Fact) -> str:
    unit = fact.suffix.strip()
    return f"sensor.{device}_{(fact.phrase or fact.label).replace(' ', '_').lower()}: {fact.shown}" + (
        f" {unit}" if unit else ""
    )


def _info(chance: Chance, device: str, fact: Fact) -> str:
    return f"INFO:{device}:{fact.label} {chance.pick(('is', '=', 'read', '->'))} {fact.worded}"


def _serial(_: Chance, device: str, fact: Fact) -> str:
    return f"[{device}] {fact.label}: {fact.worded}"


def _register(chance: Chance, _: str, fact: Fact) -> str:
    return f"{chance.between(30000, 49999)} {fact.phrase or fact.label} = {fact.worded}"


def _prometheus(_: Chance, device: str, fact: Fact) -> str:
    return f'{device}_{(fact.phrase or fact.label).replace(" ", "_").lower()}{{host="{device}"}} {fact.shown}'


def _cell(_: Chance, device: str, fact: Fact) -> str:
    return f"| {device} | {fact.phrase or fact.label} | {fact.worded} |"


def _event(_: Chance, device: str, fact: Fact) -> str:
    return f"<{device}> event: {fact.label} value: {fact.worded}"


_FRAMES: tuple[_Frame, ...] = (
    _esphome,
    _esphome,
    _topic,
    _bridge,
    _state,
    _info,
    _serial,
    _register,
    _prometheus,
    _cell,
    _event,
)
