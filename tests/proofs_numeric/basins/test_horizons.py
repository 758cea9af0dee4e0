"""Default horizons: the shares that T2 expects."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.estimate import estimate_basin
from lohe.proofs_numeric.basins.horizons import SHARES, horizons_from_theory


@pytest.mark.parametrize(("n", "d"), [(3, 2), (2000, 8)])
def test_the_expected_shares_have_settled_at_the_horizons(n, d):
    rng = np.random.default_rng(n)
    network = Network(np.exp(rng.standard_normal((n, 1))) * rng.standard_normal((n, d)))
    horizons = horizons_from_theory(network, 1e-2)
    assert len(horizons) == len(SHARES)
    for horizon, share in zip(horizons, SHARES, strict=True):
        found = estimate_basin(network, 10, seed=0, horizon=horizon, tolerance=1e-2)
        assert found.predicted == pytest.approx(share, abs=0.005)


def test_with_crosstalk_the_whole_state_is_expected_to_have_settled():
    rng = np.random.default_rng(1)
    drive = (1 + rng.random((12, 1))) * rng.standard_normal((12, 3))
    faint = 1e-9 * (1 - np.eye(12))
    network = Network(drive, crosstalk=faint)
    for horizon, share in zip(horizons_from_theory(network, 1e-2), SHARES, strict=True):
        found = estimate_basin(network, 2000, seed=0, horizon=horizon, tolerance=1e-2)
        assert found.lower - 0.005 <= share <= found.upper + 0.005


def test_a_wide_tolerance_needs_no_time_and_no_drive_no_horizon():
    assert horizons_from_theory(Network([[1.0, 0.0]]), 1.99, (0.5,)) == (0.0,)
    with pytest.raises(InputError, match="give a horizon"):
        horizons_from_theory(Network(np.zeros((2, 2))), 1e-2)
