"""The field, its energy and its gradient agree with each other and with the definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from lohe.dynamics.errors import InputError
from lohe.dynamics.field import energy, forcing, residual, riemannian_gradient, vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import exp, project, uniform


def pieces(seed=0, n=6, d=4):
    rng = np.random.default_rng(seed)
    crosstalk = rng.standard_normal((n, n))
    crosstalk += crosstalk.T
    np.fill_diagonal(crosstalk, 0)
    rotation = rng.standard_normal((n, d, d))
    rotation -= np.swapaxes(rotation, 1, 2)
    return rng.standard_normal((n, d)), crosstalk, rotation, uniform(rng, (2, 3, n), d), rng


def test_field_is_the_definition_oscillator_by_oscillator():
    h, crosstalk, rotation, x, _ = pieces()
    network = Network(h, crosstalk=crosstalk, frequency=rotation)
    found = vector_field(network, x)
    for i in range(6):
        xi = x[1, 2, i]
        force = h[i] + sum(crosstalk[i, k] * x[1, 2, k] for k in range(6))
        expected = rotation[i] @ xi + (np.eye(4) - np.outer(xi, xi)) @ force
        np.testing.assert_allclose(found[1, 2, i], expected, atol=1e-13)
    np.testing.assert_allclose(np.einsum("...d,...d->...", found, x), 0, atol=1e-13)
    largest = np.linalg.norm(found, axis=-1).max(axis=-1)
    np.testing.assert_allclose(residual(network, x), largest)


def test_sparse_and_dense_crosstalk_agree():
    h, crosstalk, _, x, _ = pieces(1)
    dense, thin = Network(h, crosstalk=crosstalk), Network(h, crosstalk=sparse.csr_array(crosstalk))
    for call in (vector_field, forcing, energy, riemannian_gradient, residual):
        np.testing.assert_allclose(call(thin, x), call(dense, x), atol=1e-13)
    assert forcing(Network(h), x).shape == x.shape


@pytest.mark.parametrize("coupled", [False, True])
def test_gradient_is_the_slope_of_the_energy_along_geodesics(coupled):
    h, crosstalk, _, x, rng = pieces(2)
    network = Network(h, crosstalk=crosstalk if coupled else None)
    v = project(x, rng.standard_normal(x.shape))
    step = 1e-5
    slope = (energy(network, exp(x, step * v)) - energy(network, exp(x, -step * v))) / (2 * step)
    gradient = riemannian_gradient(network, x)
    np.testing.assert_allclose(slope, np.sum(gradient * v, axis=(-2, -1)), rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(gradient, -vector_field(network, x))


def test_energy_is_invariant_and_field_equivariant_under_rotation():
    h, crosstalk, _, x, rng = pieces(3)
    turn = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    network, turned = Network(h, crosstalk=crosstalk), Network(h @ turn.T, crosstalk=crosstalk)
    np.testing.assert_allclose(energy(turned, x @ turn.T), energy(network, x), atol=1e-12)
    expected = vector_field(network, x) @ turn.T
    np.testing.assert_allclose(vector_field(turned, x @ turn.T), expected, atol=1e-13)


def test_no_energy_without_a_gradient_and_no_field_without_the_shape():
    h, crosstalk, rotation, x, _ = pieces()
    crooked = crosstalk.copy()
    crooked[0, 1] += 1
    for network in (
        Network(h, frequency=rotation),
        Network(h, crosstalk=crooked),
        Network(h, crosstalk=sparse.csr_array(crooked)),
    ):
        for call in (energy, riemannian_gradient):
            with pytest.raises(InputError, match="energy"):
                call(network, x)
    for network in (Network(h), Network(h, crosstalk=crosstalk)):
        for call in (vector_field, energy, forcing):
            with pytest.raises(InputError, match="state has shape"):
                call(network, x[..., :3, :])
