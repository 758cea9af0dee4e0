"""Products to twice the precision hold the exact ones, from cancellation to underflow."""

from fractions import Fraction

import numpy as np
import pytest
from equilibria_oracle import exact
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lohe.proofs_numeric.equilibria import twofold
from lohe.proofs_numeric.equilibria.arbs import arbs, precision, times_floats

ENTRY = st.one_of(
    st.floats(-1e3, 1e3), st.floats(-1e60, 1e60), st.sampled_from([0.0, 5e-324, -(2.0**-1022), 1.0])
)


@given(st.data())
@settings(max_examples=80)
def test_products_hold_the_exact_ones(data):
    m, k, d = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 2)))
    left = data.draw(hnp.arrays(np.float64, (m, k), elements=ENTRY))
    right = data.draw(hnp.arrays(np.float64, (k, d), elements=ENTRY))
    low = right * data.draw(hnp.arrays(np.float64, (k, d), elements=st.floats(-1e-16, 1e-16)))
    high, rest, radius = twofold.product(left, (right, low))
    truth = exact(left) @ (exact(right) + exact(low))
    assert np.all(np.abs(exact(high) + exact(rest) - truth) <= exact(radius))


def test_what_cancels_keeps_its_digits():
    rng = np.random.default_rng(1)
    left = rng.normal(size=(40, 101))
    right = rng.normal(size=(101, 2))
    left[:, -1] = -(left[:, :-1] @ right[:-1, 0]) / right[-1, 0]
    high, low, radius = twofold.product(left, (right, np.zeros_like(right)))
    truth = exact(left) @ exact(right)
    assert np.all(np.abs(exact(high) + exact(low) - truth) <= exact(radius))
    assert radius.max() < 1e-26


@pytest.mark.parametrize("bits", [128, 300])
@pytest.mark.parametrize("size", [1.0, 2.0**300])
def test_products_of_floats_with_arbs_balls_hold_the_exact_ones(bits, size):
    rng = np.random.default_rng(2)
    left = rng.normal(size=(3, 7)) * size
    middle, radius = rng.normal(size=(7, 2)), 1e-20 * rng.uniform(size=(7, 2))
    with precision(bits):
        third = arbs(middle, radius) / 3
        found = times_floats(left, third)
        for place in (Fraction(-1), Fraction(1, 2), Fraction(1)):
            truth = exact(left) @ (exact(middle) + place * exact(radius)) / 3
            for ball, value in zip(found.flat, truth.flat, strict=True):
                assert ball.contains(arb(fmpq(value.numerator, value.denominator)))
