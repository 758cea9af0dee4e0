"""Mean exit times: independent quadratures, known limits, Kramers' law, Stratonovich's slips."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad, quad, solve_bvp

from lohe.dynamics.errors import InputError
from lohe.dynamics.exit_times import (
    mean_alignment,
    mean_cap_exit_time,
    mean_slip_time,
    phase_drift,
)


@pytest.mark.parametrize("d", [2, 3, 4, 7])
def test_the_mean_alignment_is_that_of_the_gibbs_density(d):
    kappa = 1.2 / 0.3

    def density(phi):
        return np.sin(phi) ** (d - 2) * np.exp(kappa * np.cos(phi))

    exact = quad(lambda p: np.cos(p) * density(p), 0, np.pi)[0] / quad(density, 0, np.pi)[0]
    assert mean_alignment(1.2, 0.3, d) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("d", [2, 3, 5])
def test_the_cap_time_solves_the_backward_equation(d):
    drive, diffusivity, angle = 1.0, 0.5, 2.2

    def backward(phi, u):
        drift = -drive * np.sin(phi) + (d - 2) * diffusivity / np.tan(phi)
        return np.stack([u[1], (-1 - drift * u[1]) / diffusivity])

    # Regular at the pole: u'(phi) = -phi/((d - 1) D) to first order.
    near = 1e-4
    solution = solve_bvp(
        backward,
        lambda a, b: np.array([a[1] + near / ((d - 1) * diffusivity), b[0]]),
        np.linspace(near, angle, 200),
        np.zeros((2, 200)),
        tol=1e-7,
        max_nodes=50_000,
    )
    assert solution.success
    found = mean_cap_exit_time(drive, diffusivity, angle, d)
    assert found == pytest.approx(solution.y[0, 0], rel=1e-5)


def test_without_drive_the_cap_time_of_the_sphere_is_a_logarithm():
    # d = 3: u = -ln((1 + cos phi)/2)/D shifted to vanish at the edge.
    exact = -np.log((1 + np.cos(1.3)) / 2) / 0.7
    assert mean_cap_exit_time(0.0, 0.7, 1.3, 3) == pytest.approx(exact, rel=1e-12)
    assert mean_cap_exit_time(0.0, 0.7, np.pi, 3) == np.inf


def test_slips_become_kramers_at_small_noise():
    drive, frequency = 1.0, 0.3
    rate = np.sqrt(drive**2 - frequency**2)
    ratios = []
    for diffusivity in (0.1, 0.05, 0.025):
        lag = np.arcsin(frequency / drive)

        def potential(phi):
            return -frequency * phi - drive * np.cos(phi)

        over = potential(np.pi - lag) - potential(lag)
        # Kramers' slips along the frequency; those against it are fewer by exp(-2 pi omega/D).
        kramers = rate / (2 * np.pi) * np.exp(-over / diffusivity)
        ratios.append(phase_drift(drive, frequency, diffusivity) / (2 * np.pi) / kramers)
    gaps = np.abs(np.array(ratios) - 1)
    assert np.all(gaps[1:] / gaps[:-1] < 0.6)
    assert gaps[-1] < 0.02


def test_the_antipode_is_reached_at_twice_kramers_rate():
    # A walker on top of the barrier falls back as often as it passes, and there are two sides.
    ratios = [
        mean_slip_time(1.0, 0.0, diffusivity) / (np.pi / 2 * np.exp(2 / diffusivity))
        for diffusivity in (0.1, 0.05, 0.025)
    ]
    gaps = np.abs(np.array(ratios) - 1)
    assert np.all(gaps[1:] / gaps[:-1] < 0.6)
    assert gaps[-1] < 0.02


def test_a_frequency_changes_nothing_by_its_sign():
    assert mean_slip_time(1.0, 0.4, 0.2) == pytest.approx(mean_slip_time(1.0, -0.4, 0.2), rel=1e-9)
    assert mean_slip_time(1.0, 0.4, 0.2) < mean_slip_time(1.0, 0.0, 0.2)
    assert phase_drift(1.0, -0.4, 0.2) == -phase_drift(1.0, 0.4, 0.2)


def test_the_drift_is_stratonovichs_double_integral():
    drive, frequency, diffusivity = 1.0, 0.7, 0.4

    def weight(psi, phi):
        rise = -frequency * psi - drive * (np.cos(phi) - np.cos(phi - psi))
        return np.exp(rise / diffusivity)

    total = dblquad(weight, 0, 2 * np.pi, 0, 2 * np.pi)[0]
    exact = 2 * np.pi * diffusivity * -np.expm1(-2 * np.pi * frequency / diffusivity) / total
    assert phase_drift(drive, frequency, diffusivity) == pytest.approx(exact, rel=1e-8)


@pytest.mark.parametrize(
    "call",
    [
        lambda: mean_alignment(-1.0, 0.1, 2),
        lambda: mean_alignment(1.0, 0.0, 2),
        lambda: mean_alignment(1.0, 0.1, 1),
        lambda: mean_cap_exit_time(1.0, 0.1, 0.0, 2),
        lambda: mean_cap_exit_time(1.0, 1e-4, 3.0, 2),
        lambda: mean_slip_time(1.0, 1.0, 0.1),
        lambda: mean_slip_time(1.0, 0.0, 1e-4),
    ],
)
def test_unusable_arguments_are_refused(call):
    with pytest.raises(InputError):
        call()
