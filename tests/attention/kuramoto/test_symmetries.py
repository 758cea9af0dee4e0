"""What changes nothing: whole turns, common turns, shifted positions; and what breaks it."""

import numpy as np
import pytest
from phase_models import TORUS, VARIANTS, config_of, draw_model

from lohe.attention.kuramoto.attention import kuramoto_attention
from lohe.attention.kuramoto.model import attention_options, logits_kuramoto
from lohe.attention.kuramoto.sphere import Sphere
from lohe.attention.kuramoto.torus import Torus
from lohe.attention.model import Model
from lohe.attention.parameters import Parameters, layer_of

FREE_OF_ABSOLUTE_PHASES = {
    "no gate": {"gate": "none"},
    "no gate, Sakaguchi": {"gate": "none", "frustration": True, "offset": True},
    "no gate, both": {"gate": "none", "coupling": "both", "frustration": True},
}
READS_ABSOLUTE_PHASES = {
    "sigmoid gate": {},
    "positive gate": {"gate": "softplus"},
    "signed gate": {"gate": "signed"},
    "free values": {"gate": "none", "values": "free"},
}


def draw_phases(config, tokens=6):
    rng = np.random.default_rng(7)
    return rng.uniform(-np.pi, np.pi, (2, tokens, *config.oscillators))


def moved(model, theta, weights=None, **changes):
    """One layer's attention, phases in, phases out."""
    config = model.config
    weights = weights or layer_of(model.parameters, "layer0.attention")
    x, _ = Torus().points(theta)
    options = attention_options(config) | changes
    change, _ = kuramoto_attention(Torus(), weights, x, **options)
    return theta + change


@pytest.mark.parametrize("name", TORUS)
def test_whole_turns_of_the_embedding_change_no_logit(name):
    model = draw_model(TORUS[name])
    turns = np.random.default_rng(8).integers(-2, 3, model.parameters["input.table"].shape)
    table = model.parameters["input.table"] + 2 * np.pi * turns
    turned = Model(model.config, Parameters(dict(model.parameters) | {"input.table": table}))
    tokens = np.arange(7)[None]
    np.testing.assert_allclose(
        logits_kuramoto(turned, tokens), logits_kuramoto(model, tokens), atol=1e-12
    )


@pytest.mark.parametrize("name", FREE_OF_ABSOLUTE_PHASES)
def test_a_common_turn_of_each_coordinate_goes_through(name):
    """Every oscillator by its own angle, the same for all tokens."""
    model = draw_model(FREE_OF_ABSOLUTE_PHASES[name])
    theta = draw_phases(model.config)
    turn = np.random.default_rng(9).uniform(-3, 3, theta.shape[2:])
    np.testing.assert_allclose(moved(model, theta + turn), moved(model, theta) + turn, atol=1e-12)


@pytest.mark.parametrize("name", READS_ABSOLUTE_PHASES)
def test_a_gate_or_free_values_break_it(name):
    model = draw_model(READS_ABSOLUTE_PHASES[name])
    theta = draw_phases(model.config)
    assert np.abs(moved(model, theta + 0.5) - moved(model, theta) - 0.5).max() > 1e-3


@pytest.mark.parametrize("kind", ["sigmoid", "softplus", "signed"])
def test_a_gate_that_reads_nothing_breaks_nothing(kind):
    """It is the gate's matrix that sees absolute phases, not the gate as such."""
    model = draw_model({"gate": kind})
    weights = layer_of(model.parameters, "layer0.attention")
    weights["gate_weight"] = np.zeros_like(weights["gate_weight"])
    theta = draw_phases(model.config)
    np.testing.assert_allclose(
        moved(model, theta + 0.5, weights), moved(model, theta, weights) + 0.5, atol=1e-12
    )


@pytest.mark.parametrize("name", TORUS)
def test_only_differences_of_positions_matter(name):
    model = draw_model(TORUS[name])
    theta = draw_phases(model.config)
    later = moved(model, theta, start=1000)
    np.testing.assert_allclose(later, moved(model, theta), atol=1e-10)


