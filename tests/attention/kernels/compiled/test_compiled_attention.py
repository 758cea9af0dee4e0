"""Compiled attention obeys the laws that NumPy's obeys, and gives the same up to rounding."""

import sys
import tracemalloc
from importlib import util

import numpy as np
import pytest
from attention_restated import attend, combinations, gradients
from threadpoolctl import threadpool_limits

from lohe.attention.coherent import coherent_attention_vjp
from lohe.attention.coupling import COUPLINGS
from lohe.attention.fixed_query import fixed_query_attention, fixed_query_attention_vjp
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.attention.multi_head import multi_head
from lohe.dynamics.errors import InputError

numba = pytest.mark.skipif(util.find_spec("numba") is None, reason="needs the extra 'fast'")
MASK = np.array([[True, True, True, False, True], [True, False, True, True, False]])[:, None, :]


def draw(*batch, tokens, width=3, values=2, d=3, kind="unit", dtype=float, queries=None):
    rng = np.random.default_rng(1)
    q = rng.standard_normal((*batch, queries or tokens, width))
    k = rng.standard_normal((*batch, tokens, width))
    v = rng.standard_normal((*batch, tokens, values))
    anchors = rng.standard_normal((*batch[-1:], tokens, d))  # shared by all but the last axis
    if kind == "unit":
        anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    return [array.astype(dtype) for array in (q, k, v, anchors)]


def results(arguments, **options):
    out, pullback = fixed_query_attention_vjp(*arguments, **options)
    return out, *pullback(np.sin(np.arange(out.size)).reshape(out.shape).astype(out.dtype))


def agree(ours, theirs, digits):
    """Hold arrays together to so many roundings of their largest entry."""
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype == other.dtype
        scale = digits * np.finfo(one.dtype).eps * np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=0, atol=scale)


