"""The read-out of language models: the loss in pieces is the loss, and so is its gradient."""

import numpy as np
import pytest

from lohe.attention import next_token
from lohe.attention.gradcheck import check_pullback
from lohe.attention.linear import linear
from lohe.attention.losses import cross_entropy
from lohe.attention.next_token import next_token_loss
from lohe.dynamics.errors import InputError

RNG = np.random.default_rng(0)
WEIGHT, BIAS = RNG.standard_normal((7, 4)), RNG.standard_normal(7)
X, TARGETS = RNG.standard_normal((3, 5, 4)), RNG.integers(7, size=(3, 5))


@pytest.fixture(params=[(1, 0), (4, 0), (4, 1 << 20), (100, 1 << 20)])
def in_pieces(request, monkeypatch):
    """Few tokens at a time, the logits computed again or kept."""
    tokens, kept_bytes = request.param
    monkeypatch.setattr(next_token, "_TOKENS", tokens)
    monkeypatch.setattr(next_token, "_KEPT_BYTES", kept_bytes)


@pytest.mark.usefixtures("in_pieces")
def test_mean_and_gradient_are_those_of_logits_and_cross_entropy():
    logits, back_linear = linear(WEIGHT, BIAS, X)
    expected, back_loss = cross_entropy(logits, TARGETS)
    losses, pullback = next_token_loss(WEIGHT, BIAS, X, TARGETS)
    assert losses.shape == TARGETS.shape
    np.testing.assert_allclose(losses.mean(), expected, rtol=1e-13)
    found = pullback(np.full(losses.shape, 1 / losses.size))
    for ours, theirs in zip(found, back_linear(back_loss(1.0)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_gradient_matches_differences():
    check = check_pullback(
        lambda weight, bias, x: next_token_loss(weight, bias, x, TARGETS), [WEIGHT, BIAS, X], RNG
    )
    assert check.relative_error < 1e-8
    assert check.order > 1.9


def test_a_common_shift_of_the_logits_changes_nothing():
    losses = next_token_loss(WEIGHT, BIAS, X, TARGETS)[0]
    shifted = next_token_loss(WEIGHT, BIAS + 1e3, X, TARGETS)[0]
    np.testing.assert_allclose(shifted, losses, rtol=1e-10)
    sure = np.zeros(7)
    sure[2] = 1e4
    far, near = next_token_loss(0 * WEIGHT, sure, X[0, :2], np.array([0, 2]))[0]
    assert (far, near) == (1e4, 0)


def test_keeps_single_precision():
    parts = [array.astype(np.float32) for array in (WEIGHT, BIAS, X)]
    losses, pullback = next_token_loss(*parts, TARGETS)
    assert losses.dtype == np.float32
    assert {gradient.dtype for gradient in pullback(losses)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("targets", [TARGETS[:2], TARGETS + 7, TARGETS - 7])
def test_targets_that_do_not_fit_are_named(targets):
    with pytest.raises(InputError, match=r"shape \(3, 5\), from 0 to 6"):
        next_token_loss(WEIGHT, BIAS, X, targets)


def test_divergence_is_named():
    with pytest.raises(InputError, match="not finite"), np.errstate(all="ignore"):
        next_token_loss(WEIGHT, BIAS * np.inf, X, TARGETS)
