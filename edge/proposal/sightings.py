"""Owns what one text shows without a model: values with the labels, units and marks around them, in text order.

Knows nothing of other texts and of how fields are named. What looks like no value is passed over: a proposal that
lacks a field is mended sooner than one with a wrong one.
"""

from collections.abc import Sequence

from edge.proposal import quantities, wordings
from edge.proposal.sighting import Sighting

_LONGEST_TEXT = 4096  # characters; about limits.message_tokens


def find(text: str) -> list[Sighting]:
    """Return the values of a text, as far as the model would read it.

    >>> [(s.label, s.written, s.unit and s.unit.symbol) for s in find("BME280 -> T=21.4C RH=48% batt low")]
    [('T', '21.4', '°C'), ('RH', '48', '%'), ('batt', 'low', None)]
    >>> [(s.label, s.written) for s in find("MODEL : SMART-UPS 1400, ip=10.0.0.7, at 2026-01-02 11:58:03")]
    [('MODEL', 'SMART-UPS 1400'), ('ip', '10.0.0.7'), ('', '2026-01-02 11:58:03')]
    """
    text = text[:_LONGEST_TEXT]
    found = list(wordings.moments(text))
    found += [each for each in wordings.words(text) if _is_free(each.start, each.end, found)]
    words = tuple(found)
    found += quantities.find(text, lambda start, end: _is_free(start, end, words))
    found += [each for each in wordings.states(text) if _is_free(each.start, each.end, found)]
    return sorted(found, key=lambda each: each.start)


def _is_free(start: int, end: int, taken: Sequence[Sighting]) -> bool:
    return not any(each.start < end and start < each.end for each in taken)
