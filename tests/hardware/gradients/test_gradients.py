"""Estimators of gradients agree where nothing is wrong, and each is what it says it is."""

import numpy as np
import pytest

from lohe.attention.gradcheck import check_pullback
from lohe.dynamics.equilibrium import resting_point
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.hardware.gradients import (
    by_couplings,
    differences,
    equilibrium_propagation,
    exact_flow_gradient,
    implicit_gradient,
    integrator_gradient,
    local_response,
    resting_gradient,
    simultaneous_perturbation,
)
from lohe.hardware.gradients.exact_flow import exact_flow_vjp
from lohe.hardware.gradients.integrator import phases_vjp

RNG = np.random.default_rng(0)
N, T = 3, 4


def units(rng, *shape):
    drawn = rng.standard_normal(shape)
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


def problem(d):
    """Return drives that are not small, a loss of the states with its slope, and a start."""
    rng = np.random.default_rng(d)
    anchors, goal = units(rng, T, d), units(rng, N, d)
    anchors[:, 0] += 1.0
    anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    drive = rng.uniform(0.3, 1.0, (N, T)) @ anchors

    def loss(x):
        return ((x - goal) ** 2).sum(axis=(-2, -1)) / 2 + (x[..., 0] ** 3).sum(axis=-1)

    def slope(x):
        found = x - goal
        found[..., 0] += 3 * x[..., 0] ** 2
        return found

    return drive, loss, slope, units(rng, N, d)


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
    """Differences, the adjoints, equilibrium propagation and local answers, to 1e-5."""
    drive, loss, slope, _ = problem(d)

    def rest(further):
        return at_rest(drive + further, crosstalk)

    states = rest(0)
    by_differences = differences(lambda further: loss(rest(further)), (N, d), 1e-4)
    implicit = implicit_gradient(states, drive, slope(states), crosstalk=crosstalk)
    close(implicit, by_differences.gradient)
    nudged = equilibrium_propagation(rest, slope(states), 1e-3)
    close(nudged, implicit.gradient)
    assert [each.settlings for each in (by_differences, implicit, nudged)] == [2 * N * d, 0, 2]
    alone = [
        local_response(rest, slope(states), 1e-3), resting_gradient(states, drive, slope(states))
    ]  # fmt: skip
    assert [each.settlings for each in alone] == [2 * d, 0]
    for each in alone:
        if crosstalk is None:
            close(each, implicit.gradient)
        else:  # they take each oscillator for one by itself
            assert np.abs(each.gradient - implicit.gradient).max() > 0.01


def test_detuned_phases_with_and_without_crosstalk():
    drive, loss, slope, _ = problem(2)
    rng = np.random.default_rng(1)
    drawn = 0.15 * rng.standard_normal((N, N))
    np.fill_diagonal(drawn, 0)
    turn = 0.2 * rng.standard_normal(N)
    frequency = turn[:, None, None] * np.array([[0.0, -1.0], [1.0, 0.0]])
    for crosstalk in (None, symmetric(), drawn):

        def rest(further, crosstalk=crosstalk):
            return at_rest(drive + further, crosstalk, frequency)

        states = rest(0)
        exact = differences(lambda further, rest=rest: loss(rest(further)), (N, 2), 1e-4).gradient
        implicit = implicit_gradient(
            states, drive, slope(states), crosstalk=crosstalk, frequency=frequency
        )
        close(implicit, exact)
        if crosstalk is None:
            close(local_response(rest, slope(states), 1e-3), exact)
        nudged = equilibrium_propagation(rest, slope(states), 1e-3)
        if crosstalk is None or (crosstalk == crosstalk.T).all():
            close(nudged, exact)  # detuned phases have an energy, only tilted
        else:
            assert np.abs(nudged.gradient - exact).max() > 1e-3 * np.abs(exact).max()


def test_turning_spheres_have_no_energy():
    drive, _, slope, _ = problem(3)
    drawn = 0.2 * np.random.default_rng(1).standard_normal((N, 3, 3))
    frequency = drawn - drawn.swapaxes(-1, -2)

    def rest(further):
        return at_rest(drive + further, frequency=frequency)

    states = rest(0)
    exact = implicit_gradient(states, drive, slope(states), frequency=frequency).gradient
    close(local_response(rest, slope(states), 1e-3), exact)
    nudged = equilibrium_propagation(rest, slope(states), 1e-3)
    assert np.abs(nudged.gradient - exact).max() > 1e-3 * np.abs(exact).max()


@pytest.mark.parametrize(
    "estimate", [equilibrium_propagation, local_response], ids=lambda each: each.__name__
)
def test_nudges_bias_by_their_square(estimate):
    drive, _, slope, _ = problem(3)
    states = at_rest(drive)
    exact = implicit_gradient(states, drive, slope(states)).gradient
    errors = [
        np.abs(
            estimate(lambda further: at_rest(drive + further), slope(states), nudge).gradient
            - exact
        ).max()
        for nudge in (0.1, 0.05)
    ]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("d", [2, 5])
