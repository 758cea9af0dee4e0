"""What is claimed of the dynamics: gradients, entropy, and where frozen weights lead."""

import numpy as np
import pytest
from phase_models import draw_model
from scipy.special import logsumexp

from lohe.attention.kuramoto.attention import kuramoto_attention
from lohe.attention.kuramoto.coupling import means_under
from lohe.attention.kuramoto.model import attention_options
from lohe.attention.kuramoto.order import coupling_energy
from lohe.attention.kuramoto.sphere import Sphere
from lohe.attention.kuramoto.torus import Torus
from lohe.attention.parameters import layer_of
from lohe.attention.rotary.weights import attention_weights


def pulled(options):
    model = draw_model(options)
    config = model.config
    theta = np.random.default_rng(0).uniform(-3, 3, (2, 6, *config.oscillators))
    x, _ = Torus().points(theta)
    weights = layer_of(model.parameters, "layer0.attention")
    seen = []
    change, _ = kuramoto_attention(
        Torus(), weights, x, observe=seen.append, **attention_options(config)
    )
    return theta, weights, seen[0], change


def own_energies(attention, theta, others):
    """-sum_u A_tu cos(theta_u - theta_t) of every token, the others' phases given."""
    angle = others[:, None] - theta[:, :, None]  # (B, t, u, H, n)
    return -np.einsum("bhtu,btuhn->bth", attention, np.cos(angle))


def test_the_update_is_minus_the_gradient_of_a_tokens_own_energy():
    """By complex steps; the weights and the other tokens are held."""
    theta, weights, seen, change = pulled({})
    attention = seen.weights()
    slope = np.empty_like(theta)
    for index in np.ndindex(theta.shape):
        moved = theta.astype(complex)
        moved[index] += 1e-30j
        slope[index] = own_energies(attention, moved, theta)[index[:3]].imag / 1e-30
    # As the token is among the others for itself, its own term is held too: it has no slope.
    np.testing.assert_allclose(change, -weights["step"] * slope, atol=1e-13)
    np.testing.assert_allclose(
        coupling_energy(seen.x, seen.means["attended"]),
        own_energies(attention, theta, theta),
        atol=1e-13,
    )


def test_the_update_is_the_tangent_component_of_the_circular_mean():
    theta, weights, seen, change = pulled({"coupling": "successor"})
    z, mean = np.exp(1j * theta), seen.means["successor"] @ np.array([1, 1j])
    tangent = mean - (z.conj() * mean).real * z
    along = tangent / (1j * z)
    np.testing.assert_allclose(change, weights["successor_step"] * along.real, atol=1e-14)
    assert np.abs(along.imag).max() < 1e-14


def test_softmax_weights_maximise_score_and_entropy():
    rng = np.random.default_rng(1)
    _, _, seen, _ = pulled({})
    score, attention = seen.q @ seen.k.mT, seen.weights()

    def gain(weights):
        entropy = -(weights * np.log(np.where(weights > 0, weights, 1))).sum(axis=-1)
        return (weights * score).sum(axis=-1) + entropy

    causal = np.where(np.tri(6, dtype=bool), score, -np.inf)
    np.testing.assert_allclose(gain(attention), logsumexp(causal, axis=-1), rtol=1e-13)
    for _ in range(20):
        other = rng.dirichlet(np.ones(6), attention.shape[:-1]) * np.tri(6)
        other /= other.sum(axis=-1, keepdims=True)
        assert (gain(other)[..., 1:] < gain(attention)[..., 1:]).all()


@pytest.mark.parametrize("dimension", [2, 3])
def test_frozen_causal_weights_lead_to_the_first_token(dimension):
    """At the rate that the docs state: the smallest share that a token does not give itself."""
    rng = np.random.default_rng(2)
    q, k = rng.standard_normal((2, 1, 1, 6, 3))
    attention = attention_weights(q, k)
    x = rng.standard_normal((1, 6, 1, 40, dimension))
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    sphere, step, distances = Sphere(dimension), np.full((1, 40), 0.1), []
    first = x[:, :1].copy()
    for _ in range(4000):
        values = x.reshape(1, 6, 1, -1).transpose(0, 2, 1, 3)
        mean = means_under(attention, values, ("attended",))[0]
        mean = mean.transpose(0, 2, 1, 3).reshape(x.shape)
        x, _ = sphere.moved(x, sphere.pull(x, mean, step)[0])
        distances.append(np.linalg.norm(x - first))
    assert distances[-1] < 1e-12
    slowest = (1 - np.diagonal(attention[0, 0]))[1:].min()
    late = np.searchsorted(-np.array(distances), -1e-5)
    rate = (distances[late + 50] / distances[late]) ** (1 / 50)
    assert rate == pytest.approx(1 - 0.1 * slowest, rel=2e-3)


def test_successors_break_consensus():
    """Agreement rests under the plain coupling; under a lag of the successor it turns."""
    theta, weights, _, _ = pulled({"coupling": "successor", "frustration": True, "gate": "none"})
    agreed = np.broadcast_to(theta[:, :1], theta.shape).copy()
    x, _ = Torus().points(agreed)
    options = {"gate_kind": "none", "coupling": "successor"}
    change, _ = kuramoto_attention(Torus(), weights, x, **options)
    turned = -weights["successor_step"] * np.sin(weights["successor_lag"][..., 0])
    np.testing.assert_allclose(change, np.broadcast_to(turned, change.shape), atol=1e-14)
    weights["successor_lag"] = np.zeros_like(weights["successor_lag"])
    still, _ = kuramoto_attention(Torus(), weights, x, **options)
    np.testing.assert_allclose(still, 0, atol=1e-14)
