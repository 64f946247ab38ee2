"""Owns dates and times of day as devices write them. Knows nothing of time zones: a moment is a string."""

from collections.abc import Sequence

from edge.literal import JSON
from edge_train.chance import Chance
from edge_train.facts import Fact

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WHOLE = (
    "{Y}-{m}-{d}T{H}:{M}:{S}Z",
    "{Y}-{m}-{d}T{H}:{M}:{S}",
    "{Y}-{m}-{d} {H}:{M}:{S}",
    "{Y}-{m}-{d}T{H}:{M}:{S}.{f}",
    "{Y}-{m}-{d}T{H}:{M}:{S}+02:00",
    "{Y}-{m}-{d} {H}:{M}",
    "{Y}-{m}-{d} {H}:{M}:{S},{n}",
    "{d}.{m}.{Y} {H}:{M}:{S}",
    "{d}.{m}.{Y} {H}:{M}",
    "{m}/{d}/{Y} {H}:{M}:{S}",
    "{d}/{m}/{Y} {H}:{M}",
    "{Y}/{m}/{d} {H}:{M}:{S}",
    "{b} {d} {H}:{M}:{S}",
    "{a} {b} {d} {H}:{M}:{S} {Y}",
    "{d} {b} {Y} {H}:{M}",
    "{Y}{m}{d}T{H}{M}{S}Z",
    "{Y}-{m}-{d}-{H}.{M}.{S}.{f}",
)
DATES = (
    "{Y}-{m}-{d}",
    "{Y}-{m}-{d}",
    "{d}.{m}.{Y}",
    "{m}/{d}/{Y}",
    "{d} {b} {Y}",
    "{b} {d}, {Y}",
    "{Y}{m}{d}",
    "{d}-{b}-{Y}",
)
CLOCKS = ("{H}:{M}:{S}", "{H}:{M}", "{H}:{M}:{S}.{n}", "{h}:{M} {p}", "{h}:{M}:{S} {p}", "{H}h{M}")

_NAMES = ("timestamp", "time", "ts", "measured_at", "recorded_at", "datetime", "reading_time", "observed_at")
_LOGGED = ("logged_at", "timestamp", "log_time", "time", "at")
_DATE_NAMES = ("date", "day", "measured_on", "reading_date", "log_date")
_CLOCK_NAMES = ("time", "time_of_day", "clock", "local_time")


def written(chance: Chance, formats: Sequence[str]) -> str:
    """Return some moment between 1990 and 2035 in one of the formats.

    >>> written(Chance(1), WHOLE), written(Chance(1), CLOCKS[:1])
    ('14 Apr 2025 03:39', '03:39:47')
    """
    hour = chance.between(0, 23)
    return chance.pick(formats).format(
        Y=chance.between(1990, 2035),
        m=f"{(month := chance.between(1, 12)):02}",
        b=_MONTHS[month - 1],
        d=f"{chance.between(1, 28):02}",
        a=chance.pick(_DAYS),
        H=f"{hour:02}",
        h=(hour - 1) % 12 + 1,
        p=("AM", "PM")[hour // 12],
        M=f"{chance.between(0, 59):02}",
        S=f"{chance.between(0, 59):02}",
        f=f"{chance.between(0, 999999):06}",
        n=f"{chance.between(0, 999):03}",
    )


def facts(chance: Chance) -> list[Fact]:
    """Return when something was measured: one moment, or a date and a time of day."""
    if chance.maybe(0.2):
        date, clock = written(chance, DATES), written(chance, CLOCKS)
        return [
            _fact(chance, date, "date", _DATE_NAMES, "date", ("date of the reading", "date")),
            _fact(chance, clock, "time", _CLOCK_NAMES, "time", ("time of day",)),
        ]
    label = chance.pick(("time", "timestamp", "ts", "Time", "at", "date", "measured", "TIME", "recorded"))
    if chance.maybe(0.15):
        return [
            _fact(chance, written(chance, CLOCKS), "time", _CLOCK_NAMES, "time", ("time of day", "clock time"))
        ]
    return [
        _fact(
            chance,
            written(chance, WHOLE),
            label,
            _NAMES,
            "date-time",
            ("time of the reading", "when it was measured"),
        )
    ]


def logged(chance: Chance, formats: Sequence[str] = WHOLE) -> Fact:
    """Return the moment at the start of a line of a log, without a label."""
    return _fact(
        chance,
        written(chance, formats),
        "",
        _LOGGED,
        "date-time",
        ("time at the start of the line", "timestamp of the log line", "when the line was logged"),
    )


def _fact(
    chance: Chance, shown: str, label: str, names: Sequence[str], format_: str, notes: Sequence[str]
) -> Fact:
    return Fact(
        label,
        shown,
        shown,
        _node(format_ if chance.maybe(0.4) else ""),
        names,
        notes,
        subject=_WHEN[format_],
        phrase=label or "time",
    )


_WHEN = {
    format_: frozenset(["when" if format_ == "date-time" else format_])
    for format_ in ("date-time", "date", "time")
}


def _node(format_: str) -> dict[str, JSON]:
    return {"type": "string", "format": format_} if format_ else {"type": "string"}
