"""The Lorentz lift (T5): exact flow, locking and rate."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.lorentz import attractor, lorentz_flow
from lohe.dynamics.settling import settle
from lohe.dynamics.sphere import uniform

TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


def skew(rng, *shape):
    matrix = rng.standard_normal(shape)
    return matrix - np.swapaxes(matrix, -1, -2)


@pytest.mark.parametrize("d", [2, 3, 5])
@pytest.mark.parametrize("t", [1e-9, 0.3, 4.0, 30.0])
def test_flow_agrees_with_fifty_digits(d, t):
    rng = np.random.default_rng(d)
    rotation, h, x0 = skew(rng, d, d), rng.standard_normal(d), uniform(rng, (), d)
    with mpmath.workdps(50):
        generator = mpmath.zeros(d + 1)
        for i in range(d):
            generator[i, d] = generator[d, i] = mpmath.mpf(float(h[i]))
            for j in range(d):
                generator[i, j] = mpmath.mpf(float(rotation[i, j]))
        z = mpmath.expm(generator * mpmath.mpf(t)) * mpmath.matrix([*map(float, x0), 1.0])
        expected = np.array([float(z[i] / mpmath.norm(z[:d])) for i in range(d)])
    found = settle(x0, h, t, frequency=rotation)
    np.testing.assert_allclose(found, expected, atol=3e-15 * (10 + t))


def test_without_frequency_it_is_the_settling_flow():
    rng = np.random.default_rng(1)
    h, x0 = rng.standard_normal((20, 3)), uniform(rng, 20, 3)
    still = np.zeros((3, 3))
    for t in (1e-3, 1.0, 8.0):
        expected = settle(x0, h, t)
        np.testing.assert_allclose(lorentz_flow(x0, h, still, np.array(t)), expected, atol=1e-13)
        np.testing.assert_array_equal(settle(x0, h, t, frequency=still), expected)


def test_nothing_overflows_and_every_batch_axis_counts():
    rng = np.random.default_rng(2)
    h, x0, rotation = rng.standard_normal((4, 3)), uniform(rng, (5, 4), 3), skew(rng, 4, 3, 3)
    t = np.array([0.5, 2.0, 40.0, 1e6])
    end = settle(x0, h, t, frequency=rotation)
    assert end.shape == (5, 4, 3)
    alone = settle(x0[3, 1], h[1], 2.0, frequency=rotation[1])
    np.testing.assert_allclose(end[3, 1], alone, atol=1e-13)
    # Odd d locks generically: after 10^6 all starts are at the attractor.
    np.testing.assert_allclose(end[:, 3], np.tile(attractor(h, rotation)[3], (5, 1)), atol=1e-9)


def test_the_circle_locks_iff_the_drive_beats_the_frequency():
    frequencies = np.array([0.0, 0.5, 1.9, 2.1, 7.0])
    h = np.tile([2.0, 0.0], (5, 1))
    found = attractor(h, frequencies[:, np.newaxis, np.newaxis] * TURN)
    np.testing.assert_array_equal(np.isnan(found).any(axis=1), frequencies > 2)
    # On the circle the locked angle has sine omega/||h||.
    np.testing.assert_allclose(found[:3, 1], frequencies[:3] / 2, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(found[:3], axis=1), 1)
    end = settle(found[:3], h[:3], 9.0, frequency=frequencies[:3, np.newaxis, np.newaxis] * TURN)
    np.testing.assert_allclose(end, found[:3], atol=1e-12)


def test_an_unlocked_oscillator_comes_back_after_its_period():
    omega, size = 3.0, 2.0
    period = 2 * np.pi / np.sqrt(omega**2 - size**2)
    x0 = uniform(np.random.default_rng(3), 6, 2)
    end = settle(x0, [size, 0.0], 25 * period, frequency=omega * TURN)
    np.testing.assert_allclose(end, x0, atol=1e-11)


@pytest.mark.parametrize(
    ("frequency", "words"),
    [
        (np.eye(2), "skew"),
        (np.full((2, 2), np.nan), "NaN"),
        (np.zeros((3, 3)) + np.tri(3), "shape"),
        ([1.0, 2.0], "shape"),
    ],
)
def test_unusable_frequencies_are_named(frequency, words):
    with pytest.raises(InputError, match=words):
        settle([1.0, 0.0], [1.0, 0.0], 1.0, frequency=frequency)


def test_unbounded_products_are_named():
    with pytest.raises(InputError, match="too large"):
        settle([1.0, 0.0], [1.0, 0.0], np.inf, frequency=TURN)
