"""Brownian steps: weak order 2 for every harmonic, isotropy, unit length."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.special import eval_gegenbauer, roots_genlaguerre

from lohe.dynamics.brownian import brownian_step, geodesic_variance
from lohe.dynamics.errors import InputError
from lohe.dynamics.sphere import uniform


class Given:
    """A source that hands out the normal numbers it was given."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def standard_normal(self, shape):
        found = self.numbers.pop(0)
        assert found.shape == shape
        return found.copy()


def harmonic(degree, d, cosine):
    """The zonal harmonic of a degree, 1 at the pole."""
    if d == 2:
        return np.cos(degree * np.arccos(cosine))
    return eval_gegenbauer(degree, d / 2 - 1, cosine) / eval_gegenbauer(degree, d / 2 - 1, 1.0)


def multiplier(degree, d, variance):
    """The mean of a zonal harmonic after one geodesic step, by Gauss quadrature in r^2/2."""
    half_square, weights = roots_genlaguerre(60, (d - 1) / 2 - 1)
    radius = np.sqrt(2 * half_square * variance)
    return weights @ harmonic(degree, d, np.cos(radius)) / weights.sum()


def test_the_corrected_variance_gives_weak_order_two_in_symbols():
    m, eigenvalue, r, s, t, a2, a4 = sp.symbols("m lambda r s t a2 a4")
    # Darboux's equation for the mean over a geodesic sphere, of an eigenfunction of L.
    mean = 1 + a2 * r**2 + a4 * r**4
    cotangent = sp.series(sp.cot(r), r, 0, 4).removeO()
    equation = sp.expand(mean.diff(r, 2) + (m - 1) * cotangent * mean.diff(r) - eigenvalue * mean)
    found = sp.solve([equation.coeff(r, 0), equation.coeff(r, 2)], [a2, a4], dict=True)[0]
    step = 1 + found[a2] * 2 * s * m + found[a4] * (2 * s) ** 2 * m * (m + 2)
    corrected = t / (1 + (m + 1 - 2) / sp.Integer(3) * t)
    defect = sp.series(step.subs(s, corrected) - sp.exp(eigenvalue * t), t, 0, 3).removeO()
    assert sp.simplify(defect) == 0
    uncorrected = sp.series(step.subs(s, t) - sp.exp(eigenvalue * t), t, 0, 3).removeO()
    assert sp.simplify(uncorrected - (m - 1) * eigenvalue * t**2 / 3) == 0


@pytest.mark.parametrize("d", [3, 4, 5, 8])
@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_halving_the_time_divides_the_error_of_a_step_by_eight(d, degree):
    errors = []
    for time in (2e-3, 1e-3, 5e-4):
        exact = np.exp(-degree * (degree + d - 2) * time)
        errors.append(abs(multiplier(degree, d, geodesic_variance(time, d)) - exact))
    assert errors[0] > 1e-11
    assert np.log2(errors[0] / errors[1]) == pytest.approx(3, abs=0.25)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(3, abs=0.15)


@pytest.mark.parametrize("degree", [1, 2, 5])
def test_on_the_circle_a_step_of_any_length_is_exact(degree):
    exact = np.exp(-(degree**2) * 0.7)
    assert multiplier(degree, 2, geodesic_variance(0.7, 2)) == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("d", [2, 3, 6])
def test_sampled_steps_have_the_means_of_the_quadrature(d):
    trials, time = 200_000, 0.2
    variance = geodesic_variance(time, d)
    pole = np.zeros((1, d, trials))
    pole[0, 0] = 1.0
    moved = brownian_step(pole, np.sqrt(variance), np.random.default_rng(d))[0]
    for degree in (1, 2, 3):
        values = harmonic(degree, d, np.clip(moved[0], -1, 1))
        sure = 4.5 * values.std() / np.sqrt(trials)
        assert abs(values.mean() - multiplier(degree, d, variance)) < sure
    across = moved[1:]
    assert np.all(np.abs(across.mean(axis=1)) < 4.5 * across.std() / np.sqrt(trials))
    covariance = across @ across.T / trials
    assert np.allclose(covariance, np.eye(d - 1) * covariance.trace() / (d - 1), atol=5e-3)


def test_free_motion_decorrelates_at_the_rate_of_the_diffusivity():
    # E<x(t), x(0)> = exp(-(d - 1) D t): an Ito reading of the equation would leave the sphere,
    # and a drift that does not belong there would show.
    d, diffusivity, step, steps = 3, 0.4, 0.05, 20
    rng = np.random.default_rng(1)
    start = np.moveaxis(uniform(rng, (1, 100_000), d), -1, 1)
    x, sigma = start, np.sqrt(geodesic_variance(diffusivity * step, d))
    for _ in range(steps):
        x = brownian_step(x, sigma, rng)
    overlap = np.einsum("ndb,ndb->b", x, start)
    exact = np.exp(-(d - 1) * diffusivity * step * steps)
    assert abs(overlap.mean() - exact) < 4.5 * overlap.std() / np.sqrt(overlap.size) + 1e-4


def test_a_rotation_of_points_and_noise_rotates_the_step():
    rng = np.random.default_rng(2)
    x = np.moveaxis(uniform(rng, (4, 50), 5), -1, 1)
    noise = rng.standard_normal(x.shape)
    rotation = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    sigma = np.array([0.0, 0.1, 1.0, 7.0])
    moved = brownian_step(x, sigma, Given(noise))
    turned = brownian_step(rotation @ x, sigma, Given(rotation @ noise))
    assert np.allclose(turned, rotation @ moved, atol=1e-13)
    assert np.allclose(moved[0], x[0], atol=1e-15)


def test_length_stays_one_over_many_steps():
    rng = np.random.default_rng(3)
    x = np.moveaxis(uniform(rng, (2, 10), 3), -1, 1)
    for _ in range(5000):
        x = brownian_step(x, 0.3, rng)
    assert np.all(np.abs(np.linalg.norm(x, axis=1) - 1) < 1e-15)


@pytest.mark.parametrize(("time", "d"), [(-0.1, 3), (np.nan, 3), (np.inf, 2), (0.1, 1)])
def test_unusable_times_are_refused(time, d):
    with pytest.raises(InputError):
        geodesic_variance(time, d)
