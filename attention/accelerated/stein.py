r"""Linear attention as a Stein variational gradient flow, and the covariance of Gaussians in it.

The Stein flow (Liu & Wang, arXiv 1608.04471) of :math:`\int f\,d\rho + \tau\int\rho\ln\rho` with
kernel k moves a particle by

.. math:: \dot x_i = \frac1N\sum_j \big(-k(x_i, x_j)\,\nabla f(x_j)
                     + \tau\,\nabla_{x_j} k(x_i, x_j)\big).

With :math:`k(x, y) = x^\top A y`, :math:`f = \frac12 x^\top Q x` and :math:`\tau = 0` that is
linear attention with :math:`V = -Q`; with :math:`\tau = 1` it has the Gaussian of covariance
:math:`Q^{-1}` as its limit. Every particle moves by one linear map, so centred Gaussians stay so,
and the second moments :math:`\Sigma` of any particles obey the Gaussian's equation exactly (theorem
L8):

.. math:: \dot\Sigma = M\Sigma + \Sigma M^\top, \qquad M = \tau A - Q\Sigma A.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from lohe.dynamics.errors import InputError

__all__ = [
    "accelerated_covariance_rates",
    "covariance_flow",
    "covariance_rate",
    "stein_velocity",
]

Floats = NDArray[Any]

_ACCURACY = 1e-12


def stein_velocity(x: Floats, kernel: Floats, stiffness: Floats, temperature: float = 0) -> Floats:
    r"""Return the velocity of every particle, as the sum over pairs that defines it.

    Parameters
    ----------
    x : (N, d) array
        Particles.
    kernel, stiffness : (d, d) array
        A and Q, symmetric.
    temperature : float
        :math:`\tau`, the weight of the entropy.

    Returns
    -------
    (N, d) array

    Examples
    --------
    >>> stein_velocity(np.array([[2.0]]), np.eye(1), np.eye(1), temperature=1)
    array([[-6.]])
    """
    similarity = x @ kernel @ x.T
    pulled = similarity @ (x @ stiffness) / len(x)
    return np.asarray(temperature * (x @ kernel) - pulled)


def covariance_rate(
    covariance: Floats, kernel: Floats, stiffness: Floats, temperature: float = 0
) -> Floats:
    """Return the slope of the second moments, (d, d); the arguments are `stein_velocity`'s."""
    matrix = temperature * kernel - stiffness @ covariance @ kernel
    moved = matrix @ covariance
    return np.asarray(moved + moved.T)


def covariance_flow(
    covariance: Floats,
    kernel: Floats,
    stiffness: Floats,
    times: Floats,
    temperature: float = 0,
) -> Floats:
    """Integrate the second moments to twelve digits.

    Parameters
    ----------
    covariance : (d, d) array
        At time 0.
    kernel, stiffness, temperature
        See `stein_velocity`.
    times : (n,) array
        Rising, from 0 on.

    Returns
    -------
    (n, d, d) array

    Raises
    ------
    InputError
        If they grow without bound before the last time.

    Examples
    --------
    >>> one = np.eye(1)
    >>> covariance_flow(one, one, one, np.array([0.0, 1.0])).ravel().round(6)  # 1/(1 + 2t)
    array([1.      , 0.333333])
    """

    def slope(_: float, state: Floats) -> Floats:
        here = state.reshape(covariance.shape)
        return covariance_rate(here, kernel, stiffness, temperature).ravel()

    found = solve_ivp(
        slope,
        (0.0, float(times[-1])),
        covariance.ravel(),
        method="DOP853",
        t_eval=times,
        rtol=_ACCURACY,
        atol=_ACCURACY,
    )
    if not found.success:
        raise InputError(f"the covariance leaves every bound: {found.message}")
    return np.asarray(found.y.T.reshape(len(times), *covariance.shape))


def accelerated_covariance_rates(
    covariance: Floats, cross: Floats, kernel: Floats, stiffness: Floats, rate: float
) -> tuple[Floats, Floats]:
    r"""Return the slopes of :math:`\Sigma = X^\top X/N` and :math:`\Gamma = X^\top Y/N`.

    The accelerated flow on a quadratic energy closes on these two:

    .. math::
       \dot\Sigma = \Sigma A\Gamma + \Gamma^\top A\Sigma, \qquad
       \dot\Gamma = \Gamma^\top A\Gamma - \Gamma\Gamma^\top A - \alpha\Gamma - \Sigma Q.

    Parameters
    ----------
    covariance, cross : (d, d) array
        The two.
    kernel, stiffness : (d, d) array
        A and Q, symmetric.
    rate : float
        :math:`\alpha`.

    Returns
    -------
    two (d, d) arrays
    """
    carried = covariance @ kernel @ cross
    slope = cross.T @ kernel @ cross - cross @ cross.T @ kernel - rate * cross
    return carried + carried.T, slope - covariance @ stiffness
