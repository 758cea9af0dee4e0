"""Periodic orbits of smooth oscillators, and their phase response, by trigonometric collocation.

A periodic function is known by its values at N even steps of the period, and its slope there by the
differentiation matrix of trigonometric interpolation (Trefethen, *Spectral Methods in MATLAB*, ch.
3): errors fall exponentially in N where the orbit is analytic.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from lohe.dynamics.errors import InputError

__all__ = ["differentiation_matrix", "periodic_orbit", "phase_response", "transverse_decay"]

Floats = NDArray[np.float64]
Field = Callable[[Floats], Floats]

_NEWTON_STEPS = 60
_TOLERANCE = 1e-10  # of rates per radian, in units of the swing
_MOVES = 1e-6  # the least swing, in units of the guess's
_SMALLEST_SHARE = 2.0**-20


def differentiation_matrix(points: int) -> Floats:
    r"""Return the slope, over a period of :math:`2\pi`, of the interpolant of N even values.

    Parameters
    ----------
    points : int
        N, even.

    Examples
    --------
    >>> theta = 2 * np.pi * np.arange(8) / 8
    >>> np.abs(differentiation_matrix(8) @ np.sin(3 * theta) - 3 * np.cos(3 * theta)).max() < 1e-13
    np.True_
    """
    steps = np.arange(1, points)
    column = np.zeros(points)
    column[1:] = 0.5 * (-1.0) ** steps / np.tan(np.pi * steps / points)
    index = np.subtract.outer(np.arange(points), np.arange(points)) % points
    return np.asarray(column[index])


def periodic_orbit(
    field: Field, jacobian: Field, guess: Floats, period: float
) -> tuple[float, Floats]:
    """Find a periodic orbit near a guess by Newton's method.

    Parameters
    ----------
    field
        From states (N, m) to their rates (N, m).
    jacobian
        From states to (N, m, m).
    guess : (N, m) array
        States at N even steps of a period, N even.
    period : float
        Its guess.

    Returns
    -------
    period : float
    states : (N, m) array

    Raises
    ------
    InputError
        If Newton's method does not converge to an orbit that moves.
    """
    points, size = guess.shape
    slope = differentiation_matrix(points)
    # Unknowns of one size: states in units of their spread, rates in those per radian.
    scale = _swing(guess)
    x, omega = guess / scale, 2 * np.pi / period
    anchor = slope @ x  # the orbit must not slide along itself
    turned = np.kron(slope, np.eye(size))

    def residual(x: Floats, omega: float) -> Floats:
        return np.asarray(slope @ x - field(x * scale) / scale / omega)

    rest = residual(x, omega)
    for _ in range(_NEWTON_STEPS):
        if np.abs(rest).max() < _TOLERANCE and np.ptp(x, axis=0).max() > _MOVES:
            return float(2 * np.pi / omega), x * scale
        rates = field(x * scale) / scale / omega
        local = jacobian(x * scale) / scale[:, None] * scale / omega
        matrix = np.zeros((points * size + 1, points * size + 1))
        matrix[:-1, :-1] = turned - block_diag(*local)
        matrix[:-1, -1] = rates.ravel()  # by the logarithm of the frequency
        matrix[-1, :-1] = anchor.ravel()
        try:
            step = np.linalg.solve(matrix, np.append(-rest.ravel(), 0.0))
        except np.linalg.LinAlgError:
            break
        share = 1.0
        while share >= _SMALLEST_SHARE:
            moved = x + share * step[:-1].reshape(x.shape)
            faster = omega * np.exp(share * step[-1])
            left = residual(moved, faster)
            if np.abs(left).max() < (1 - share / 4) * np.abs(rest).max():
                break
            share /= 2
        else:
            break
        x, omega, rest = moved, faster, left
    raise InputError(
        "no limit cycle was found near the expected one; the parameters may allow none, or the "
        "waveform may need more points"
    )


def phase_response(field: Field, jacobian: Field, states: Floats, period: float) -> Floats:
    r"""Return the gradient of the phase along an orbit by the adjoint equation.

    It is the periodic solution of :math:`\dot Z = -J^\top Z` with :math:`\langle Z, F\rangle =
    \omega` (Malkin's theorem; Ermentrout & Kopell, SIAM J. Math. Anal. 15, 1984).

    Parameters
    ----------
    field, jacobian
        See `periodic_orbit`.
    states : (N, m) array
        Of a periodic orbit.
    period : float

    Returns
    -------
    (N, m) array
        Radians per unit of each state.
    """
    points, size = states.shape
    omega = 2 * np.pi / period
    scale = _swing(states)
    local = jacobian(states) / scale[:, None] * scale / omega
    rates = field(states) / scale / omega
    turned = np.kron(differentiation_matrix(points), np.eye(size))
    # The null vector, normalised on average; bordering keeps the system regular.
    bordered = np.zeros((points * size + 1, points * size + 1))
    bordered[:-1, :-1] = turned + block_diag(*local.swapaxes(1, 2))
    bordered[-1, :-1] = rates.ravel() / points
    bordered[:-1, -1] = rates.ravel()
    right = np.zeros(points * size + 1)
    right[-1] = 1.0
    found = np.linalg.solve(bordered, right)[:-1].reshape(points, size)
    return np.asarray(found / scale)


def transverse_decay(jacobian: Field, states: Floats) -> float:
    """Return the rate at which planar deviations from an orbit decay, per second.

    By Liouville's formula the Floquet exponents add up to the mean trace of the Jacobian, and one
    of them is 0.

    Parameters
    ----------
    jacobian
        From states (N, 2) to (N, 2, 2).
    states : (N, 2) array
        Of a periodic orbit, at even steps of time.

    Raises
    ------
    InputError
        If the orbit repels.
    """
    decay = -float(np.trace(jacobian(states), axis1=1, axis2=2).mean())
    if decay <= 0:
        raise InputError("the limit cycle repels; the substrate has no stable oscillation there")
    return decay


def _swing(states: Floats) -> Floats:
    """Return half the range of each state, or 1 where it stays, (m,)."""
    swing = np.ptp(states, axis=0) / 2
    return np.asarray(np.where(swing > 0, swing, 1.0))
