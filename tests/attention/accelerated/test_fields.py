"""Velocities and forces as derivatives of energies, and the sums of exponentials in them."""

import numpy as np
import pytest

from lohe.attention.accelerated import exponential
from lohe.attention.accelerated.exponential import exponential_sums
from lohe.attention.accelerated.linear_field import linear_attention, linear_field
from lohe.attention.accelerated.particles import Particles
from lohe.attention.accelerated.softmax_field import softmax_field
from lohe.attention.gradcheck import check_pullback
from lohe.dynamics.errors import InputError

RNG = np.random.default_rng(0)
TOKENS, WIDTH, HEADS = 5, 6, 2
SHARE = np.full((TOKENS, 1), 1 / TOKENS)


def normal(*shape):
    return RNG.standard_normal(shape)


def derivative(function, x):
    """Return the gradient of a function by complex steps."""
    found = np.empty(x.shape)
    for where in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[where] += 1e-30j
        found[where] = function(moved).imag / 1e-30
    return found


def softmax_energy(weights, x, p, heads):
    """Return the energy of particles that all see each other."""
    query, key = weights["attention.weight_qk"].reshape(2, WIDTH, WIDTH)
    free = weights["attention.weight_b"]
    total, u = 0, []
    for head in np.split(np.arange(WIDTH), heads):
        e = np.exp((x @ query[head].T) @ (x @ key[head].T).T / np.sqrt(len(head)))
        total -= e.sum() / len(x) / 2
        u.append(p[:, head] / np.sqrt(e.mean(axis=1, keepdims=True)))
    u = np.concatenate(u, axis=1)
    return total + np.sum(u * (u @ (free + free.T) / 2)) / 2


def softmax_weights():
    return {
        "attention.weight_qk": 0.4 * normal(2 * WIDTH, WIDTH),
        "attention.weight_b": normal(WIDTH, WIDTH),
    }


