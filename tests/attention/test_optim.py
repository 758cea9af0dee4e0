"""The optimiser against its closed form, clipping and schedules."""

import numpy as np
import pytest

from lohe.attention import optim
from lohe.attention.optim import Adam, clip_norm, schedule, warm_up
from lohe.attention.parameters import Parameters
from lohe.dynamics.errors import InputError


@pytest.mark.parametrize("decay", ["decoupled", "gradient"])
def test_steps_equal_the_closed_form(decay, monkeypatch):
    """The moments as explicit weighted sums of all past gradients, not as a recursion."""
    monkeypatch.setattr(optim, "_ENTRIES", 2)  # three parameters in two pieces
    rng = np.random.default_rng(0)
    raw, weight_decay, rate = rng.standard_normal((6, 3)), 0.1, 0.01
    start = rng.standard_normal(3)
    vector, optimiser = start.copy(), Adam(
        np.zeros(3), np.zeros(3), weight_decay=weight_decay, decay=decay
    )  # fmt: skip
    expected, used = start.copy(), []
    for t in range(1, 7):
        optimiser.step(vector, raw[t - 1], rate)
        used.append(raw[t - 1] + (weight_decay * expected if decay == "gradient" else 0))
        ages = np.arange(t)[::-1]
        first = ((0.1 * 0.9**ages) @ used) / (1 - 0.9**t)
        second = ((0.001 * 0.999**ages) @ np.square(used)) / (1 - 0.999**t)
        if decay == "decoupled":
            expected = expected - rate * weight_decay * expected
        expected = expected - rate * first / (np.sqrt(second) + 1e-8)
        np.testing.assert_allclose(vector, expected, rtol=1e-12)
    assert optimiser.steps == 6


def test_finds_the_bottom_of_a_bowl():
    vector, optimiser = np.array([3.0, -2.0]), Adam(np.zeros(2), np.zeros(2))
    for step in range(800):
        optimiser.step(vector, vector * [1, 50], 0.1 * schedule("cosine", step / 800))
    np.testing.assert_allclose(vector, 0, atol=1e-3)


def test_factors_scale_each_parameters_step():
    rng = np.random.default_rng(1)
    gradients, factors = rng.standard_normal((5, 3)), np.array([1.0, 100.0, 0.5])
    moved, alone = np.zeros(3), np.zeros(3)
    one, other = (Adam(np.zeros(3), np.zeros(3), second_rate=0.95) for _ in range(2))
    for gradient in gradients:
        one.step(moved, gradient, 1e-3, factors)
        other.step(alone, gradient, 1e-3)
    np.testing.assert_allclose(moved, factors * alone, rtol=1e-12)


def test_warm_up_rises_in_proportion_and_stays():
    assert [warm_up(step, 4) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    assert warm_up(0, 0) == 1


def test_clipping():
    gradient = np.array([0.3, 0.4])
    assert clip_norm(gradient, 1.0) == (pytest.approx(gradient), pytest.approx(0.5))
    clipped, norm = clip_norm(gradient * 10, 1.0)
    assert norm == pytest.approx(5)
    np.testing.assert_allclose(clipped, [0.6, 0.8])
    assert clip_norm(clipped, 0.1)[0] is clipped
    with pytest.raises(InputError, match="not finite"):
        clip_norm(np.array([np.nan]), 1.0)


def test_schedules():
    assert [schedule("cosine", x) for x in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])
    assert schedule("constant", 0.7) == 1
    with pytest.raises(InputError, match="cosine or constant"):
        schedule("linear", 0.1)


def test_parameters_are_views_of_one_vector():
    parameters = Parameters({"a": np.ones((2, 2)), "b": np.zeros(3)}, np.float32)
    parameters.vector += 1
    assert parameters["a"].tolist() == [[2, 2], [2, 2]]
    assert parameters["b"].dtype == np.float32
    joined = parameters.join({"b": np.full(3, 5.0), "a": np.full((2, 2), 4.0)})
    assert joined.tolist() == [4, 4, 4, 4, 5, 5, 5]
    with pytest.raises(InputError, match="differ in b"):
        parameters.join({"a": np.ones((2, 2))})
