"""Order parameters of phases whose order is known."""

import numpy as np
import pytest
from phase_models import draw_model

from lohe.attention.kuramoto.model import apply_kuramoto
from lohe.attention.kuramoto.order import attended_order, order_parameter, phase_locking, watch
from lohe.attention.kuramoto.torus import Torus
from lohe.attention.task import Batch
from lohe.dynamics.errors import InputError


def points(theta):
    return Torus().points(theta)[0]


def test_order_of_agreement_opposition_and_chance():
    theta = np.zeros((1, 10_000, 1, 3))
    theta[:, ::2, :, 1] = np.pi
    theta[..., 2] = np.random.default_rng(0).uniform(-np.pi, np.pi, (1, 10_000, 1))
    agree, oppose, chance = order_parameter(points(theta))[0, 0]
    assert agree == pytest.approx(1)
    assert oppose == pytest.approx(0, abs=1e-12)
    assert chance < 4 * np.sqrt(np.pi / 40_000)


def test_locking_sees_constant_differences_only():
    rng = np.random.default_rng(1)
    theta = rng.uniform(-np.pi, np.pi, (4, 2500, 1, 2))
    other = theta + np.array([0.7, 0.0])
    other[..., 1] = rng.uniform(-np.pi, np.pi, theta.shape[:-1])
    locked, free = phase_locking(points(theta), points(other))[0]
    assert locked == pytest.approx(1)
    assert free < 4 * np.sqrt(np.pi / 40_000)


def test_every_layer_is_seen_and_a_mean_is_no_longer_than_one():
    model = draw_model({"coupling": "both"})
    tokens = np.random.default_rng(2).integers(7, size=(2, 6))
    seen = watch(model, tokens)
    assert len(seen) == 2
    for pulled in seen:
        for mean in pulled.means.values():
            order = attended_order(mean)
            assert (order < 1 + 1e-12).all()
            np.testing.assert_allclose(order[:, 0], 1)  # the first token couples to itself alone
    # Weights and order of a layer belong together.
    attended = np.einsum("bhtu,buhnd->bthnd", seen[1].weights(), seen[1].x)
    np.testing.assert_allclose(attended, seen[1].means["attended"], atol=1e-13)


def test_watching_changes_nothing():
    model = draw_model({})
    tokens = np.random.default_rng(3).integers(7, size=(2, 6))
    batch, layers = Batch(tokens, tokens), []
    plain, _, _ = apply_kuramoto(model, batch)
    watched, _, _ = apply_kuramoto(model, batch, observe=lambda layer, _: layers.append(layer))
    assert np.array_equal(plain, watched)
    assert layers == [0, 1]


def test_locking_of_spheres_is_refused():
    x = np.ones((1, 2, 1, 1, 3))
    with pytest.raises(InputError, match="two arrays"):
        phase_locking(x, x)
