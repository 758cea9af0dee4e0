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


def test_future_does_not_reach_the_past():
    _, (q, k, v) = draw(1, tokens=9)
    before = softmax_attention(q, k, v, causal=True)
    changed = [np.concatenate([a[..., :5, :], 7 + a[..., 5:, :]], axis=-2) for a in (q, k, v)]
    assert np.array_equal(before[..., :5, :], softmax_attention(*changed, causal=True)[..., :5, :])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_scores_stay_finite(dtype):
    _, (q, k, v) = draw(2)
    q, k, v = (a.astype(dtype) for a in (np.sign(q) * 1e4, np.sign(k), v))
    out, pullback = softmax_attention_vjp(q, k, v)
    assert out.dtype == dtype
    assert all(np.isfinite(a).all() for a in (out, *pullback(out)))


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