def every_particle(weights, x, heads):
    return softmax_field(
        weights, x[None], heads=heads, share=SHARE, potential=SHARE, sealed=False, causal=False
    )


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_softmax_field_is_hamiltonian(heads):
    weights, x, p = softmax_weights(), normal(TOKENS, WIDTH), normal(TOKENS, WIDTH)
    field = every_particle(weights, x, heads)
    velocity, force = field.velocity(p[None])[0][0], field.force(p[None])[0][0]
    by_p = derivative(lambda p: softmax_energy(weights, x, p, heads), p)
    by_x = derivative(lambda x: softmax_energy(weights, x, p, heads), x)
    np.testing.assert_allclose(velocity, by_p, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(force, -by_x, rtol=1e-11, atol=1e-11)


def test_momenta_that_are_the_force_attend_by_softmax():
    """With V = B A the velocity of momenta grad U is attention: softmax(x A xᵀ) x Vᵀ."""
    weights, x = softmax_weights(), normal(TOKENS, WIDTH)
    weights["attention.weight_qk"][WIDTH:] = weights["attention.weight_qk"][:WIDTH]
    query, free = weights["attention.weight_qk"][:WIDTH], weights["attention.weight_b"]
    kernel, mass = query.T @ query / np.sqrt(WIDTH), (free + free.T) / 2
    field = every_particle(weights, x, heads=1)
    force, _ = field.force(np.zeros((1, TOKENS, WIDTH)))
    velocity, _ = field.velocity(force)
    e = np.exp(x @ kernel @ x.T)
    attended = e / e.sum(axis=1, keepdims=True) @ x @ (mass @ kernel).T
    np.testing.assert_allclose(velocity[0], attended, rtol=1e-12, atol=1e-12)


def test_sealed_force_is_that_of_the_last_of_the_tokens_so_far():
    weights, x, p = softmax_weights(), normal(1, TOKENS, WIDTH), normal(1, TOKENS, WIDTH)

    def force(tokens, sealed):
        field = softmax_field(
            weights, x[:, :tokens], heads=2, share=SHARE[:tokens], potential=SHARE[:tokens],
            sealed=sealed,
        )  # fmt: skip
        return field.force(p[:, :tokens])[0]

    whole = force(TOKENS, sealed=True)
    for tokens in range(1, TOKENS + 1):
        leaking = force(tokens, sealed=False)[:, -1]
        np.testing.assert_allclose(whole[:, tokens - 1], leaking, rtol=1e-12)
    assert np.abs(force(TOKENS, sealed=False) - whole)[:, :-1].max() > 1e-2


def test_linear_field_is_the_particles_with_one_head():
    weight, x, y = normal(3 * WIDTH, WIDTH), normal(TOKENS, WIDTH), normal(TOKENS, WIDTH)
    weight[WIDTH : 2 * WIDTH] = weight[:WIDTH]  # a symmetric kernel
    weight[2 * WIDTH :] += weight[2 * WIDTH :].T.copy()
    kernel = weight[:WIDTH].T @ weight[:WIDTH] / np.sqrt(WIDTH)
    particles = Particles(kernel, -weight[2 * WIDTH :])
    weights = {"attention.weight_qkv": weight}
    field = linear_field(weights, x[None], heads=1, share=SHARE, causal=False)
    velocity, force = field.velocity(y[None])[0][0], field.force(y[None])[0][0]
    np.testing.assert_allclose(velocity, particles.velocity(x, y), rtol=1e-11)
    np.testing.assert_allclose(force, particles.force(x, y), rtol=1e-11)
    attended, _ = linear_attention(weights, x[None], heads=1, share=SHARE, causal=False)
    np.testing.assert_allclose(attended[0], particles.classical(x), rtol=1e-11)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("heads", [1, 3])
def test_linear_attention_is_the_velocity_of_momenta_that_are_the_force(heads, causal):
    weights, x = {"attention.weight_qkv": normal(3 * WIDTH, WIDTH)}, normal(2, TOKENS, WIDTH)
    field = linear_field(weights, x, heads=heads, share=SHARE, causal=causal)
    force, _ = field.force(np.zeros_like(x))
    attended, _ = linear_attention(weights, x, heads=heads, share=SHARE, causal=causal)
    np.testing.assert_allclose(field.velocity(force)[0], attended, rtol=1e-12)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("tokens", [1, 5, 300])
def test_exponential_sums(tokens, causal):
    q, k = (0.3 * normal(2, 3, tokens, 4) for _ in range(2))
    values, d_sums = normal(2, 3, tokens, 5), normal(2, 3, tokens, 5)
    sums, pullback = exponential_sums(q, k, values, causal=causal)
    e = np.exp(q @ k.mT) * (np.tri(tokens) if causal else 1)
    np.testing.assert_allclose(sums, e @ values, rtol=1e-12, atol=1e-12)
    slope = e * (d_sums @ values.mT)
    expected = slope @ k, slope.mT @ q, e.mT @ d_sums
    for found, right in zip(pullback(d_sums), expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-11, atol=1e-11)


def test_adjoint_of_exponential_sums():
    def of_arrays(q, k, values):
        return exponential_sums(q, k, values, causal=True)

    shapes = (1, 2, 4, 3), (1, 2, 4, 3), (1, 2, 4, 2)
    check = check_pullback(of_arrays, [0.5 * normal(*shape) for shape in shapes], RNG)
    assert check.relative_error < 1e-7


def test_exponentials_formed_again_are_the_same(monkeypatch):
    given = [0.3 * normal(2, 2, 200, 4) for _ in range(4)]

    def results():
        sums, pullback = exponential_sums(*given[:3], causal=True)
        return sums, *pullback(given[3])

    kept = results()
    monkeypatch.setattr(exponential, "_KEPT_BYTES", 0)
    for first, second in zip(kept, results(), strict=True):
        assert np.array_equal(first, second)


def test_what_overflows_in_the_future_is_no_concern():
    q, k = np.ones((1, 1, 2, 1)), np.ones((1, 1, 2, 1))
    q[..., 1, :], k[..., 1, :] = 0, 1e3  # the first row with the second column overflows
    sums, _ = exponential_sums(q, k, np.ones((1, 1, 2, 1)), causal=True)
    np.testing.assert_allclose(sums.ravel(), [np.e, 2], rtol=1e-15)
    with pytest.raises(InputError, match="overflows"):
        exponential_sums(q, k, np.ones((1, 1, 2, 1)), causal=False)
