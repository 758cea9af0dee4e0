"""Enclosed powers against mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.powers import LARGEST_EXPONENT, power

EXPONENTS = st.one_of(
    st.sampled_from([0.5, 1.0, 2.0, 8.0, 64.0, 3.7, 1 + 2.0**-52]), st.floats(0.01, 100.0)
)


@settings(max_examples=100)
@given(x=st.floats(1e-3, 1e6), radius=st.floats(0.0, 0.5), p=EXPONENTS)
def test_powers_of_both_ends_are_enclosed_and_nothing_much_more(x, radius, p):
    found = power(Balls(np.array(x), np.array(radius)), p)
    with mpmath.workdps(40):
        low, high = (max(mpmath.mpf(x) + s * mpmath.mpf(radius), 0) ** p for s in (-1, 1))
        if found.radius < np.inf:
            assert found.lower <= low <= high <= found.upper
            assert found.upper <= high * (1 + 1e-9) + 1e-290
        else:
            assert high > 1e300


def test_zeroth_powers_and_negative_numbers():
    found = power(Balls.exact([-1.0, 0.0, 3.0]), 0.0)
    assert found.lower[0] <= 0 <= found.upper[0] < 1e-290
    assert found.lower[2] <= 1 <= found.upper[2] < 1 + 1e-14
    straddling = power(Balls(np.array([0.0]), np.array([0.1])), 0.0)
    assert straddling.lower[0] <= 0
    assert straddling.upper[0] >= 1


@pytest.mark.parametrize("p", [-0.1, 2 * LARGEST_EXPONENT, float("nan")])
def test_exponents_out_of_range_are_refused(p):
    with pytest.raises(ValueError, match="exponent"):
        power(Balls.exact([1.0]), p)
