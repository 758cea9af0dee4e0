"""Estimators of gradients agree where nothing is wrong, and each is what it says it is."""

import numpy as np
import pytest

from lohe.attention.gradcheck import check_pullback
from lohe.dynamics.equilibrium import resting_point
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.hardware.gradients import (
    differences,
    equilibrium_propagation,
    exact_flow_gradient,
    implicit_gradient,
    integrator_gradient,
    simultaneous_perturbation,
)
from lohe.hardware.gradients.exact_flow import exact_flow_vjp
from lohe.hardware.gradients.integrator import phases_vjp

RNG = np.random.default_rng(0)
N, T = 3, 4
COUPLINGS = RNG.uniform(0.3, 1.0, (N, T))


def units(rng, *shape):
    drawn = rng.standard_normal(shape)
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


def problem(d):
    rng = np.random.default_rng(d)
    anchors, goal = units(rng, T, d), units(rng, N, d)
    anchors[:, 0] += 1.0  # drives that are not small
    anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)

    def loss(x):
        off = x - goal
        return float((off**2).sum() / 2 + (x[:, 0] ** 3).sum()), off + np.pad(
            3 * x[:, :1] ** 2, ((0, 0), (0, d - 1))
        )

    return anchors, loss, units(rng, N, d)


def symmetric(size=0.15):
    rng = np.random.default_rng(9)
    drawn = size * rng.standard_normal((N, N))
    drawn = drawn + drawn.T
    np.fill_diagonal(drawn, 0)
    return drawn


def at_rest(drive, crosstalk=None, frequency=None):
    found = resting_point(Network(drive, crosstalk=crosstalk, frequency=frequency))
    assert found is not None
    return found


def close(estimate, exact, tolerance=1e-5):
    assert np.abs(estimate.gradient - exact).max() < tolerance * np.abs(exact).max()


@pytest.mark.parametrize("d", [2, 3, 8])
@pytest.mark.parametrize("crosstalk", [None, symmetric()])
def test_estimators_at_rest_agree(d, crosstalk):
    """Differences, the implicit adjoint and equilibrium propagation, to 1e-5."""
    anchors, loss, _ = problem(d)

    def measured(couplings):
        return loss(at_rest(couplings @ anchors, crosstalk))[0]

    drive = COUPLINGS @ anchors
    by_differences = differences(measured, COUPLINGS, 1e-4)
    states = at_rest(drive, crosstalk)
    implicit = implicit_gradient(states, COUPLINGS, anchors, loss, crosstalk=crosstalk)
    close(implicit, by_differences.gradient)
    nudged = equilibrium_propagation(
        lambda further: at_rest(drive + further, crosstalk), anchors, loss, 1e-3
    )
    close(nudged, implicit.gradient)
    assert (by_differences.settlings, implicit.settlings, nudged.settlings) == (2 * N * T, 1, 3)


def test_implicit_gradient_knows_detuning_and_crosstalk_that_is_not_symmetric():
    anchors, loss, _ = problem(2)
    rng = np.random.default_rng(1)
    crosstalk = 0.15 * rng.standard_normal((N, N))
    np.fill_diagonal(crosstalk, 0)
    turn = 0.2 * rng.standard_normal(N)
    frequency = turn[:, None, None] * np.array([[0.0, -1.0], [1.0, 0.0]])

    def measured(couplings):
        return loss(at_rest(couplings @ anchors, crosstalk, frequency))[0]

    exact = differences(measured, COUPLINGS, 1e-4).gradient
    drive = COUPLINGS @ anchors
    implicit = implicit_gradient(
        at_rest(drive, crosstalk, frequency), COUPLINGS, anchors, loss,
        crosstalk=crosstalk, frequency=frequency,
    )  # fmt: skip
    close(implicit, exact)
    # Such an array has no energy, and equilibrium propagation is then biased.
    nudged = equilibrium_propagation(
        lambda further: at_rest(drive + further, crosstalk, frequency), anchors, loss, 1e-3
    )
    assert np.abs(nudged.gradient - exact).max() > 1e-3 * np.abs(exact).max()


