"""The reference point is an equilibrium that small disturbances do not lead away from."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.equilibrium import resting_point
from lohe.dynamics.field import residual
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.reference import certified_reference, reference_point
from lohe.proofs_numeric.basins.trials import Sampler
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


def test_caps_are_proved_of_the_drives_that_couplings_add_up_to_exactly():
    # Two large pulls that almost cancel: in floats their sum is off by about 1e-8.
    angles = np.array([0.3, 0.3 + np.pi + 1e-9, 1.0])
    anchors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    couplings = [[1e9, 1e9, 2.0], [0.0, 0.0, 3.0]]
    summed = Network(couplings=couplings, anchors=anchors, crosstalk=[[0.0, 0.2], [0.1, 0.0]])
    rounded = Network(summed.drive, crosstalk=summed.crosstalk)
    exact, stored = certified_reference(summed)[1], certified_reference(rounded)[1]
    assert stored.inner < 1e-11
    assert exact.inner > 1e-10
    plan = Plan(summed.digest, 10, (30.0,), 0, 1e-3)
    assert Sampler.prepare(summed, plan).cap.inner == exact.inner
