"""Owns what tells a reading from the one that was expected, a line for each field.

Knows nothing of test cases and of where readings come from.
"""

from collections.abc import Iterator, Mapping
from decimal import Context, Decimal

from edge.literal import JSON, Number, Path, dotted, dumps

_NONE: Mapping[str, Decimal] = {}
_ARITHMETIC = Context(prec=50, traps=[])  # without traps: what is beyond it is infinitely far away


def lines(
    expected: JSON, got: JSON, tolerance: Mapping[str, Decimal] = _NONE, *, path: Path = ()
) -> Iterator[str]:
    """Yield what differs; numbers are compared as such, however they are written.

    >>> expected = {"t": Number("21.4"), "low": True, "unit": "C"}
    >>> for line in lines(expected, {"t": Number("21.9"), "unit": "C", "n": 3}, {"t": Decimal("0.1")}):
    ...     print(line)
    t: expected 21.4 ± 0.1, got 21.9
    low: expected true, got nothing
    n: expected nothing, got 3

    Args:
        expected: a value of a test case.
        got: what stands in its place.
        tolerance: how far the numbers below a field of the root may be off.
        path: where both stand.
    """
    if isinstance(expected, dict | list) and type(expected) is type(got):
        yield from _of_parts(_parts(expected), _parts(got), tolerance, path)
    else:
        allowed = tolerance.get(str(path[0]) if path else "", Decimal(0))
        if not _is_equal(expected, got, allowed):
            around = f" ± {allowed}" if allowed and _is_number(expected) else ""
            yield f"{dotted(path)}: expected {dumps(expected)}{around}, got {dumps(got)}"


def _parts(value: JSON) -> dict[str | int, JSON]:
    """Return what an object or a list holds, by key or index."""
    if isinstance(value, dict):
        return {key: item for key, item in value.items()}  # noqa: C416  # a dict of other keys, to the types
    return dict(enumerate(value)) if isinstance(value, list) else {}


def _of_parts(
    expected: Mapping[str | int, JSON],
    got: Mapping[str | int, JSON],
    tolerance: Mapping[str, Decimal],
    path: Path,
) -> Iterator[str]:
    for key, value in expected.items():
        if key in got:
            yield from lines(value, got[key], tolerance, path=(*path, key))
        else:
            yield f"{dotted((*path, key))}: expected {dumps(value)}, got nothing"
    for key, value in got.items():
        if key not in expected:
            yield f"{dotted((*path, key))}: expected nothing, got {dumps(value)}"


def _is_equal(expected: JSON, got: JSON, allowed: Decimal) -> bool:
    if isinstance(expected, int | Decimal) and isinstance(got, int | Decimal) and _is_number(expected, got):
        difference = _ARITHMETIC.subtract(Decimal(expected), Decimal(got))
        return expected == got or (difference.is_finite() and abs(difference) <= allowed)
    return type(expected) is type(got) and expected == got


def _is_number(*values: JSON) -> bool:
    return all(isinstance(value, int | Number) and not isinstance(value, bool) for value in values)
