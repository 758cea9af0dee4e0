"""Trials of whole states: certified stopping changes no label, and says what it may."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from lohe.dynamics.dormand_prince import dormand_prince
from lohe.dynamics.field import vector_field
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.plan import LABELS, Plan, Starts
from lohe.proofs_numeric.basins.result import NOWHERE, REFERENCE
from lohe.proofs_numeric.basins.saddles import adjacent_saddles
from lohe.proofs_numeric.basins.starts import draw
from lohe.proofs_numeric.basins.whole import Whole

CONVERGED, ELSEWHERE, HORIZON, FAILED = range(len(LABELS))
TOLERANCE = 1e-4


def network_of(kind):
    rng = np.random.default_rng(4)
    n, d = (6, 3) if kind != "turning" else (5, 2)
    drive = rng.standard_normal((n, d))
    drive *= (1 + rng.random((n, 1))) / np.linalg.norm(drive, axis=1, keepdims=True)
    crosstalk = 0.05 * rng.standard_normal((n, n))
    np.fill_diagonal(crosstalk, 0)
    if kind == "turning":
        turn = np.array([[0.0, -1.0], [1.0, 0.0]])
        return Network(drive, crosstalk=crosstalk, frequency=0.2 * rng.random((n, 1, 1)) * turn)
    return Network(drive, crosstalk=crosstalk)


def run(trials, plan, count, seed=0):
    return trials.run(plan, 0, 0, count, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", ["still", "turning"])
def test_stopping_early_changes_no_label(kind):
    network = network_of(kind)
    plan = Plan(network.digest, 400, (1.0, 9.0, 11.0, 40.0), 0, TOLERANCE)
    stopping = Whole.prepare(network, plan)
    assert stopping.cap is not None
    early, followed = run(stopping, plan, 400), run(stopping, replace(plan, early=False), 400)
    np.testing.assert_array_equal(early.labels, followed.labels)
    np.testing.assert_array_equal(early.places, followed.places)
    assert early.certified.mean() > 0.9
    assert not followed.certified.any()
    assert np.all(np.isnan(followed.times))
    # Every horizon has something to tell apart.
    shares = (early.labels == CONVERGED).mean(axis=1)
    assert shares[0] <= shares[1] < shares[2] < shares[3] == 1


def test_slow_common_motions_arrive_with_and_without_stopping():
    # They last fifty times as long as all else here.
    network = Network([[0.1, 0.0], [0.1, 0.08]], crosstalk=[[0.0, 5.0], [5.0, 0.0]])
    plan = Plan(network.digest, 40, (60.0, 400.0), 0, 1e-6)
    trials = Whole.prepare(network, plan)
    early, followed = run(trials, plan, 40), run(trials, replace(plan, early=False), 40)
    np.testing.assert_array_equal(early.labels, followed.labels)
    assert np.all(early.labels[0] == HORIZON)
    assert np.all(early.labels[1] == CONVERGED)


@pytest.mark.parametrize("kind", ["still", "turning"])
def test_labels_are_those_of_another_integrator(kind):
    network = network_of(kind)
    plan = Plan(network.digest, 200, (9.5,), 0, TOLERANCE)
    trials = Whole.prepare(network, plan)
    found = run(trials, plan, 200)
    x0 = draw(plan.starts, trials.reference, np.random.default_rng(0), 200, 0)[0]
    x = dormand_prince(
        partial(vector_field, network), np.moveaxis(x0, -1, 0).copy(), 9.5, tolerance=1e-11
    ).x
    far = np.linalg.norm(x - trials.reference, axis=-1).max(axis=-1)
    clear = np.abs(np.log(far / TOLERANCE)) > 1e-2
    converged = found.labels[0] == CONVERGED
    np.testing.assert_array_equal(converged[clear], (far <= TOLERANCE)[clear])
    assert 0.05 < converged.mean() < 0.95


def test_times_are_when_the_cap_is_entered():
    network = network_of("still")
    plan = Plan(network.digest, 300, (30.0,), 0, TOLERANCE)
    trials = Whole.prepare(network, plan)
    found = run(trials, plan, 300)
    x0 = draw(plan.starts, trials.reference, np.random.default_rng(0), 300, 0)[0]
    inside = trials.cap.sigma(x0) <= 1
    np.testing.assert_array_equal(found.times == 0, inside)
    assert 0 < inside.mean() < 1
    assert np.all(found.times <= 30)


def test_rest_elsewhere_is_told_from_slow_passage():
    # A pair that hears each other more than its opposite drives rests aligned, on either side; a
    # saddle is not rest, however slowly it is left.
    network = Network([[1.0, 0.05], [-1.0, 0.05]], crosstalk=[[0.0, 3.0], [3.0, 0.0]])
    plan = Plan(network.digest, 200, (300.0,), 0, 1e-3)
    trials = Whole.prepare(network, plan)
    found = run(trials, plan, 200)
    assert (found.labels == ELSEWHERE).any()
    np.testing.assert_array_equal(found.labels[0] == ELSEWHERE, found.places > REFERENCE)
    speed = np.linalg.norm(vector_field(network, found.attractors), axis=-1).max()
    assert speed < 1e-9
    coupled = Network([[2.0, 0.0], [0.0, 1.0]], crosstalk=[[0.0, 0.2], [0.1, 0.0]])
    saddle = adjacent_saddles(coupled, Whole.prepare(coupled, plan).reference)[:1]
    near = Plan(coupled.digest, 20, (1.0,), 0, 1e-3, starts=Starts("saddles", angle=1e-7))
    trials = replace(Whole.prepare(coupled, near), saddles=saddle, cap=None)
    slow = run(trials, near, 20)
    assert np.all(slow.labels == HORIZON)
    assert np.all(slow.places == NOWHERE)


def test_without_a_resting_point_nothing_converges():
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    network = Network(
        [[0.1, 0.0]] * 2, crosstalk=[[0.0, 0.1], [0.1, 0.0]], frequency=np.array([turn, 2 * turn])
    )
    plan = Plan(network.digest, 20, (5.0,), 0, 1e-3)
    nowhere = Whole(network, np.full((2, 2), np.nan), None, None)
    found = run(nowhere, plan, 20)
    assert np.all(found.labels == HORIZON)
    assert np.all(np.isnan(found.times))


def test_trials_that_cannot_be_followed_fail_and_are_counted():
    # Crosstalk beyond what a step can resolve.
    network = Network(np.eye(2), crosstalk=[[0.0, 1e100], [-1e100, 0.0]])
    plan = Plan(network.digest, 10, (1.0, 2.0), 0)
    found = run(Whole(network, np.full((2, 2), np.nan), None, None), plan, 10)
    assert np.all(found.labels == FAILED)
    assert np.all(np.isnan(found.residuals))


def test_the_compiled_engine_gives_the_same_labels():
    pytest.importorskip("numba", reason="the compiled engine needs the extra 'fast'")
    network = network_of("still")
    plan = Plan(network.digest, 400, (1.0, 9.0, 11.0, 40.0), 0, TOLERANCE)
    trials = Whole.prepare(network, plan)
    one, other = (run(trials, replace(plan, engine=engine), 400) for engine in ("numpy", "numba"))
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.certified, other.certified)
    np.testing.assert_allclose(one.times, other.times, rtol=1e-6)
