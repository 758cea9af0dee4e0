"""Laws of fixed-query attention: its formula, its adjoint, its masks, its limits."""

import itertools
import math
import tracemalloc

import numpy as np
import pytest
from attention_restated import COUPLINGS as RESTATED
from attention_restated import attend, combinations, gradients
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from lohe.attention.coupling import COUPLINGS
from lohe.attention.fixed_query import (
    EPSILON,
    fixed_query_attention,
    fixed_query_attention_vjp,
)
from lohe.attention.gradcheck import check_pullback
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.dynamics.errors import InputError

MASK = np.array([[True, True, True, False, True], [True, False, True, True, False]])[:, None, :]
TILES = itertools.cycle([None, (1, 1), (2, 3), (3, 2), (5, 1), (4, 4)])


def draw(rng, *, batch=(2, 2), tokens=5, width=3, values=2, d=3, kind="unit"):
    q, k = (rng.standard_normal((*batch, tokens, width)) for _ in range(2))
    v = rng.standard_normal((*batch, tokens, values))
    anchors = rng.standard_normal((batch[-1], tokens, d))
    if kind == "unit":
        anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    return q, k, v, anchors


def compare(arguments, restated, layer, *, value=1e-12, gradient=1e-10):
    """Hold outputs, weights and every gradient of the layer against the restatement."""
    expected, rows = restated(*arguments)
    out, weights, pullback = layer(*arguments)
    np.testing.assert_allclose(out, expected, rtol=value, atol=value)
    np.testing.assert_allclose(weights, rows, rtol=value, atol=value)
    d_out = np.random.default_rng(9).standard_normal(out.shape)
    exact = gradients(lambda *moved: restated(*moved)[0], arguments, d_out)
    for found, wanted in zip(pullback(d_out), exact, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=gradient, atol=gradient)


@pytest.mark.parametrize("coupling", COUPLINGS)
@pytest.mark.parametrize("p", [0.5, 1, 2, 3.5, 8])
def test_equals_its_plain_restatement(coupling, p):
    """Values to 1e-12 and gradients to 1e-10 for all options, and whatever the tiles."""
    rng = np.random.default_rng(1)
    for chosen in combinations():
        arguments = draw(rng, kind=chosen["kind"])
        same = {name: chosen[name] for name in ("causal", "mask_readout")}
        same |= {"coupling": coupling, "p": p}
        mask = MASK if chosen["masked"] else None
        compare(
            arguments,
            lambda *a, mask=mask, same=same: attend(*a, mask=mask, **same),
            lambda *a, mask=mask, same=same: fixed_query_attention_vjp(
                *a, key_mask=mask, need_weights=True, tile=next(TILES), **same
            ),
        )
        single = [a.astype(np.float32) for a in arguments]
        out, pullback = fixed_query_attention_vjp(*single, key_mask=mask, **same)
        exact, pull_exact = fixed_query_attention_vjp(
            *(a.astype(float) for a in single), key_mask=mask, **same
        )
        assert out.dtype == np.float32
        np.testing.assert_allclose(out, exact, rtol=2e-5, atol=2e-6)
        for found, wanted in zip(pullback(out), pull_exact(out), strict=True):
            assert found.dtype == np.float32
            np.testing.assert_allclose(found, wanted, atol=2e-4 * np.abs(wanted).max())


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("tile", [None, (2, 3)])
def test_learned_exponent_and_other_readout_anchors(causal, tile):
    rng = np.random.default_rng(2)
    *arguments, others = *draw(rng, kind="free"), rng.standard_normal((2, 5, 3))
    exponents = np.exp(rng.standard_normal((2, 1, 1)))
    options = {"coupling": "softplus", "causal": causal, "mask_readout": True}

    def layer(*a):
        *a, others, p = a
        return fixed_query_attention_vjp(
            *a, p=p, readout_anchors=others, key_mask=MASK, need_weights=True, tile=tile,
            causal=causal,
        )  # fmt: skip

    compare(
        [*arguments, others, exponents],
        lambda *a: attend(*a, other=True, mask=MASK, **options),
        layer,
    )


def test_couplings_are_restated_without_their_code():
    assert set(RESTATED) == set(COUPLINGS)


def test_adjoint_where_the_norm_is_floored():
    """Scores near -22 give drives near 1e-9, below the floor, where the layer is smooth too."""
    rng = np.random.default_rng(2)
    q, k, v, anchors = draw(rng)
    q, k = 0.1 * q + 3.6, 0.1 * k - 3.6
    drive = np.log1p(np.exp(q @ k.mT / math.sqrt(3))) @ anchors
    assert 1e-12 < np.linalg.norm(drive, axis=-1).max() < EPSILON
    check = check_pullback(fixed_query_attention_vjp, [q, k, v, anchors * 0.99], rng)
    assert check.relative_error < 1e-7


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), p=st.floats(0.2, 8))
def test_some_key_is_never_against_the_drive(seed, p):
    """So a row's sum is at least 1, and a weight at most its own lifted cosine."""
    rng = np.random.default_rng(seed)
    q, k, v, anchors = draw(rng, kind="free")
    _, weights = fixed_query_attention(q, k, v, anchors, p=p, causal=True, need_weights=True)
    reach = 1 + np.linalg.norm(anchors, axis=-1)[..., None, :]
    assert (weights <= reach**p * (1 + 1e-9)).all()


