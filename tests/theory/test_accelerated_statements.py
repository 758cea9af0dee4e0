"""L6 to L9, tried on numbers, and their obligations, which must notice what is wrong."""

import numpy as np
import pytest
from sympy import lambdify

from lohe.attention.accelerated.conformal import conformal_step
from lohe.attention.accelerated.damping import Damping
from lohe.attention.accelerated.linear_field import linear_field
from lohe.attention.accelerated.particles import Particles, flow, mahalanobis_radii
from lohe.attention.layer_norm import layer_norm
from lohe.theory import common_map, energy_decay, particle_energies, particle_symbols, presymplectic
from lohe.theory.particle_symbols import by_matrix, general, linear_energy, symmetric


def system(n, d, seed=0):
    rng = np.random.default_rng(seed)
    roots = rng.standard_normal((2, d, d))
    kernel, stiffness = roots @ roots.mT + 0.3 * np.eye(d)
    return Particles(kernel, stiffness), *rng.standard_normal((2, n, d))


def test_the_symbols_are_the_particles_of_the_code():
    particles, x, y = system(3, 2)
    symbols = [general("x", 3, 2), general("y", 3, 2), symmetric("a", 2), symmetric("q", 2)]
    numbers = x, y, particles.kernel, particles.stiffness
    table = {}
    for matrix, given in zip(symbols, numbers, strict=True):
        table |= dict(zip(matrix, given.ravel(), strict=True))
    arguments = (*symbols[:3], -symbols[3])
    energy = linear_energy(*arguments)
    forms = [
        *particle_symbols.velocity_and_force(*arguments),
        energy,
        by_matrix(energy, symbols[0]),
    ]
    found = lambdify(list(table), forms)(*table.values())
    expected = particles.velocity(x, y), particles.force(x, y), particles.hamiltonian(x, y)
    for left, right in zip(found, (*expected, -particles.force(x, y)), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-12)


def second_derivatives(particles, x, y):
    """Return H_xy and H_x by complex steps and by formula, for vectors of N d numbers."""
    size, small = x.size, 1e-30
    mixed = np.empty((size, size))
    for k in range(size):
        moved = np.zeros(size, dtype=complex)
        moved[k] = 1j * small
        mixed[:, k] = -particles.force(x, y + moved.reshape(y.shape)).imag.ravel() / small
    return mixed, -particles.force(x, y).ravel()


def explicit(particles, h, x, y):
    late = y + h * particles.force(x, y)
    return x + h * particles.velocity(x, late), late


def test_l7_the_explicit_step_moves_the_momenta_of_the_implicit_one():
    particles, x, y = system(3, 2)
    mixed, force = second_derivatives(particles, x, y)
    w = (mixed @ force).reshape(x.shape)
    gaps = []
    for h in (1e-3, 5e-4):
        _, late = explicit(particles, h, x, y)
        _, implicit = conformal_step(particles, x, y, h, 1.0)
        gaps.append(np.abs(late - implicit + h**2 * w).max())
        assert np.abs(late - implicit).max() > 20 * gaps[-1]
    assert np.log2(gaps[0] / gaps[1]) == pytest.approx(3, abs=0.1)


def test_l7_the_leading_defect_is_the_exterior_derivative():
    particles, x, y = system(2, 2)
    size, small, h = x.size, 1e-6, 1e-3

    def jacobian(f):
        columns = []
        for k in range(2 * size):
            step = np.zeros(2 * size)
            step[k] = small
            up, down = (
                f(*(np.concatenate([x.ravel(), y.ravel()]) + sign * step).reshape(2, *x.shape))
                for sign in (1, -1)
            )
            columns.append((up - down) / (2 * small))
        return np.stack(columns, axis=1)

    def form(x, y):
        mixed, force = second_derivatives(particles, x, y)
        return mixed @ force

    def step(x, y):
        return np.concatenate([each.ravel() for each in explicit(particles, h, x, y)])

    omega = np.kron(np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(size))
    whole, slopes = jacobian(step), jacobian(form)
    along, across = slopes[:, :size], slopes[:, size:]
    derivative = np.block([[along.T - along, -across], [across.T, np.zeros((size, size))]])
    found = (whole.T @ omega @ whole - omega) / h**2
    largest = np.abs(derivative).max()
    assert largest > 1
    assert np.abs(found - derivative).max() < 0.1 * largest


