"""Positions, momenta and energies of every layer: the model's own, and a Hamiltonian's."""

from dataclasses import replace

import numpy as np
import pytest
from accelerated_variants import ALL, OPTIONS, SMALL, draw

from lohe.attention.accelerated.coefficients import coefficients
from lohe.attention.accelerated.damping import Damping
from lohe.attention.accelerated.depth import accelerated_depth
from lohe.attention.accelerated.hamiltonian import shares_of
from lohe.attention.accelerated.linear_field import linear_field
from lohe.attention.accelerated.model import logits_accelerated
from lohe.attention.accelerated.particles import mahalanobis_radii
from lohe.attention.accelerated.scalars import read_scalars
from lohe.attention.accelerated.softmax_field import softmax_field
from lohe.attention.accelerated.watch import energies, watch
from lohe.attention.layer_norm import layer_norm
from lohe.attention.parameters import layer_of
from lohe.dynamics.errors import InputError


@pytest.mark.parametrize("config", (ALL | OPTIONS).values(), ids=ALL | OPTIONS)
def test_the_last_state_is_what_the_read_out_sees(config):
    model, batch = draw(config)
    seen = watch(model, batch.inputs)
    assert len(seen) == config.layers + 1
    of = model.parameters
    normed, _ = layer_norm(of["norm.gain"], of["norm.bias"], seen[-1].position)
    logits = normed @ of["output.weight"].T + of["output.bias"]
    np.testing.assert_allclose(logits, logits_accelerated(model, batch.inputs), rtol=1e-11)


def symmetric(weights, config):
    """Weights for which the linear field has a Hamiltonian: one projection, a symmetric V."""
    if config.family == "linear":
        whole, width = weights["attention.weight_qkv"].copy(), config.width
        whole[width : 2 * width] = whole[:width]
        whole[2 * width :] = (whole[2 * width :] + whole[2 * width :].T) / 2
        weights = weights | {"attention.weight_qkv": whole}
    return weights


FIELDS = {
    "linear": SMALL,
    "linear, over the context": replace(SMALL, count="context"),
    "softmax": replace(SMALL, family="softmax"),
    "softmax, sum": replace(SMALL, family="softmax", potential="sum", count="context"),
    "softmax, one head": replace(SMALL, family="softmax", heads=1),
}


@pytest.mark.parametrize("config", FIELDS.values(), ids=FIELDS)
def test_the_last_token_moves_by_the_gradients_of_the_energy(config):
    model, _ = draw(config)
    weights = symmetric(layer_of(model.parameters, "layer1"), config)
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(2, 1, 5, config.width))
    normed, back = layer_norm(weights["norm1.gain"], weights["norm1.bias"], x)
    share, potential = shares_of(config, 5, np.float64)
    if config.family == "linear":
        field = linear_field(weights, normed, heads=config.heads, share=share)
    else:
        field = softmax_field(weights, normed, heads=config.heads, share=share, potential=potential)
    force = np.zeros_like(x)
    force[0, -1] = field.force(y)[0][0, -1]
    _, _, pulled = back(force)  # by the positions before their layer norm

    def slope(what, at):
        shift = np.zeros((5, config.width))
        shift[-1, at] = 1e-6
        moved = [
            sum(energies(weights, config, x[0] + s * shift * (what == "x"),
                         y[0] + s * shift * (what == "y"))) for s in (1, -1)
        ]  # fmt: skip
        return (moved[0] - moved[1]) / 2e-6

    coordinates = range(config.width)
    np.testing.assert_allclose(
        [-slope("x", at) for at in coordinates], pulled[0, -1], rtol=1e-6, atol=1e-7
    )
    np.testing.assert_allclose(
        [slope("y", at) for at in coordinates], field.velocity(y)[0][0, -1], rtol=1e-6, atol=1e-7
    )


@pytest.mark.parametrize("scheme", ["baseline", "nesterov"])
def test_no_energy_where_there_is_no_hamiltonian(scheme):
    model, batch = draw(replace(SMALL, scheme=scheme))
    weights = layer_of(model.parameters, "layer0")
    with pytest.raises(InputError, match="has no energy"):
        energies(weights, model.config, np.zeros((3, 8)), np.zeros((3, 8)))
    names = {each.name for each in accelerated_depth(model, batch.inputs[0], np.array(["a"] * 5))
             .measures}  # fmt: skip
    assert "energy" not in names
    assert ("momentum_norm" in names) == ("memory" in names) == (scheme == "nesterov")


def test_measures_are_those_of_the_states_and_the_layers():
    model, _ = draw(replace(SMALL, width=4, context=9))
    tokens = np.random.default_rng(2).integers(9, size=9)
    depth = accelerated_depth(model, tokens, tokens.astype(str))
    seen = watch(model, tokens[None])
    for k, state in enumerate(seen):
        position, momentum = state.position[0], state.momentum[0]
        assert np.array_equal(depth.states["positions"][k], position)
        assert depth.of("position_norm")[k] == np.linalg.norm(position, axis=1).mean()
        assert depth.of("momentum_norm")[k] == np.linalg.norm(momentum, axis=1).mean()
        radii = mahalanobis_radii(position - position.mean(axis=0))
        assert depth.of("radii_spread")[k] == pytest.approx(radii.std() / 4)
    assert depth.of("radii_change")[0] == 0
    for layer in range(3):
        of = layer_of(model.parameters, f"layer{layer}")
        here, there = (energies(of, model.config, s.position[0], s.momentum[0])
                       for s in seen[layer : layer + 2])  # fmt: skip
        found = [depth.of(name)[layer, 0] * 9 for name in ("kinetic", "potential", "energy")]
        np.testing.assert_allclose(found, [*here, sum(here)])
        np.testing.assert_allclose(depth.of("energy_after")[layer] * 9, sum(there))
        names = ("step_position", "step_momentum", "damping_log", "damping_linear")
        values, _ = read_scalars(of, "attention.", names)
        step, _ = coefficients(
            "presymplectic_euler", values["step_position"], values["step_momentum"],
            Damping(values["damping_log"], values["damping_linear"]),
            start=layer + 1.0, end=layer + 2.0, first=True,
        )  # fmt: skip
        assert depth.of("damping")[layer, 0] == pytest.approx(step.decay)
        assert depth.of("step_momentum")[layer, 0] == values["step_momentum"]
    assert np.isnan(depth.of("energy")[3]).all()


def test_few_tokens_span_no_ellipsoid():
    model, batch = draw(SMALL)
    depth = accelerated_depth(model, batch.inputs[0], np.array(["a"] * 5))
    assert not any(each.name.startswith("radii") for each in depth.measures)


def test_a_sequence_too_long_is_refused():
    model, _ = draw(SMALL)
    with pytest.raises(InputError, match="the model's context is 7"):
        watch(model, np.zeros((1, 8), dtype=int))
