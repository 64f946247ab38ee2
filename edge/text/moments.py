"""Owns moments: from how devices write them to RFC 3339, in a time zone. The door to dateutil.

Knows nothing of schemas and routes. What a text leaves out of a date is completed from its arrival: the last such
moment before it is meant. A date without a time is no moment, and is refused; nothing is guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from dateutil import parser

from edge.errors import EdgeError
from edge.literal import dumps

_FAST = timedelta(hours=1)  # a device's clock may be
_LONGEST = 64  # characters; no device writes a longer one
_EPOCH = re.compile(r"([0-9]{10})(?:([0-9]{3})|[.,]([0-9]{1,6}))?")  # seconds, with a fraction, or milliseconds
_COMMON_LOG = re.compile(r"([0-9]{1,2}/[A-Za-z]{3}/[0-9]{4}):")  # as web servers write it
_YEAR_FIRST = re.compile(r"(?<![0-9])[0-9]{4}[-/.][0-9]")
_BLANK, _OTHER = datetime(2000, 1, 1), datetime(2004, 2, 2, 1, 1, 1)  # noqa: DTZ001  # what both lack differs
_UTC_NAMES = {"UTC", "GMT", "Z", "z"}


class TimestampPolicy(StrEnum):
    """What becomes of a moment."""

    KEEP = "keep"  # as it stands in the text
    RFC3339 = "rfc3339"


@dataclass(frozen=True, kw_only=True, slots=True)
class Zone:
    """How a route's devices write the time.

    Attributes:
        name: of the IANA time zone that they mean where they name none, and that readings carry.
        is_day_first: whether 1/2/2026 is the first of February.
    """

    name: str
    is_day_first: bool = False


def rfc3339(text: str, zone: Zone, arrived_at: datetime) -> str:
    """Return a moment as RFC 3339 has it, with the offset of the zone.

    >>> noon, berlin = datetime(2026, 1, 1, 12, tzinfo=UTC), Zone(name="Europe/Berlin", is_day_first=True)
    >>> [rfc3339(text, berlin, noon) for text in ("Dec 31 23:59:58", "1767268800", "1.7.2026 8:05")]
    ['2025-12-31T23:59:58+01:00', '2026-01-01T13:00:00+01:00', '2026-07-01T08:05:00+02:00']

    Raises:
        EdgeError: it is no moment; the message says what was expected.
    """
    home = ZoneInfo(zone.name)
    moment = _epoch(text) or _written(text, zone, home, arrived_at.astimezone(home))
    try:
        local = moment.astimezone(home)
    except OverflowError as error:  # at either end of what Python calls years
        raise EdgeError(f"expected a date and time, got {dumps(text)}") from error
    return local.isoformat(timespec="milliseconds" if local.microsecond else "seconds").replace("+00:00", "Z")


def _epoch(text: str) -> datetime | None:
    found = _EPOCH.fullmatch(text)
    if found is None:
        return None
    seconds, thousandths, fraction = found.groups()
    micros = int(f"{thousandths or fraction or ''}".ljust(6, "0")[:6])
    return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=micros)


def _written(text: str, zone: Zone, home: ZoneInfo, arrived: datetime) -> datetime:
    """Return the moment that a text writes out, aware."""
    if len(text) > _LONGEST:
        raise EdgeError(f"expected a date and time of at most {_LONGEST} characters, got {len(text)}")
    plain = _COMMON_LOG.sub(r"\1 ", text.strip(" \t[]()\"'"))
    found = _parsed(plain, zone, home, _BLANK), _parsed(plain, zone, home, _OTHER)
    names = ("year", "month", "day", "hour")
    given = {name for name in names if getattr(found[0], name) == getattr(found[1], name)}
    if "hour" not in given:
        raise EdgeError(f"expected a date and time, got {dumps(text)}, which has no time")
    if given & {"year", "month", "day"} not in ({"year", "month", "day"}, {"month", "day"}, set()):
        raise EdgeError(f"expected a date and time, got {dumps(text)}, whose date is half there")
    candidates = [_aware(each, home) for each in _completed(found[0], given, arrived)]
    if not candidates:
        raise EdgeError(f"expected a date and time, got {dumps(text)}, a day that these years do not have")
    return max(moment for moment in candidates if moment <= arrived + _FAST or moment == candidates[0])


def _completed(moment: datetime, given: set[str], arrived: datetime) -> Iterator[datetime]:
    """Yield what a moment may be that lacks its year, or its date, around the arrival, the earliest first."""
    if "year" in given:
        yield moment
    elif "month" in given:
        for year in (arrived.year - 1, arrived.year, arrived.year + 1):
            if (moment.month, moment.day) != (2, 29) or _is_leap(year):
                yield moment.replace(year=year)
    else:
        for days in (-1, 0, 1):
            day = arrived.date() + timedelta(days=days)
            yield moment.replace(year=day.year, month=day.month, day=day.day)


def _parsed(text: str, zone: Zone, home: ZoneInfo, blank: datetime) -> datetime:
    """Return what dateutil reads, with what the text lacks taken from a blank moment."""

    def named(name: str | None, offset_s: int | None) -> tzinfo | None:
        if offset_s is not None:
            return timezone(timedelta(seconds=offset_s))
        if name is None:
            return None
        for month in (1, 7):  # the names of winter and summer time
            local = datetime(blank.year, month, 1, tzinfo=home)
            if local.tzname() == name:
                return timezone(local.utcoffset() or timedelta())
        if name in _UTC_NAMES:
            return UTC
        raise ValueError(f"the time zone {name} is not known")

    try:
        # dateutil would read the 4th of July in 2026-07-04 as the 7th of April
        is_day_first = zone.is_day_first and not _YEAR_FIRST.search(text)
        return parser.parse(text, default=blank, dayfirst=is_day_first, tzinfos=named)
    except (ValueError, OverflowError, ArithmeticError, TypeError, IndexError) as error:
        raise EdgeError(f"expected a date and time, got {dumps(text)}") from error


def _aware(moment: datetime, home: ZoneInfo) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=home)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