def test_l8_the_witness_on_the_layer_itself():
    x, eye = np.array([[[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]]), np.eye(2)
    weights = {"attention.weight_qkv": np.concatenate([eye, eye, 0 * eye]) * 2**0.25}
    normed, _ = layer_norm(np.ones(2), np.zeros(2), x)

    def radius(at, share, *, causal):
        field = linear_field(weights, at, heads=1, share=share, causal=causal)
        moved, _ = field.velocity(x)
        return mahalanobis_radii((x + moved)[0])[0]

    third, seen = np.full((3, 1), 1 / 3), 1 / np.arange(1.0, 4.0)[:, None]
    assert mahalanobis_radii(x[0])[0] == pytest.approx(3 / 5)
    assert radius(x, third, causal=False) == pytest.approx(3 / 5)
    assert radius(normed, third, causal=False) == pytest.approx(125 / 127, abs=1e-4)
    assert radius(x, seen, causal=True) == pytest.approx(27 / 73)


@pytest.mark.parametrize(("r", "momentum"), [(2.0, 0.0), (3.0, 0.0), (3.0, 1.5), (5.0, -1.0)])
def test_l9_every_start_ends_on_the_power_law(r, momentum):
    a, q = np.array([0.7, 1.9]), np.array([1.3, 0.2])
    particles = Particles(np.diag(a), np.diag(q))
    x = np.array([[1.1, 0.0], [0.0, -0.8]])
    xs, _ = flow(particles, x, momentum * x, Damping(r, 0.0), np.array([1.0, 2000.0]))
    limit = (r - 1) / 2 * (1 / a).sum()
    assert particles.potential(xs[-1]) * 2000**2 == pytest.approx(limit, rel=2e-2)
    xs, _ = flow(particles, x, None, Damping(r, 0.0), np.array([1.0, 2001.0]))
    assert particles.potential(xs[-1]) * 2000 == pytest.approx((1 / a).sum() / 4, rel=2e-2)


# Sabotage


def test_a_wrong_force_is_noticed(monkeypatch):
    right = particle_symbols.velocity_and_force

    def wrong(x, y, kernel, push):
        velocity, force = right(x, y, kernel, push)
        return velocity, force + y

    for module in (particle_energies, common_map):
        monkeypatch.setattr(module, "velocity_and_force", wrong)
    assert not particle_energies.linear_field().holds
    assert not particle_energies.dissipation().holds
    assert not common_map.accelerated_moments().holds
    assert not common_map.bilinear().holds


def test_a_force_through_queries_alone_is_noticed(monkeypatch):
    right = particle_energies._pull
    monkeypatch.setattr(particle_energies, "_PLACES", ((2, 0, 1),))
    assert particle_energies.leak().holds
    monkeypatch.setattr(particle_energies, "_pull", lambda *given: right(*given) / 2)
    assert not particle_energies.leak().holds
    assert not particle_energies.sealed().holds


def test_a_wrong_shift_is_noticed(monkeypatch):
    right = presymplectic._shift
    monkeypatch.setattr(presymplectic, "_shift", lambda *given: -right(*given))
    assert not presymplectic.shifted_momenta().holds
    assert not presymplectic.explicit_particles().holds


def test_wrong_rates_are_noticed(monkeypatch):
    right = energy_decay._rates

    def wrong(s, g, damping):
        of_s, of_g = right(s, g, damping)
        return of_s, of_g + s

    monkeypatch.setattr(energy_decay, "_rates", wrong)
    assert not energy_decay.power_law().holds
    assert not energy_decay.logarithmic().holds
