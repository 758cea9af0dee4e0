"""Two-sided attention and coherence, restated plainly; the price of incoherence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lohe.attention.anchors import half_space_anchors, unit_anchors
from lohe.attention.coherent import coherent_attention_vjp
from lohe.attention.coupling import COUPLINGS
from lohe.attention.fixed_query import fixed_query_attention
from lohe.attention.gradcheck import check_pullback
from lohe.attention.incoherence import FLOOR, incoherence
from lohe.dynamics.errors import InputError


def draw(seed=0, tokens=5):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((2, tokens, width)) for width in (4, 4, 3, 3, 3)]


def restated(q, k, v, anchors, opposed, *, p, causal):
    """Say one query at a time, in the field's words, what the layer computes."""
    out, rho = np.zeros_like(v), np.zeros(v.shape[:2])
    for b, i in np.ndindex(*rho.shape):
        keys = range(i + 1) if causal else range(v.shape[1])
        score = [q[b, i] @ k[b, j] / 2 for j in keys]
        ahead, back = np.logaddexp(0, score), np.logaddexp(0, np.negative(score))
        h = sum(ahead[j] * anchors[b, j] + back[j] * opposed[b, j] for j in keys)
        whole = sum(
            ahead[j] * np.linalg.norm(anchors[b, j]) + back[j] * np.linalg.norm(opposed[b, j])
            for j in keys
        )
        x, rho[b, i] = h / np.linalg.norm(h), np.linalg.norm(h) / whole
        seen = x * (1 - 1 / 1024)  # so that no unit anchor is without weight
        lift = np.array([max(0, 1 + seen @ anchors[b, j]) ** p for j in keys])
        out[b, i] = lift @ v[b, : len(lift)] / lift.sum()
    return out, rho


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("p", [1, 2.5])
def test_two_sided_attention_is_what_it_says(causal, p):
    arguments = draw()
    out, rho, _ = coherent_attention_vjp(*arguments, p=p, causal=causal)
    expected = restated(*arguments, p=p, causal=causal)
    np.testing.assert_allclose(out, expected[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(rho, expected[1], rtol=1e-12)


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_one_sided_attention_is_the_papers(coupling):
    q, k, v, anchors, _ = draw(1)
    mask = np.array([[True] * 5, [True, False, True, True, False]])
    options = {"coupling": coupling, "key_mask": mask, "mask_readout": False, "p": 2}
    out, _, _ = coherent_attention_vjp(q, k, v, anchors, **options)
    np.testing.assert_allclose(out, fixed_query_attention(q, k, v, anchors, **options), rtol=1e-13)


@pytest.mark.parametrize("coupling", ["softplus", "relu", "squareplus"])
def test_opposing_every_key_by_its_antipode_leaves_the_score_itself(coupling):
    """With opposed anchors -r, f(s) - f(-s) = s: the drive is linear in the scores."""
    q, k, v, anchors, _ = draw(2)
    anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    _, rho, _ = coherent_attention_vjp(q, k, v, anchors, -anchors, coupling=coupling)
    score, value = q @ k.mT / 2, COUPLINGS[coupling].value
    whole = np.sum(value(np, score) + value(np, -score), axis=-1)
    np.testing.assert_allclose(rho, np.linalg.norm(score @ anchors, axis=-1) / whole, rtol=1e-12)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 0.95))
def test_no_input_is_less_coherent_than_the_margin_of_its_half_space(seed, margin):
    q, k, v, *raw = draw(seed)
    anchors, opposed = (half_space_anchors(30 * table[..., 1:], margin)[0] for table in raw)
    _, rho, _ = coherent_attention_vjp(50 * q, 50 * k, v, anchors, opposed, coupling="relu")
    assert np.all(rho > margin * (1 - 1e-12))


def test_coherence_is_one_where_all_anchors_agree_and_zero_where_they_cancel():
    q, k, v, anchors, _ = draw(3)
    same = np.broadcast_to(anchors[:1, :1], anchors.shape)
    np.testing.assert_allclose(coherent_attention_vjp(q, k, v, same)[1], 1, rtol=1e-14)
    none = np.zeros_like(k)
    _, rho, pullback = coherent_attention_vjp(q, none, v, anchors, -anchors)
    assert np.all(rho < 1e-16)
    assert all(np.isfinite(part).all() for part in pullback(v, rho + 1) if part is not None)