def long(tokens, dtype=np.float32):
    rng = np.random.default_rng(8)
    return [a.astype(dtype) for a in draw(rng, batch=(2,), tokens=tokens, width=8, d=4)]


@pytest.mark.parametrize(
    ("tokens", "options"),
    [
        (1100, {"causal": True, "p": 2}),
        (1100, {"need_weights": True}),  # one product of large matrices, then plain ones
        (600, {"p": 8}),  # too short for threads of its own
        (1100, {"coupling": "elu_features", "p": 2}),
    ],
)
def test_threads_do_not_change_a_bit(tokens, options):
    rng = np.random.default_rng(8)
    arguments = draw(rng, batch=(1,), tokens=tokens, width=64, values=64, d=16)

    def results():
        *found, pullback = fixed_query_attention_vjp(*arguments, **options)
        return *found, *pullback(found[0])

    shared = results()
    with threadpool_limits(1):
        alone = results()
    for one, other in zip(shared, alone, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("p", [1, 4])
def test_memory_is_linear_in_the_length(p):
    def peak(length):
        arguments = long(length)
        tracemalloc.start()
        out, pullback = fixed_query_attention_vjp(*arguments, causal=True, p=p)
        pullback(out)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    once, twice = peak(3000), peak(6000)
    assert twice < 2.2 * once
    assert twice < 6000 * 6000 * 4 / 5  # no array over all pairs


@pytest.mark.parametrize("coupling", [*COUPLINGS, *FEATURE_MAPS])
@pytest.mark.parametrize("shape", [(2, 2, 5), (2, 1, 5)])
def test_masked_keys_cannot_overflow(coupling, shape):
    rng = np.random.default_rng(4)
    q, k, v, anchors = (a.astype(np.float32) for a in draw(rng))
    mask = np.broadcast_to([True, True, True, True, False], shape)
    options = {"coupling": coupling, "key_mask": mask, "p": 2}
    out, expected = fixed_query_attention_vjp(q, k[0], v, anchors, **options)
    k[..., -1, :] = 3e38 * np.sign(q[..., :1, :].sum((0, 1)))
    moved, pullback = fixed_query_attention_vjp(q, k[0], v, anchors, **options)
    assert np.array_equal(out, moved)
    for one, other in zip(expected(out), pullback(out), strict=True):
        assert np.array_equal(one, other)


def test_masked_keys_leave_no_trace():
    rng = np.random.default_rng(4)
    q, k, v, anchors = draw(rng)
    mask = np.array([True, True, False, False, False])
    short = fixed_query_attention(q, k[..., :2, :], v[..., :2, :], anchors[..., :2, :])
    masked, pullback = fixed_query_attention_vjp(q, k, v, anchors, key_mask=mask)
    np.testing.assert_allclose(masked, short, rtol=1e-13)
    _, dk, dv, danchors = pullback(np.ones_like(masked))
    for gradient in (dk, dv, danchors):
        assert not gradient[..., 2:, :].any()
    _, weights = fixed_query_attention(
        q, k, v, anchors, key_mask=mask, mask_readout=False, need_weights=True
    )
    assert weights[..., 2:].max() > 0.01  # the authors' layer pays attention to padding


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    score=st.sampled_from([0.0, 1e-30, 1.0, 1e4, -1e4]),
    anchor=st.sampled_from([1.0, 1e-8, 1e-30, 1e3]),
    coupling=st.sampled_from(sorted(COUPLINGS)),
    dtype=st.sampled_from([np.float32, np.float64]),
    p=st.sampled_from([0.3, 1, 4, 16, 64]),
    causal=st.booleans(),
)
def test_finite_input_gives_finite_results(seed, score, anchor, coupling, dtype, p, causal):  # noqa: PLR0917
    rng = np.random.default_rng(seed)
    q, k, v, anchors = (a.astype(dtype) for a in draw(rng))
    q, k = np.sign(q) * dtype(1), np.abs(np.sign(k)) * dtype(score)
    out, weights, pullback = fixed_query_attention_vjp(
        q, k, v, anchors * dtype(anchor), coupling=coupling, p=p, causal=causal, need_weights=True
    )
    assert out.dtype == dtype
    assert np.isfinite(out).all()
    assert np.isfinite(weights).all()
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights @ v, out, rtol=1e-3, atol=1e-4)
    for gradient in pullback(np.ones_like(out)):
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("vanishing", [False, True])
def test_sharp_readouts_neither_vanish_nor_overflow(vanishing):
    """The 64th power of a small or of a large lift is no float32, but the weights are."""
    rng = np.random.default_rng(4)
    q, k, v, anchors = (a.astype(np.float32) for a in draw(rng))
    others = 30 * anchors
    if vanishing:  # states and anchors in one octant, readers in the opposite one
        anchors = np.abs(anchors)
        others = -0.99 * anchors
    single = (q, k, v, anchors, others)
    out, pullback = fixed_query_attention_vjp(*single[:4], readout_anchors=others, p=64)
    *double, others = (a.astype(float) for a in single)
    exact, pull_exact = fixed_query_attention_vjp(*double, readout_anchors=others, p=64)
    np.testing.assert_allclose(out, exact, rtol=1e-3, atol=1e-4)
    for found, wanted in zip(pullback(out), pull_exact(out), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-3 * np.abs(wanted).max())


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("p", [8, 64])
def test_hidden_keys_cannot_overflow(masked, p):
    """A row may be rescaled by far less than what the lifts of keys it does not see would take."""
    rng = np.random.default_rng(5)
    q, k, v, anchors = (a.astype(np.float32) for a in draw(rng))
    others = 1e-3 * anchors - 0.99 * anchors.mean(axis=-2, keepdims=True)
    others[..., -1, :] *= np.float32(1e6)
    options = {"p": p, "causal": not masked, "key_mask": [True] * 4 + [False] if masked else None}
    seen = slice(None) if masked else slice(-1)
    out, pullback = fixed_query_attention_vjp(q, k, v, anchors, readout_anchors=others, **options)
    double = [a.astype(float) for a in (q, k, v, anchors)]
    exact = fixed_query_attention(*double, readout_anchors=others.astype(float), **options)
    np.testing.assert_allclose(out[..., seen, :], exact[..., seen, :], rtol=1e-3, atol=1e-4)
    assert all(np.isfinite(gradient).all() for gradient in pullback(np.ones_like(out)))


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), p=st.floats(1, 5))
def test_weights_do_not_change_when_the_sphere_turns(seed, p):
    rng = np.random.default_rng(seed)
    q, k, v, anchors = draw(rng, d=3)
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    _, before = fixed_query_attention(q, k, v, anchors, p=p, need_weights=True)
    _, after = fixed_query_attention(q, k, v, anchors @ turn, p=p, need_weights=True)
    np.testing.assert_allclose(before, after, atol=1e-11)
    np.testing.assert_allclose(before.sum(-1), 1, rtol=1e-13)