def test_drift_is_a_turn_of_the_phases_before_the_score():
    """Rotary position: phases that have drifted by -omega t, scored without any drift."""
    model = draw_model({"gate": "none"})
    config = model.config
    theta = draw_phases(config)
    omega = config.frequencies()[..., 0]
    drifted = theta - np.arange(theta.shape[1])[:, None, None] * omega
    seen = []
    for phases, frequency in ((theta, config.frequencies()), (drifted, None)):
        x, _ = Torus().points(phases)
        weights = layer_of(model.parameters, "layer0.attention")
        options = {"gate_kind": "none", "frequency": frequency, "observe": seen.append}
        kuramoto_attention(Torus(), weights, x, **options)
    np.testing.assert_allclose(seen[0].weights(), seen[1].weights(), atol=1e-13)


def test_a_common_rotation_of_spheres_goes_through():
    model = draw_model({"d_osc": 3, "gate": "none", "drift": "none"})
    config = model.config
    rng = np.random.default_rng(10)
    rotation = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    x = rng.standard_normal((2, 6, *config.oscillators, 3))
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    weights = layer_of(model.parameters, "layer0.attention")

    def after(points):
        options = attention_options(config)
        change, _ = kuramoto_attention(config.manifold, weights, points, **options)
        return config.manifold.moved(points, change)[0]

    np.testing.assert_allclose(after(x @ rotation), after(x) @ rotation, atol=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"gate": "none", "offset": True, "drift": "learned"},
        {"coupling": "both", "frustration": True},
        {"values": "free", "sees_itself": False},
    ],
)
def test_a_circle_is_the_torus_exactly(options):
    model = draw_model(options)
    config = config_of(options)
    theta = draw_phases(config)
    x, _ = Torus().points(theta)
    weights = layer_of(model.parameters, "layer0.attention")
    sphere = Sphere(2)
    change, _ = kuramoto_attention(sphere, weights, x, **attention_options(config))
    expected, _ = Torus().points(moved(model, theta))
    np.testing.assert_allclose(sphere.moved(x, change)[0], expected, atol=1e-13)


def test_straight_steps_turn_by_the_arctangent():
    """r against arctan(r): they differ by r^3/3 to leading order."""
    pull = np.linspace(-2, 2, 9).reshape(1, 1, 1, 9)
    x, _ = Torus().points(np.zeros_like(pull))
    change = np.stack([np.zeros_like(pull), pull], axis=-1)
    for retraction, angle in (("exponential", pull), ("normalise", np.arctan(pull))):
        y, _ = Sphere(2, retraction).moved(x, change)
        np.testing.assert_allclose(np.arctan2(y[..., 1], y[..., 0]), angle, atol=1e-14)


@pytest.mark.parametrize("retraction", ["exponential", "normalise"])
@pytest.mark.parametrize("length", [0.0, 1e-9, 0.1, 0.2499, 0.2501, 3.0, 40.0])
def test_steps_stay_on_the_sphere(retraction, length):
    rng = np.random.default_rng(11)
    x, w = rng.standard_normal((2, 50, 4))
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    y, _ = Sphere(4, retraction).moved(x, w * length)
    np.testing.assert_allclose(np.linalg.norm(y, axis=-1), 1, rtol=1e-14)
    straight = x + w * length - (w * length * x).sum(-1, keepdims=True) * x
    across = y - (y * x).sum(-1, keepdims=True) * x  # along the tangent component
    aside = straight - x
    parallel = np.linalg.norm(across, axis=-1) * np.linalg.norm(aside, axis=-1)
    np.testing.assert_allclose(
        np.abs((across * aside).sum(-1)), parallel, atol=1e-13 * (1 + length)
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_words_permute_with_their_rows(name):
    """The model knows a word by its row alone."""
    model = draw_model(VARIANTS[name])
    order = np.random.default_rng(12).permutation(7)
    tokens = np.random.default_rng(13).integers(7, size=(2, 6))
    arrays = dict(model.parameters)
    arrays["input.table"] = arrays["input.table"][order]
    renamed = Model(model.config, Parameters(arrays))
    np.testing.assert_array_equal(
        logits_kuramoto(renamed, np.argsort(order)[tokens]), logits_kuramoto(model, tokens)
    )