@pytest.mark.parametrize("p", [1, 8, 16, np.full((1, 1, 1), 16.0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_states_opposite_to_all_that_they_read_still_have_weights(p, dtype):
    rng = np.random.default_rng(0)
    anchors = np.tile(unit_anchors(rng.standard_normal((1, 2)))[0], (1, 6, 1)).astype(dtype)
    q, v = np.full((1, 6, 3), 20, dtype), rng.standard_normal((1, 6, 2)).astype(dtype)
    p = p if isinstance(p, int) else p.astype(dtype)
    out, _, pullback = coherent_attention_vjp(
        q, -q, v, anchors, -anchors, coupling="relu", p=p, causal=True
    )
    mean = np.cumsum(v, axis=1) / np.arange(1, 7)[:, None]
    np.testing.assert_allclose(out, mean, rtol=1e-3, atol=1e-3)
    gradients = pullback(np.ones_like(out), np.ones((1, 6), dtype))
    assert all(np.isfinite(part).all() for part in gradients if part is not None)


@pytest.mark.parametrize("causal", [True, False])
def test_keys_that_are_not_read_cannot_overflow_a_sharp_readout(causal):
    """The state points away from the one key that it reads, and at one that it does not."""
    anchors = np.array([[[1.0, 0.0], [-1.0, 0.0]]], dtype=np.float32)
    q, v = np.full((1, 2, 3), 9, np.float32), np.array([[[1.0], [5.0]]], dtype=np.float32)
    mask = None if causal else np.array([[True, False]])
    out, rho, pullback = coherent_attention_vjp(
        q, -q, v, anchors, -anchors, coupling="relu", p=16, causal=causal, key_mask=mask
    )
    np.testing.assert_allclose(out[0, 0], 1, rtol=1e-6)
    gradients = pullback(np.ones_like(out), np.ones_like(rho))
    assert all(np.isfinite(part).all() for part in gradients if part is not None)


@pytest.mark.parametrize("opposed", [False, True])
@pytest.mark.parametrize("score", [-60, -120, -1e4])
def test_couplings_that_underflow_leave_numbers(score, opposed):
    """Single precision tells the coherence that double precision has, or 0."""
    rng = np.random.default_rng(6)
    v, *tables = (rng.standard_normal((1, 4, 3)) for _ in range(3))
    q, k = np.full((1, 4, 1), float(score)), np.ones((1, 4, 1))
    given = [q, k, v, *tables[: 1 + opposed]]
    _, exact, _ = coherent_attention_vjp(*given, causal=True)
    _, rho, pullback = coherent_attention_vjp(*(a.astype(np.float32) for a in given), causal=True)
    np.testing.assert_allclose(rho, exact if opposed or score == -60 else 0, rtol=1e-5)
    gradients = pullback(np.ones((1, 4, 3)), np.ones((1, 4)))
    assert all(np.isfinite(part).all() for part in gradients if part is not None)


def test_adjoint_of_coherence_far_below_the_floor_of_drives():
    q, k, v, anchors, _ = draw(7, tokens=4)

    def layer(k, anchors):
        _, rho, pullback = coherent_attention_vjp(q, k, v, anchors, coupling="softplus")
        return rho, lambda d_rho: pullback(np.zeros_like(v), d_rho)[1:4:2]

    q, k = np.abs(q) + 10, -np.abs(k) - 10
    assert np.all(q @ k.mT / 2 < -100)
    check = check_pullback(layer, [k, anchors], np.random.default_rng(5))
    assert check.relative_error < 1e-7


def test_adjoint_of_both_results():
    arguments = draw(4, tokens=4)
    p = np.array([[[1.5]], [[3.0]]])

    def layer(*arguments):
        out, rho, pullback = coherent_attention_vjp(*arguments[:5], p=arguments[5], causal=True)

        def back(d_both):
            return pullback(d_both[..., :3], d_both[..., 3])

        return np.concatenate([out, rho[..., None]], axis=-1), back

    check = check_pullback(layer, [*arguments, p], np.random.default_rng(5))
    assert check.relative_error < 1e-8
    assert check.order > 1.9


def test_overflow_is_told():
    q, k, v, anchors, opposed = draw()
    with pytest.raises(InputError, match="drive overflows"):
        coherent_attention_vjp(1e200 * np.abs(q), 1e200 * np.abs(k), v, anchors, opposed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"p": -1}, "must be positive"),
        ({"p": np.nan}, "must be positive"),
        ({"k": np.ones((2, 5, 3))}, "differ in their last axis"),
        ({"v": np.ones((2, 4, 3))}, "v has 4 positions"),
        ({"opposed": np.ones((2, 4, 3))}, "opposed has 4 positions"),
        ({"opposed": np.ones((2, 5, 4))}, "opposed and anchors differ"),
        ({"anchors": np.ones((3, 5, 3))}, "do not broadcast"),
        ({"key_mask": np.ones((3, 5), dtype=bool)}, "do not broadcast"),
        ({"p": np.ones((3, 1, 1))}, "do not broadcast"),
    ],
)
def test_refuses_what_fixed_query_attention_refuses(change, message):
    given = dict(zip(("q", "k", "v", "anchors", "opposed"), draw(), strict=True)) | change
    with pytest.raises(InputError, match=message):
        coherent_attention_vjp(**given)
    if "opposed" in change:
        given["readout_anchors"] = given.pop("opposed")
        message = message.replace("opposed", "readout_anchors")
    else:
        del given["opposed"]
    with pytest.raises(InputError, match=message):
        fixed_query_attention(**given)


def test_gradients_of_another_shape_are_refused():
    arguments = draw()
    out, rho, pullback = coherent_attention_vjp(*arguments)
    with pytest.raises(InputError, match="d_out has shape"):
        pullback(out[:1], rho)
    with pytest.raises(InputError, match="d_coherence has shape"):
        pullback(out, rho[..., None])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_price_is_between_none_and_its_ceiling(rho):
    price, pullback = incoherence(np.array(rho))
    assert -1e-15 <= price <= -np.log(FLOOR) + 1e-6
    assert np.all(pullback(1.0) <= 0)
    assert np.all(np.abs(pullback(1.0)) <= (1 + 1e-12) / (2 * FLOOR))


def test_price_is_the_mean_logarithm_above_the_floor():
    rho, weights = np.array([0.5, 0.1, 0.9]), np.array([True, True, False])
    price, _ = incoherence(rho, weights)
    assert price == pytest.approx(-np.log([0.5, 0.1]).mean(), abs=1e-4)
    check = check_pullback(lambda r: incoherence(r, weights), [rho], np.random.default_rng(0))
    assert check.relative_error < 1e-9
