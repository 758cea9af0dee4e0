"""Detuned oscillators: what locks is decided exactly, what settles is where T5 puts it."""

import numpy as np
import pytest

from lohe.dynamics.field import vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm
from lohe.proofs_numeric.experiments.disorder import frequencies, resting_points, sample_disorder
from lohe.proofs_numeric.experiments.population import Population
from lohe.proofs_numeric.experiments.share import share


def test_settled_shares_are_where_t5_puts_them(population):
    found = sample_disorder(population, 0.1, 30.0, 0.05, 4000, rng=np.random.default_rng(0))
    assert 0.05 < found.chance.mean() < 0.95
    assert share(found.settled, found.chance.mean(), 1 - 1e-9, 1).inside
    assert 0.05 < found.locked.mean() < 1
    assert not found.settled[~found.locked].any()
    assert np.array_equal(np.isnan(found.shift), ~found.locked)
    assert np.array_equal(np.isnan(found.weight_shift), ~found.locked)
    moved = found.weight_shift[found.locked]
    assert np.all((moved >= 0) & (moved <= 2))


def test_in_the_plane_locking_is_drive_above_frequency():
    rng = np.random.default_rng(0)
    turns = frequencies(rng, 500, 2, 1.0)
    drives = rng.standard_normal((500, 2))
    drives[0], turns[0] = [0.6, 0.8], 0.0
    points = resting_points(Network(drives, frequency=turns))
    locked = norm(drives) > np.abs(turns[:, 0, 1])
    assert 0.2 < locked.mean() < 0.8
    assert np.array_equal(~np.isnan(points[:, 0]), locked)
    rest = np.where(locked[:, None], points, 0.0)[locked]
    network = Network(drives[locked], frequency=turns[locked])
    np.testing.assert_allclose(vector_field(network, rest), 0, atol=1e-9)
    # ||h||^2 = rate^2 + omega^2, so the lag behind the drive has the sine omega/||h||.
    cosine = (rest * drives[locked]).sum(axis=1) / norm(drives[locked])
    sine = turns[locked][:, 0, 1] / norm(drives[locked])
    np.testing.assert_allclose(cosine**2 + sine**2, 1, rtol=1e-9)
    assert np.all(cosine > 0)


def test_no_spread_moves_nothing(population):
    found = sample_disorder(population, 0.0, 9.0, 0.05, 200, rng=np.random.default_rng(0))
    assert found.locked.all()
    np.testing.assert_allclose(found.shift, 0, atol=1e-7)
    np.testing.assert_allclose(found.weight_shift, 0, atol=1e-7)


def test_frequencies_are_skew_and_as_wide_as_asked():
    turns = frequencies(np.random.default_rng(0), 4000, 3, 0.2)
    assert np.array_equal(turns, -np.swapaxes(turns, 1, 2))
    assert np.std(turns[:, 0, 1]) == pytest.approx(0.2, rel=0.05)


def test_without_anchors_there_are_no_weights():
    plain = Population("plain", (Network([[1.0, 0.0], [0.0, 2.0]]),))
    found = sample_disorder(plain, 0.1, 9.0, 0.05, 50, rng=np.random.default_rng(0))
    assert np.isnan(found.weight_shift).all()
    assert not np.isnan(found.shift).any()