def test_gradients_sum_over_broadcast_axes():
    rng = np.random.default_rng(5)
    q, k, v, anchors = draw(rng)
    out, shared = fixed_query_attention_vjp(q, k, v[:1, :1], anchors)
    wide = [np.broadcast_to(a, (2, 2, *a.shape[-2:])).copy() for a in (v[:1, :1], anchors)]
    _, separate = fixed_query_attention_vjp(q, k, *wide)
    d_out = rng.standard_normal(out.shape)
    few, many = shared(d_out), separate(d_out)
    np.testing.assert_allclose(few[2], many[2].sum((0, 1), keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(few[3], many[3].sum(0), rtol=1e-12)


def test_accepts_lists_and_integers():
    assert fixed_query_attention([[1]], [[1]], [[3]], [[1, 0]]).tolist() == [[3.0]]
    ones = np.ones((1, 1), dtype=np.int64)
    assert fixed_query_attention(ones, ones, ones, [[1, 0]], p=np.int64(2)).tolist() == [[1.0]]


GOOD = dict(zip("qkvr", draw(np.random.default_rng(6), batch=(1,), tokens=4), strict=True))


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"q": GOOD["q"] * np.nan}, {}, "q has NaN"),
        ({"v": np.full_like(GOOD["v"], np.inf)}, {}, "v has NaN or inf"),
        ({"k": GOOD["k"][..., :2]}, {}, "differ in their last axis"),
        ({"v": GOOD["v"][..., :2, :]}, {}, "v has 2 positions"),
        ({"r": GOOD["r"][..., :2, :]}, {}, "anchors has 2 positions"),
        ({"r": GOOD["r"][..., :1]}, {}, "two coordinates"),
        ({"q": np.ones(3)}, {}, "expected"),
        ({"q": [["a"]]}, {}, "not an array of numbers"),
        ({"q": GOOD["q"].astype(complex)}, {}, "dtype"),
        ({"q": GOOD["q"].astype(object)}, {}, "dtype"),
        ({"q": np.ones((0, 3))}, {}, "empty"),
        ({"q": np.ones((5, 4, 3)), "k": np.ones((2, 4, 3))}, {}, "do not broadcast"),
        ({"q": GOOD["q"] * 1e200, "k": GOOD["k"] * 1e200}, {}, "overflows"),
        ({"q": np.ones((2, 3))}, {"causal": True}, "as many queries"),
        ({}, {"coupling": "exp"}, "unknown coupling"),
        ({}, {"p": 0}, "positive"),
        ({}, {"p": np.nan}, "positive"),
        ({}, {"key_mask": np.zeros(4, dtype=bool)}, "all keys"),
        ({}, {"key_mask": np.array([False, True, True, True]), "causal": True}, "all keys"),
        ({}, {"key_mask": np.ones(4)}, "boolean"),
        ({}, {"key_mask": np.ones(5, dtype=bool)}, "key_mask has shape"),
    ],
)
def test_bad_input_is_named(change, options, message):
    arguments = GOOD | change
    with pytest.raises(InputError, match=message):
        fixed_query_attention(*arguments.values(), **options)
