r"""The energy of a network, its gradients and the vector field, by differentiation.

The network is :math:`\dot x_i = A_i x_i + P_{x_i}(h_i + \sum_k J_{ik} x_k)`, with energy
:math:`E(X) = -\sum_i \langle h_i, x_i\rangle - \tfrac12 \sum_{i\ne k} J_{ik}\langle x_i,
x_k\rangle` when A = 0 and J is symmetric.
"""

from __future__ import annotations

from sympy import Expr, Integer, Matrix, MatrixBase, Rational, diff

from lohe.theory.symbols import Oscillators

__all__ = ["energy", "euclidean_gradient", "riemannian_gradient", "vector_field"]


def energy(network: Oscillators) -> Expr:
    """Energy E(X), a polynomial in the coordinates.

    Examples
    --------
    >>> energy(Oscillators(1, 2))
    -h_1_1*x_1_1 - h_1_2*x_1_2
    """
    total: Expr = Integer(0)
    for i, x in enumerate(network.x):
        total -= network.h[i].dot(x)
        for k, y in enumerate(network.x):
            total -= Rational(1, 2) * network.crosstalk[i, k] * x.dot(y)
    return total


def euclidean_gradient(network: Oscillators) -> tuple[MatrixBase, ...]:
    """Gradient of the energy in the ambient space: n columns, by differentiation."""
    value = energy(network)
    return tuple(Matrix([diff(value, coordinate) for coordinate in x]) for x in network.x)


def riemannian_gradient(network: Oscillators) -> tuple[MatrixBase, ...]:
    r"""Gradient on the product of spheres: :math:`P_i \nabla_i E`, n columns."""
    return tuple(
        network.projector(i) * gradient for i, gradient in enumerate(euclidean_gradient(network))
    )


def vector_field(network: Oscillators, *, frequencies: bool = True) -> tuple[MatrixBase, ...]:
    r"""Velocity of each oscillator, n columns.

    Parameters
    ----------
    network
        The symbols.
    frequencies
        Whether the term :math:`A_i x_i` is present.
    """
    drift = tuple(network.projector(i) * listened for i, listened in enumerate(network.total_drive))
    if not frequencies:
        return drift
    return tuple(
        network.frequency[i] * x + term
        for i, (x, term) in enumerate(zip(network.x, drift, strict=True))
    )
