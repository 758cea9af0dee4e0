"""Laws of softmax attention and its adjoint."""

import numpy as np
import pytest
from scipy.special import softmax

from lohe.attention.gradcheck import check_pullback
from lohe.attention.softmax import softmax_attention, softmax_attention_vjp
from lohe.dynamics.errors import InputError

MASK = np.array([[True, True, True, False], [True, False, True, True]])[:, None, :]


def draw(seed, tokens=4):
    rng = np.random.default_rng(seed)
    return rng, [rng.standard_normal((2, 3, tokens, width)) for width in (3, 3, 2)]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask", [None, MASK])
def test_formula_and_adjoint(causal, mask):
    rng, (q, k, v) = draw(0)
    out, weights = softmax_attention(q, k, v, causal=causal, key_mask=mask, need_weights=True)
    score = q @ k.mT / np.sqrt(3)
    hidden = np.zeros((4, 4), dtype=bool) if not causal else np.triu(np.ones((4, 4), bool), 1)
    hidden = hidden | (False if mask is None else ~mask[..., None, :])
    expected = softmax(np.where(hidden, -np.inf, score), axis=-1)
    np.testing.assert_allclose(weights, expected, rtol=1e-13)
    np.testing.assert_allclose(out, expected @ v, rtol=1e-12)
    check = check_pullback(
        lambda *a: softmax_attention_vjp(*a, causal=causal, key_mask=mask), [q, k, v], rng
    )
    assert check.relative_error < 1e-7
    assert check.order > 1.9


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [7, 60, 1e4])
def test_future_does_not_reach_the_past(size, dtype):
    """Nor other sequences, whether the exponentials of the future overflow or not."""
    _, arrays = draw(1, tokens=9)
    q, k, v = (a.astype(dtype) for a in arrays)
    before = softmax_attention(q, k, v, causal=True)
    changed = [a.copy() for a in (q, k, v)]
    for array in changed:
        array[0, ..., 5:, :] *= size
    after = softmax_attention(*changed, causal=True)
    assert np.array_equal(before[..., :5, :], after[..., :5, :])
    assert np.array_equal(before[1:], after[1:])
    assert not np.array_equal(before, after)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_scores_stay_finite(dtype):
    _, (q, k, v) = draw(2)
    q, k, v = (a.astype(dtype) for a in (np.sign(q) * 1e4, np.sign(k), v))
    out, pullback = softmax_attention_vjp(q, k, v)
    assert out.dtype == dtype
    assert all(np.isfinite(a).all() for a in (out, *pullback(out)))


def by_rows(q, k, v, visible):
    """The definition, one query after the other."""
    out = np.empty((*np.broadcast_shapes(q.shape[:-2], v.shape[:-2]), q.shape[-2], v.shape[-1]))
    for index in np.ndindex(out.shape[:-1]):
        seen = visible[index]
        keys, values = k[index[:-1]][seen], v[index[:-1]][seen]
        out[index] = softmax(keys @ q[index] / np.sqrt(q.shape[-1])) @ values
    return out


@pytest.mark.parametrize("size", [1.0, 300.0])  # the larger one overflows without a shift
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("tile", [None, (1, 1), (3, 2), (5, 7)])
def test_tiles_change_nothing(size, causal, tile):
    _, (q, k, v) = draw(3, tokens=7)
    mask = np.ones((2, 1, 7), dtype=bool)
    mask[1, 0, 2:5] = False
    visible = np.broadcast_to(mask[..., None, :], (2, 3, 7, 7)) & (
        np.tri(7, dtype=bool) if causal else True
    )
    q = q * size
    k[1, :, 3] *= 50  # hidden, and its score by far the largest
    options = {"causal": causal, "key_mask": mask}
    out, pullback = softmax_attention_vjp(q, k, v, tile=tile, **options)
    np.testing.assert_allclose(out, by_rows(q, k, v, visible), rtol=1e-12, atol=1e-13)
    _, whole = softmax_attention_vjp(q, k, v, need_weights=True, **options)[1:]
    for ours, theirs in zip(pullback(out), whole(out), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10 * np.abs(theirs).max())


@pytest.mark.parametrize("shift", [-80.0, 0.0, 42.0, 80.0])
def test_single_precision_bears_a_common_shift_of_the_scores(shift):
    """Weights do not see it, but exponentials and the totals that the adjoint divides by do."""
    _, (q, k, v) = draw(6, tokens=9)
    q[..., 0], k[..., 0] = 4, shift * np.sqrt(3) / 4
    out, pullback = softmax_attention_vjp(*(a.astype(np.float32) for a in (q, k, v)), causal=True)
    exact, exact_pullback = softmax_attention_vjp(q, k, v, causal=True)
    np.testing.assert_allclose(out, exact, rtol=2e-4, atol=2e-4)
    d_out = (exact * 1e-6).astype(np.float32)
    for found, expected in zip(pullback(d_out), exact_pullback(d_out), strict=True):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found / scale, expected / scale, atol=2e-4)


def test_gradient_of_shifted_rows_matches_differences():
    rng, (q, k, v) = draw(4)
    q[0] = 0
    q[0, ..., 0], k[0, ..., 0] = 900, 3 + 1e-3 * k[0, ..., 0]  # scores near 1559, apart by 1
    check = check_pullback(lambda k, v: _without_query(q, k, v), [k, v], rng, step=1e-6)
    assert check.relative_error < 1e-5


def _without_query(q, k, v):
    out, pullback = softmax_attention_vjp(q, k, v)
    return out, lambda d_out: pullback(d_out)[1:]


def test_mixed_precision_becomes_the_wider():
    _, (q, k, v) = draw(5)
    assert softmax_attention(q.astype(np.float32), k, v).dtype == np.float64


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({0: np.full((4, 3), np.nan)}, {}, "q has NaN"),
        ({1: np.ones((4, 2))}, {}, "last axis"),
        ({2: np.ones((5, 2))}, {}, "v has 5 positions"),
        ({0: np.full((4, 3), 1e200), 1: np.full((4, 3), 1e200)}, {}, "overflows"),
        ({}, {"key_mask": np.zeros(4, dtype=bool)}, "all keys"),
    ],
)
def test_bad_input_is_named(change, options, message):
    arguments = {0: np.ones((4, 3)), 1: np.ones((4, 3)), 2: np.ones((4, 2))} | change
    with pytest.raises(InputError, match=message):
        softmax_attention(*arguments.values(), **options)


def test_pullback_refuses_another_shape():
    with pytest.raises(InputError, match="d_out has shape"):
        softmax_attention_vjp(np.ones((4, 3)), np.ones((4, 3)), np.ones((4, 2)))[-1](np.ones(2))
