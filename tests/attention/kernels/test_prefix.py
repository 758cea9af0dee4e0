"""Laws of running products: their sum, their adjoint, their memory, their past."""

import array_api_compat
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from lohe.attention.gradcheck import check_pullback
from lohe.attention.kernels.fold import CHUNK, SEGMENT
from lohe.attention.kernels.prefix import running_product_vjp
from lohe.dynamics.errors import InputError


def draw(rows, batch=(2, 3), seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    widths = (4, 4, 3)
    return [rng.standard_normal((*batch, rows, width)).astype(dtype) for width in widths]


def running_product(*arrays, causal, xp=np):
    return running_product_vjp(xp, *arrays, causal=causal)[0]


def whole(left, right, values, causal):
    near = np.einsum("...im,...jm->...ij", left, right)
    return np.einsum("...ij,...jn->...in", np.tril(near) if causal else near, values)


LENGTHS = [1, 5, CHUNK, 2 * CHUNK, 2 * CHUNK + 1, 4 * CHUNK, SEGMENT, SEGMENT + 5]


@pytest.mark.parametrize("rows", [*LENGTHS, 2 * SEGMENT + 3 * CHUNK + 1])
@pytest.mark.parametrize("causal", [False, True])
def test_equals_the_product_with_the_whole_matrix(rows, causal):
    arrays = draw(rows)
    found = running_product(*arrays, causal=causal)
    np.testing.assert_allclose(found, whole(*arrays, causal), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("length", LENGTHS)
def test_results_do_not_depend_on_the_number_of_threads(length):
    arrays = draw(length, batch=(3, 5))
    out, pullback = running_product_vjp(np, *arrays, causal=True)
    with threadpool_limits(1):
        alone, back = running_product_vjp(np, *arrays, causal=True)
        assert np.array_equal(out, alone)
        gradients = back(out)
    assert all(np.array_equal(a, b) for a, b in zip(pullback(out), gradients, strict=True))


@pytest.mark.parametrize("causal", [False, True])
def test_adjoint(causal):
    check = check_pullback(
        lambda *a: running_product_vjp(np, *a, causal=causal),
        draw(SEGMENT + 2 * CHUNK + 3, batch=(2,)),
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
    out = running_product(left[..., :2, :], right, values, causal=False)
    np.testing.assert_allclose(
        out, whole(left[..., :2, :], right, values, False), rtol=1e-12, atol=1e-13
    )
    with pytest.raises(InputError, match="as many rows"):
        running_product(left[..., :2, :], right, values, causal=True)


def test_the_future_does_not_reach_the_past():
    arrays = draw(2 * CHUNK + 9)
    changed = [a.copy() for a in arrays]
    for a in changed:
        a[..., CHUNK + 7 :, :] = 9
    before, after = (running_product(*a, causal=True) for a in (arrays, changed))
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
    found = running_product(*arrays, causal=True)
    assert found.dtype == np.float32
    assert np.abs(found / expected - 1).max() < 5e-6
