"""Every layer's adjoint against differences, and each layer's own law."""

import math

import numpy as np
import pytest
from adjoints import matches_differences, stays_single
from scipy.stats import norm

from lohe.attention.dropout import dropout
from lohe.attention.embedding import embedding
from lohe.attention.feed_forward import feed_forward
from lohe.attention.gelu import gelu
from lohe.attention.layer_norm import layer_norm
from lohe.attention.linear import linear
from lohe.attention.losses import cross_entropy, logistic
from lohe.attention.positions import add_positions, sinusoidal_table
from lohe.attention.readout import at_position, mean_pool
from lohe.dynamics.errors import InputError

TOKENS = np.array([[0, 3, 1], [3, 3, 2]])
MASK = np.array([[True, True, False], [True, True, True]])
RATE = 0.4


def of_scalar(loss):
    """Give a loss the shape of a layer."""
    return lambda x: (loss(x)[0], lambda dy: loss(x)[1](float(dy)))


def without_none(layer):
    """Leave out the gradients of parameters that the layer was not given."""

    def fewer(*arguments):
        y, pullback = layer(*arguments)
        return y, lambda dy: tuple(g for g in pullback(dy) if g is not None)

    return fewer


LAYERS = {
    "linear": (linear, [(4, 3), (4,), (2, 5, 3)]),
    "linear without bias": (without_none(lambda w, x: linear(w, None, x)), [(4, 3), (5, 3)]),
    "embedding": (lambda table: embedding(table, TOKENS), [(5, 4)]),
    "layer norm": (layer_norm, [(6,), (6,), (2, 3, 6)]),
    "gelu": (gelu, [(3, 7)]),
    "feed-forward": (feed_forward, [(5, 3), (5,), (3, 5), (3,), (2, 4, 3)]),
    "dropout": (lambda x: dropout(RATE, x, np.random.default_rng(3)), [(4, 5)]),
    "positions": (add_positions, [(5, 4), (2, 3, 4)]),
    "mean pool": (mean_pool, [(2, 3, 4)]),
    "masked mean pool": (lambda x: mean_pool(x, MASK), [(2, 3, 4)]),
    "position read-out": (lambda x: at_position(x, np.array([2, 0])), [(2, 3, 4)]),
    "cross-entropy": (of_scalar(lambda x: cross_entropy(x, TOKENS)), [(2, 3, 4)]),
    "logistic": (of_scalar(lambda x: logistic(x, MASK)), [(2, 3)]),
}


@pytest.mark.parametrize("name", LAYERS)
def test_adjoint_matches_differences(name):
    matches_differences(*LAYERS[name])


@pytest.mark.parametrize("name", LAYERS)
def test_single_precision_stays_single(name):
    stays_single(*LAYERS[name])


def test_gelu_is_x_times_the_normal_distribution():
    x = np.linspace(-9, 9, 61)
    np.testing.assert_allclose(gelu(x)[0], x * norm.cdf(x), atol=1e-15)


def test_gelu_in_single_precision_is_as_exact_as_that():
    """Over several blocks, to both sides where the density vanishes, and at both zeros."""
    x = np.concatenate([np.linspace(-14, 14, 70_001), [0.0, -0.0, 3e38, -3e38]]).astype(np.float32)
    (y, back), (exact, back_exact) = gelu(x), gelu(x.astype(np.float64))
    slope, exact_slope = back(np.ones_like(x)), back_exact(np.ones(x.shape))
    size = np.maximum(np.abs(x), 1)
    assert np.max(np.abs(y - exact) / size) < 4e-7
    assert np.max(np.abs(slope - exact_slope) / size) < 4e-7
    turned = gelu(x.reshape(5, -1).T)[0].T
    np.testing.assert_allclose(turned.reshape(-1), y, rtol=1e-6, atol=1e-6)


def test_layer_norm_standardises():
    x = np.random.default_rng(0).standard_normal((4, 50)) * 7 + 3
    y, _ = layer_norm(np.ones(50), np.zeros(50), x)
    np.testing.assert_allclose(y.mean(-1), 0, atol=1e-14)
    np.testing.assert_allclose(y.std(-1), 1, rtol=1e-6)


def test_dropout_keeps_the_mean_and_is_off_without_a_generator():
    x = np.ones((400, 500))
    y, _ = dropout(RATE, x, np.random.default_rng(0))
    kept = (y > 0).mean()
    rounded = round(RATE * 2**16) / 2**16
    assert abs(kept - (1 - rounded)) < 5 * math.sqrt(rounded * (1 - rounded) / x.size)
    np.testing.assert_allclose(y[y > 0], 1 / (1 - rounded), rtol=1e-15)
    assert dropout(RATE, x, None)[0] is x


def test_draws_of_dropout_are_independent_of_their_neighbours():
    """Four entries share a word of the generator; no pair of them may be correlated."""
    kept = dropout(0.5, np.ones(4 * 40_000), np.random.default_rng(1))[0].reshape(-1, 4) - 1
    correlation = np.corrcoef(kept.T) - np.eye(4)
    assert np.abs(correlation).max() < 5 / math.sqrt(len(kept))
    assert dropout(1 - 1e-9, np.ones(9), np.random.default_rng(0))[0].max() in {0, 2.0**16}


def test_sinusoidal_table_is_vaswanis():
    table = sinusoidal_table(9, 6)
    assert table[5, 2] == pytest.approx(math.sin(5 / 10_000 ** (2 / 6)), rel=1e-14)
    assert table[5, 3] == pytest.approx(math.cos(5 / 10_000 ** (2 / 6)), rel=1e-14)
    assert sinusoidal_table(4, 5).shape == (4, 5)


def test_losses_of_large_logits_are_finite():
    logits = np.array([[1e4, -1e4], [-1e4, 1e4]])
    assert cross_entropy(logits, np.array([1, 1]))[0] == pytest.approx(1e4)
    loss, pullback = logistic(logits, np.array([[True, True], [False, False]]))
    assert loss == pytest.approx(1e4 / 2)
    assert np.isfinite(pullback(1.0)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: embedding(np.ones((3, 2)), np.array([3])), "outside the vocabulary"),
        (lambda: embedding(np.ones((3, 2)), np.array([-1])), "outside the vocabulary"),
        (lambda: embedding(np.ones((3, 2)), np.array([1.0])), "whole numbers"),
        (lambda: dropout(1.0, np.ones(2), None), "dropout rate"),
        (lambda: add_positions(np.ones((2, 4)), np.ones((1, 3, 4))), "longer"),
        (lambda: mean_pool(np.ones((2, 3, 1)), np.zeros((2, 3), dtype=bool)), "all tokens"),
        (lambda: at_position(np.ones((2, 3, 1)), np.array([0, 3])), "from 0 to 2"),
        (lambda: cross_entropy(np.ones((2, 3)), np.array([0, 3])), "targets"),
        (lambda: logistic(np.ones(2), np.ones(3)), "targets"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