@numba
@pytest.mark.parametrize("coupling", COUPLINGS)
@pytest.mark.parametrize("p", [1, 2, 7, 8])
def test_equals_its_plain_restatement(coupling, p):
    for chosen in combinations():
        arguments = draw(2, 2, tokens=5, kind=chosen["kind"])
        same = {name: chosen[name] for name in ("causal", "mask_readout")}
        same |= {"coupling": coupling, "p": p}
        mask = MASK if chosen["masked"] else None

        def restated(*a, mask=mask, same=same):
            return attend(*a, mask=mask, **same)[0]

        out, *found = results(arguments, key_mask=mask, engine="numba", **same)
        np.testing.assert_allclose(out, restated(*arguments), rtol=1e-12, atol=1e-12)
        d_out = np.sin(np.arange(out.size)).reshape(out.shape)
        for one, other in zip(found, gradients(restated, arguments, d_out), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


@numba
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("coupling", [*COUPLINGS, *FEATURE_MAPS])
@pytest.mark.parametrize("batch", [(), (2,), (2, 1, 3)])
def test_engines_agree_beyond_one_tile(dtype, coupling, batch):
    arguments = draw(*batch, tokens=333, width=9, values=5, d=4, dtype=dtype)
    mask = np.arange(333) % 3 != 1
    for options in ({}, {"causal": True}, {"causal": True, "p": 3, "mask_readout": False}):
        options |= {"coupling": coupling, "key_mask": mask}
        ours = results(arguments, engine="numba", **options)
        agree(ours, results(arguments, **options), 300)


@numba
@pytest.mark.parametrize("queries", [1, 70])
def test_queries_may_differ_in_number(queries):
    arguments = draw(2, 2, tokens=40, queries=queries)
    ours = results(arguments, engine="numba", p=2)
    agree(ours, results(arguments, p=2), 100)


@numba
def test_arrays_may_be_views_that_cannot_be_written():
    q, k, v, anchors = draw(2, 3, tokens=50)
    joined = np.concatenate([q, k, v], axis=-1)
    for array in (joined, anchors):
        array.flags.writeable = False
    views = (
        joined[..., :3],
        joined[..., 3:6],
        joined[..., 6:],
        np.broadcast_to(anchors[0], (3, 50, 3)),
    )
    for coupling in ("softplus", "elu_features"):
        ours = results(views, coupling=coupling, causal=True, engine="numba")
        copies = [np.array(view) for view in views]
        agree(ours, results(copies, coupling=coupling, causal=True), 100)


@numba
@pytest.mark.parametrize(
    "options", [{}, {"p": 4}, {"coupling": "relu_features"}, {"key_mask": np.arange(1100) % 2 == 0}]
)
def test_threads_do_not_change_a_bit(options):
    arguments = draw(2, tokens=1100, width=16, values=8, d=8)
    shared = results(arguments, causal=True, engine="numba", **options)
    with threadpool_limits(1):
        alone = results(arguments, causal=True, engine="numba", **options)
    for one, other in zip(shared, alone, strict=True):
        assert np.array_equal(one, other)


@numba
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("coupling", [*COUPLINGS, "relu_features", "elu_features"])
@pytest.mark.parametrize("score", [-1e4, 1e4, 1e-30])
def test_finite_input_gives_finite_results(dtype, coupling, score):
    q, k, v, anchors = draw(1, tokens=40, width=1, d=4, dtype=dtype)
    q, k = np.full_like(q, score), np.full_like(k, 1)
    q[..., ::2, :] *= -1
    for p in (1, 8):
        options = {"coupling": coupling, "p": p, "causal": True}
        ours = results((q, k, v, anchors), engine="numba", **options)
        assert all(np.isfinite(array).all() for array in ours)
        agree(ours[:1], results((q, k, v, anchors), **options)[:1], 1000)


@numba
@pytest.mark.parametrize("options", [{}, {"coupling": "elu_features"}])
def test_memory_is_linear_in_the_length(options):
    def peak(length):
        arguments = draw(2, tokens=length, width=8, d=4, dtype=np.float32)
        results(arguments, causal=True, engine="numba", **options)
        tracemalloc.start()
        results(arguments, causal=True, engine="numba", **options)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    twice = peak(6000)
    assert twice < 3 * peak(3000)  # 4, if it grew with the square
    assert twice < 6000 * 6000 * 4 / 20


@numba
@pytest.mark.parametrize("two_sided", [False, True])
def test_layers_take_an_engine(two_sided):
    rng = np.random.default_rng(0)
    weights = {
        "weight_qkv": rng.standard_normal((36, 12)),
        "weight_out": rng.standard_normal((12, 12)),
        "bias_out": rng.standard_normal(12),
        "anchors": rng.standard_normal((3, 70, 4)),
    }
    if two_sided:
        weights["opposed"] = rng.standard_normal((3, 70, 4))
    x = rng.standard_normal((2, 70, 12))

    def found(engine):
        y, _, pullback = multi_head(weights, x, heads=3, causal=True, engine=engine)
        gradients, dx = pullback(y)
        return y, dx, *(gradients[name] for name in weights)

    agree(found("numba"), found("numpy"), 1000)


@numba
def test_coherence_takes_an_engine():
    arguments = draw(2, 2, tokens=70)
    ours, theirs = (coherent_attention_vjp(*arguments, engine=e) for e in ("numba", "numpy"))
    agree(ours[:2], theirs[:2], 100)


def test_unknown_engines_are_named():
    arguments = draw(1, tokens=3)
    with pytest.raises(InputError, match="choose one of numpy, numba"):
        fixed_query_attention(*arguments, engine="fortran")


def test_without_numba_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(InputError, match=r"lohe\[fast\]"):
        fixed_query_attention(*draw(1, tokens=3), engine="numba")


@numba
def test_other_libraries_arrays_are_refused():
    xp = pytest.importorskip("array_api_strict", reason="array_api_strict is not installed")
    with pytest.raises(InputError, match="NumPy's arrays"):
        fixed_query_attention(*map(xp.asarray, draw(1, tokens=3)), engine="numba")
