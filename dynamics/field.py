"""The vector field of a network and the energy that it descends."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import project

__all__ = ["energy", "forcing", "residual", "riemannian_gradient", "vector_field"]

Floats = NDArray[np.float64]


def forcing(network: Network, x: Floats) -> Floats:
    """Force on each oscillator before projection: h_i + sum_k J_ik x_k.

    Parameters
    ----------
    network
    x : (..., n, d) array
        States.

    Returns
    -------
    (..., n, d) array
    """
    if network.crosstalk is None:
        return np.broadcast_to(network.drive, _check(network, x).shape)
    return network.drive + _crosstalk(network, x)


def vector_field(network: Network, x: Floats) -> Floats:
    r"""Velocity :math:`\dot x_i = A_i x_i + P_{x_i}(h_i + \sum_k J_{ik} x_k)`.

    Parameters
    ----------
    network
    x : (..., n, d) array
        States, each of the n oscillators on the unit sphere.

    Returns
    -------
    (..., n, d) array

    Raises
    ------
    InputError
        If `x` does not have the network's shape.

    Examples
    --------
    >>> vector_field(Network([[2.0, 0.0]]), np.array([[0.0, 1.0]]))
    array([[2., 0.]])
    """
    velocity = project(x, forcing(network, x))
    if network.frequency is not None:
        velocity += np.einsum("nij,...nj->...ni", network.frequency, x)
    return velocity


def residual(network: Network, x: Floats) -> Floats:
    """Largest speed ||dx_i/dt|| of any oscillator, shape (...): zero at an equilibrium."""
    return cast(Floats, np.max(np.linalg.norm(vector_field(network, x), axis=-1), axis=-1))


def energy(network: Network, x: Floats) -> Floats:
    """Energy E(X) = -sum_i <h_i, x_i> - 1/2 sum_ik J_ik <x_i, x_k>.

    Parameters
    ----------
    network
        Without natural frequencies and with symmetric crosstalk, so that the flow is the
        energy's negative gradient.
    x : (..., n, d) array

    Returns
    -------
    (...) array

    Raises
    ------
    InputError
        If the network is not a gradient system.

    Examples
    --------
    >>> float(energy(Network([[2.0, 0.0]]), np.array([[0.6, 0.8]])))
    -1.2
    """
    _require_gradient(network)
    force = network.drive
    if network.crosstalk is not None:
        force = force + _crosstalk(network, x) / 2
    return np.asarray(-np.sum(force * _check(network, x), axis=(-2, -1)))


def riemannian_gradient(network: Network, x: Floats) -> Floats:
    """Gradient of the `energy` on the product of spheres: minus the vector field.

    Raises
    ------
    InputError
        If the network is not a gradient system.
    """
    _require_gradient(network)
    return -vector_field(network, x)


def _check(network: Network, x: Floats) -> Floats:
    if x.shape[-2:] != (network.n, network.d):
        raise InputError(f"state has shape {x.shape}; expected (..., {network.n}, {network.d})")
    return x


def _crosstalk(network: Network, x: Floats) -> Floats:
    """J x for (..., n, d) states."""
    n, d = _check(network, x).shape[-2:]
    if not sparse.issparse(network.crosstalk):
        # State by state: one product for all would make BLAS start threads over thin columns,
        # which is slower, and rounds differently from one number of threads to another.
        return np.asarray(network.crosstalk @ x)
    columns = np.moveaxis(x.reshape(-1, n, d), 1, 0).reshape(n, -1)
    product = np.asarray(network.crosstalk @ columns)
    return np.moveaxis(product.reshape(n, -1, d), 0, 1).reshape(x.shape)


def _require_gradient(network: Network) -> None:
    if network.has_frequency:
        raise InputError("natural frequencies make the flow no gradient; it has no energy")
    matrix = network.crosstalk
    if matrix is None:
        return
    gap = matrix - matrix.T
    if np.any(gap.data if sparse.issparse(gap) else gap):
        raise InputError("the crosstalk is not symmetric; the flow has no energy")
