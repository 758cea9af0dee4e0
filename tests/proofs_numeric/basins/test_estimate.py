"""Basins: prediction against samples, labels, reproducibility, and what is not hidden."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.settling import converged_probability
from lohe.dynamics.topology import ring
from lohe.proofs_numeric.basins.estimate import estimate_basin, estimates
from lohe.proofs_numeric.basins.plan import LABELS, Plan, Starts
from lohe.proofs_numeric.basins.summary import summarise
from lohe.proofs_numeric.basins.tally import Fold
from lohe.proofs_numeric.basins.theory import theory_of
from lohe.proofs_numeric.basins.trials import Sampler


def spread_drives(n, d, seed=0):
    rng = np.random.default_rng(seed)
    return Network(np.exp(rng.standard_normal((n, 1))) * rng.standard_normal((n, d)))


@pytest.mark.parametrize("d", [2, 3, 8])
@pytest.mark.parametrize("horizon", [0.1, 3.0, 12.0])
def test_prediction_lies_within_the_bounds(d, horizon):
    network = spread_drives(300, d)
    found = estimate_basin(
        network, 20_000, seed=1, horizon=horizon, tolerance=1e-2, confidence=1 - 1e-5
    )
    assert found.lower <= found.predicted <= found.upper
    assert sum(found.labels.values()) == found.trials == 20_000
    assert found.proved_volume == 1.0
    assert found.network_sha256 == network.digest


def test_result_does_not_depend_on_the_number_of_workers(monkeypatch):
    # Small blocks, so that there are many.
    monkeypatch.setattr("lohe.proofs_numeric.basins.trials._WORK", 2**20)
    network = spread_drives(50, 2)
    rng = np.random.default_rng(2)
    crosstalk = 0.05 * rng.standard_normal((60, 60))
    np.fill_diagonal(crosstalk, 0)
    drive = rng.standard_normal((60, 3)) + np.array([3.0, 0.0, 0.0])
    coupled = Network(drive, crosstalk=crosstalk)
    for case, trials in ((network, 300_000), (coupled, 150)):
        alone = estimate_basin(case, trials, seed=3, horizon=4.0, tolerance=0.03)
        assert estimate_basin(case, trials, seed=3, horizon=4.0, tolerance=0.03, workers=2) == alone
        assert 0 < alone.converged < trials


def test_seed_fixes_the_result_and_another_seed_changes_it():
    network = spread_drives(50, 2)
    runs = [estimate_basin(network, 5000, seed=s, horizon=8.0) for s in (7, 7, 8)]
    assert runs[0] == runs[1]
    assert runs[0].labels != runs[2].labels


def test_several_horizons_judge_the_same_starts():
    network = spread_drives(40, 3)
    plan = Plan(network.digest, 4000, (8.0, 1.0, 8.0), 5)
    assert plan.horizons == (1.0, 8.0)
    sampler = Sampler.prepare(network, plan)
    both = sum(sampler.run(block).counts()[0] for block in range(sampler.blocks))
    for row, horizon in zip(both, plan.horizons, strict=True):
        alone = estimate_basin(network, 4000, seed=5, horizon=horizon)
        assert dict(zip(LABELS, row, strict=True)) == alone.labels


def test_an_oscillator_without_drive_never_counts_as_converged():
    network = Network([[5.0, 0.0], [0.0, 0.0]])
    found = estimate_basin(network, 4000, seed=0, horizon=50.0)
    assert found.labels["horizon"] == 4000 - found.converged > 1500
    assert found.proved_volume is None
    assert found.lower <= found.predicted <= found.upper
    dead = estimate_basin(Network(np.zeros((3, 2))), 100, seed=0, horizon=1.0)
    assert dead.labels["horizon"] == 100


def test_natural_frequencies_follow_the_exact_flow_and_unlocked_ones_never_converge():
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    network = Network([[2.0, 0.0], [2.0, 0.0]], frequency=np.array([1.0 * turn, 3.0 * turn]))
    found = estimate_basin(network, 2000, seed=0, horizon=60.0)
    assert found.lower <= 0.5 <= found.upper  # |omega| = 1 < 2 locks, 3 does not
    assert found.predicted is None
    assert found.proved_volume is None


def test_whole_states_reach_the_reference_under_weak_crosstalk():
    rng = np.random.default_rng(4)
    drive = rng.standard_normal((6, 3))
    drive *= 2 / np.linalg.norm(drive, axis=1, keepdims=True)
    network = Network(drive, crosstalk=ring(6, strength=0.3))  # ||h|| > 2 s: one stable point (T6)
    found = estimate_basin(network, 300, seed=0, horizon=60.0)
    assert found.converged == 300
    assert found.proved_volume == 1.0
    assert found.upper == 1.0
    assert found.lower < 1.0


def test_locked_oscillators_have_the_whole_sphere_but_a_point():
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    network = Network([[2.0, 0.0], [2.0, 0.0]], frequency=np.array([turn, 1.9 * turn]))
    found = estimate_basin(network, 200, seed=0, horizon=1.0)
    assert found.proved_volume == 1.0


def test_a_certified_cap_is_a_proved_share_below_what_is_sampled():
    # Crosstalk of 1.2 against drives of 2 is too strong for T6; the cap proves some of it.
    drive = np.tile([2.0, 0.0], (3, 1))
    network = Network(drive, crosstalk=0.6 * (1 - np.eye(3)))
    found = estimate_basin(network, 300, seed=0, horizon=60.0)
    assert 0 < found.proved_volume < 1
    assert found.proved_volume <= found.upper


def test_a_ring_with_several_attractors_ends_elsewhere_too():
    drive = np.zeros((8, 2))
    drive[0] = [0.05, 0.0]  # the known hard case: one weak anchor on an 8-ring
    network = Network(drive, crosstalk=ring(8))
    found = estimate_basin(network, 60, seed=0, horizon=1500.0, tolerance=1e-3)
    assert found.labels["elsewhere"] > 1
    assert found.converged > 20
    assert 0 < found.proved_volume < found.upper  # by caps of a size of their own


def test_progress_ends_at_the_number_of_trials():
    seen = []
    network = spread_drives(5, 2)
    estimate_basin(network, 600_000, seed=0, horizon=1.0, progress=lambda *a: seen.append(a))
    assert seen[-1] == (600_000, 600_000)
    assert len(seen) > 1


@pytest.mark.parametrize(
    "bad",
    [
        {"trials": 0},
        {"seed": -1},
        {"horizon": np.inf},
        {"horizon": -1.0},
        {"tolerance": 0.0},
        {"tolerance": 2.0},
        {"confidence": 1.0},
        {"workers": 0},
    ],
)
def test_unusable_arguments_are_named(bad):
    arguments = {"trials": 10, "seed": 0, "horizon": 1.0} | bad
    with pytest.raises(InputError, match=next(iter(bad))):
        estimate_basin(Network([[1.0, 0.0]]), **arguments)


def sampled(network, starts, trials, horizon, tolerance=1e-3):
    plan = Plan(network.digest, trials, (horizon,), 0, tolerance, starts=starts, records=False)
    sampler, fold = Sampler.prepare(network, plan), Fold(plan)
    for block in range(sampler.blocks):
        fold.add(summarise(plan, sampler.run(block)))
    return estimates(plan, fold.tally(), theory_of(network, plan))[0]


@pytest.mark.parametrize(
    "starts", [Starts("tilted", power=6.0), Starts("strata", levels=(1e-6, 1e-5, 1e-4, 1e-3))]
)
def test_rare_failures_are_bounded_by_what_is_proved_of_the_others(starts):
    network = Network([[1.0, 0.0, 0.0]])
    horizon = 15.0
    exact = 1 - converged_probability(1.0, horizon, 1e-3, 3)  # 4e-7
    assert 1e-7 < exact < 1e-6
    found = sampled(network, starts, 20_000, horizon)
    assert 1 - found.upper <= exact <= 1 - found.lower
    assert 1 - found.lower < 2 * exact
    uniform = sampled(network, Starts(), 20_000, horizon)
    assert uniform.converged == 20_000
    assert 1 - uniform.lower > 100 * exact


def test_starts_near_saddles_speak_of_no_others():
    drive = np.zeros((3, 2)) + np.array([[2.0, 0.0]])
    network = Network(drive, crosstalk=0.6 * (1 - np.eye(3)))
    found = sampled(network, Starts("saddles", angle=0.2), 300, 60.0)
    assert found.starts.kind == "saddles"
    assert found.proved_volume is None
    assert found.predicted is None
    assert found.converged == 300
