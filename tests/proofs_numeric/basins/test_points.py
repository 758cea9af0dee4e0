"""Random points on spheres: their laws, and their accuracy far in the tails."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, kstest

from lohe.dynamics.sphere import uniform
from lohe.proofs_numeric.basins.points import (
    cap_half_sine,
    cap_share,
    points_around,
    uniform_points,
)

# Of a test whose hypothesis is true: with fixed seeds it fails never or always.
UNLIKELY = 1e-4


@pytest.mark.parametrize("d", [2, 3, 4, 7])
def test_uniform_points_have_the_uniform_law(d):
    rng = np.random.default_rng(d)
    points = uniform_points(rng, 2, d, 20_000)
    assert points.shape == (2, d, 20_000)
    assert points.flags.c_contiguous
    assert np.abs(np.linalg.norm(points, axis=1) - 1).max() < 1e-15 * d
    half = (d - 1) / 2
    for direction in (*np.eye(d)[:2], uniform(rng, 1, d)[0]):
        for sphere in points:
            share = (1 + direction @ sphere) / 2
            assert kstest(share, beta(half, half).cdf).pvalue > UNLIKELY
    # Spheres and successive trials do not know of each other.
    apart = np.einsum("dt,dt->t", points[0], points[1])
    assert kstest((1 + apart) / 2, beta(half, half).cdf).pvalue > UNLIKELY
    apart = np.einsum("dt,dt->t", points[0, :, 1:], points[0, :, :-1])
    assert kstest((1 + apart) / 2, beta(half, half).cdf).pvalue > UNLIKELY


@pytest.mark.parametrize("d", [2, 3, 5])
@pytest.mark.parametrize("shape", [(1, 0), (1, 1), (3, 1), (1, 5), (4, 33)])
def test_every_shape_is_filled_and_the_stream_decides(d, shape):
    n, trials = shape
    first, again = (uniform_points(np.random.default_rng(7), n, d, trials) for _ in range(2))
    assert first.shape == (n, d, trials)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, rtol=1e-15)


class Reluctant(np.random.Generator):
    """Gives corners of the square, which lie outside of the disc, before anything else."""

    refusals = 3

    def random(self, size=None, *rest):  # type: ignore[override]
        if self.refusals:
            self.refusals -= 1
            return np.zeros(size)
        return super().random(size, *rest)


@pytest.mark.parametrize("d", [2, 3])
def test_points_outside_of_the_disc_are_drawn_again(d):
    points = uniform_points(Reluctant(np.random.PCG64(0)), 2, d, 50)
    np.testing.assert_array_equal(points, uniform_points(np.random.default_rng(0), 2, d, 50))


@pytest.mark.parametrize("d", [2, 3, 4, 5, 8, 32, 129])
def test_caps_of_a_given_share_to_full_relative_accuracy(d):
    shares = np.array([1e-300, 1e-100, 1e-31, 1e-29, 1e-12, 1e-3, 0.2, 0.49, 0.5])
    a = mpmath.mpf(d - 1) / 2
    with mpmath.workdps(40):
        for share, half in zip(shares, cap_half_sine(shares, d), strict=True):
            y = mpmath.mpf(float(half)) ** 2
            # The incomplete beta function, and its slope to turn shares into squared sines.
            found = y**a / a * mpmath.hyp2f1(a, 1 - a, a + 1, y) / mpmath.beta(a, a)
            slope = (y * (1 - y)) ** (a - 1) / mpmath.beta(a, a)
            assert abs(found - mpmath.mpf(float(share))) / (slope * y) < 2e-13


def test_an_empty_cap_and_the_half_sphere():
    for d in (2, 3, 6):
        np.testing.assert_allclose(cap_half_sine(np.array([0.0, 0.5]), d), [0, np.sqrt(0.5)])


@given(st.integers(2, 40), st.floats(0.05, 1.5))
@settings(max_examples=40, deadline=None)
def test_share_and_angle_are_inverse(d, angle):
    share = cap_share(angle, d)
    half = cap_half_sine(np.array([share]), d)[0]
    assert 2 * np.arcsin(half) == pytest.approx(angle, rel=1e-9)
    assert cap_share(np.pi - angle, d) == pytest.approx(1 - share, abs=1e-15)


@pytest.mark.parametrize("d", [2, 3, 6])
def test_uniform_shares_make_uniform_points(d):
    rng = np.random.default_rng(10 + d)
    centre = uniform(rng, 2, d)[:, :, np.newaxis]
    shares = rng.random((2, 15_000))
    points = points_around(rng, centre, shares, np.where(rng.random((2, 15_000)) < 0.3, -1.0, 1.0))
    assert points.flags.c_contiguous
    assert np.abs(np.linalg.norm(points, axis=1) - 1).max() < 2e-15
    half = (d - 1) / 2
    for direction in (*np.eye(d), uniform(rng, 1, d)[0]):
        assert kstest((1 + direction @ points[1]) / 2, beta(half, half).cdf).pvalue > UNLIKELY


@pytest.mark.parametrize("d", [2, 3, 6])
@pytest.mark.parametrize("angle", [1e-3, 1e-8, 1e-12])
def test_distances_to_the_antipode_are_right_up_to_rounding_of_the_point(d, angle):
    rng = np.random.default_rng(0)
    centre = uniform(rng, 40, d)
    share = np.full((40, 1), cap_share(angle, d))
    found = points_around(rng, centre[:, :, np.newaxis], share, -1.0)[:, :, 0]
    for x, c in zip(found, centre, strict=True):
        exact_x, exact_c = [Fraction(v) for v in x], [Fraction(v) for v in c]
        # Lagrange's identity: the squared sine, without cancellation.
        area = sum(
            (exact_x[i] * exact_c[j] - exact_x[j] * exact_c[i]) ** 2
            for i in range(d)
            for j in range(i)
        )
        scale = sum(v * v for v in exact_x) * sum(v * v for v in exact_c)
        sine = float(area / scale) ** 0.5
        assert sine == pytest.approx(np.sin(angle), rel=1e-12, abs=3e-16)
        assert x @ c < 0
