"""Laws of running products: their sum, their adjoint, their memory, their past."""

import array_api_compat
import numpy as np
import pytest

from lohe.attention.gradcheck import check_pullback
from lohe.attention.kernels.prefix import CHUNK, running_product, running_product_vjp
from lohe.dynamics.errors import InputError


def draw(rows, batch=(2, 3), seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    widths = (4, 4, 3)
    return [rng.standard_normal((*batch, rows, width)).astype(dtype) for width in widths]


def whole(left, right, values, causal, reverse=False):
    near = np.einsum("...im,...jm->...ij", left, right)
    if causal:
        near = np.triu(near) if reverse else np.tril(near)
    return np.einsum("...ij,...jn->...in", near, values)


@pytest.mark.parametrize("rows", [1, 5, CHUNK, CHUNK + 1, 3 * CHUNK - 2])
@pytest.mark.parametrize(("causal", "reverse"), [(False, False), (True, False), (True, True)])
def test_equals_the_product_with_the_whole_matrix(rows, causal, reverse):
    arrays = draw(rows)
    found = running_product(np, *arrays, causal=causal, reverse=reverse)
    np.testing.assert_allclose(found, whole(*arrays, causal, reverse), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
def test_adjoint(causal):
    check = check_pullback(
        lambda *a: running_product_vjp(np, *a, causal=causal),
        draw(2 * CHUNK + 3),
        np.random.default_rng(1),
    )
    assert check.relative_error < 1e-9


def test_leading_axes_broadcast_and_their_gradients_sum():
    left, right, values = draw(CHUNK + 5)
    right, values = right[0], values[:1, :1]
    out, pullback = running_product_vjp(np, left, right, values, causal=True)
    np.testing.assert_allclose(out, whole(left, right, values, True), rtol=1e-12, atol=1e-12)
    shapes = [gradient.shape for gradient in pullback(out)]
    assert shapes == [left.shape, right.shape, values.shape]
    check = check_pullback(
        lambda *a: running_product_vjp(np, *a, causal=True),
        [left, right, values],
        np.random.default_rng(2),
        directions=1,
    )
    assert check.relative_error < 1e-9


def test_keys_and_queries_may_differ_in_number_unless_causal():
    left, right, values = draw(7)
    out = running_product(np, left[..., :2, :], right, values, causal=False)
    np.testing.assert_allclose(
        out, whole(left[..., :2, :], right, values, False), rtol=1e-12, atol=1e-13
    )
    with pytest.raises(InputError, match="as many rows"):
        running_product(np, left[..., :2, :], right, values, causal=True)


def test_the_future_does_not_reach_the_past():
    arrays = draw(2 * CHUNK + 9)
    changed = [a.copy() for a in arrays]
    for a in changed:
        a[..., CHUNK + 7 :, :] = 9
    before, after = (running_product(np, *a, causal=True) for a in (arrays, changed))
    assert np.array_equal(before[..., : CHUNK + 7, :], after[..., : CHUNK + 7, :])
    assert not np.array_equal(before, after)


@pytest.mark.parametrize("library", ["array_api_strict", "torch"])
@pytest.mark.parametrize("causal", [False, True])
def test_other_array_libraries_give_the_same(library, causal):
    module = pytest.importorskip(library)
    arrays = draw(CHUNK + 3)
    out, pullback = running_product_vjp(np, *arrays, causal=causal)
    others = [module.asarray(a) for a in arrays]
    xp = array_api_compat.array_namespace(*others)
    theirs, back = running_product_vjp(xp, *others, causal=causal)
    np.testing.assert_allclose(np.asarray(theirs), out, rtol=1e-12, atol=1e-12)
    for ours, other in zip(pullback(out), back(theirs), strict=True):
        np.testing.assert_allclose(np.asarray(other), ours, rtol=1e-11, atol=1e-11)


def test_single_precision_does_not_drift_over_long_sums():
    rng = np.random.default_rng(3)
    arrays = [rng.random((1 << 14, width), dtype=np.float32) for width in (4, 4, 3)]
    exact = np.cumsum(np.einsum("jm,jn->jmn", *(a.astype(float) for a in arrays[1:])), axis=0)
    expected = np.einsum("im,imn->in", arrays[0].astype(float), exact)
    found = running_product(np, *arrays, causal=True)
    assert found.dtype == np.float32
    assert np.abs(found / expected - 1).max() < 5e-6
