"""Balls contain every exact value, from subnormal to overflow, on any number of threads."""

from __future__ import annotations

import ctypes
import operator
import platform
import struct
from contextlib import contextmanager
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, arb_mat, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from threadpoolctl import threadpool_limits

from lohe.proofs_numeric.balls import Balls, concatenate, stack

ANY = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True)
USUAL = st.floats(-1e3, 1e3, allow_subnormal=True)
ENTRY = st.one_of(USUAL, ANY, st.sampled_from([0.0, 5e-324, -(2.0**-1022), 2.0**-1000, 1e308]))
SPREAD = st.one_of(st.just(0.0), st.floats(0, 1e-9), st.floats(0, 1e3), st.floats(0, 1e308))
# Places within a ball, from its lower to its upper end.
PLACES = [Fraction(-1), Fraction(-1, 3), Fraction(0), Fraction(2, 7), Fraction(1)]


def balls(shape):
    return st.builds(
        Balls, hnp.arrays(np.float64, shape, elements=ENTRY),
        hnp.arrays(np.float64, shape, elements=SPREAD),
    )  # fmt: skip


def points(ball, place):
    """Return exact points of a ball, as an object array."""
    middle = np.vectorize(Fraction, otypes=[object])(ball.middle)
    radius = np.vectorize(Fraction, otypes=[object])(
        np.where(np.isinf(ball.radius), 0, ball.radius)
    )
    return middle + place * radius


def contains(ball, exact):
    exact = np.asarray(exact, dtype=object)
    assert ball.shape == exact.shape
    return all(
        radius == np.inf or abs(value - Fraction(middle)) <= Fraction(radius)
        for middle, radius, value in zip(
            ball.middle.ravel().tolist(), ball.radius.ravel().tolist(), exact.ravel(), strict=True
        )
    )


@contextmanager
def flushing_subnormals():
    """Make this thread flush subnormal results to zero and read subnormal operands as zero."""
    if platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc":
        pytest.skip("knows only how to set the MXCSR register through glibc on x86-64")
    libm = ctypes.CDLL("libm.so.6")
    saved, changed = ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)
    libm.fegetenv(saved)
    libm.fegetenv(changed)
    (mxcsr,) = struct.unpack_from("<I", changed, 28)
    struct.pack_into("<I", changed, 28, mxcsr | 0x8040)
    libm.fesetenv(changed)
    try:
        yield
    finally:
        libm.fesetenv(saved)


@pytest.mark.parametrize("op", [operator.add, operator.sub, operator.mul])
@given(st.data())
@settings(max_examples=80)
def test_sums_and_products_contain_the_exact_ones(op, data):
    left, right = data.draw(balls((3, 2))), data.draw(balls((2,)))
    found = op(left, right)
    for a in PLACES:
        for b in PLACES:
            assert contains(found, op(points(left, a), points(right, b)))


@pytest.mark.parametrize("op", [operator.add, operator.sub, operator.mul, operator.matmul])
def test_arrays_and_numbers_are_exact_on_either_side(op):
    rng = np.random.default_rng(1)
    ball = Balls(rng.normal(size=(3, 3)), rng.uniform(size=(3, 3)))
    array = rng.normal(size=(3, 3))
    for place in PLACES:
        inside = points(ball, place)
        exact = np.vectorize(Fraction, otypes=[object])(array)
        assert isinstance(op(array, ball), Balls)
        assert contains(op(ball, array), op(inside, exact))
        assert contains(op(array, ball), op(exact, inside))


@given(balls((7,)))
@settings(max_examples=60)
def test_a_sum_along_an_axis_contains_the_exact_one(ball):
    for place in PLACES:
        assert contains(ball.sum(0), points(ball, place).sum())
    assert contains(ball.reshape(1, 7).sum(1), points(ball, PLACES[1]).sum(keepdims=True))


