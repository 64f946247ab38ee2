"""Float32 arrays: the error measure at its edges; the doctests show the rest."""

import math

import numpy as np
import pytest

from edge_convert.arrays import F32, relative_error


def _array(*values: float) -> F32:
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize(
    ("expected", "observed", "error"),
    [
        (_array(3.0, 4.0), _array(3.0, 4.0), 0.0),
        (_array(3.0, 4.0), _array(0.0, 0.0), 1.0),
        (_array(0.0, 0.0), _array(0.0, 1e-3), math.inf),
    ],
)
def test_error_is_relative_to_what_was_expected(expected: F32, observed: F32, error: float) -> None:
    """Equal arrays have none, zeros in place of values the whole, values in place of zeros an infinite one."""
    assert relative_error([(expected, observed)]) == error


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_error_of_what_is_no_number_passes_no_bound(value: float) -> None:
    """NaN or infinity is not below any bound."""
    assert not relative_error([(_array(3.0, 4.0), _array(3.0, value))]) <= 1e9


def test_pieces_count_together() -> None:
    """The error of a tensor in two pieces is that of the whole: sqrt((1 + 1) / (9 + 16 + 0 + 25))."""
    pieces = [(_array(3.0, 4.0), _array(3.0, 5.0)), (_array(0.0, 5.0), _array(1.0, 5.0))]

    assert relative_error(pieces) == pytest.approx(0.2)
