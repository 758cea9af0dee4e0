"""The future changes no bit of the past, and token by token is the whole sequence."""

import numpy as np
import pytest
from phase_models import VARIANTS, draw_model

from lohe.attention.kuramoto.coupling import COUPLINGS, coupled_means, means_under
from lohe.attention.kuramoto.decoding import decode_kuramoto
from lohe.attention.kuramoto.model import apply_kuramoto, logits_kuramoto
from lohe.attention.rotary.decoding import KeyValueCache
from lohe.attention.rotary.weights import attention_weights
from lohe.attention.task import Batch

TOKENS = np.random.default_rng(0).integers(7, size=(3, 9))


@pytest.mark.parametrize("name", VARIANTS)
def test_losses_of_the_past_have_no_gradient_by_the_future(name):
    """The words of the second half are others than those of the first."""
    model = draw_model(VARIANTS[name])
    inputs = np.array([[0, 1, 2, 0, 3, 4, 5, 6]])
    outputs, _, pullback = apply_kuramoto(model, Batch(inputs, inputs))
    d_outputs = np.ones_like(outputs)
    d_outputs[:, 4:] = 0
    slopes = pullback(d_outputs)["input.table"]
    assert not slopes[3:].any()
    assert slopes[:3].any(axis=1).all()


@pytest.mark.parametrize("sees_itself", [True, False])
@pytest.mark.parametrize("size", [1.0, 60.0, 1e4])
@pytest.mark.parametrize("kind", COUPLINGS)
def test_means_of_the_past_ignore_even_scores_that_overflow(kind, size, sees_itself):
    rng = np.random.default_rng(1)
    q, k, v = rng.standard_normal((3, 2, 2, 9, 4)).astype(np.float32)
    kinds = COUPLINGS[kind]
    before, _ = coupled_means(q, k, v, kinds, sees_itself=sees_itself)
    changed = [a.copy() for a in (q, k, v)]
    for array in changed:
        array[..., 5:, :] *= np.float32(-size)
    after, _ = coupled_means(*changed, kinds, sees_itself=sees_itself)
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old[..., :5, :], new[..., :5, :])
        assert not np.array_equal(old, new)


@pytest.mark.parametrize("sees_itself", [True, False])
@pytest.mark.parametrize("tokens", [1, 2, 7])
def test_streamed_means_are_those_under_the_weights(tokens, sees_itself):
    rng = np.random.default_rng(2)
    q, k, v = rng.standard_normal((3, 2, 3, tokens, 4))
    kinds = COUPLINGS["both"]
    weights = attention_weights(q, k, sees_itself=sees_itself)
    expected = weights.sum(axis=-1)
    assert np.allclose(expected[..., 1:], 1)
    assert np.allclose(expected[..., 0], sees_itself)
    streamed, _ = coupled_means(q, k, v, kinds, sees_itself=sees_itself)
    for kind, mean, given in zip(kinds, streamed, means_under(weights, v, kinds), strict=True):
        np.testing.assert_allclose(mean, given, atol=1e-13)
        alone, _ = coupled_means(q, k, v, (kind,), sees_itself=sees_itself)
        np.testing.assert_allclose(alone[0], given, atol=1e-13)


@pytest.mark.parametrize("steps", [[1] * 9, [4, 1, 1, 3], [9]])
@pytest.mark.parametrize("name", VARIANTS)
def test_decoding_is_the_whole_sequence(name, steps):
    model = draw_model(VARIANTS[name], spread=0.5)
    cache, start, found = KeyValueCache(), 0, []
    for count in steps:
        cache, logits = decode_kuramoto(model, cache, TOKENS[:, start : start + count])
        found.append(logits)
        start += count
    assert cache.tokens == 9
    whole = logits_kuramoto(model, TOKENS)
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, atol=1e-12)


def test_old_caches_stay_and_may_branch():
    model = draw_model({})
    cache, _ = decode_kuramoto(model, KeyValueCache(), TOKENS[:, :4])
    _, first = decode_kuramoto(model, cache, TOKENS[:, 4:5])
    decode_kuramoto(model, cache, TOKENS[:, 5:8])
    _, again = decode_kuramoto(model, cache, TOKENS[:, 4:5])
    assert np.array_equal(first, again)
    assert cache.keys[0].shape[2] == 4
