"""Starts that surely converge: no start above the nearness found fails to."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.network import Network
from lohe.dynamics.settling import converged_probability
from lohe.dynamics.sphere import uniform
from lohe.proofs_numeric.basins.certain import certain_nearness
from lohe.proofs_numeric.basins.plan import LABELS, Plan, Starts
from lohe.proofs_numeric.basins.starts import largest_weight
from lohe.proofs_numeric.basins.trials import Sampler
from lohe.proofs_numeric.statistics.weighted import weighted_bounds

CONVERGED = LABELS.index("converged")


def plan_for(network, horizons, power=6.0, **kwargs):
    starts = Starts("tilted", power=power)
    return Plan(network.digest, 4000, horizons, 1, 1e-3, starts=starts, **kwargs)


@pytest.mark.parametrize("d", [2, 3, 5])
def test_of_one_oscillator_it_is_the_share_that_fails(d):
    network = Network(1.5 * uniform(np.random.default_rng(d), 1, d))
    plan = plan_for(network, (0.0, 4.0, 6.0))
    exact = 1 - converged_probability(1.5, np.array(plan.horizons), 1e-3, d)
    np.testing.assert_allclose(certain_nearness(network, plan), exact, rtol=1e-4)
    assert np.all(np.array(certain_nearness(network, plan)) >= exact)


def coupled():
    rng = np.random.default_rng(3)
    crosstalk = rng.standard_normal((4, 4)) * 0.05
    np.fill_diagonal(crosstalk, 0.0)
    return Network(uniform(rng, 4, 3) * rng.uniform(1, 2, (4, 1)), crosstalk=crosstalk)


def uneven():
    rng = np.random.default_rng(4)
    return Network(uniform(rng, 5, 3) * np.array([[1.0], [1.3], [2.0], [4.0], [8.0]]))


@pytest.mark.parametrize("network", [coupled(), uneven()], ids=["coupled", "uneven"])
def test_no_start_above_it_fails_and_the_weights_of_failures_stay_below(network):
    # The trials are followed to the horizons; the certified cap is not asked.
    plan = plan_for(network, (6.0, 9.0, 12.0), early=False)
    sampler = Sampler.prepare(network, plan)
    certain = certain_nearness(network, plan, sampler.cap)
    assert sorted(certain, reverse=True) == list(certain)
    assert certain[-1] < 0.2
    for result in (sampler.run(block) for block in range(sampler.blocks)):
        assert result.weights is not None
        u = (result.weights / plan.starts.power) ** (1 / (1 - 1 / plan.starts.power))
        for row, limit in zip(result.labels, certain, strict=True):
            failed = row != CONVERGED
            assert failed.any()
            assert u[failed].max() <= limit
            largest = largest_weight(plan.starts, limit)
            assert result.weights[failed].max() <= largest
            proved = weighted_bounds(result.weights[failed], result.trials, largest)
            blind = weighted_bounds(result.weights[failed], result.trials, plan.starts.power)
            # Where next to nothing is proved, the fixed stakes may suit the other scale.
            assert proved[0] == pytest.approx(blind[0], rel=1e-6)
            assert proved[1] <= blind[1] * 1.05


def test_nothing_is_certain_without_a_proof():
    turning = Network([[1.0, 0.0]], frequency=[[[0.0, 0.5], [-0.5, 0.0]]])
    assert certain_nearness(turning, plan_for(turning, (5.0, 9.0))) == (1.0, 1.0)
    idle = Network([[0.0, 0.0], [1.0, 0.0]])
    assert certain_nearness(idle, plan_for(idle, (5.0,))) == (1.0,)
    short = coupled()
    assert certain_nearness(short, plan_for(short, (0.0,))) == (1.0,)
