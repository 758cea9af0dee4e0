"""Enclosures contain the exact value, whatever is enclosed."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from threadpoolctl import threadpool_limits

from lohe.proofs_numeric import enclosure

SIGNED = st.floats(-1e3, 1e3, allow_subnormal=True)
POSITIVE = st.floats(0, 1e3, allow_subnormal=True)
DIMENSIONS = st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 3))


def exact_product(left, right):
    return [
        [sum((Fraction(a) * Fraction(b) for a, b in zip(row, col, strict=True)), Fraction(0))
         for col in zip(*right.tolist(), strict=True)]
        for row in left.tolist()
    ]  # fmt: skip


@given(st.data())
@settings(max_examples=60)
def test_a_product_contains_the_exact_one(data):
    m, terms, k = data.draw(DIMENSIONS)
    left = data.draw(hnp.arrays(np.float64, (m, terms), elements=POSITIVE))
    right = data.draw(hnp.arrays(np.float64, (terms, k), elements=SIGNED))
    middle, radius = enclosure.product(left, right)
    for row, rows in enumerate(exact_product(left, right)):
        for column, value in enumerate(rows):
            error = abs(value - Fraction(middle[row, column]))
            assert error <= Fraction(radius[row, column])


def test_cancellation_that_defeats_one_ulp_is_contained():
    left = np.array([[1.0, 1.0, 1.0, 1.0]])
    right = np.array([[1e16], [1.0], [-1e16], [1e-3]])
    middle, radius = enclosure.product(left, right)
    exact = exact_product(left, right)[0][0]
    computed = Fraction(middle[0, 0])
    one_ulp = Fraction(math.ulp(middle[0, 0]))
    assert abs(exact - computed) > one_ulp  # so one step of nextafter would have missed it
    assert abs(exact - computed) <= Fraction(radius[0, 0])


@pytest.mark.parametrize("threads", [1, 2])
def test_a_product_contains_the_exact_one_on_any_number_of_threads(threads):
    rng = np.random.default_rng(1)
    left, right = rng.exponential(size=(300, 90)), rng.standard_normal((90, 40))
    right -= right.mean(axis=0)
    with threadpool_limits(threads):
        middle, radius = enclosure.product(left, right)
    for i, j in rng.integers((300, 40), size=(200, 2)):
        exact = exact_product(left[i : i + 1], right[:, j : j + 1])[0][0]
        assert abs(exact - Fraction(middle[i, j])) <= Fraction(radius[i, j])


@given(
    hnp.arrays(np.float64, (3, 4), elements=SIGNED),
    hnp.arrays(np.float64, (3, 4), elements=st.floats(0, 1)),
)
@settings(max_examples=60)
def test_norm_bounds_contain_every_vector_of_the_box(middle, radius):
    lower, upper = enclosure.norm_bounds(middle, radius)
    for i in range(3):
        size = [abs(Fraction(m)) for m in middle[i]]
        reach = [Fraction(r) for r in radius[i]]
        nearest = sum(max(m - r, Fraction(0)) ** 2 for m, r in zip(size, reach, strict=True))
        furthest = sum((m + r) ** 2 for m, r in zip(size, reach, strict=True))
        assert Fraction(lower[i]) ** 2 <= nearest
        assert Fraction(upper[i]) ** 2 >= furthest


@given(st.fractions(min_value=0), st.integers(-1000, 1000))
@settings(max_examples=80)
def test_roots_and_roundings_are_on_their_side(x, exponent):
    x *= Fraction(2) ** exponent
    assert enclosure.sqrt_down(x) ** 2 <= x <= enclosure.sqrt_up(x) ** 2
    below, above = enclosure.float_down(x), enclosure.float_up(x)
    assert Fraction(below) <= x
    assert above == math.inf or x <= Fraction(above)
    assert above in (below, math.nextafter(below, math.inf))


@given(POSITIVE, st.integers(-1200, 1200))
@settings(max_examples=80)
def test_rescaling_is_on_its_side_from_subnormal_to_overflow(x, exponent):
    exact = Fraction(x) * Fraction(2) ** exponent
    array, exponents = np.array([x]), np.array([exponent])
    below = float(enclosure.rescale_down(array, exponents)[0])
    above = float(enclosure.rescale_up(array, exponents)[0])
    assert 0 <= below < math.inf
    assert Fraction(below) <= exact
    assert above == math.inf or exact <= Fraction(above)


def test_exact_roots_stay_exact():
    assert enclosure.sqrt_down(Fraction(25, 16)) == enclosure.sqrt_up(Fraction(25, 16)) == 1.25
