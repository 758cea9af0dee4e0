"""The exponential integrator: its order, its accuracy, and laws of what it follows."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from lohe.dynamics.commutator_free import CommutatorFree
from lohe.dynamics.dormand_prince import dormand_prince
from lohe.dynamics.errors import InputError
from lohe.dynamics.exponential import FAILED, REACHED, STOPPED, follow
from lohe.dynamics.field import vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.dynamics.sphere import uniform

EPS = float(np.finfo(np.float64).eps)


def random_network(n=5, d=3, seed=0, strength=0.4, spread=0.0):
    rng = np.random.default_rng(seed)
    crosstalk = strength * rng.standard_normal((n, n))
    np.fill_diagonal(crosstalk, 0)
    drive, turning = rng.standard_normal((n, d)), spread * rng.standard_normal((n, d, d))
    frequency = turning - np.swapaxes(turning, 1, 2)
    return Network(drive, crosstalk=crosstalk, frequency=frequency if spread else None)


def starts(network, trials, seed=1):
    states = uniform(np.random.default_rng(seed), (trials, network.n), network.d)
    return np.moveaxis(states, 0, -1).copy()


def by_dormand_prince(network, x, duration, tolerance=1e-11):
    field = partial(vector_field, network)
    run = dormand_prince(field, np.moveaxis(x, -1, 0).copy(), duration, tolerance=tolerance)
    assert run.finished.all()
    return np.moveaxis(run.x, 0, -1)


def fixed_steps(network, x, duration, steps):
    """Steps of one length; also the estimated error of the first."""
    method = CommutatorFree(network, x.shape[-1])
    x, time = x.copy(), np.full(x.shape[-1], duration / steps)
    force = method.force(x, np.empty_like(x))
    estimates = []
    for _ in range(steps):
        moved, after = np.empty_like(x), np.empty_like(x)
        estimates.append(method.step(x, force, time, moved, after))
        x, force = moved, after
    return x, estimates[0]


@pytest.mark.parametrize("spread", [0.0, 1.0])
@pytest.mark.parametrize("d", [2, 3, 5])
def test_the_method_has_order_four_and_its_estimate_sees_it(d, spread):
    network = random_network(d=d, spread=spread)
    x = starts(network, 6)
    exact = by_dormand_prince(network, x, 1.0, 1e-13)
    runs = [fixed_steps(network, x, 1.0, steps) for steps in (8, 16, 32)]
    errors = [np.abs(run[0] - exact).max() for run in runs]
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), 4, atol=0.3)
    # A step errs by the fifth power of its length, the embedded method by the fourth.
    estimates = [run[1].max() for run in runs]
    slopes = np.log2(np.divide(estimates[:-1], estimates[1:]))
    assert np.all((slopes > 3.6) & (slopes < 5.4))


def layered(d, spread, size):
    """Half of the oscillators hear the other half, which hear nobody."""
    network = random_network(n=6, d=d, seed=8, strength=size, spread=spread)
    crosstalk = network.crosstalk.copy()
    crosstalk[:3], crosstalk[:, 3:] = 0, 0
    return Network(network.drive, crosstalk=crosstalk, frequency=network.frequency)


def rotor(back):
    """A rotor that an undriven oscillator hears, and which hears it weakly."""
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    crosstalk = np.array([[0.0, back], [1.0, 0.0]])
    return Network([[0.0, 0.0], [0.3, 0.0]], crosstalk=crosstalk, frequency=[turn, 0 * turn])


@pytest.mark.parametrize(
    "network",
    [layered(3, 0.0, 1.0), layered(2, 1.0, 1.0), layered(3, 0.0, 1e-3)]
    + [rotor(back) for back in (0.0, 1e-6, 1e-2)],
)
@pytest.mark.parametrize("tolerance", [1e-4, 1e-6])
def test_forces_that_are_known_exactly_along_a_step_do_not_hide_its_error(network, tolerance):
    x = starts(network, 20)
    run = follow(network, x, 3.0, tolerance=tolerance)
    assert np.abs(run.x - by_dormand_prince(network, x, 3.0)).max() < 20 * tolerance


@pytest.mark.parametrize("spread", [0.0, 0.5])
@pytest.mark.parametrize("strength", [0.03, 0.3])
def test_the_estimate_bounds_the_error_of_most_steps_and_is_not_idle(strength, spread):
    network = random_network(n=8, seed=9, strength=strength, spread=spread)
    x = starts(network, 200)
    for duration in (0.05, 0.3):
        stepped, estimate = fixed_steps(network, x, duration, 1)
        exact = fixed_steps(network, x, duration, 16)[0]
        error = np.linalg.norm(stepped - exact, axis=1).max(axis=0)
        assert np.mean(error <= estimate) > 0.9
        assert np.median(estimate / error) < 40


@pytest.mark.parametrize(
    ("d", "spread", "layout"),
    [(3, 0.0, np.asarray), (2, 0.7, sparse.csr_array), (3, 0.7, np.asarray), (4, 0.7, np.asarray)],
)
def test_the_error_follows_the_tolerance(d, spread, layout):
    network = random_network(n=7, d=d, seed=3, spread=spread)
    network = Network(
        network.drive, crosstalk=layout(network.crosstalk), frequency=network.frequency
    )
    x = starts(network, 5)
    exact = by_dormand_prince(network, x, 4.0)
    for tolerance in (1e-4, 1e-6, 1e-8):
        run = follow(network, x, 4.0, tolerance=tolerance)
        assert np.all(run.ended == REACHED)
        assert np.all(run.elapsed == 4.0)
        assert np.abs(run.x - exact).max() < 20 * tolerance


@pytest.mark.parametrize("drive", [0.0, 1.0])
def test_long_runs_stay_on_the_sphere_and_come_to_rest(drive):
    network = random_network(n=8, seed=4)
    symmetric = network.crosstalk + network.crosstalk.T
    network = Network(drive * network.drive, crosstalk=symmetric)
    run = follow(network, starts(network, 30), 1e3)
    assert np.all(run.ended == REACHED)
    assert np.abs(np.linalg.norm(run.x, axis=1) - 1).max() <= 4 * EPS
    # Without drives rest is a manifold: what turns all states alike costs nothing.
    speed = vector_field(network, np.moveaxis(run.x, -1, 0).copy())
    assert np.abs(speed).max() < 1e-4


@pytest.mark.parametrize(("pull", "crosstalk", "duration"), [(1.0, 5.0, 400.0), (4.0, 50.0, 150.0)])
@pytest.mark.parametrize("tolerance", [1e-4, 1e-6])
def test_slow_common_motions_come_to_rest_whatever_the_tolerance(
    pull, crosstalk, duration, tolerance
):
    # Pulled apart, two that hear each other agree across the pulls; they get there slowly.
    network = Network([[pull, 0.0], [-pull, 0.0]], crosstalk=[[0, crosstalk], [crosstalk, 0]])
    run = follow(network, starts(network, 20), duration, tolerance=tolerance)
    along = pull / (2 * crosstalk)
    side = np.sign(run.x[0, 1]) * np.sqrt(1 - along**2)
    rest = np.array([[along + 0 * side, side], [-along + 0 * side, side]])
    assert np.abs(run.x - rest).max() < 1e-9
    # At rest, time costs next to nothing: steps of reach would be millions.
    later = follow(network, run.x, 1e6, tolerance=tolerance, step=run.step)
    assert np.abs(later.x - rest).max() < 1e-9
    assert later.steps.max() < 2000


@given(st.integers(0, 10**6), st.integers(2, 6))
@settings(max_examples=15)
def test_trajectories_turn_with_the_network(seed, d):
    network = random_network(d=d, seed=seed)
    x = starts(network, 4, seed)
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))[0]
    turned = Network(network.drive @ turn.T, crosstalk=network.crosstalk)
    end = follow(network, x, 2.0)
    end_turned = follow(turned, np.einsum("cd,ndb->ncb", turn, x), 2.0)
    np.testing.assert_allclose(end_turned.x, np.einsum("cd,ndb->ncb", turn, end.x), atol=1e-9)
    np.testing.assert_array_equal(end_turned.steps, end.steps)


@pytest.mark.parametrize("crosstalk", [None, np.zeros((5, 5)), sparse.csr_array((5, 5))])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_one_step_is_exact_without_crosstalk(crosstalk, spread):
    network = random_network(spread=spread)
    drive, frequency = network.drive, network.frequency
    network = Network(drive, crosstalk=crosstalk, frequency=frequency)
    x = starts(network, 50)
    run = follow(network, x, 3.0)
    turning = None if frequency is None else frequency[:, np.newaxis]
    exact = settle(np.moveaxis(x, 1, -1), drive[:, np.newaxis], 3.0, frequency=turning)
    np.testing.assert_allclose(np.moveaxis(run.x, 1, -1), exact, atol=1e-13)
    np.testing.assert_array_equal(run.steps, 1)


def test_the_same_batch_gives_the_same_bits_and_neighbours_only_rounding(monkeypatch):
    network = random_network(n=6, seed=5)
    x = starts(network, 200)
    run = follow(network, x, 5.0)
    for name, values in vars(follow(network, x, 5.0)).items():
        np.testing.assert_array_equal(values, getattr(run, name))
    # Few columns, so that trials end, are replaced, and the rest close ranks.
    monkeypatch.setattr("lohe.dynamics.exponential._COORDINATES", 0)
    crowded = follow(network, x, 5.0)
    alone = [follow(network, x[..., [trial]], 5.0) for trial in range(0, 200, 10)]
    np.testing.assert_allclose(crowded.x, run.x, atol=1e-10)
    np.testing.assert_array_equal(crowded.steps, run.steps)
    np.testing.assert_allclose(np.dstack([a.x for a in alone]), run.x[..., ::10], atol=1e-10)


def test_a_trial_ends_where_it_was_to_stop_and_at_its_first_chance(monkeypatch):
    monkeypatch.setattr("lohe.dynamics.exponential._COORDINATES", 0)
    network = random_network(n=4, seed=6)
    x, seen = starts(network, 100), {}

    def high(states, elapsed, rows):
        met = states[0, 0] > 0.5
        for row, now, state in zip(rows[met], elapsed[met], states[..., met].T, strict=True):
            seen.setdefault(int(row), (now, state.T.copy()))
        return met

    run = follow(network, x, 2.0, stop=high)
    stopped = np.flatnonzero(run.ended == STOPPED)
    assert 20 < stopped.size < 100
    np.testing.assert_array_equal(stopped, sorted(seen))
    for trial in stopped:
        assert run.elapsed[trial] == seen[trial][0]
        np.testing.assert_array_equal(run.x[..., trial], seen[trial][1])
    at_once = x[0, 0] > 0.5
    np.testing.assert_array_equal(run.x[..., at_once], x[..., at_once])
    np.testing.assert_array_equal(run.steps == 0, at_once)
    on_the_way = stopped[~at_once[stopped]]
    for trial in on_the_way[:5]:
        there = by_dormand_prince(network, x[..., [trial]], run.elapsed[trial])
        np.testing.assert_allclose(run.x[..., [trial]], there, atol=1e-5)


def test_only_states_of_trials_are_shown_to_what_stops_them():
    network = random_network(n=4, seed=6)
    x = starts(network, 50)

    def high(states, elapsed, rows):
        here = elapsed == 0
        np.testing.assert_array_equal(states[..., here], x[..., rows[here]])
        return states[0, 0] > 0.5

    assert 0 < np.count_nonzero(follow(network, x, 2.0, stop=high).steps == 0) < 50


def test_a_run_can_go_on_with_its_steps():
    network = random_network(n=6, seed=7)
    x = starts(network, 30)
    half = follow(network, x, 2.0)
    rest = follow(network, half.x, 2.0, step=half.step)
    np.testing.assert_allclose(rest.x, by_dormand_prince(network, x, 4.0), atol=1e-5)
    assert np.mean(rest.steps) < np.mean(half.steps)


def test_trials_that_cannot_go_on_fail_and_end_where_they_were():
    for size in (1e30, 1e100, 1e300):
        fierce = Network(np.ones((2, 2)), crosstalk=[[0.0, size], [-size, 0.0]])
        x = starts(fierce, 5)
        run = follow(fierce, x, 1.0)
        assert np.all(run.ended == FAILED)
        assert np.all(run.steps < 100)
        np.testing.assert_array_equal(run.x, x)
        np.testing.assert_array_equal(run.elapsed, 0.0)
    network = random_network()
    x = starts(network, 5)
    short = follow(network, x, 50.0, max_steps=3)
    assert np.all(short.ended == FAILED)
    np.testing.assert_array_equal(short.steps, 3)
    for trial in range(5):
        there = by_dormand_prince(network, x[..., [trial]], short.elapsed[trial])
        np.testing.assert_allclose(short.x[..., [trial]], there, atol=1e-5)


def test_no_time_no_motion_and_no_trials():
    network = random_network()
    x = starts(network, 3)
    run = follow(network, x, 0.0, stop=lambda states, _, __: states[0, 0] > 0)
    np.testing.assert_array_equal(run.x, x)
    np.testing.assert_array_equal(run.ended, np.where(x[0, 0] > 0, STOPPED, REACHED))
    assert follow(network, x[..., :0], 1.0).x.shape == (5, 3, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": np.ones((5, 3))}, "expected"),
        ({"x": np.ones((5, 3, 2))}, "off the sphere"),
        ({"x": np.full((5, 3, 2), np.nan)}, "off the sphere"),
        ({"duration": -1.0}, "duration"),
        ({"duration": np.inf}, "duration"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"max_steps": 0}, "max_steps"),
        ({"step": np.ones(3)}, "step"),
        ({"step": np.zeros(2)}, "step"),
    ],
)
def test_unusable_arguments_are_named(change, words):
    network = random_network()
    arguments = {"x": starts(network, 2), "duration": 1.0} | change
    with pytest.raises(InputError, match=words):
        follow(network, **arguments)
