"""Laws of fixed-query attention: its formula, its adjoint, its masks, its limits."""
# ruff: noqa: PLR0917  # pytest fills the many options in by name

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.attention.coupling import COUPLINGS
from lohe.attention.fixed_query import (
    EPSILON,
    fixed_query_attention,
    fixed_query_attention_vjp,
)
from lohe.attention.gradcheck import check_pullback
from lohe.dynamics.errors import InputError

SCALAR_COUPLINGS = {
    "softplus": lambda s: math.log1p(math.exp(-abs(s))) + max(s, 0.0),
    "relu": lambda s: max(s, 0.0) + 1e-3,
    "elu": lambda s: s + 1 if s > 0 else math.exp(s),
    "squareplus": lambda s: (s + math.sqrt(s * s + 4 * math.log(2) ** 2)) / 2,
}


def plain_loops(q, k, v, anchors, coupling, p, causal, key_mask, mask_readout):
    """Restate the layer for one head, one number at a time."""
    queries, keys, d = len(q), len(k), len(anchors[0])
    rows, outputs = [], []
    for i in range(queries):
        seen = [not causal or j <= i for j in range(keys)]
        alive = [seen[j] and (key_mask is None or bool(key_mask[j])) for j in range(keys)]
        drive = [0.0] * d
        for j in range(keys):
            if alive[j]:
                score = sum(a * b for a, b in zip(q[i], k[j], strict=True)) / math.sqrt(len(q[i]))
                for c in range(d):
                    drive[c] += SCALAR_COUPLINGS[coupling](score) * anchors[j][c]
        length = max(math.sqrt(sum(c * c for c in drive)), EPSILON)
        row = []
        for j in range(keys):
            cosine = sum(c / length * a for c, a in zip(drive, anchors[j], strict=True))
            counted = alive[j] if mask_readout else seen[j]
            row.append(max(0.0, 1 + cosine) ** p if counted else 0.0)
        total = max(sum(row), EPSILON)
        rows.append([a / total for a in row])
        outputs.append([sum(rows[i][j] * v[j][c] for j in range(keys)) for c in range(len(v[0]))])
    return np.array(outputs), np.array(rows)


def draw(rng, batch=(2, 3), tokens=4, width=3, values=2, d=2, kind="unit"):
    q, k = (rng.standard_normal((*batch, tokens, width)) for _ in range(2))
    v = rng.standard_normal((*batch, tokens, values))
    anchors = rng.standard_normal((batch[-1], tokens, d))
    if kind == "unit":
        anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    return q, k, v, anchors


MASK = np.array([[True, True, True, False], [True, False, True, True]])[:, None, :]


@pytest.mark.parametrize("coupling", COUPLINGS)
@pytest.mark.parametrize("p", [0.5, 1, 2.5])
def test_equals_its_plain_restatement(coupling, p):
    rng = np.random.default_rng(1)
    for causal, masked, mask_readout, kind in itertools.product(
        (False, True), (False, True), (False, True), ("unit", "free")
    ):
        q, k, v, anchors = draw(rng, d=3, kind=kind)
        out, weights = fixed_query_attention(
            q, k, v, anchors, coupling=coupling, p=p, causal=causal,
            key_mask=MASK if masked else None, mask_readout=mask_readout, need_weights=True,
        )  # fmt: skip
        for b, h in np.ndindex(2, 3):
            mask = MASK[b, 0] if masked else None
            expected, rows = plain_loops(
                q[b, h], k[b, h], v[b, h], anchors[h], coupling, p, causal, mask, mask_readout
            )
            np.testing.assert_allclose(out[b, h], expected, rtol=1e-12, atol=1e-13)
            np.testing.assert_allclose(weights[b, h], rows, rtol=1e-12, atol=1e-13)


def far_from_kinks(q, k, anchors, coupling, causal, mask):
    """Whether no score and no lifted cosine is within reach of a kink of the layer."""
    score = q @ k.mT / math.sqrt(q.shape[-1])
    coupled = COUPLINGS[coupling].value(np, score)
    coupled = coupled * (np.tri(q.shape[-2]) if causal else 1) * (1 if mask is None else mask)
    drive = coupled @ anchors
    norm = np.linalg.norm(drive, axis=-1, keepdims=True)
    lift = 1 + drive / norm @ anchors.mT
    return min(np.abs(score).min(), np.abs(lift).min(), norm.min()) > 5e-3


