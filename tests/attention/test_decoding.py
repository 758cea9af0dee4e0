"""Laws of decoding: token by token it is the causal layer."""

import array_api_compat
import numpy as np
import pytest

from lohe.attention.coupling import COUPLINGS
from lohe.attention.decoding import LinearDecoding, decode_step, start_decoding
from lohe.attention.fixed_query import fixed_query_attention
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.attention.kernels.linear import linear_attention_vjp, linear_rule
from lohe.dynamics.errors import InputError

TOKENS = 70


def draw(tokens=TOKENS, dtype=np.float64):
    rng = np.random.default_rng(0)
    q, k, v = rng.standard_normal((3, 2, 3, tokens, 4))
    anchors = rng.standard_normal((3, tokens, 3))
    anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    return [a.astype(dtype) for a in (q, k, v, anchors)]


def in_turn(state, arrays, steps):
    """Decode with these numbers of tokens in turn."""
    outs, start = [], 0
    for count in steps:
        state, out = decode_step(state, *(a[..., start : start + count, :] for a in arrays))
        outs.append(out)
        start += count
    return state, outs


@pytest.mark.parametrize("name", FEATURE_MAPS)
@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("steps", [[1] * TOKENS, [5, 1, 40, 1, TOKENS - 47]])
def test_sums_of_fixed_size_are_the_causal_layer(name, p, steps):
    arrays = draw()
    state, outs = in_turn(start_decoding(name, p), arrays, steps)
    rule = linear_rule(np, name, arrays[3], p)
    expected, _ = linear_attention_vjp(np, *arrays, rule=rule, causal=True)
    np.testing.assert_allclose(np.concatenate(outs, axis=-2), expected, rtol=1e-11, atol=1e-12)
    assert state.tokens == TOKENS
    early, _ = in_turn(start_decoding(name, p), arrays, [3])
    assert [s.shape for s in state.sums] == [s.shape for s in early.sums]


@pytest.mark.parametrize("coupling", COUPLINGS)
@pytest.mark.parametrize("p", [1, 2.5])
def test_a_cache_is_the_causal_layer(coupling, p):
    arrays = draw(tokens=12)
    state, outs = in_turn(start_decoding(coupling, p), arrays, [4, 1, 1, 3, 1, 2])
    expected = fixed_query_attention(*arrays, coupling=coupling, p=p, causal=True)
    np.testing.assert_allclose(np.concatenate(outs, axis=-2), expected, rtol=1e-12, atol=1e-12)
    assert state.tokens == 12


def test_old_states_stay_and_may_branch():
    arrays = draw(tokens=6)
    for name in ("elu_features", "relu"):
        fork, _ = in_turn(start_decoding(name), arrays, [4])
        token = [a[..., 4:5, :] for a in arrays]
        first = decode_step(fork, *token)[1]
        decode_step(fork, *(a[..., 5:6, :] for a in arrays))
        assert np.array_equal(decode_step(fork, *token)[1], first)


def test_single_precision_stays_single():
    state, outs = in_turn(start_decoding("softmax_features"), draw(dtype=np.float32), [2, 1])
    assert {a.dtype for a in (*state.sums, *outs)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("library", ["array_api_strict", "torch"])
@pytest.mark.parametrize("name", ["elu_features", "softplus"])
def test_other_array_libraries_give_the_same(library, name):
    module = pytest.importorskip(library)
    arrays, steps = draw(tokens=7), [4, 1, 2]
    _, outs = in_turn(start_decoding(name), arrays, steps)
    _, theirs = in_turn(start_decoding(name), [module.asarray(a) for a in arrays], steps)
    assert array_api_compat.array_namespace(*theirs)
    for ours, other in zip(outs, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(other), ours, rtol=1e-12, atol=1e-12)


def test_choice_of_state():
    assert isinstance(start_decoding("squareplus_features"), LinearDecoding)
    assert not isinstance(start_decoding("squareplus_features", cached=True), LinearDecoding)
    with pytest.raises(InputError, match="no feature map"):
        start_decoding("softplus", cached=False)
    with pytest.raises(InputError, match="unknown coupling"):
        start_decoding("exp")
    for p in (-1, np.nan, np.inf, np.ones((2, 1, 1))):
        with pytest.raises(InputError, match="positive, finite number"):
            start_decoding("elu_features", p)


def test_what_does_not_continue_is_refused():
    q, k, v, anchors = draw(tokens=2)
    with pytest.raises(InputError, match="give each as many"):
        decode_step(start_decoding(), q, k[..., :1, :], v, anchors)
    with pytest.raises(InputError, match="an anchor has length 2"):
        decode_step(start_decoding("elu_features"), q, k, v, 2 * anchors)
    with pytest.raises(InputError, match="overflows"):
        decode_step(start_decoding("elu_features"), q * 1e200, k * 1e200, v, anchors)
    for name in ("elu_features", "relu"):
        state, _ = decode_step(start_decoding(name), q, k, v, anchors)
        with pytest.raises(InputError, match=r"those before"):
            decode_step(state, q[0], k[0], v[0], anchors)
