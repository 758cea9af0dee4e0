"""Langevin steps: weak order 2 against exact semigroups, Gibbs' law, the flow without noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import iv
from weak_operators import circles, error, sphere

from lohe.dynamics.errors import InputError
from lohe.dynamics.field import energy
from lohe.dynamics.langevin import Langevin, default_step, diffusivities
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.dynamics.sphere import uniform

TURN = np.array([[0.0, -1.0], [1.0, 0.0]])
HEARS = [[0.0, 0.9], [0.4, 0.0]]


def laid_out(states):
    return np.ascontiguousarray(np.moveaxis(states, 0, -1))


def orders(errors):
    return np.log2(np.divide(errors[:-1], errors[1:]))


@pytest.mark.parametrize(("drive", "omega"), [(1.0, 0.0), (1.0, 0.8), (1.0, 2.5), (0.0, 1.0)])
def test_one_planar_oscillator_matches_fokker_planck(drive, omega):
    network = Network([[drive, 0.0]], frequency=[omega * TURN])
    errors = []
    for steps in (4, 8, 16):
        motion = Langevin.prepare(network, 0.5, 1 / steps)
        step, generator, waves = circles(motion, 24)
        errors.append(error(step, generator, steps, 1.0, (np.abs(waves[0]) == 1) / 2))
    if drive == 0:  # turning and diffusing commute, and both are exact
        assert max(errors) < 1e-12
        return
    assert errors[-1] > 1e-7
    assert np.all(np.abs(orders(errors) - 2) < 0.15)


def test_one_oscillator_on_the_sphere_matches_its_legendre_modes():
    errors = []
    for steps in (5, 10, 20):
        motion = Langevin.prepare(Network([[1.2, 0.0, 0.0]]), 0.4, 1 / steps)
        step, generator = sphere(motion, 30)
        errors.append(error(step, generator, steps, 1.0, np.eye(30)[1]))
    assert errors[-1] > 1e-7
    assert np.all(np.abs(orders(errors) - 2) < 0.15)


@pytest.mark.parametrize("omega", [0.0, 0.7])
def test_two_coupled_oscillators_match_fokker_planck_on_the_torus(omega):
    network = Network(
        [[0.8, 0.0], [0.0, 0.5]], crosstalk=HEARS, frequency=[omega * TURN, -omega * TURN]
    )
    errors = []
    for steps in (4, 8, 16):
        motion = Langevin.prepare(network, [0.5, 0.8], 1 / steps)
        step, generator, waves = circles(motion, 8)
        difference = np.all(waves == [[1], [-1]], axis=0)
        errors.append(error(step, generator, steps, 1.0, difference.astype(float)))
    assert errors[-1] > 1e-6
    assert np.all(np.abs(orders(errors) - 2) < 0.2)


def test_the_stationary_law_approaches_gibbs_at_order_two():
    network = Network([[0.8, 0.0], [0.0, 0.5]], crosstalk=[[0.0, 0.7], [0.7, 0.0]])
    diffusivity, angles = 0.6, 2 * np.pi * np.arange(64) / 64
    first, second = np.meshgrid(angles, angles, indexing="ij")
    states = np.stack([np.cos([first, second]), np.sin([first, second])], axis=-1)
    weights = np.exp(-energy(network, np.moveaxis(states, 0, -2)) / diffusivity)
    exact = np.sum(weights * np.cos(first - second)) / weights.sum()
    errors = []
    for inverse in (2, 4, 8):
        step, _, waves = circles(Langevin.prepare(network, diffusivity, 1 / inverse), 8)
        function = np.all(waves == [[1], [-1]], axis=0).astype(float)
        settled = np.linalg.matrix_power(step, 40 * inverse) @ function
        # In the end the expectation does not depend on the start: only the constant is left.
        constant = settled[np.all(waves == 0, axis=0)][0]
        assert np.abs(settled).sum() - abs(constant) < 1e-6
        errors.append(abs(constant.real - exact))
    assert errors[-1] > 1e-6
    assert np.all(np.abs(orders(errors) - 2) < 0.2)


@pytest.mark.parametrize("d", [2, 3, 5])
def test_samples_have_the_mean_of_von_mises_and_fisher(d):
    drive = np.zeros((1, d))
    drive[0, 0] = 1.5
    rng = np.random.default_rng(d)
    motion = Langevin.prepare(Network(drive), 0.6, 0.05)
    x = motion.advance(laid_out(uniform(rng, (15_000, 1), d)), 120, rng)
    cosine = x[0, 0]
    kappa = 1.5 / 0.6
    exact = iv(d / 2, kappa) / iv(d / 2 - 1, kappa)
    assert abs(cosine.mean() - exact) < 4.5 * cosine.std() / np.sqrt(cosine.size) + 5e-4
    assert np.all(np.abs(x[0, 1:].mean(axis=-1)) < 4.5 / np.sqrt(d * cosine.size))


def test_samples_of_a_coupled_pair_have_gibbs_mean():
    network = Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.7], [0.7, 0.0]])
    angles = 2 * np.pi * np.arange(128) / 128
    first, second = np.meshgrid(angles, angles)
    weights = np.exp((np.cos(first) + np.cos(second) + 0.7 * np.cos(first - second)) / 0.5)
    exact = np.sum(weights * np.cos(first - second)) / weights.sum()
    rng = np.random.default_rng(0)
    motion = Langevin.prepare(network, 0.5, 0.05)
    x = motion.advance(laid_out(uniform(rng, (10_000, 2), 2)), 160, rng)
    agreement = np.einsum("db,db->b", *x)
    assert abs(agreement.mean() - exact) < 4.5 * agreement.std() / np.sqrt(10_000) + 5e-4


@pytest.mark.parametrize("frequency", [None, [1.3 * TURN]])
def test_without_noise_the_steps_are_the_exact_flow(frequency):
    network = Network([[0.9, 0.4]], frequency=frequency)
    start = uniform(np.random.default_rng(0), (20, 1), 2)
    motion = Langevin.prepare(network, 0.0, 0.25)
    moved = motion.advance(laid_out(start), 12, np.random.default_rng(1))
    exact = settle(start, network.drive, 3.0, frequency=frequency)
    assert np.allclose(np.moveaxis(moved, -1, 0), exact, atol=1e-12)


def test_only_noisy_oscillators_diffuse():
    network = Network(np.zeros((2, 3)))
    start = laid_out(uniform(np.random.default_rng(0), (5, 2), 3))
    moved = Langevin.prepare(network, [0.0, 0.3], 0.1).advance(start, 10, np.random.default_rng(0))
    assert np.allclose(moved[0], start[0], atol=1e-14)
    assert np.abs(moved[1] - start[1]).max() > 0.1


class Turned:
    """Normal numbers of a generator, rotated with the states."""

    def __init__(self, rng, rotation):
        self.rng, self.rotation = rng, rotation

    def standard_normal(self, shape):
        return self.rotation @ self.rng.standard_normal(shape)


def test_rotating_the_network_rotates_the_law():
    rng = np.random.default_rng(5)
    skew = rng.standard_normal((3, 4, 4))
    frequency = skew - np.swapaxes(skew, 1, 2)
    crosstalk = rng.standard_normal((3, 3)) * (1 - np.eye(3))
    drive, start = rng.standard_normal((3, 4)), laid_out(uniform(rng, (7, 3), 4))
    rotation = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    carried = rotation @ frequency @ rotation.T
    carried = (carried - np.swapaxes(carried, 1, 2)) / 2
    here = Network(drive, crosstalk=crosstalk, frequency=frequency)
    there = Network(drive @ rotation.T, crosstalk=crosstalk, frequency=carried)
    plain, other = (Langevin.prepare(network, 0.3, 0.05) for network in (here, there))
    moved = plain.advance(start, 10, np.random.default_rng(6))
    turned = other.advance(rotation @ start, 10, Turned(np.random.default_rng(6), rotation))
    assert np.allclose(turned, rotation @ moved, atol=1e-11)


def test_steps_at_once_are_the_steps_one_by_one_and_leave_the_start():
    network = Network([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    motion = Langevin.prepare(network, 0.3, 0.1)
    start = laid_out(uniform(np.random.default_rng(0), (6, 2), 3))
    kept = start.copy()
    together = motion.advance(start, 5, np.random.default_rng(1))
    rng, single = np.random.default_rng(1), start
    for _ in range(5):
        single = motion.advance(single, 1, rng)
    assert np.allclose(together, single, atol=1e-13)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-13)
    assert np.array_equal(start, kept)
    assert np.array_equal(motion.advance(start, 0, rng), start)


def test_the_default_step_resolves_force_and_noise():
    strong = Network([[30.0, 40.0, 0.0]])
    assert default_step(strong, 1e-3) == pytest.approx(0.1 / 50)
    assert default_step(strong, 1e3) == pytest.approx(0.1 / 2000)
    assert default_step(Network(np.zeros((1, 2))), 0.0) == 1.0


@pytest.mark.parametrize(
    ("diffusivity", "step", "words"),
    [
        (-1.0, 0.1, "not negative"),
        (np.nan, 0.1, "not negative"),
        ([0.1, 0.1, 0.1], 0.1, "give one number or 2"),
        ("much", 0.1, "not a number"),
        (0.1, 0.0, "step is 0"),
        (0.1, np.nan, "step is nan"),
        (0.1, 100.0, "choose at most"),
    ],
)
def test_unusable_arguments_are_refused_in_one_line(diffusivity, step, words):
    with pytest.raises(InputError, match=words) as caught:
        Langevin.prepare(Network(np.eye(2)), diffusivity, step)
    assert "\n" not in str(caught.value)


def test_states_of_another_shape_are_refused():
    motion = Langevin.prepare(Network(np.eye(2)), 0.1, 0.1)
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="expected \\(2, 2, trials\\)"):
        motion.advance(np.ones((5, 2, 2)), 1, rng)
    with pytest.raises(InputError, match="steps is -1"):
        motion.advance(np.ones((2, 2, 5)), -1, rng)
    assert diffusivities(motion.network, 0.5).tolist() == [0.5, 0.5]