@pytest.mark.parametrize("coupling", COUPLINGS)
@pytest.mark.parametrize("p", [0.5, 1, 3])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("mask_readout", [False, True])
@pytest.mark.parametrize("kind", ["unit", "free"])
def test_adjoint_matches_differences(coupling, p, causal, masked, mask_readout, kind):
    mask = MASK if masked else None
    for seed in range(100):
        rng = np.random.default_rng(seed)
        q, k, v, anchors = draw(rng, kind=kind)
        anchors *= 1 if kind == "free" else 0.99  # the unit table's clamp is a kink at the antipode
        if far_from_kinks(q, k, anchors, coupling, causal, mask[..., None, :] if masked else None):
            break
    check = check_pullback(
        lambda *a: fixed_query_attention_vjp(
            *a, coupling=coupling, p=p, causal=causal, key_mask=mask, mask_readout=mask_readout
        ),
        [q, k, v, anchors], rng, directions=2, step=2e-5,
    )  # fmt: skip
    assert check.relative_error < 1e-7
    assert check.order > 1.9


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


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_future_does_not_reach_the_past(coupling):
    rng = np.random.default_rng(3)
    q, k, v, anchors = draw(rng, tokens=9)
    before = fixed_query_attention(q, k, v, anchors, coupling=coupling, causal=True)
    changed = [np.concatenate([a[..., :5, :], 7 + a[..., 5:, :]], axis=-2) for a in (q, k, v)]
    after = fixed_query_attention(*changed, anchors, coupling=coupling, causal=True)
    assert np.array_equal(before[..., :5, :], after[..., :5, :])
    assert not np.array_equal(before[..., 5:, :], after[..., 5:, :])


def test_masked_keys_leave_no_trace():
    rng = np.random.default_rng(4)
    q, k, v, anchors = draw(rng)
    mask = np.array([True, True, False, False])
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


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    score=st.sampled_from([0.0, 1e-30, 1.0, 1e4, -1e4]),
    anchor=st.sampled_from([1.0, 1e-8, 1e-30, 1e3]),
    coupling=st.sampled_from(sorted(COUPLINGS)),
    dtype=st.sampled_from([np.float32, np.float64]),
    p=st.sampled_from([0.3, 1, 4]),
)
def test_finite_input_gives_finite_results(seed, score, anchor, coupling, dtype, p):
    rng = np.random.default_rng(seed)
    q, k, v, anchors = (a.astype(dtype) for a in draw(rng))
    q, k = np.sign(q) * dtype(1), np.abs(np.sign(k)) * dtype(score)
    out, weights, pullback = fixed_query_attention_vjp(
        q, k, v, anchors * dtype(anchor), coupling=coupling, p=p, need_weights=True
    )
    assert out.dtype == dtype
    assert np.isfinite(out).all()
    assert np.isfinite(weights).all()
    assert (weights >= 0).all()
    for gradient in pullback(np.ones_like(out)):
        assert np.isfinite(gradient).all()


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
    wide = [np.broadcast_to(a, (2, 3, *a.shape[-2:])).copy() for a in (v[:1, :1], anchors)]
    _, separate = fixed_query_attention_vjp(q, k, *wide)
    d_out = rng.standard_normal(out.shape)
    few, many = shared(d_out), separate(d_out)
    np.testing.assert_allclose(few[2], many[2].sum((0, 1), keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(few[3], many[3].sum(0), rtol=1e-12)


def test_accepts_lists_and_integers():
    assert fixed_query_attention([[1]], [[1]], [[3]], [[1, 0]]).tolist() == [[3.0]]
    ones = np.ones((1, 1), dtype=np.int64)
    assert fixed_query_attention(ones, ones, ones, [[1, 0]], p=np.int64(2)).tolist() == [[1.0]]


GOOD = dict(zip("qkvr", draw(np.random.default_rng(6), batch=(1,)), strict=True))


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


def test_other_array_libraries_give_the_same():
    xp = pytest.importorskip("array_api_strict", reason="array-api-strict is not installed")
    arrays = draw(np.random.default_rng(7))
    mask = np.array([True, True, True, False])
    for coupling in COUPLINGS:
        options = {"coupling": coupling, "p": 2, "causal": True}
        out, pullback = fixed_query_attention_vjp(*arrays, key_mask=mask, **options)
        theirs, back = fixed_query_attention_vjp(
            *(xp.asarray(a) for a in arrays), key_mask=xp.asarray(mask), **options
        )
        np.testing.assert_allclose(np.asarray(theirs), out, rtol=1e-13)
        for ours, other in zip(pullback(out), back(theirs), strict=True):
            np.testing.assert_allclose(np.asarray(other), ours, rtol=1e-11, atol=1e-13)
