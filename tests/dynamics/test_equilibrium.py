"""Resting points reached from the drives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from lohe.dynamics.equilibrium import force_bound, resting_point
from lohe.dynamics.field import residual
from lohe.dynamics.lorentz import attractor
from lohe.dynamics.network import Network
from lohe.dynamics.topology import chain

TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


@pytest.mark.parametrize("thin", [False, True])
def test_point_rests_to_rounding_and_force_is_bounded(thin):
    rng = np.random.default_rng(0)
    crosstalk = 0.2 * rng.standard_normal((8, 8))
    np.fill_diagonal(crosstalk, 0)
    rotation = 0.2 * rng.standard_normal((8, 3, 3))
    network = Network(
        rng.standard_normal((8, 3)) + 2,
        crosstalk=sparse.csr_array(crosstalk) if thin else crosstalk,
        frequency=rotation - np.swapaxes(rotation, 1, 2),
    )
    x = resting_point(network)
    assert float(residual(network, x)) < 1e-11 * force_bound(network)
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), 1, rtol=1e-14)
    assert float(residual(network, -x)) > 0.1


def test_it_is_the_attractor_of_the_exact_flow():
    drive, rotation = np.array([[2.0, 0.0]]), 1.5 * TURN[np.newaxis]
    found = resting_point(Network(drive, frequency=rotation))
    np.testing.assert_allclose(found, attractor(drive, rotation), atol=1e-11)


def test_undriven_oscillators_follow_their_neighbours():
    drive = np.zeros((4, 2))
    drive[0] = [0.0, 3.0]
    found = resting_point(Network(drive, crosstalk=chain(4)))
    np.testing.assert_allclose(found, np.tile([0.0, 1.0], (4, 1)), atol=1e-6)


def test_no_force_and_no_lock_mean_no_resting_point():
    assert resting_point(Network(np.zeros((2, 2)))) is None
    spinning = Network([[1.0, 0.0]], frequency=1.5 * TURN[np.newaxis])
    assert resting_point(spinning, patience=100) is None
