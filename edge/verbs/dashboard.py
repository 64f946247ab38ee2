"""Owns the picture that `edge top` shows: a daemon's health data, and rates from two of them.

Knows nothing of how the data come, and of when the picture changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from edge.literal import JSON
from edge.verbs import terminal

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400
_SECOND_MS, _FEW_MS = 1000.0, 10.0
_ROUNDING_S = 2.0
_UNROUTED = "_unrouted"

Health = Mapping[str, JSON]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """What has become of the messages of one route, or of all."""

    readings: int
    replayed: int
    dead: int
    last_ok: str | None = None

    @property
    def messages(self) -> int:
        return self.readings + self.dead


def picture(now: Health, before: Health | None) -> RenderableType:
    """Return the picture of a moment.

    Args:
        now: health data.
        before: earlier ones of the same daemon, which rates are counted from; None: since its start.
    """
    if before is not None and not _is_same_start(now, before):
        before = None
    parts: list[RenderableType] = [_head(now)]
    parts += [Text(f"trouble: {terminal.harmless(each)}", style="bold red") for each in _texts(now, "troubles")]
    parts += [_way(now), _latency(now), Text(), _routes(now, before), Text(), _reasons(now, before)]
    return Group(*parts)


def _head(now: Health) -> Text:
    machine, process = _part(now, "machine"), _part(now, "process")
    said = [f"up {_duration(_number(now, 'uptime_s'))}", f"{process['memory_mb']} MB"]
    if machine["load"] is not None:
        said.append(f"load {machine['load']}")
    if machine["temperature_c"] is not None:
        said.append(f"{machine['temperature_c']} °C")
    return Text.assemble(("edge", "bold"), "  ", "  ".join(said), "  ", (str(now["ts"]), "dim"))


def _way(now: Health) -> Text:
    """Return how messages come in, and how many wait where."""
    mqtt, broker, spool = _part(now, "mqtt"), _part(now, "broker"), now["spool"]
    is_connected = mqtt["connected"] is True
    said = [f"{mqtt['queue_in']} in hand, the oldest {mqtt['oldest_s']} s", f"{mqtt['unacked']} unacknowledged"]
    if broker["waiting"] is not None:
        said.append(f"{broker['waiting']} at the broker")
    if broker["dropped"]:
        said.append(f"{broker['dropped']} dropped there")
    if isinstance(spool, dict):
        said.append(f"{spool['messages']} in the spool")
    if mqtt["reconnects"]:
        said.append(f"reconnected {mqtt['reconnects']} times")
    state = ("connected", "green") if is_connected else ("not connected", "bold red")
    return Text.assemble(state, "  ", "  ".join(said))


def _latency(now: Health) -> Text:
    latency = _part(now, "latency")
    said = [
        f"{name} {_milliseconds(found['p50_ms'])}, 95 in 100 below {_milliseconds(found['p95_ms'])}"
        for name, found in ((each, _part(latency, each)) for each in ("model", "replay"))
        if found["p50_ms"] is not None
    ]
    return Text.assemble("latency  ", "  ".join(said) or "no reading yet")


def _routes(now: Health, before: Health | None) -> Table:
    counted = [Column(name, justify="right") for name in ("readings", "a minute", "by shape", "dead")]
    table = Table(
        "route",
        *counted,
        "last reading",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
    )
    earlier = dict(_rows(before)) if before is not None else {}
    elapsed_s = _elapsed_s(now, before)
    for name, row in _rows(now):
        was = earlier.get(name)
        rate = (row.messages - (was.messages if was else 0)) * _MINUTE_S / elapsed_s if elapsed_s > 0 else 0.0
        is_worse = before is not None and row.dead > (was.dead if was else 0)
        table.add_row(
            Text(name),
            str(row.readings),
            f"{rate:.1f}",
            f"{row.replayed / row.readings:.0%}" if row.readings else "-",
            Text(str(row.dead), style="bold red" if is_worse else ""),
            _ago(row.last_ok, now),
        )
    return table


def _rows(health: Health) -> Iterator[tuple[str, _Row]]:
    """Yield each route, and what no route took, where there is such."""
    dead = 0
    for name, each in _part(health, "routes").items():
        route = cast("dict[str, JSON]", each)
        last_ok = route["last_ok"]
        row = _Row(
            readings=int(_number(route, "ok")),
            replayed=int(_number(route, "replayed")),
            dead=int(_number(route, "dead")),
            last_ok=str(last_ok) if last_ok is not None else None,
        )
        dead += row.dead
        yield name, row
    unrouted = (
        int(sum(_number(_part(health, "dead_letters"), each) for each in _part(health, "dead_letters"))) - dead
    )
    if unrouted:
        yield _UNROUTED, _Row(readings=0, replayed=0, dead=unrouted)


def _reasons(now: Health, before: Health | None) -> Text:
    """Return why there were dead letters, and in colour which of them are new."""
    reasons = _part(now, "dead_letters")
    earlier = _part(before, "dead_letters") if before is not None else reasons
    if not reasons:
        return Text("no dead letters", style="dim")
    line = Text("dead letters  ")
    for reason, count in reasons.items():
        is_new = count != earlier.get(reason)
        line.append(f"{reason} {count}  ", style="bold red" if is_new else "")
    return line


def _elapsed_s(now: Health, before: Health | None) -> float:
    if before is None:
        return _number(now, "uptime_s")
    return (_moment(str(now["ts"])) - _moment(str(before["ts"]))).total_seconds()


def _is_same_start(now: Health, before: Health) -> bool:
    """Whether no other daemon has started between: its uptime, told in whole seconds, went on."""
    return _number(now, "uptime_s") - _number(before, "uptime_s") >= _elapsed_s(now, before) - _ROUNDING_S


def _ago(moment: str | None, now: Health) -> str:
    if moment is None:
        return "-"
    return f"{_duration(max(0.0, (_moment(str(now['ts'])) - _moment(moment)).total_seconds()))} ago"


def _duration(seconds: float) -> str:
    """Return a duration in its two largest units.

    >>> [_duration(seconds) for seconds in (3.2, 61, 3600, 200_000)]
    ['3 s', '1 min 1 s', '1 h 0 min', '2 d 7 h']
    """
    whole = int(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _DAY_S} d {whole % _DAY_S // _HOUR_S} h"


def _milliseconds(value: JSON) -> str:
    """Return milliseconds as people read them.

    >>> _milliseconds(1.2), _milliseconds(181.4), _milliseconds(2340.0)
    ('1.2 ms', '181 ms', '2.3 s')
    """
    found = float(str(value))
    if found >= _SECOND_MS:
        return f"{found / _SECOND_MS:.1f} s"
    return f"{found:.1f} ms" if found < _FEW_MS else f"{found:.0f} ms"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _part(health: Health, name: str) -> dict[str, JSON]:
    return cast("dict[str, JSON]", health[name])


def _texts(health: Health, name: str) -> list[str]:
    return [str(each) for each in cast("list[JSON]", health[name])]


def _number(part: Mapping[str, JSON], name: str) -> float:
    return float(str(part[name]))
