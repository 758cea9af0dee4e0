"""Adjoints of attention by heads, in every variant, and of the anchors that they attend by."""

import numpy as np
import pytest
from adjoints import matches_differences, stays_single

from lohe.attention.anchors_layer import ANCHOR_KINDS, anchors_layer
from lohe.attention.gradcheck import check_pullback
from lohe.attention.multi_head import multi_head
from lohe.dynamics.errors import InputError

MASK = np.array([[True, True, False], [True, True, True]])
WEIGHTS = [(12, 4), (4, 4), (4,)]
TOKENS = (2, 3, 4)


def heads(*optional, **options):
    """Make a layer of two heads; its arguments are its parameters in order, and its tokens.

    Its result holds the coherences too, where there are any.
    """
    names = ("weight_qkv", "weight_out", "bias_out", *optional)

    def layer(*arguments):
        *parameters, x = arguments
        weights = dict(zip(names, parameters, strict=True))
        y, coherence, pullback = multi_head(weights, x, heads=2, **options)
        extra = np.zeros(0, y.dtype) if coherence is None else np.ravel(coherence)

        def in_order(d_result):
            dy, d_extra = np.split(d_result, [y.size])
            d_coherence = None if coherence is None else d_extra.reshape(coherence.shape)
            gradients, dx = pullback(dy.reshape(y.shape), d_coherence)
            return *(gradients[name] for name in names), dx

        return np.concatenate([np.ravel(y), extra]), in_order

    return layer


LAYERS = {
    "softmax": (heads(key_mask=MASK), [*WEIGHTS, TOKENS]),
    "softmax, narrow queries": (heads(causal=True), [(8, 4), *WEIGHTS[1:], TOKENS]),
    "oscillators": (
        heads("anchors", key_mask=MASK, coupling="elu", p=2), [*WEIGHTS, (2, 5, 2), TOKENS],
    ),
    "free anchors, wide queries": (
        heads("anchors", causal=True, anchor_kind="free"),
        [(20, 4), *WEIGHTS[1:], (2, 3, 3), TOKENS],
    ),
    "learned exponents": (
        heads("anchors", "log_exponent", key_mask=MASK), [*WEIGHTS, (2, 3, 3), (2,), TOKENS],
    ),
    "anchors of tokens": (
        heads("anchors", key_mask=MASK, anchor_kind="content", p=2), [*WEIGHTS, (2, 3, 4), TOKENS],
    ),
    "two-sided": (
        heads("anchors", "opposed", key_mask=MASK), [*WEIGHTS, (2, 3, 3), (2, 3, 3), TOKENS],
    ),
    "two-sided anchors of tokens, sharp": (
        heads("anchors", "opposed", "log_exponent", causal=True, anchor_kind="content"),
        [*WEIGHTS, (2, 3, 4), (2, 3, 4), (2,), TOKENS],
    ),
    "free anchors with their coherence": (
        heads("anchors", causal=True, anchor_kind="free", with_coherence=True, p=3),
        [*WEIGHTS, (2, 3, 3), TOKENS],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_adjoint_matches_differences(name):
    matches_differences(*LAYERS[name])


@pytest.mark.parametrize("name", LAYERS)
def test_single_precision_stays_single(name):
    stays_single(*LAYERS[name])


@pytest.mark.parametrize("kind", ANCHOR_KINDS)
def test_adjoint_of_anchors(kind):
    rng = np.random.default_rng(1)
    raw, x = rng.standard_normal((2, 5, 3)), rng.standard_normal((2, 4, 3))

    def layer(raw, x):
        anchors, pullback = anchors_layer(raw, x, kind, 0.4)
        return anchors, pullback

    check = check_pullback(layer, [raw, x], rng)
    assert check.relative_error < 1e-9


def test_anchors_of_tokens_are_directions_of_their_projections():
    rng = np.random.default_rng(2)
    raw, x = rng.standard_normal((2, 5, 3)), rng.standard_normal((2, 4, 3))
    anchors, _ = anchors_layer(raw, x, "content")
    expected = raw[1] @ x[0, 3]
    np.testing.assert_allclose(anchors[0, 1, 3], expected / np.linalg.norm(expected), rtol=1e-14)


def test_bad_anchors_are_named():
    with pytest.raises(InputError, match="2 anchors"):
        anchors_layer(np.ones((1, 2, 2)), np.ones((1, 3, 2)), "unit")
    with pytest.raises(InputError, match="unit or free or half_space or content"):
        anchors_layer(np.ones((1, 3, 2)), np.ones((1, 3, 2)), "round")
