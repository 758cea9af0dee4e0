"""Laws of attention in linear time: the layer of design it equals, and what it may not do."""

import itertools

import array_api_compat
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from lohe.attention.gradcheck import check_pullback
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.attention.kernels.fold import CHUNK, SEGMENT
from lohe.attention.kernels.linear import (
    feature_drive_vjp,
    find_linear_rule,
    linear_attention_vjp,
    linear_rule,
)
from lohe.dynamics.errors import InputError


def draw(tokens, batch=(2, 3), d=3, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    q, k = rng.standard_normal((2, *batch, tokens, 4))
    v = rng.standard_normal((*batch, tokens, 2))
    anchors = rng.standard_normal((batch[-1], tokens, d))
    anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    mask = rng.random((batch[0], 1, tokens)) < 0.7
    mask[..., 0] = True
    return [a.astype(dtype) for a in (q, k, v, anchors)], mask


def attend(arrays, name="elu_features", p=1, xp=np, **options):
    rule = linear_rule(xp, name, arrays[3], p)
    return linear_attention_vjp(xp, *arrays, rule=rule, **{"causal": True} | options)


def dense(arrays, name, p, *, causal, mask=None, mask_readout=True):
    """Restate the layer with its matrices."""
    q, k, v, anchors = (a.astype(np.float64) for a in arrays)
    features = FEATURE_MAPS[name].apply_vjp
    seen = np.tri(k.shape[-2]) if causal else np.ones((q.shape[-2], k.shape[-2]))
    alive = seen if mask is None else seen * mask[..., None, :]
    drive = (features(np, q)[0] @ features(np, k)[0].mT * alive) @ anchors
    state = drive / np.linalg.norm(drive, axis=-1, keepdims=True)
    weights = np.maximum(0, 1 + state @ anchors.mT) ** p * (alive if mask_readout else seen)
    return weights / weights.sum(-1, keepdims=True) @ v, drive


OPTIONS = list(itertools.product((False, True), (False, True), (False, True)))


@pytest.mark.parametrize("name", FEATURE_MAPS)
@pytest.mark.parametrize("p", [1, 2, 3])
def test_equals_the_layer_with_its_matrices(name, p):
    for tokens, (causal, masked, mask_readout) in itertools.product((9, 2 * CHUNK + 7), OPTIONS):
        arrays, mask = draw(tokens)
        mask = mask if masked else None
        out, _ = attend(arrays, name, p, causal=causal, key_mask=mask, mask_readout=mask_readout)
        expected, drive = dense(
            arrays, name, p, causal=causal, mask=mask, mask_readout=mask_readout
        )
        np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
        driven, _ = feature_drive_vjp(
            np, arrays[0], arrays[1], arrays[3], name, causal=causal, key_mask=mask
        )
        np.testing.assert_allclose(driven, drive, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", ["elu_features", "quadratic_features"])
@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask_readout", [False, True])
@pytest.mark.parametrize("tokens", [7, 2 * CHUNK + 3])
def test_adjoint(name, p, causal, mask_readout, tokens):
    arrays, mask = draw(tokens, batch=(2, 2))
    check = check_pullback(
        lambda *a: attend(a, name, p, causal=causal, key_mask=mask, mask_readout=mask_readout),
        [a * 0.9 for a in arrays], np.random.default_rng(1), directions=1, step=5e-5,
    )  # fmt: skip
    assert check.relative_error < 1e-7
    assert check.order > 1.9


def test_adjoint_of_the_drive_alone():
    (q, k, _, anchors), mask = draw(CHUNK + 3)
    check = check_pullback(
        lambda *a: feature_drive_vjp(
            np, *a, "softmax_features", causal=True, key_mask=mask
        ),
        [q, k, 2 * anchors], np.random.default_rng(2), directions=1,
    )  # fmt: skip
    assert check.relative_error < 1e-9


def test_adjoint_over_segments_is_that_of_the_matrices():
    """Far along a sequence the adjoint is a sum over segments: hold it against differences."""
    arrays, _ = draw(2 * SEGMENT + 9, batch=(1, 2))
    check = check_pullback(
        lambda *a: attend(a), [a * 0.9 for a in arrays], np.random.default_rng(3), directions=1
    )
    assert check.relative_error < 1e-6


def test_keys_and_queries_may_differ_in_number_unless_causal():
    (q, k, v, anchors), _ = draw(9)
    xp = pytest.importorskip("array_api_strict")
    arrays = [q[..., :4, :], k, v, anchors]
    out, pullback = attend([xp.asarray(a) for a in arrays], xp=xp, causal=False)
    expected, _ = dense(arrays, "elu_features", 1, causal=False)
    np.testing.assert_allclose(np.asarray(out), expected, rtol=1e-12)
    assert [g.shape for g in pullback(out)] == [a.shape for a in arrays]


def test_the_future_does_not_reach_the_past():
    arrays, _ = draw(SEGMENT + 2 * CHUNK)
    changed = [a.copy() for a in arrays]
    for a in changed[:3]:
        a[..., SEGMENT + 5 :, :] = 3
    before, after = attend(arrays)[0], attend(changed)[0]
    assert np.array_equal(before[..., : SEGMENT + 5, :], after[..., : SEGMENT + 5, :])
    assert not np.array_equal(before, after)


@pytest.mark.parametrize("p", [1, 2])
def test_single_precision_stays_near_double(p):
    arrays, _ = draw(3000, batch=(1, 2), d=8, dtype=np.float32)
    arrays[3] *= np.float32(0.999)  # rounding makes some longer than 1 by more than double allows
    out, pullback = attend(arrays, p=p)
    exact, back = attend([a.astype(np.float64) for a in arrays], p=p)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, exact, atol=5e-6)
    for ours, other in zip(pullback(out), back(exact), strict=True):
        assert np.abs(ours - other).max() < 1e-4 * np.abs(other).max()


@pytest.mark.parametrize("name", FEATURE_MAPS)
@pytest.mark.parametrize("size", [0, 1e-30, 1e4])
def test_any_finite_input_stays_finite(name, size):
    arrays, _ = draw(CHUNK + 5, dtype=np.float32)
    arrays[0] *= size
    out, pullback = attend(arrays, name, 2)
    assert np.isfinite(out).all()
    assert all(np.isfinite(gradient).all() for gradient in pullback(out))


def test_results_do_not_depend_on_the_number_of_threads():
    arrays, _ = draw(2 * SEGMENT + 5, batch=(2, 5), dtype=np.float32)
    out, pullback = attend(arrays, p=2)
    with threadpool_limits(1):
        alone, back = attend(arrays, p=2)
        assert np.array_equal(out, alone)
        gradients = back(out)
    assert all(np.array_equal(a, b) for a, b in zip(pullback(out), gradients, strict=True))


@pytest.mark.parametrize("library", ["array_api_strict", "torch"])
@pytest.mark.parametrize("causal", [False, True])
def test_other_array_libraries_give_the_same(library, causal):
    module = pytest.importorskip(library)
    arrays, mask = draw(2 * CHUNK + 3)
    others = [module.asarray(a) for a in arrays]
    xp = array_api_compat.array_namespace(*others)
    for name, p in (("softmax_features", 1), ("quadratic_features", 2)):
        out, pullback = attend(arrays, name, p, causal=causal, key_mask=mask)
        theirs, back = attend(others, name, p, xp=xp, causal=causal, key_mask=module.asarray(mask))
        np.testing.assert_allclose(np.asarray(theirs), out, rtol=1e-12, atol=1e-12)
        for ours, other in zip(pullback(out), back(theirs), strict=True):
            np.testing.assert_allclose(np.asarray(other), ours, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("p", "d", "length", "message"),
    [
        (1.5, 3, 1, "give a whole number"),
        (8, 32, 1, "more than 1024 features"),
        (27, 2, 1, "half of its digits"),
        (np.ones((3, 1, 1)), 3, 1, "fixed_query_attention"),
        (1, 3, 1.01, "an anchor has length 1.01"),
    ],
)
def test_what_is_not_linear_is_refused(p, d, length, message):
    arrays, _ = draw(4, d=d)
    with pytest.raises(InputError, match=message):
        linear_rule(np, "elu_features", length * arrays[3], p)
    assert find_linear_rule(np, "elu_features", length * arrays[3], p) is None


@pytest.mark.parametrize(("dtype", "largest"), [(np.float32, 11), (np.float64, 26)])
def test_no_exponent_costs_more_than_half_of_the_digits(dtype, largest):
    """Anchors nearly in one line, read at right angles: what is left of terms of size 2^p is 1."""
    rng = np.random.default_rng(0)
    scatter, side = 1e-3 * rng.random((1, 900)), np.where(np.arange(900) % 2, -1.0, 1.0)
    angle = 0.7 + np.pi * (side < 0) + side * scatter
    anchors = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    arrays = [np.zeros((1, 900, 2)), *rng.standard_normal((2, 1, 900, 2)), 0.999999 * anchors]
    arrays = [a.astype(dtype) for a in arrays]
    expected, _ = dense(arrays, "elu_features", largest, causal=True)
    out, _ = attend(arrays, p=largest)
    even = slice(1, None, 2)  # pairs of anchors cancel but for their scatter
    error = np.abs(out - expected)[:, even].max()
    assert error < 20 * np.finfo(dtype).eps ** 0.5
    assert find_linear_rule(np, "elu_features", arrays[3], largest + 1) is None
