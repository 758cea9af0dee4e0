r"""Steps that contract the symplectic form by exactly what the damping does.

A map of (X, Y) with Jacobian J is conformally symplectic if :math:`J^\top\Omega J = \sigma\Omega`.
With :math:`\tilde Y = Y - h\,\partial_X H(X, \tilde Y)`, implicit in the momenta, the step
:math:`X^+ = X + h\,\partial_Y H(X, \tilde Y)`, :math:`Y^+ = \sigma\tilde Y` is. The explicit step
takes the force at Y instead; as the Hamiltonian of linear attention does not separate, that is
conformally symplectic up to O(h²) only (theorem L7, with the leading term).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.accelerated.particles import Particles
from lohe.dynamics.errors import InputError

__all__ = ["conformal_step", "symplectic_defect"]

Floats = NDArray[Any]
Map = Callable[[Floats, Floats], tuple[Floats, Floats]]

_ITERATIONS = 500
_IMAGINARY = 1e-30  # of a complex step; its square is nothing beside 1


def conformal_step(
    particles: Particles, x: Floats, y: Floats, step: float, sigma: float
) -> tuple[Floats, Floats]:
    """Take the presymplectic Euler step that is implicit in the momenta.

    Parameters
    ----------
    particles
        The system.
    x, y : (N, d) array
        Positions and momenta; complex ones are taken too.
    step, sigma : float
        h, and what the damping leaves of a momentum.

    Returns
    -------
    positions, momenta : (N, d) array

    Raises
    ------
    InputError
        If the step is too long for the implicit equation.
    """
    # Y~ (1 + h K/N) = Y + h pull with K = Y~ᵀXA: a fixed point of a d x d matrix alone.
    pushed, image = y + step * particles.pull(x), x @ particles.kernel
    one, found = np.eye(x.shape[1]), y
    for _ in range(_ITERATIONS):
        matrix = one + (step / len(x)) * (found.T @ image)
        better = np.linalg.solve(matrix.T, pushed.T).T
        done = _agree(better.real, found.real) and _agree(better.imag, found.imag)
        found = better
        if done:
            return x + step * particles.velocity(x, found), sigma * found
    raise InputError(f"the implicit step of length {step} has no limit; choose a shorter one")


def symplectic_defect(step: Map, x: Floats, y: Floats, sigma: float) -> float:
    r"""Return the largest entry of :math:`J^\top\Omega J - \sigma\Omega`.

    Parameters
    ----------
    step
        ``step(x, y) -> (x, y)``, of complex arrays too: J is found by complex steps.
    x, y : (N, d) array
        Where.
    sigma : float
        The factor.

    Examples
    --------
    >>> symplectic_defect(lambda x, y: (x + y, y), np.ones((2, 1)), np.ones((2, 1)), 1.0)
    0.0
    """
    size = x.size
    jacobian = np.empty((2 * size, 2 * size))
    for i in range(2 * size):
        moved = np.zeros(2 * size, dtype=complex)
        moved[i] = 1j * _IMAGINARY
        dx, dy = moved.reshape(2, *x.shape)
        there = np.concatenate([each.ravel() for each in step(x + dx, y + dy)])
        jacobian[:, i] = there.imag / _IMAGINARY
    form = np.kron(np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(size))
    return float(np.abs(jacobian.T @ form @ jacobian - sigma * form).max())


def _agree(a: Floats, b: Floats) -> bool:
    return bool(np.abs(a - b).max() <= 4 * np.finfo(float).eps * np.abs(a).max())