@pytest.mark.parametrize("time", [0.3, 2.0])
def test_exact_flow_and_its_adjoint(d, time):
    drive, loss, slope, start = problem(d)
    states, _ = exact_flow_vjp(start, drive, time)
    np.testing.assert_allclose(states, settle(start, drive, time), atol=1e-12)

    def flow(x, h):
        out, pullback = exact_flow_vjp(x, h, time)
        return out, pullback

    check = check_pullback(flow, [start, drive], np.random.default_rng(0))
    assert check.relative_error < 1e-7

    def measured(further):
        return loss(settle(start, drive + further, time))

    exact = differences(measured, (N, d), 1e-4).gradient
    close(exact_flow_gradient(start, drive, slope(states), time), exact)


@pytest.mark.parametrize("coupled", [False, True])
def test_integrator_and_its_adjoint(coupled):
    drive, _, slope, start = problem(2)
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
    found = slope(settle(start, drive, 1.3))
    through = integrator_gradient(start, drive, found, 1.3, **options)
    if not coupled:
        close(through, exact_flow_gradient(start, drive, found, 1.3).gradient)


def test_after_long_all_adjoints_are_that_of_rest():
    drive, _, slope, start = problem(2)
    states = at_rest(drive)
    rest = implicit_gradient(states, drive, slope(states)).gradient
    close(exact_flow_gradient(start, drive, slope(states), 30.0), rest)
    close(integrator_gradient(start, drive, slope(states), 30.0), rest)


def test_simultaneous_perturbation_is_unbiased_and_its_spread_falls():
    drive, loss, slope, _ = problem(3)
    states = at_rest(drive)
    exact = implicit_gradient(states, drive, slope(states)).gradient
    rng = np.random.default_rng(4)
    found = simultaneous_perturbation(
        lambda further: loss(at_rest(drive + further)), (N, 3), 1e-3, 400, rng
    )
    assert found.settlings == 800
    spread = np.linalg.norm(exact) / np.sqrt(400)
    assert np.abs(found.gradient - exact).max() < 4 * spread


def test_many_arrays_at_once_are_each_alone():
    """Every estimator, with its own step for every array."""
    d, arrays = 2, 4
    rng = np.random.default_rng(6)
    drive, slope = rng.standard_normal((arrays, N, d)) + 2, rng.standard_normal((arrays, N, d))
    start, step = units(rng, arrays, N, d), rng.uniform(0.01, 0.1, (arrays, 1, 1))
    crosstalk = np.stack([symmetric(0.1 * k) for k in range(arrays)])

    def found(here):
        h, s, b = drive[here], slope[here], step[here]

        def rest(further):
            moved = h + further
            return moved / np.linalg.norm(moved, axis=-1, keepdims=True)

        def measured(further):
            return (s * rest(further)).sum(axis=(-2, -1))

        x = rest(0)
        yield differences(measured, h.shape, b)
        yield local_response(rest, s, b)
        yield equilibrium_propagation(rest, s, b)
        yield resting_gradient(x, h, s)
        yield implicit_gradient(x, h, s, crosstalk=crosstalk[here])
        yield exact_flow_gradient(start[here], h, s, 0.7)
        yield integrator_gradient(start[here], h, s, 0.7, crosstalk=crosstalk[here])

    together = [*found(slice(None))]
    for k in range(arrays):
        for one, all_ in zip(found(k), together, strict=True):
            np.testing.assert_allclose(one.gradient, all_.gradient[k], atol=1e-12)
            assert one.settlings == all_.settlings


def test_couplings_act_through_drives():
    rng = np.random.default_rng(2)
    couplings, anchors = rng.uniform(0.3, 1, (N, T)), units(rng, T, 2)
    goal, step = units(rng, N, 2), 1e-6

    def loss(w):
        h = w @ anchors
        return float((h / np.linalg.norm(h, axis=-1, keepdims=True) * goal).sum())

    drive = couplings @ anchors
    states = drive / np.linalg.norm(drive, axis=-1, keepdims=True)
    found = by_couplings(resting_gradient(states, drive, goal).gradient, anchors)
    for at in np.ndindex(couplings.shape):
        change = np.zeros_like(couplings)
        change[at] = step
        slope = (loss(couplings + change) - loss(couplings - change)) / (2 * step)
        assert found[at] == pytest.approx(slope, abs=1e-8)


def test_bad_input():
    drive, loss, slope, start = problem(3)
    states = at_rest(drive)
    along = slope(states)
    for make, said in (
        (lambda: differences(loss, (N, 3), 0.0), "step is 0.0"),
        (lambda: simultaneous_perturbation(loss, (N, 3), 0.1, 0, RNG), "samples is 0"),
        (lambda: equilibrium_propagation(at_rest, along, -1.0), "nudge is -1.0"),
        (lambda: local_response(at_rest, along, np.nan), "step is nan"),
        (lambda: integrator_gradient(start, drive, along, 1.0), "of a circle"),
        (lambda: exact_flow_vjp(start, 0 * drive, 1.0), "without drive"),
        (lambda: resting_gradient(start, 0 * drive, along), "without drive"),
        (lambda: implicit_gradient(start, 0 * drive, along), "degenerate"),
    ):
        with pytest.raises(InputError, match=said):
            make()
