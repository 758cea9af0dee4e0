"""Laws of feature maps and of the features of a power."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.attention.gradcheck import check_pullback
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.attention.kernels.tensor_features import tensor_features_vjp, tensor_width

SQUAREPLUS = 4 * math.log(2) ** 2


def plain_coupling(name, q, k):
    """Restate one coupling, one number at a time."""
    d = len(q)
    q, k = ([c / d**0.25 for c in x] for x in (q, k))
    if name == "relu_features":
        pairs = zip(q, k, strict=True)
        return sum(math.prod(max(c, 0) + 1e-3 for c in pair) for pair in pairs) / d
    if name == "elu_features":
        return (
            sum(
                math.prod(c + 1 if c > 0 else math.exp(c) for c in pair)
                for pair in zip(q, k, strict=True)
            )
            / d
        )
    if name == "squareplus_features":
        return (
            sum(
                math.prod((c + math.sqrt(c * c + SQUAREPLUS)) / 2 for c in pair)
                for pair in zip(q, k, strict=True)
            )
            / d
        )
    if name == "quadratic_features":
        s = sum(a * b for a, b in zip(q, k, strict=True))
        return 1 + s + s * s / 2
    both = sum(2 * math.cosh(a + b) for a, b in zip(q, k, strict=True))
    return 2 * d * both / math.prod(sum(2 * math.cosh(c) for c in x) for x in (q, k))


@pytest.mark.parametrize("name", FEATURE_MAPS)
@pytest.mark.parametrize("d", [1, 4])
def test_equals_its_plain_restatement(name, d):
    q, k = np.random.default_rng(0).standard_normal((2, 9, d))
    features = FEATURE_MAPS[name]
    (of_q, _), (of_k, _) = (features.apply_vjp(np, x) for x in (q, k))
    assert of_q.shape == (9, features.width(d))
    expected = [plain_coupling(name, *pair) for pair in zip(q.tolist(), k.tolist(), strict=True)]
    np.testing.assert_allclose(np.vecdot(of_q, of_k), expected, rtol=1e-13)


@pytest.mark.parametrize("name", FEATURE_MAPS)
def test_adjoints(name):
    rng = np.random.default_rng(1)
    check = check_pullback(
        lambda x: FEATURE_MAPS[name].apply_vjp(np, x), [rng.standard_normal((5, 3))], rng
    )
    assert check.relative_error < 1e-9
    assert check.order > 1.9


@settings(max_examples=25)
@given(size=st.floats(-4, 8), seed=st.integers(0, 2**32 - 1), name=st.sampled_from([*FEATURE_MAPS]))
def test_couplings_are_finite_and_not_negative(size, seed, name):
    x = np.random.default_rng(seed).standard_normal((2, 8, 5)) * 10**size
    (q, back), (k, _) = (FEATURE_MAPS[name].apply_vjp(np, a) for a in x)
    couplings = q @ k.T
    assert np.isfinite(couplings).all()
    # The quadratic's terms cancel down to 1/2; what is left of rounding is relative to them.
    rounding = 0 if name != "quadratic_features" else 1e-14 * np.abs(q) @ np.abs(k).T
    assert (couplings >= -rounding).all()
    assert np.isfinite(back(np.ones_like(q))).all()


@pytest.mark.parametrize(("d", "p"), [(2, 1), (2, 5), (3, 3), (5, 2)])
def test_tensor_features_multiply_to_the_power(d, p):
    rng = np.random.default_rng(2)
    x, r = rng.standard_normal((2, 7, d))
    (of_x, _), (of_r, _) = (tensor_features_vjp(np, a, p) for a in (x, r))
    assert of_x.shape[-1] == tensor_width(d, p)
    sizes = np.linalg.norm(of_x, axis=-1) * np.linalg.norm(of_r, axis=-1)
    difference = np.vecdot(of_x, of_r) - (1 + np.vecdot(x, r)) ** p
    assert np.abs(difference / sizes).max() < 1e-14
    check = check_pullback(lambda a: tensor_features_vjp(np, a, p), [x], rng)
    assert check.relative_error < 1e-9
