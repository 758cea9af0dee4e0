"""The layer against its formulas, restated with angles and square arrays."""

import numpy as np
import pytest
import torus_restated as plain
from phase_models import TORUS, config_of, draw_model

from lohe.attention.kuramoto.attention import kuramoto_attention
from lohe.attention.kuramoto.coupling import COUPLINGS
from lohe.attention.kuramoto.model import attention_options
from lohe.attention.parameters import layer_of

CASES = {name: options for name, options in TORUS.items() if options.get("values") != "free"}


@pytest.mark.parametrize("start", [0, 5])
@pytest.mark.parametrize("name", CASES)
def test_scores_weights_and_update_are_the_formulas(name, start):
    model = draw_model(CASES[name], spread=0.5)
    config = config_of(CASES[name])
    weights = layer_of(model.parameters, "layer0.attention")
    theta = np.random.default_rng(2).uniform(-9, 9, (3, 7, config.width))
    seen = []
    state = theta.reshape(3, 7, *config.oscillators)
    x, _ = config.manifold.points(state)
    options = attention_options(config)
    change, _ = kuramoto_attention(
        config.manifold, weights, x, observe=seen.append, start=start, **options
    )

    log_drift = weights.get("log_drift")
    frequency = options["frequency"] if log_drift is None else np.exp(log_drift)
    score = plain.scores(
        weights, theta, heads=config.heads, kind=config.gate, frequency=frequency, start=start
    )
    np.testing.assert_allclose(seen[0].q @ seen[0].k.mT, score, atol=1e-12)
    attention = plain.softmax_weights(score, sees_itself=config.sees_itself)
    np.testing.assert_allclose(seen[0].weights(), attention, atol=1e-13)
    kinds = COUPLINGS[config.coupling]
    expected = plain.update(weights, theta, attention, heads=config.heads, kinds=kinds)
    np.testing.assert_allclose(change.reshape(theta.shape), expected, atol=1e-12)


def test_free_values_are_a_linear_map_of_all_coordinates():
    model = draw_model({"values": "free", "gate": "none"})
    config = model.config
    weights = layer_of(model.parameters, "layer0.attention")
    theta = np.random.default_rng(3).uniform(-3, 3, (1, 5, config.width))
    x, _ = config.manifold.points(theta.reshape(1, 5, *config.oscillators))
    seen = []
    change, _ = kuramoto_attention(
        config.manifold, weights, x, observe=seen.append, **attention_options(config)
    )
    values = plain.coordinates(theta) @ weights["value_weight"].T
    mean = seen[0].weights() @ values.reshape(1, 5, 2, 6).transpose(0, 2, 1, 3)
    mean = mean.transpose(0, 2, 1, 3).reshape(1, 5, 6, 2)
    complex_mean = mean[..., 0] + 1j * mean[..., 1]
    expected = weights["step"].reshape(-1) * (np.exp(-1j * theta) * complex_mean).imag
    np.testing.assert_allclose(change.reshape(theta.shape), expected, atol=1e-13)


def test_free_values_begin_at_the_points():
    """So that the ablation starts from the same function."""
    from lohe.attention.kuramoto.initialise import initialise_kuramoto

    free = initialise_kuramoto(config_of({"values": "free"}), np.random.default_rng(0))
    np.testing.assert_array_equal(free["layer1.attention.value_weight"], np.eye(12))
