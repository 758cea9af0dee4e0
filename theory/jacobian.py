"""Jacobian of the vector field and Riemannian Hessian of the energy, coordinate by coordinate.

Everything here is obtained by differentiating the field and the energy. The index-free forms of
`lohe.theory.blocks`, which hold in every dimension and from which the numerical kernels are
emitted, are compared with these.
"""

from __future__ import annotations

from sympy import Expr, Matrix, MatrixBase, Symbol, diff

from lohe.theory.energy import energy, riemannian_gradient, vector_field
from lohe.theory.symbols import Oscillators

__all__ = [
    "field_jacobian",
    "geodesic_second_derivative",
    "riemannian_hessian",
    "tangent_jacobian",
]


def field_jacobian(network: Oscillators, i: int, k: int) -> MatrixBase:
    r"""Block :math:`\partial \dot x_i/\partial x_k` in the ambient space, (d, d).

    Examples
    --------
    >>> field_jacobian(Oscillators(1, 2), 0, 0)[0, 1]
    -h_1_2*x_1_1 - omega_1_12
    """
    return _blockwise(vector_field(network)[i], network.x[k])


def tangent_jacobian(network: Oscillators, i: int, k: int) -> MatrixBase:
    r"""Block of the linearisation on the tangent spaces: :math:`P_i\,(\partial_k\dot x_i)\,P_k`.

    At an equilibrium its spectrum on the tangent spaces decides stability; elsewhere it is the
    covariant derivative of the field.
    """
    return network.projector(i) * field_jacobian(network, i, k) * network.projector(k)


def riemannian_hessian(network: Oscillators, i: int, k: int) -> MatrixBase:
    r"""Block of the Hessian on the product of spheres: :math:`P_i\,\partial_k(P_i\nabla_iE)\,P_k`.

    The covariant derivative of the Riemannian gradient: differentiate it in the ambient space,
    then project back.
    """
    slope = _blockwise(riemannian_gradient(network)[i], network.x[k])
    return network.projector(i) * slope * network.projector(k)


def geodesic_second_derivative(network: Oscillators, velocity: tuple[MatrixBase, ...]) -> Expr:
    r"""Second derivative of the energy along geodesics that leave with a tangent velocity.

    A second, independent road to the Hessian: the geodesic is
    :math:`x_i + s v_i - \tfrac12 s^2\|v_i\|^2 x_i + O(s^3)`, and higher terms don't reach the
    second derivative at s = 0.
    """
    s = Symbol("s")
    path = {
        coordinate: moved
        for x, v in zip(network.x, velocity, strict=True)
        for coordinate, moved in zip(x, x + s * v - s**2 / 2 * v.dot(v) * x, strict=True)
    }
    return diff(energy(network).subs(path, simultaneous=True), s, 2).subs(s, 0)


def _blockwise(column: MatrixBase, coordinates: MatrixBase) -> MatrixBase:
    size = len(coordinates)
    return Matrix(len(column), size, lambda a, b: diff(column[a], coordinates[b]))
