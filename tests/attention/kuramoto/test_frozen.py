"""Frozen heads are networks whose flow is the layer's pull, and T11 says where that leads."""

import numpy as np
import pytest
from phase_models import TORUS, VARIANTS, config_of, draw_model

import lohe
from lohe.attention.kuramoto.frozen import (
    frozen_network,
    frozen_networks,
    frozen_steps,
    why_no_network,
)
from lohe.attention.kuramoto.order import watch
from lohe.attention.kuramoto.torus import Torus
from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.claims import Verdict

TOKENS = np.array([3, 1, 4, 1, 5, 2])
EXACT = {name: options for name, options in VARIANTS.items() if not why_no_network(
    config_of(options), oscillator=0
)}  # fmt: skip


def velocity(network, x):
    """Restated: what the others pull at each state (n, d), along the sphere."""
    heard = network.drive + np.asarray(network.crosstalk) @ x
    return heard - np.sum(heard * x, axis=-1, keepdims=True) * x


@pytest.mark.parametrize("options", EXACT.values(), ids=EXACT)
def test_a_step_of_the_network_is_the_pull_of_the_layer(options):
    model = draw_model(options)
    config, manifold = model.config, model.config.manifold
    assert isinstance(manifold, Torus) == (config.d_osc == 2)
    seen = watch(model, TOKENS[None])
    for oscillator in range(config.oscillators[1]):
        networks = frozen_networks(model, TOKENS, oscillator=oscillator)
        for (layer, head), network in networks.items():
            x = seen[layer].x[0, :, head, oscillator]
            pulls = 0
            for kind, mean in seen[layer].means.items():
                prefix = "" if kind == "attended" else "successor_"
                step = model.parameters[f"layer{layer}.attention.{prefix}step"][head, oscillator]
                pulls = pulls + step * mean[0, :, head, oscillator]
            tangent = pulls - np.sum(pulls * x, axis=-1, keepdims=True) * x
            np.testing.assert_allclose(velocity(network, x), tangent, atol=1e-14)
            if config.d_osc == 2:
                angle = x[:, 0] * velocity(network, x)[:, 1] - x[:, 1] * velocity(network, x)[:, 0]
                change = sum(
                    manifold.pull(seen[layer].x, mean, model.parameters[
                        f"layer{layer}.attention.{'' if kind == 'attended' else 'successor_'}step"
                    ])[0] for kind, mean in seen[layer].means.items()
                )  # fmt: skip
                np.testing.assert_allclose(angle, change[0, :, head, oscillator], atol=1e-14)


def test_the_crosstalk_is_the_models_own_weights():
    model = draw_model({})
    seen = watch(model, TOKENS[None])
    labels = list("314152")
    networks = frozen_networks(model, TOKENS, labels=labels)
    assert list(networks) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for (layer, head), network in networks.items():
        weights = seen[layer].weights()[0, head]
        off = ~np.eye(len(TOKENS), dtype=bool)
        assert np.array_equal(network.crosstalk[off], weights[off])
        assert not np.diagonal(network.crosstalk).any()
        np.testing.assert_allclose(network.crosstalk.sum(axis=1), 1 - np.diagonal(weights))
        assert not network.drive.any()
        assert list(network.labels) == labels


def test_single_precision_weights_are_kept_to_their_precision():
    model = draw_model({}, dtype=np.float32)
    (network, *_) = frozen_networks(model, TOKENS).values()
    own = watch(model, TOKENS[None])[0].weights()[0, 0]
    assert own.dtype == np.float32
    np.testing.assert_allclose(network.crosstalk, own - np.diag(np.diagonal(own)), atol=1e-6)


def test_later_tokens_change_nothing_of_earlier_ones():
    model = draw_model({"coupling": "successor"})
    whole, part = frozen_networks(model, TOKENS), frozen_networks(model, TOKENS[:4])
    for key, network in part.items():
        np.testing.assert_allclose(network.crosstalk, whole[key].crosstalk[:4, :4], atol=1e-15)


@pytest.mark.parametrize("options", [{}, {"d_osc": 3}, {"sees_itself": False}])
def test_attended_tokens_agree_and_the_proof_is_checked(options):
    for network in frozen_networks(draw_model(options), TOKENS).values():
        certificate = certify(network, ["consensus"])
        claim = certificate.claims["consensus"]
        assert claim.verdict is Verdict.PROVED
        assert claim.values["leader"] == 0
        slowest = np.asarray(network.crosstalk).sum(axis=1)[1:].min()
        assert claim.values["rate_lower"] == pytest.approx(slowest)
        assert claim.values["rate_lower"] <= slowest * (1 + 1e-15)
        assert lohe.verify(certificate, network).claims["consensus"].verdict is Verdict.PROVED


def test_successors_leave_the_first_two_tokens_apart():
    network = frozen_networks(draw_model({"coupling": "successor"}), TOKENS)[1, 0]
    claim = certify(network, ["consensus"]).claims["consensus"]
    assert claim.verdict is Verdict.REFUTED
    assert {claim.witness["first"], claim.witness["second"]} == {(0,), (1,)}


def test_steps_are_those_of_the_model_and_scale_time():
    model = draw_model({"coupling": "both"})
    steps = frozen_steps(model, 1, 0)
    assert steps.shape == (2, 3)
    assert np.array_equal(steps[1], model.parameters["layer1.attention.successor_step"][0])
    pulled = watch(model, TOKENS[None])[1]
    one = frozen_network(pulled, 0, coupling="both", steps=(2.0, 0.0)).crosstalk
    np.testing.assert_allclose(one, 2 * frozen_network(pulled, 0).crosstalk)


@pytest.mark.parametrize(
    ("options", "oscillator", "message"),
    [
        ({"values": "free"}, None, 'train values="phases"'),
        ({"frustration": True}, 0, "a lag"),
        ({"coupling": "both"}, None, "choose an oscillator from 0 to 2"),
        ({}, 3, "no oscillator 3: a head has 3"),
        ({}, -1, "no oscillator -1"),
    ],
)
def test_what_is_no_network_is_refused(options, oscillator, message):
    with pytest.raises(InputError, match=message):
        frozen_networks(draw_model(options), TOKENS, oscillator=oscillator)


def test_one_sequence_of_two_tokens_is_needed():
    for tokens in (TOKENS[:1], TOKENS[None]):
        with pytest.raises(InputError, match="one sequence of at least 2"):
            frozen_networks(draw_model({}), tokens)


def test_variants_that_are_networks_are_those_expected():
    refused = set(TORUS) - set(EXACT)
    assert refused == {"free values", "Sakaguchi", "frustrated successor", "both"}