def test_equilibrium_propagation_is_biased_by_the_square_of_the_nudge():
    anchors, loss, _ = problem(3)
    drive = COUPLINGS @ anchors
    exact = implicit_gradient(at_rest(drive), COUPLINGS, anchors, loss).gradient
    errors = [
        np.abs(
            equilibrium_propagation(
                lambda further: at_rest(drive + further), anchors, loss, nudge
            ).gradient
            - exact
        ).max()
        for nudge in (0.1, 0.05)
    ]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("d", [2, 5])
@pytest.mark.parametrize("time", [0.3, 2.0])
def test_exact_flow_and_its_adjoint(d, time):
    anchors, loss, start = problem(d)
    drive = COUPLINGS @ anchors
    states, _ = exact_flow_vjp(start, drive, time)
    np.testing.assert_allclose(states, settle(start, drive, time), atol=1e-12)

    def flow(x, h):
        out, pullback = exact_flow_vjp(x, h, time)
        return out, pullback

    check = check_pullback(flow, [start, drive], np.random.default_rng(0))
    assert check.relative_error < 1e-7

    def measured(couplings):
        return loss(settle(start, couplings @ anchors, time))[0]

    exact = differences(measured, COUPLINGS, 1e-4).gradient
    close(exact_flow_gradient(start, COUPLINGS, anchors, loss, time), exact)


@pytest.mark.parametrize("coupled", [False, True])
def test_integrator_and_its_adjoint(coupled):
    anchors, loss, start = problem(2)
    drive = COUPLINGS @ anchors
    options = {"crosstalk": None, "detuning": None}
    if coupled:
        rng = np.random.default_rng(3)
        options = {
            "crosstalk": 0.3 * rng.standard_normal((N, N)),
            "detuning": np.array([0.2, 0, 1]),
        }
    angles = np.arctan2(start[:, 1], start[:, 0])

    def phases(h):
        out, pullback = phases_vjp(angles, h, 1.3, step=0.1, **options)
        return out, lambda d_out: (pullback(d_out),)

    check = check_pullback(phases, [drive], np.random.default_rng(0))
    assert check.relative_error < 1e-7
    through = integrator_gradient(start, COUPLINGS, anchors, loss, 1.3, **options)
    if not coupled:
        close(through, exact_flow_gradient(start, COUPLINGS, anchors, loss, 1.3).gradient)


def test_after_long_all_adjoints_are_that_of_rest():
    anchors, loss, start = problem(2)
    states = at_rest(COUPLINGS @ anchors)
    rest = implicit_gradient(states, COUPLINGS, anchors, loss).gradient
    close(exact_flow_gradient(start, COUPLINGS, anchors, loss, 30.0), rest)
    close(integrator_gradient(start, COUPLINGS, anchors, loss, 30.0), rest)


def test_simultaneous_perturbation_is_unbiased_and_its_spread_falls():
    anchors, loss, _ = problem(3)

    def measured(couplings):
        return loss(at_rest(couplings @ anchors))[0]

    exact = differences(measured, COUPLINGS, 1e-4).gradient
    rng = np.random.default_rng(4)
    found = simultaneous_perturbation(measured, COUPLINGS, 1e-3, 400, rng)
    assert found.settlings == 800
    spread = np.linalg.norm(exact) / np.sqrt(400)
    assert np.abs(found.gradient - exact).max() < 4 * spread


def test_bad_input():
    anchors, loss, start = problem(3)
    drive = COUPLINGS @ anchors
    for make, said in (
        (lambda: differences(lambda w: 0.0, COUPLINGS, 0.0), "step is 0.0"),
        (lambda: simultaneous_perturbation(lambda w: 0.0, COUPLINGS, 0.1, 0, RNG), "samples is 0"),
        (lambda: equilibrium_propagation(at_rest, anchors, loss, -1.0), "nudge is -1.0"),
        (lambda: integrator_gradient(start, COUPLINGS, anchors, loss, 1.0), "of a circle"),
        (lambda: exact_flow_vjp(start, 0 * drive, 1.0), "without drive"),
        (lambda: implicit_gradient(start, 0 * COUPLINGS, anchors, loss), "degenerate"),
    ):
        with pytest.raises(InputError, match=said):
            make()
