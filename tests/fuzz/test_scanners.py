"""The readers of texts, numbers and topics hold what they promise, whatever they are given.

EDGE_FUZZ_EXAMPLES says how many inputs each promise is tried on.
"""

import os
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import properties
from tests.fuzz.payloads import FRAGMENTS

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)  # UTF-8 has no halves of surrogate pairs
NUMBER_LIKE = st.text(alphabet="0123456789.,-+eE'’_ \u00a0\u202f:/x°C%=½²−", max_size=24)
HOSTILE = st.lists(st.one_of(st.sampled_from(FRAGMENTS), ANY_TEXT, NUMBER_LIKE), max_size=8).map("".join)
TOPIC_LIKE = st.text(alphabet="ab/+#${}12\x00\x7fé", max_size=12)
COUNT = int(os.environ.get("EDGE_FUZZ_EXAMPLES", "300"))
EXAMPLES = settings(max_examples=COUNT, deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize("holds", properties.OF_TEXTS, ids=lambda each: str(each.__name__))
def test_texts(holds: Callable[[str], None]) -> None:
    """What a scanner promises of texts holds for hostile ones, and for rows of number marks."""
    EXAMPLES(given(st.one_of(HOSTILE, NUMBER_LIKE, TOPIC_LIKE))(holds))()


@EXAMPLES
@given(st.one_of(st.binary(max_size=60), HOSTILE.map(str.encode), st.binary(min_size=1001, max_size=1100)))
def test_payloads(payload: bytes) -> None:
    """Bytes become a text or a refusal, and the dead letter of any is JSON."""
    properties.payloads_are_texts_or_refused(payload)


@pytest.mark.parametrize("holds", properties.OF_TEXTS, ids=lambda each: str(each.__name__))
@pytest.mark.parametrize(
    "unit", ["a", "9", "-", "=", "9.", "9,", "1 ", "°C", "\n", "水", "minus ", "1e", "{1}", "+/"]
)
def test_monotonous_texts(unit: str, holds: Callable[[str], None]) -> None:
    """One thing again and again, for pages, is no special case."""
    holds(unit * (3000 // len(unit)))
