"""Owns the definition of a number being in a text: the values for which a reader may take its numerals.

Knows nothing of signs, places or units. It is the yardstick of "invented" (`scores.py`), and no doubtful reading
of a numeral goes beyond it (`numerals.py`).
"""

import math
import re

_RUN = re.compile(r"[0-9][0-9.,'’ _]*|\.[0-9]+")
_LONGEST = 400  # digits; beyond, a float is infinite, and reading one takes quadratic time
_SCIENTIFIC = re.compile(r"(?<![0-9])([0-9]+(?:\.[0-9]+)?)[eE]([-+]?[0-9]{1,3})")


def magnitudes(text: str) -> frozenset[float]:
    """Return the absolute values for which a reader may take the numerals of a text, commas read both ways.

    >>> sorted(magnitudes("-1,5 at 14:03"))
    [1.0, 1.5, 3.0, 5.0, 14.0, 15.0]
    """
    spellings = {spelling for run in _RUN.findall(text) for spelling in _spellings(run.strip(" _'’"))}
    spellings |= {f"{mantissa}e{exponent}" for mantissa, exponent in _SCIENTIFIC.findall(text)}
    return frozenset(found for found in map(value, spellings) if found is not None)


def value(spelling: str) -> float | None:
    """Return the absolute value of a number; None where the spelling is none.

    >>> value("-21.4"), value("1.2.3")
    (21.4, None)
    """
    if len(spelling) > _LONGEST:
        return math.inf
    try:
        return abs(float(spelling))
    except ValueError:
        return None


def _spellings(run: str) -> set[str]:
    """Return the ways to write a run of digits and marks as a decimal number."""
    whole = {run, run.replace(",", ""), run.replace(",", "."), run.replace(".", "").replace(",", ".")}
    whole |= {re.sub(r"[ _'’]", "", spelling) for spelling in whole}
    parts = re.findall(r"[0-9]+(?:[.][0-9]+)?", run)
    fractions = ["." + part for part in re.findall(r"\.([0-9]+)", run)]
    return {spelling.rstrip(".,") for spelling in {*whole, *parts, *fractions}}
