"""Trials of single oscillators: labels by the exact flow, times by the theorems' laws."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.proofs_numeric.basins.alone import Alone
from lohe.proofs_numeric.basins.plan import LABELS, Plan, Starts
from lohe.proofs_numeric.basins.result import NOWHERE, REFERENCE
from lohe.proofs_numeric.basins.starts import draw_single

TOLERANCE = 1e-3


def skew(rng, n, d, size):
    a = size * rng.standard_normal((n, d, d))
    return a - np.swapaxes(a, 1, 2)


def prepared(network, horizons, **plan):
    plan = Plan(network.digest, 1000, horizons, 0, TOLERANCE, **plan)
    return Alone.prepare(network, plan), plan


def starts_of(trials, plan, seed, count):
    """Draw the starts that a run with this stream of random numbers sees."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(trials.drive), size=count)
    return chosen, draw_single(plan.starts, trials.reference[chosen], rng, 0)[0]


@pytest.mark.parametrize("d", [2, 3, 8])
def test_at_its_time_a_start_is_exactly_at_the_tolerance(d):
    network = Network(np.random.default_rng(0).standard_normal((20, d)))
    trials, plan = prepared(network, (4.0,))
    result = trials.run(plan, 0, 0, 500, np.random.default_rng(1))
    chosen, x0 = starts_of(trials, plan, 1, 500)
    late = result.times > 0
    x = settle(x0[late], network.drive[chosen[late]], result.times[late])
    distance = np.linalg.norm(x - trials.reference[chosen[late]], axis=-1)
    np.testing.assert_allclose(distance, TOLERANCE, rtol=1e-6)
    converged = result.labels[0] == LABELS.index("converged")
    np.testing.assert_array_equal(converged, result.times <= 4.0)
    assert 0 < converged.sum() < 500
    np.testing.assert_array_equal(result.places, np.where(converged, REFERENCE, NOWHERE))


@pytest.mark.parametrize("d", [2, 3, 5])
@pytest.mark.parametrize("many", [True, False])
def test_with_a_frequency_a_start_is_within_the_tolerance_from_its_time_on(d, many):
    rng = np.random.default_rng(d)
    network = Network(2 * rng.standard_normal((30, d)), frequency=skew(rng, 30, d, 0.2))
    trials, plan = prepared(network, (2.0, 9.0))
    assert trials.motions is not None
    if not many:  # the flow of each trial anew gives the same states
        trials = Alone(trials.drive, trials.reference, trials.frequency, trials.repelling, None)
    result = trials.run(plan, 0, 0, 400, np.random.default_rng(1))
    chosen, x0 = starts_of(trials, plan, 1, 400)
    known = np.isfinite(result.times)
    assert known.mean() > 0.5
    for later in (1.0, 1.5):
        x = settle(
            x0[known],
            network.drive[chosen[known]],
            later * result.times[known],
            frequency=network.frequency[chosen[known]],
        )
        distance = np.linalg.norm(x - trials.reference[chosen[known]], axis=-1)
        assert np.all(distance <= TOLERANCE * (1 + 1e-6))
    assert np.all(result.labels[1][known & (result.times <= 9.0)] == LABELS.index("converged"))


def test_speeds_are_those_of_the_last_horizon():
    network = Network([[2.0, 0.0]])
    trials, plan = prepared(network, (0.0,))
    result = trials.run(plan, 0, 0, 50, np.random.default_rng(3))
    _, x0 = starts_of(trials, plan, 3, 50)
    np.testing.assert_allclose(result.residuals, 2 * np.abs(x0[:, 1]), atol=1e-12)


def test_an_oscillator_that_rests_nowhere_has_no_time():
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    network = Network([[1.0, 0.0], [0.0, 0.0]], frequency=np.array([3 * turn, 0 * turn]))
    trials, plan = prepared(network, (5.0,))
    result = trials.run(plan, 0, 0, 50, np.random.default_rng(3))
    assert np.all(np.isnan(result.times))
    assert np.all(result.labels == LABELS.index("horizon"))
    assert np.all(result.places == NOWHERE)


def test_tilted_starts_carry_their_weights():
    network = Network([[2.0, 0.0]])
    trials, plan = prepared(network, (5.0,), starts=Starts("tilted", power=4.0))
    result = trials.run(plan, 0, 0, 4000, np.random.default_rng(3))
    assert np.all((result.weights >= 0) & (result.weights <= 4))
    assert abs(result.weights.mean() - 1) < 0.1