@given(st.data())
@settings(max_examples=100)
def test_matrix_products_contain_the_exact_ones(data):
    m, terms, k = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 3)))
    left, right = data.draw(balls((m, terms))), data.draw(balls((terms, k)))
    found = left @ right
    for a in PLACES:
        for b in (PLACES[0], PLACES[3]):
            assert contains(found, points(left, a) @ points(right, b))


@pytest.mark.parametrize(
    "shapes", [((3, 2, 2), (3, 2, 2)), ((2, 3), (4, 3, 1)), ((2, 1, 2, 9), (3, 9, 2))]
)
def test_stacks_of_matrices_contain_the_exact_products(shapes):
    rng = np.random.default_rng(7)
    left, right = (Balls(rng.normal(size=s), rng.uniform(size=s)) for s in shapes)
    found = left @ right
    for place in PLACES:
        assert contains(found, points(left, place) @ points(right, -place))
    with pytest.raises(ValueError, match="do not multiply"):
        Balls.exact(np.zeros((2, 3, 4))) @ np.zeros((2, 3, 4))


@given(balls((4,)))
@settings(max_examples=100)
def test_reciprocals_and_roots_contain_the_exact_ones(ball):
    inverse, root = ball.reciprocal(), ball.sqrt()
    for place in PLACES:
        inside = points(ball, place)
        for i, value in enumerate(inside):
            if value != 0:
                assert contains(inverse[i], 1 / value)
            if value >= 0 and root.radius[i] < np.inf:
                low, high = Fraction(root.lower[i]), Fraction(root.upper[i])
                assert max(low, Fraction(0)) ** 2 <= value <= high**2
    assert np.all(np.isinf(inverse.radius[np.abs(ball.middle) <= ball.radius]))


@given(balls((5,)))
@settings(max_examples=100)
def test_ends_and_sizes_are_on_their_side(ball):
    for place in (Fraction(-1), Fraction(1)):
        for i, value in enumerate(points(ball, place)):
            if np.isfinite(ball.radius[i]):
                assert ball.lower[i] == -np.inf or Fraction(ball.lower[i]) <= value
                assert ball.upper[i] == np.inf or value <= Fraction(ball.upper[i])
                assert Fraction(ball.mignitude[i]) <= abs(value)
                assert ball.magnitude[i] == np.inf or abs(value) <= Fraction(ball.magnitude[i])


@given(hnp.arrays(np.float64, (2, 5), elements=ANY))
@settings(max_examples=60)
def test_between_contains_both_ends(ends):
    lower, upper = ends.min(axis=0), ends.max(axis=0)
    ball = Balls.between(lower, upper)
    for end in (lower, upper):
        assert contains(ball, np.vectorize(Fraction, otypes=[object])(end))


def test_what_overflows_claims_nothing():
    huge = Balls.exact([1e308, 1.0])
    for found in (
        huge * 10.0,
        huge + 1e308,
        huge.sum() * 1e308,
        huge.reshape(1, 2) @ [[10.0], [10.0]],
    ):
        assert np.isinf(found.radius).any()
        assert np.isfinite(found.middle).all()
    unknown = Balls(np.array([np.nan, np.inf, 1.0]), np.array([0.0, 1.0, np.nan]))
    assert np.isinf(unknown.radius).all()
    assert np.isinf((unknown * 0.0).radius).all()
    assert np.all(unknown.lower == -np.inf)
    assert np.all(unknown.upper == np.inf)
    assert np.isinf(Balls.between(-np.inf, 3.0).radius)


def test_malformed_balls_are_refused():
    with pytest.raises(ValueError, match="negative"):
        Balls(np.zeros(2), np.array([0.0, -1.0]))
    with pytest.raises(ValueError, match="lower end"):
        Balls.between([0.0, 2.0], [1.0, 1.0])


def test_cancellation_that_defeats_one_ulp_is_contained():
    left = np.array([[1.0, 1.0, 1.0, 1.0]])
    right = np.array([[1e16], [1.0], [-1e16], [1e-3]])
    assert contains(Balls.exact(left) @ right, [[1 + Fraction(1e-3)]])


