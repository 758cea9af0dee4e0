"""The reference point is an equilibrium that small disturbances do not lead away from."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.equilibrium import resting_point
from lohe.dynamics.field import residual
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.reference import reference_point
from lohe.proofs_numeric.equilibria.krawczyk import enclose


def unstable_directions(network, point):
    return enclose(network, point).unstable


@pytest.mark.parametrize("strength", [3.0, 20.0])
def test_a_saddle_reached_by_symmetry_is_left(strength):
    network = Network([[1.0, 0.0], [-1.0, 0.0]], crosstalk=[[0.0, strength], [strength, 0.0]])
    assert unstable_directions(network, resting_point(network)) > 0
    found = reference_point(network)
    assert residual(network, found) < 1e-10
    assert unstable_directions(network, found) == 0
    np.testing.assert_array_equal(found, reference_point(network))


def test_a_stable_resting_point_is_kept():
    network = Network([[2.0, 0.0], [0.0, 1.0]], crosstalk=[[0.0, 0.2], [0.1, 0.0]])
    np.testing.assert_array_equal(reference_point(network), resting_point(network))
