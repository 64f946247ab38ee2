"""Moments as devices write them, and as readings carry them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import EdgeError, Rejected
from edge.extraction import normalize
from edge.text import moments
from edge.text.moments import Zone
from tests.made import schema_of

BERLIN = Zone(name="Europe/Berlin", is_day_first=True)
NEW_YORK = Zone(name="America/New_York")
ARRIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # whole
        ("2026-02-28T14:03:07Z", "2026-02-28T15:03:07+01:00"),
        ("2026-02-28 14:03:07.250", "2026-02-28T14:03:07.250+01:00"),
        ("2026-02-28 14:03:07,5", "2026-02-28T14:03:07.500+01:00"),
        ("28.02.2026 14:03", "2026-02-28T14:03:00+01:00"),
        ("1/2/2026 2:03 PM", "2026-02-01T14:03:00+01:00"),
        ("[2026/02/28 14:03:07]", "2026-02-28T14:03:07+01:00"),
        ("28/Feb/2026:14:03:07 +0000", "2026-02-28T15:03:07+01:00"),
        ("20260228T140307", "2026-02-28T14:03:07+01:00"),
        ("Sat, 28 Feb 2026 14:03:07 GMT", "2026-02-28T15:03:07+01:00"),
        ("Sat Jul 4 14:03:07 CEST 2026", "2026-07-04T14:03:07+02:00"),
        ("2026-07-04T14:03:07", "2026-07-04T14:03:07+02:00"),
        ("2026-07-04 14:03 CET", "2026-07-04T15:03:00+02:00"),
        # seconds and milliseconds since 1970
        ("1772287387", "2026-02-28T15:03:07+01:00"),
        ("1772287387.25", "2026-02-28T15:03:07.250+01:00"),
        ("1772287387250", "2026-02-28T15:03:07.250+01:00"),
        # completed from the arrival: the last before it, by a clock that may be fast by an hour
        ("Feb 28 14:03:07", "2026-02-28T14:03:07+01:00"),
        ("Dec 31 23:59:59", "2025-12-31T23:59:59+01:00"),
        ("13:00:30", "2026-03-01T13:00:30+01:00"),
        ("14:01", "2026-02-28T14:01:00+01:00"),
        ("Mar 2 14:01", "2025-03-02T14:01:00+01:00"),
        ("23:59", "2026-02-28T23:59:00+01:00"),
        ("00:30", "2026-03-01T00:30:00+01:00"),
        ("1:03 PM", "2026-03-01T13:03:00+01:00"),
    ],
)
def test_moments(text: str, expected: str) -> None:
    """A text without an offset is in the zone of the route; all readings are."""
    assert moments.rfc3339(text, BERLIN, ARRIVED) == expected


def test_midnight_lies_between_a_time_and_its_arrival() -> None:
    """What is said at five to twelve may arrive the day after."""
    arrived = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)

    assert moments.rfc3339("23:59:58", Zone(name="UTC"), arrived) == "2025-12-31T23:59:58Z"
    assert moments.rfc3339("Dec 31 23:59:58", Zone(name="UTC"), arrived) == "2025-12-31T23:59:58Z"


def test_months_come_first_where_the_route_says_so() -> None:
    """1/2 is the second of January in New York."""
    assert moments.rfc3339("1/2/2026 14:03", NEW_YORK, ARRIVED) == "2026-01-02T14:03:00-05:00"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-02-28", 'got "2026-02-28", which has no time'),
        ("yesterday", 'got "yesterday"'),
        ("", 'got ""'),
        ("21.4", 'got "21.4", which has no time'),
        ("25:03", 'got "25:03"'),
        ("2026-02-30 14:03", 'got "2026-02-30 14:03"'),
        ("14:03 XYZ", 'got "14:03 XYZ"'),
        ("Feb 2026 14:03", 'got "Feb 2026 14:03", whose date is half there'),
        ("9999-12-31 23:59 -0500", 'got "9999-12-31 23:59 -0500"'),
        ("Feb 29 14:03", 'got "Feb 29 14:03", a day that these years do not have'),
    ],
)
def test_what_is_no_moment(text: str, why: str) -> None:
    """It is refused, and the error quotes it."""
    with pytest.raises(EdgeError) as error:
        moments.rfc3339(text, BERLIN, ARRIVED)

    assert str(error.value) == f"expected a date and time, {why}"


def test_no_device_writes_so_long_a_moment() -> None:
    """What is longer is not even looked at."""
    with pytest.raises(EdgeError, match=r"^expected a date and time of at most 64 characters, got 65$"):
        moments.rfc3339("1" * 65, BERLIN, ARRIVED)


@given(st.text(alphabet="0123456789:-/. TZ+APMJanFebSt,;()é٣", max_size=40))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    """Nothing else comes out of it."""
    try:
        found = moments.rfc3339(text, BERLIN, ARRIVED)
    except EdgeError:
        return
    assert datetime.fromisoformat(found).tzinfo is not None


MOMENT_SCHEMA = schema_of({"at": {"type": "string", "format": "date-time"}, "note": {"type": "string"}})


def test_a_reading_with_moments() -> None:
    """Fields of the format date-time are changed, and no others."""
    json = '{"at":"Feb 28 14:03:07","note":"Feb 28 14:03:07"}'

    found = normalize.with_moments(json, MOMENT_SCHEMA.root, BERLIN, ARRIVED)

    assert found == '{"at":"2026-02-28T14:03:07+01:00","note":"Feb 28 14:03:07"}'


def test_a_reading_with_what_is_no_moment() -> None:
    """The message is rejected: the detail names the field."""
    with pytest.raises(Rejected) as error:
        normalize.with_moments('{"at":"soon"}', MOMENT_SCHEMA.root, BERLIN, ARRIVED)

    assert str(error.value) == 'timestamp: at: expected a date and time, got "soon"'
