r"""The particle system of linear attention by itself: no network, no mask, no layer norm.

N particles with positions X and momenta Y, rows of (N, d) arrays, and an energy U of the positions:

.. math::
   H(X, Y) = \frac{1}{2N}\operatorname{tr}(Y^\top X A X^\top Y) + N\,U(X), \qquad
   \dot X = \tfrac1N X A X^\top Y, \qquad
   \dot Y = -\alpha Y - \tfrac1N Y Y^\top X A - N\,\nabla U(X).

``quadratic`` is :math:`U = \frac{1}{2N}\sum_i x_i^\top Q x_i`, so that :math:`V = -Q` in the
paper's letters; ``bilinear`` is :math:`U = \frac{1}{2N^2}\sum_{ij} x_i^\top Q x_j`, the energy of
the mean.
Everything is a polynomial of its arguments and takes complex arrays too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from lohe.attention.accelerated.damping import Damping
from lohe.attention.accelerated.field import Field
from lohe.dynamics.errors import InputError

__all__ = ["Particles", "flow", "mahalanobis_radii"]

Floats = NDArray[Any]

_START = 1.0  # time at which the damping starts
_ACCURACY = 1e-12


@dataclass(frozen=True, eq=False)
class Particles:
    """A system of particles, or a stack of systems that do not know of each other.

    Parameters
    ----------
    kernel : (..., d, d) array
        A, symmetric.
    stiffness : (..., d, d) array
        Q, symmetric.
    energy : {"quadratic", "bilinear"}
        See the module.

    Raises
    ------
    InputError
        For matrices that are not square, symmetric and of one size, and unknown energies.

    Examples
    --------
    >>> one = Particles(np.eye(1), np.eye(1))
    >>> one.classical(np.array([[2.0]])), one.potential(np.array([[2.0]]))
    (array([[-8.]]), 2.0)
    """

    kernel: Floats
    stiffness: Floats
    energy: Literal["quadratic", "bilinear"] = "quadratic"

    def __post_init__(self) -> None:
        for name in ("kernel", "stiffness"):
            matrix = getattr(self, name)
            square = matrix.ndim >= 2 and matrix.shape[-1] == matrix.shape[-2]
            if not square or matrix.shape != self.kernel.shape:
                raise InputError(f"{name} has shape {matrix.shape}; expected one (d, d) for both")
            if not np.allclose(matrix, matrix.mT, rtol=1e-12, atol=0):
                raise InputError(f"{name} is not symmetric; take its symmetric part")
        if self.energy not in {"quadratic", "bilinear"}:
            raise InputError(f"energy is {self.energy!r}; choose quadratic or bilinear")

    def potential(self, x: Floats) -> Any:
        """Return U(X): a float, or an array of them for a stack."""
        if self.energy == "bilinear":
            x = x.mean(axis=-2, keepdims=True)
        found = np.sum((x @ self.stiffness) * x, axis=(-2, -1)) / (2 * x.shape[-2])
        return found if found.ndim else found.item()

    def pull(self, x: Floats) -> Floats:
        """Return -N grad U(X), what each particle is pulled by, (N, d)."""
        if self.energy == "bilinear":
            x = np.ones_like(x) * x.mean(axis=-2, keepdims=True)
        return -x @ self.stiffness

    def velocity(self, x: Floats, y: Floats) -> Floats:
        """Return dH/dY, (N, d)."""
        return np.asarray(x @ (self.kernel @ (x.mT @ y)) / x.shape[-2])

    def force(self, x: Floats, y: Floats) -> Floats:
        """Return -dH/dX, (N, d)."""
        return np.asarray(self.pull(x) - y @ (y.mT @ x @ self.kernel) / x.shape[-2])

    def classical(self, x: Floats) -> Floats:
        """Return the velocity of the first-order flow, linear attention itself."""
        return self.velocity(x, self.pull(x))

    def hamiltonian(self, x: Floats, y: Floats) -> Any:
        """Return H(X, Y), a float or an array of them."""
        kinetic = np.sum(self.velocity(x, y) * y, axis=(-2, -1)) / 2
        found = kinetic + x.shape[-2] * self.potential(x)
        return found if found.ndim else found.item()

    def field(self, x: Floats) -> Field:
        """Return the field at some positions, without adjoints."""

        def no_adjoint(_: Any) -> Any:
            raise NotImplementedError("particles without a network have no adjoint")

        return Field(
            lambda y: (self.velocity(x, y), no_adjoint),
            lambda y: (self.force(x, y), no_adjoint),
            no_adjoint,
        )


def mahalanobis_radii(x: Floats) -> Floats:
    r"""Return :math:`x_i^\top (X^\top X/N)^{-1} x_i` of every particle, (N,).

    They label the ellipses on which a centred elliptically contoured sample lies. All particles
    move by one linear map, :math:`\dot X = X (A X^\top Y/N)`, so the flow and the schemes conserve
    them, whatever momenta and energy; Strang's, whose copies mix positions and momenta, where the
    momenta are linear in the positions. A causal mask or layer norm breaks that.

    Raises
    ------
    InputError
        If the particles lie in a hyperplane.

    Examples
    --------
    >>> mahalanobis_radii(np.array([[1.0], [3.0]]))
    array([0.2, 1.8])
    """
    q, r = np.linalg.qr(x)
    if len(x) < x.shape[1] or np.abs(np.diag(r)).min() <= 1e-12 * np.abs(r).max():
        raise InputError("the particles span no ellipsoid; take more of them than dimensions")
    return np.asarray(len(x) * np.sum(q * q, axis=1))


def flow(
    particles: Particles, x: Floats, y: Floats | None, damping: Damping, times: Floats
) -> tuple[Floats, Floats]:
    """Integrate the flow to twelve digits.

    Parameters
    ----------
    particles
        The system.
    x, y : (N, d) array
        Positions and momenta at time 1; y is None for the first-order flow.
    damping
        Of the momenta.
    times : (n,) array
        Rising, from 1 on.

    Returns
    -------
    positions, momenta : (n, N, d) array
        Momenta are zeros in the first-order flow.

    Raises
    ------
    InputError
        If the flow cannot be followed so far.
    """
    first_order = y is None

    def slope(time: float, state: Floats) -> Floats:
        here = state.reshape(2, *x.shape)
        if first_order:
            return np.concatenate([particles.classical(here[0]).ravel(), np.zeros(x.size)])
        force = particles.force(*here) - damping.rate(time) * here[1]
        return np.concatenate([particles.velocity(*here).ravel(), force.ravel()])

    given = np.concatenate([x.ravel(), (np.zeros_like(x) if y is None else y).ravel()])
    found = solve_ivp(
        slope,
        (_START, float(times[-1])),
        given,
        method="DOP853",
        t_eval=times,
        rtol=_ACCURACY,
        atol=_ACCURACY,
    )
    if not found.success:
        raise InputError(f"the flow leaves every bound before its end: {found.message}")
    states = found.y.T.reshape(len(times), 2, *x.shape)
    return states[:, 0], states[:, 1]
