"""T1 and T2 against 50 digits, against sampling, and against their own laws."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.dynamics.errors import InputError
from lohe.dynamics.settling import (
    antipodal_cap_probability,
    converged_probability,
    settle,
    settling_time,
)
from lohe.dynamics.sphere import distance, uniform

EPS = float(np.finfo(np.float64).eps)


def settle_exactly(x0, drive, t):
    """T1 as printed, with 50 digits to spare, for the direction of the given floats."""
    # cosh(1e6) has 434,000 digits before the point; cancellation needs them all unless scaled,
    # so the hyperbolic functions are multiplied by exp(-tau) as a whole.
    with mpmath.workdps(400):
        x = mpmath.matrix([mpmath.mpf(float(v)) for v in x0])
        h = mpmath.matrix([mpmath.mpf(float(v)) for v in drive])
        x, size = x / mpmath.norm(x), mpmath.norm(h)
        toward, tau = h / size, size * mpmath.mpf(float(t))
        decay = mpmath.exp(-tau)
        cosh, sinh = (1 + decay**2) / 2, (1 - decay**2) / 2
        c0 = mpmath.fdot(x, toward)
        moved = decay * x + ((cosh - decay) * c0 + sinh) * toward
        return np.array([float(v) for v in moved / (cosh + c0 * sinh)])


def starts(direction, rng):
    """Generic starts, and starts at angles 1e-1 .. 1e-15 from both resting points."""
    yield from uniform(rng, 3, direction.size)
    for exponent in (1, 4, 8, 12, 15):
        tangent = rng.standard_normal(direction.size)
        tangent -= (tangent @ direction) * direction
        nudge = 10.0**-exponent * tangent / np.linalg.norm(tangent)
        for pole in (direction, -direction):
            yield (pole + nudge) / np.linalg.norm(pole + nudge)


@pytest.mark.parametrize("d", [2, 3, 8])
@pytest.mark.parametrize("tau", [1e-12, 1e-6, 1e-2, 1.0, 9.0, 18.4, 36.0, 200.0, 1e6])
def test_flow_agrees_with_fifty_digits(d, tau):
    rng = np.random.default_rng(d)
    drive = rng.standard_normal(d) * 3.7
    direction, t = drive / np.linalg.norm(drive), tau / np.linalg.norm(drive)
    for x0 in starts(direction, rng):
        error = np.abs(settle(x0, drive, t) - settle_exactly(x0, drive, t)).max()
        # Rounding of tau moves the state by tau |dx/dtau| u; the motion away from the antipode
        # happens before tau = 36, so the whole budget is a few dozen units of rounding.
        assert error <= (6 + min(tau, 36.0)) * EPS


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e6, 1e300])
def test_only_the_product_of_drive_and_time_counts(scale):
    rng = np.random.default_rng(3)
    x0, h = uniform(rng, 50, 4), rng.standard_normal((50, 4))
    np.testing.assert_allclose(settle(x0, scale * h, 2 / scale), settle(x0, h, 2.0), atol=1e-14)


@given(st.integers(0, 10**6), st.integers(2, 9))
@settings(max_examples=30)
def test_flow_is_a_group_on_the_sphere(seed, d):
    rng = np.random.default_rng(seed)
    x0, h = uniform(rng, (), d), rng.standard_normal(d)
    s, t = rng.uniform(0, 2, 2)
    there = settle(x0, h, s + t)
    np.testing.assert_allclose(settle(settle(x0, h, s), h, t), there, atol=1e-13)
    np.testing.assert_allclose(settle(there, h, -(s + t)), x0, atol=1e-12)
    assert abs(np.linalg.norm(there) - 1) < 8 * EPS
    rotation = np.linalg.qr(rng.standard_normal((d, d)))[0]
    np.testing.assert_allclose(
        settle(rotation @ x0, rotation @ h, s + t), rotation @ there, atol=1e-13
    )


def test_resting_points_rest_and_no_drive_moves_nothing():
    for t in (0.0, 1e-12, 1.0, 800.0, 1e6, math.inf):
        for pole in ([1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]):
            np.testing.assert_array_equal(settle(pole, [3.0, 0.0, 0.0], t), pole)
    x0 = uniform(np.random.default_rng(0), 5, 3)
    np.testing.assert_array_equal(settle(x0, np.zeros(3), 1e9), x0)
    np.testing.assert_array_equal(settle(x0, np.ones(3), 0.0), x0)


def test_a_start_as_near_the_antipode_as_floats_allow_still_escapes():
    np.testing.assert_allclose(settle([-1.0, 1e-200], [1.0, 0.0], 1e6), [1.0, 0.0], atol=0)
    at_the_side = settle([-1.0, 1e-200], [1.0, 0.0], math.log(2e200))
    np.testing.assert_allclose(at_the_side, [0.0, 1.0], atol=1e-12)


def test_leading_axes_broadcast_and_agree_with_single_calls():
    rng = np.random.default_rng(1)
    x0, h, t = uniform(rng, (4, 1), 3), rng.standard_normal((5, 3)), rng.uniform(0, 3, (2, 1, 1))
    together = settle(x0, h, t)
    assert together.shape == (2, 4, 5, 3)
    np.testing.assert_allclose(together[1, 2, 3], settle(x0[2, 0], h[3], t[1, 0, 0]), atol=1e-15)


def test_angle_to_the_drive_shrinks_by_the_half_angle_law():
    rng = np.random.default_rng(2)
    x0, h = uniform(rng, 200, 5), np.eye(5)[0] * 2
    before, after = distance(x0, np.eye(5)[0]), distance(settle(x0, h, 0.7), np.eye(5)[0])
    np.testing.assert_allclose(np.tan(after / 2), np.exp(-1.4) * np.tan(before / 2), rtol=1e-12)


@pytest.mark.parametrize(
    ("x0", "drive", "t", "words"),
    [
        ([1.0, 0.0], [1.0, 0.0, 0.0], 1.0, "expected"),
        ([2.0, 0.0], [1.0, 0.0], 1.0, "off the sphere"),
        ([np.nan, 0.0], [1.0, 0.0], 1.0, "off the sphere"),
        ([1.0, 0.0], [np.inf, 0.0], 1.0, "drive has NaN"),
        ([1.0, 0.0], [1.0, 0.0], np.nan, "t has NaN"),
        ([[1.0, 0.0]] * 2, [[1.0, 0.0]] * 3, 1.0, "broadcast"),
        (1.0, 1.0, 1.0, "expected"),
    ],
)
def test_unusable_arguments_are_named(x0, drive, t, words):
    with pytest.raises(InputError, match=words):
        settle(x0, drive, t)


@pytest.mark.parametrize("d", [2, 3, 8, 32])
@pytest.mark.parametrize("t", [0.0, 0.8, 3.0])
def test_converged_probability_agrees_with_sampled_starts(d, t):
    rng = np.random.default_rng([d, int(10 * t)])
    c0, trials, epsilon, size = uniform(rng, 40_000, d)[:, 0], 40_000, 0.3, 1.7
    settled = np.tanh(np.arctanh(c0) + size * t) >= 1 - epsilon**2 / 2
    predicted = float(converged_probability(size, t, epsilon, d))
    assert abs(settled.mean() - predicted) < 4.5 * math.sqrt(0.25 / trials)


@pytest.mark.parametrize("d", [2, 3, 17])
@pytest.mark.parametrize("delta", [1e-9, 1e-3, 0.5])
def test_settling_time_reaches_its_probability(d, delta):
    t = settling_time(0.3, 1e-4, delta, d)
    assert 1 - float(converged_probability(0.3, t, 1e-4, d)) == pytest.approx(delta, rel=1e-6)
    if d == 3:  # c0 is uniform on [-1, 1]
        needed = math.atanh(1 - 1e-4**2 / 2) - math.atanh(2 * delta - 1)
        assert t == pytest.approx(needed / 0.3, rel=1e-8)


def test_converged_probability_at_its_edges():
    assert float(converged_probability(0.0, 5.0, 0.1, 3)) == 0
    assert float(converged_probability(1.0, 0.0, 2.0, 3)) == 1
    assert float(converged_probability(1.0, 1e6, 1e-9, 3)) == 1
    assert np.all(np.diff(converged_probability(1.0, np.linspace(0, 9, 50), 1e-2, 3)) > 0)
    with pytest.raises(InputError):
        converged_probability(1.0, 1.0, 0.0, 3)
    with pytest.raises(InputError):
        settling_time(0.0, 0.1, 0.1, 3)
    with pytest.raises(InputError):
        antipodal_cap_probability(0.1, 1)


@pytest.mark.parametrize("d", [2, 3, 4, 9])
def test_cap_probability_is_the_printed_integral(d):
    with mpmath.workdps(50):
        factor = mpmath.gamma(mpmath.mpf(d) / 2) / (
            mpmath.sqrt(mpmath.pi) * mpmath.gamma(mpmath.mpf(d - 1) / 2)
        )
        printed = float(factor * mpmath.quad(lambda a: mpmath.sin(a) ** (d - 2), [0, 0.7]))
    assert float(antipodal_cap_probability(0.7, d)) == pytest.approx(printed, rel=1e-12)
