"""Laws of the readout: averages of values, one and the same by running sums and by tiles."""

import numpy as np
import pytest

from lohe.attention.kernels.lift import positive_power
from lohe.attention.kernels.readout import readout_vjp
from lohe.attention.kernels.weights import readout_weights

RNG = np.random.default_rng(1)


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


X, R = unit(RNG.standard_normal((2, 3, 9, 4)))
V = RNG.standard_normal((3, 9, 5))
MASK = np.array([True, True, False, True, True, False, True, True, True])


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask", [None, MASK])
def test_running_sums_and_tiles_agree(causal, mask):
    """An array of ones goes by tiles where the number 1 goes by running sums."""
    options = {"causal": causal, "key_mask": mask}
    fast, pull_fast = readout_vjp(np, X, R, V, 1, **options)
    tiled, pull_tiled = readout_vjp(np, X, R, V, np.ones((1, 1)), **options, tile=(4, 2))
    np.testing.assert_allclose(fast, tiled, rtol=1e-12, atol=1e-13)
    d_out = RNG.standard_normal(fast.shape)
    for one, other in zip(pull_fast(d_out), pull_tiled(d_out)[:3], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("p", [1, 2, 7.5])
def test_an_average_that_weights_explain(p):
    options = {"causal": True, "key_mask": MASK}
    out, _ = readout_vjp(np, X, R, V, p, **options)
    weights = readout_weights(np, X, R, p, **options)
    assert (weights >= 0).all()
    assert not weights[..., ~MASK].any()
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-14)
    np.testing.assert_allclose(weights @ V, out, rtol=1e-12, atol=1e-13)
    same, _ = readout_vjp(np, X, R, np.ones_like(V), p, **options)
    np.testing.assert_allclose(same, 1, rtol=1e-13)


@pytest.mark.parametrize("p", [*range(1, 12), 64, 65, 0.3, 2.5])
def test_powers_by_squaring(p):
    s = np.array([-1.0, -0.0, 0.0, 0.3, 1.0, 1.7])
    base = np.maximum(s, 0)
    room = tuple(np.empty((3, 6)))
    np.testing.assert_allclose(positive_power(p).value(np, s.copy(), room), base**p, rtol=1e-13)
    value, slope = positive_power(p).value_and_slopes(np, s.copy(), room)
    positive = base > 0
    np.testing.assert_allclose(value, base**p, rtol=1e-13)
    np.testing.assert_allclose(slope[positive], p * base[positive] ** (p - 1), rtol=1e-13)
    assert not slope[~positive].any()