def exact_arb(value):
    return arb(fmpq(*Fraction(value).as_integer_ratio()))


@pytest.mark.parametrize("threads", [1, 2])
def test_large_products_contain_the_200_bit_ones_on_any_number_of_threads(threads):
    rng = np.random.default_rng(threads)
    left = Balls(rng.normal(size=(150, 90)), 1e-17 * rng.exponential(size=(150, 90)))
    right = Balls(rng.normal(size=(90, 60)), 1e-17 * rng.exponential(size=(90, 60)))
    signs = rng.choice([-1.0, 1.0], size=(2, 150, 90))
    with threadpool_limits(threads):
        found = left @ right
    before, ctx.prec = ctx.prec, 200
    try:
        a = arb_mat([[exact_arb(m) + s * exact_arb(r) for m, r, s in zip(*row, strict=True)]
                     for row in zip(left.middle, left.radius, signs[0], strict=True)])  # fmt: skip
        b = arb_mat([[exact_arb(m) - exact_arb(r) for m, r in zip(*row, strict=True)]
                     for row in zip(right.middle, right.radius, strict=True)])  # fmt: skip
        exact = a * b
        for i, j in np.ndindex(found.shape):
            error = abs(exact[i, j] - exact_arb(found.middle[i, j]))
            assert error <= exact_arb(found.radius[i, j])
    finally:
        ctx.prec = before


def test_flushing_subnormals_to_zero_keeps_the_enclosures():
    rng = np.random.default_rng(4)

    def numbers(*shape):
        return rng.normal(size=shape) * 2.0 ** rng.choice(
            [-1074, -1030, -1000, -530, 0, 500], shape
        )

    for _ in range(40):
        left, right = numbers(3, 4), numbers(4, 3)
        radii = np.abs(numbers(3, 4))
        ball = Balls(left, radii)
        with flushing_subnormals():
            assert 2.0**-1022 / np.float64(2) == 0
            product, sums, spread = Balls.exact(left) @ right, ball + right.T, ball * right.T
            # Squares at the edge of underflow, summed.
            total, lower, upper = spread.sum(0), ball.lower, ball.upper
        exact = np.vectorize(Fraction, otypes=[object])
        assert contains(product, exact(left) @ exact(right))
        for place in PLACES:
            inside = points(ball, place)
            assert contains(sums, inside + exact(right.T))
            assert contains(spread, inside * exact(right.T))
            assert contains(total, (inside * exact(right.T)).sum(0))
            assert np.all(exact(lower) <= inside)
            assert np.all(inside <= exact(upper))


def test_products_do_not_widen_by_much():
    rng = np.random.default_rng(5)
    left, right = rng.normal(size=(200, 200)), rng.normal(size=(200, 200))
    found = Balls.exact(left) @ right
    assert np.all(found.radius <= 201 * 2.0**-53 * (np.abs(left) @ np.abs(right)))
    wide = Balls(left, 1e-6) @ right
    assert np.all(wide.radius <= 1.0001e-6 * np.abs(right).sum(0))


def test_arrays_are_cut_joined_and_turned():
    ball = Balls(np.arange(6.0).reshape(2, 3), np.ones((2, 3)))
    assert ball[..., :, None].shape == (2, 3, 1)
    assert ball.mT.shape == ball.swapaxes(0, 1).shape == (3, 2)
    assert ball.reshape(6).shape == (6,)
    assert len(ball) == 2
    assert ball.ndim == 2
    assert concatenate([ball, np.zeros((1, 3))]).radius[:, 0].tolist() == [1, 1, 0]
    assert stack([ball, ball], axis=-1).shape == (2, 3, 2)
    assert abs(-ball).middle.min() == 0
    assert (2 / ball[1, 1:]).radius.max() < np.inf
