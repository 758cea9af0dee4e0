"""Laws of the drive: linear in the anchors, additive in the keys."""

import numpy as np
import pytest

from lohe.attention.coupling import COUPLINGS
from lohe.attention.kernels.drive import drive_vjp
from lohe.attention.kernels.feature_maps import FEATURE_MAPS

RNG = np.random.default_rng(0)
Q, K = RNG.standard_normal((2, 2, 7, 3))
R = 5 * RNG.standard_normal((2, 7, 4))


@pytest.mark.parametrize("coupling", [*COUPLINGS, *FEATURE_MAPS])
@pytest.mark.parametrize("causal", [False, True])
def test_linear_in_anchors_of_any_length(coupling, causal):
    other = RNG.standard_normal(R.shape)
    drive, pullback = drive_vjp(np, Q, K, R, coupling, causal=causal)
    moved, _ = drive_vjp(np, Q, K, R + 2 * other, coupling, causal=causal)
    step, _ = drive_vjp(np, Q, K, other, coupling, causal=causal)
    np.testing.assert_allclose(moved, drive + 2 * step, rtol=1e-12, atol=1e-12)
    # A linear map's adjoint is its transpose.
    d_drive = RNG.standard_normal(drive.shape)
    np.testing.assert_allclose((pullback(d_drive)[2] * other).sum(), (d_drive * step).sum())


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_keys_add_up(coupling):
    mask = RNG.random((2, 7)) < 0.5
    parts = [
        drive_vjp(np, Q, K, R, coupling, causal=True, key_mask=some)[0] for some in (mask, ~mask)
    ]
    whole, _ = drive_vjp(np, Q, K, R, coupling, causal=True)
    np.testing.assert_allclose(sum(parts), whole, rtol=1e-12, atol=1e-13)
