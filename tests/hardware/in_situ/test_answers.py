"""Asked in any way, an ideal array gives the gradient of its layer; noise gives it a spread."""

import numpy as np
import pytest

from lohe.attention.fixed_query import fixed_query_attention_vjp
from lohe.dynamics.errors import InputError
from lohe.hardware.in_situ.answers import ANSWERS, find_answer
from lohe.hardware.nonideal.attention import device_attention_vjp
from lohe.hardware.nonideal.device import draw_device
from lohe.hardware.nonideal.imperfections import Imperfections

T = 5
EXACT = [name for name in ANSWERS if name != "perturbation"]


def layer(d=2, heads=2, batch=3):
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal((batch, heads, T, 4)) for _ in range(3))
    anchors = rng.standard_normal((heads, T, d))
    anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    mask = np.ones((batch, 1, T), dtype=bool)
    mask[1, 0, 3:] = False
    return (q, k, v, anchors), mask, rng.standard_normal((batch, heads, T, 4))


def device(d=2, **faults):
    rng = np.random.default_rng(1)
    return draw_device(
        Imperfections(**faults), oscillators=T, keys=T, d_osc=d, rng=rng, instances=(2,)
    )


def gradients(name, arguments, d_out, *, nudge=1e-4, samples=1, faults=None, **options):
    d = arguments[3].shape[-1]
    _, pullback = device_attention_vjp(
        device(d, **(faults or {})), *arguments, rng=np.random.default_rng(2),
        answer=find_answer(name, nudge=nudge, samples=samples), **options,
    )  # fmt: skip
    return pullback(d_out)


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("settling", [np.inf, 4000.0])
def test_an_ideal_array_gives_the_gradient_of_the_layer(name, d, settling):
    arguments, mask, d_out = layer(d)
    options = {"key_mask": mask, "causal": True, "p": np.full((2, 1, 1), 1.5), "coupling": "elu"}
    exact = fixed_query_attention_vjp(*arguments, **options)[-1](d_out)
    found = gradients(name, arguments, d_out, faults={"settling": settling}, **options)
    assert len(found) == len(exact) == 5
    for one, other in zip(found, exact, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=1e-5 * np.abs(other).max())


def test_simultaneous_perturbation_is_that_gradient_on_average():
    arguments, _, d_out = layer()
    exact = fixed_query_attention_vjp(*arguments)[-1](d_out)
    errors = []
    for samples in (50, 800):
        found = gradients("perturbation", arguments, d_out, samples=samples)
        errors.append(np.linalg.norm(found[0] - exact[0]) / np.linalg.norm(exact[0]))
    assert errors[1] < 0.35
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.4)  # as the root of the samples


@pytest.mark.parametrize("name", ["flow", "response", "differences"])
def test_before_rest_the_start_counts(name):
    """Against slopes of what the array does in a short time from the same start."""
    (q, k, v, anchors), _, d_out = layer()
    short = device(settling=1.0)

    def attend(q):
        rng = np.random.default_rng(2)
        return device_attention_vjp(short, q, k, v, anchors, rng=rng)[0]

    along = np.random.default_rng(5).standard_normal(q.shape)
    slope = ((attend(q + 1e-5 * along) - attend(q - 1e-5 * along)) * d_out).sum() / 2e-5
    found = gradients(name, (q, k, v, anchors), d_out, faults={"settling": 1.0})[0]
    assert (found * along).sum() == pytest.approx(slope, rel=1e-4)


def test_mismatch_is_seen_by_those_that_ask_the_array():
    """What is read answers by the couplings that there are, not by those that were told."""
    (q, k, v, anchors), _, d_out = layer()
    faults = {"mismatch": 0.5}
    crooked = device(**faults)

    def states(further):
        w = crooked.factors * np.log1p(np.exp(q @ k.mT / 2))
        h = w @ anchors + further
        return h / np.linalg.norm(h, axis=-1, keepdims=True)

    slope = np.random.default_rng(3).standard_normal((3, 2, T, 2))
    found = {}

    def note(name):
        def answer(use, _):
            found[name] = find_answer(name, nudge=1e-4)(use, slope).gradient
            return find_answer("resting")(use, slope)

        return answer

    for name in ("resting", "response", "equilibrium"):
        rng = np.random.default_rng(2)
        device_attention_vjp(crooked, q, k, v, anchors, rng=rng, answer=note(name))[1](d_out)
    exact = np.zeros_like(slope)
    for k_ in range(2):
        step = 1e-5 * np.eye(2)[k_]
        exact[..., k_] = np.vecdot(slope, states(step) - states(-step)) / 2e-5
    size = np.abs(exact).max()
    assert np.abs(found["response"] - exact).max() < 1e-5 * size
    assert np.abs(found["equilibrium"] - exact).max() < 1e-5 * size
    assert np.abs(found["resting"] - exact).max() > 0.01 * size


def test_noise_is_drowned_by_large_nudges():
    arguments, _, d_out = layer()
    exact = fixed_query_attention_vjp(*arguments)[-1](d_out)[0]
    errors = [
        np.linalg.norm(
            gradients("equilibrium", arguments, d_out, nudge=nudge, faults={"reading": 0.01})[0]
            - exact
        )
        for nudge in (0.01, 0.2)
    ]
    assert errors[1] < errors[0] / 5


def test_unknown_names_are_told_what_there_is():
    with pytest.raises(InputError, match="no gradient is called 'adjoint'; choose resting"):
        find_answer("adjoint")


def test_float32_stays_float32():
    arguments, _, d_out = layer()
    few = [x.astype(np.float32) for x in arguments]
    for each in gradients("resting", few, d_out.astype(np.float32), faults={"mismatch": 0.1}):
        assert each.dtype == np.float32
