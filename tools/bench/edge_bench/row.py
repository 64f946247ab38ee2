"""Owns a row of the bench: what one measurement in a process of its own found, and the way there and back as JSON.

Knows nothing of what is measured.
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

PERCENTILES = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What one measurement found. None where a thing was not or cannot be measured.

    Attributes:
        kind: what was measured, as the command line names it.
        variant: which of its kind: a lever that is off, warm or cold; empty for the plain one.
        turn: of the repetition, from 1.
        percentiles_ms: of the time from a message's start to its answer: the 1st to the 99th.
        exact: share of the messages whose reading equals the expected one (JSONExact), 0 to 1.
        rss_mb: resident at the end of the load; `peak_rss_mb` at most.
        figures: whatever else this kind measures, by name.
    """

    kind: str
    variant: str = ""
    turn: int = 1
    concurrency: int | None = None
    messages: int = 0
    duration_s: float = 0.0
    percentiles_ms: tuple[float, ...] = ()
    exact: float | None = None
    fed_tokens: int | None = None
    decode_calls: int | None = None
    choices: int | None = None
    rss_mb: float | None = None
    peak_rss_mb: float | None = None
    command: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def messages_per_s(self) -> float | None:
        """Messages answered a second; None where there were none."""
        return self.messages / self.duration_s if self.duration_s else None

    def percentile_ms(self, percent: int) -> float | None:
        """Return the time within which so many percent of the messages were answered; None without messages.

        >>> Row(kind="echo", percentiles_ms=tuple(range(1, 100))).percentile_ms(95)
        95
        """
        return self.percentiles_ms[percent - 1] if self.percentiles_ms else None

    @property
    def name(self) -> str:
        """What people call this row.

        >>> Row(kind="engine", concurrency=8, variant="without drafts").name
        'engine, 8 at a time, without drafts'
        """
        parts = [self.kind, f"{self.concurrency} at a time" if self.concurrency else "", self.variant]
        return ", ".join(part for part in parts if part)


def percentiles(times_ms: Sequence[float]) -> tuple[float, ...]:
    """Return the 1st to the 99th percentile of some times.

    >>> percentiles([5.0])[:2], len(percentiles([1.0, 2.0, 3.0]))
    ((5.0, 5.0), 99)
    """
    if not times_ms:
        return ()
    cuts = quantiles(times_ms, n=PERCENTILES, method="inclusive") if len(times_ms) > 1 else [*times_ms] * 99
    return tuple(round(cut, 3) for cut in cuts)


def dumps(row: Row) -> str:
    """Return a row as one line of JSON, its derived figures beside what it holds."""
    derived = {"name": row.name, "messages_per_s": row.messages_per_s}
    times = {f"p{percent}_ms": row.percentile_ms(percent) for percent in (50, 95, 99)}
    return json.dumps({**dataclasses.asdict(row), **derived, **times}, ensure_ascii=False)


def loads(text: str) -> Row:
    """Return the row of a line of JSON.

    >>> row = Row(kind="echo", messages=2, duration_s=0.5, percentiles_ms=(1.0,) * 99)
    >>> loads(dumps(row)) == row
    True

    Raises:
        ValueError: the text is no row.
    """
    document: dict[str, Any] = json.loads(text)
    known = {each.name: document[each.name] for each in dataclasses.fields(Row) if each.name in document}
    try:
        return Row(**{**known, "percentiles_ms": tuple(known.get("percentiles_ms", ()))})
    except TypeError as error:
        raise ValueError(f"no row of the bench: {error}") from error
