"""Owns what stands beside a value and is not it: limits, extremes, set points, verdicts; and no value at all.

Knows nothing of how facts are laid out. What stands beside a value may be asked for as well, by its own name.
"""

from edge.literal import Number
from edge_train import world
from edge_train.chance import Chance
from edge_train.facts import Fact
from edge_train.spelling import Style

_UNAVAILABLE = (
    "n/a",
    "N/A",
    "--",
    "---",
    "nan",
    "NaN",
    "null",
    "none",
    "unavailable",
    "unknown",
    "ERR",
    "err",
    "fail",
    "?",
    "not available",
    "no data",
    "-",
    "sensor fault",
    "timeout",
    "not measured",
    "inf",
    "OL",
    "offline",
)
_SHAPES = (  # what follows a value; each hole is a value beside it
    (" (max {max})", ("max",)),
    (" (min {min}, max {max})", ("min", "max")),
    (" (min = {min}, max = {max})", ("min", "max")),
    (" (low = {min}, high = {max})", ("min", "max")),
    (" [{min} - {max}]", ("min", "max")),
    (" (limit {limit})", ("limit",)),
    (" (limit: {limit})", ("limit",)),
    (" / {limit}", ("limit",)),
    (" (alarm at {limit})", ("limit",)),
    (" (HH {limit})", ("limit",)),
    (" (LL {lower})", ("lower",)),
    (" (set {target})", ("target",)),
    (" (avg {average})", ("average",)),
    (" min {min} max {max} avg {average}", ("min", "max", "average")),
    (" (threshold {limit}, ok)", ("limit",)),
    (" (crit = {limit})", ("limit",)),
    (" (was {previous})", ("previous",)),
    (" (prev. {previous})", ("previous",)),
    (" (nominal {nominal})", ("nominal",)),
)
_ASKED = {
    "max": (("max_{}", "{}_max", "highest_{}"), ("highest {}", "maximum of the {}")),
    "min": (("min_{}", "{}_min", "lowest_{}"), ("lowest {}", "minimum of the {}")),
    "limit": (
        ("{}_limit", "max_allowed_{}", "{}_threshold", "alarm_{}"),
        ("limit of the {}", "upper threshold for the {}"),
    ),
    "lower": (("{}_low_limit", "{}_lower_limit"), ("lower limit of the {}",)),
    "target": (("target_{}", "{}_setpoint"), ("{} that is wanted", "set point of the {}")),
    "average": (("avg_{}", "mean_{}", "{}_avg"), ("mean {}", "average of the {}")),
    "previous": (("previous_{}", "last_{}"), ("{} before", "previous {}")),
    "nominal": (("nominal_{}", "rated_{}"), ("nominal {}",)),
}
_VERDICTS = (
    " OK",
    " ok",
    " (ok)",
    " ALARM",
    " !",
    " *",
    " [OK]",
    " (calibrated)",
    " ±2%",
    " HIGH",
    " (raw)",
    " stable",
)


def beside(chance: Chance, fact: Fact, style: Style) -> tuple[Fact, list[Fact]]:
    """Return a measured fact with other values of its kind behind it, and these as facts of their own."""
    shape, holes = chance.pick(_SHAPES)
    shown: dict[str, str] = {}
    others = []
    drawn = world.ranked(holes, [world.again(chance, fact.subject, fact, style) for _ in holes])
    for hole, (value, answer) in zip(holes, drawn, strict=True):
        shown[hole] = value + (fact.suffix if chance.maybe(0.6) else "")
        others.append(other(fact, hole, value, answer))
    return fact._replace(tail=shape.format(**shown)), others


def other(fact: Fact, role: str, shown: str, answer: Number) -> Fact:
    """Return another value of what a fact measures: its `max`, its `limit`, the `previous` one."""
    names, notes = _ASKED[role]
    subject = fact.phrase or fact.label
    return fact._replace(
        shown=shown,
        answer=answer,
        names=[name.format(own) for name in names for own in fact.names[:2]],
        notes=[note.format(subject) for note in notes],
        subject=frozenset(f"{role} {each}" for each in fact.subject),
        tail="",
        is_cryptic=False,
    )


def verdict(chance: Chance, fact: Fact) -> Fact:
    """Return a fact with a remark behind it that changes nothing."""
    return fact._replace(tail=fact.tail + chance.pick(_VERDICTS))


def unavailable(chance: Chance, fact: Fact) -> Fact:
    """Return a measured fact without its value, as devices say that they have none."""
    return fact._replace(
        shown=chance.pick(_UNAVAILABLE), suffix=fact.suffix if chance.maybe(0.2) else "", answer=None
    )
