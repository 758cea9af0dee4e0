r"""The adjoint of a resting point, by implicit differentiation.

At rest :math:`F(x, h) = Ax + P_x(h + Jx) = 0`. With the tangent part of the Jacobian K and a loss
L, :math:`dL/dh = -P\,K^{-\top} P\,\partial L/\partial x`. With neither crosstalk nor detuning
:math:`K = -|h|`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.gradients.estimate import Estimate

__all__ = ["implicit_gradient", "resting_gradient"]

Floats = NDArray[Any]

_WORST = 1e12  # condition number beyond which nothing is told


def resting_gradient(states: Floats, drive: Floats, slope: Floats) -> Estimate:
    r"""Return the gradient of oscillators by themselves, :math:`P_x\,\partial L/\partial x / |h|`.

    Parameters
    ----------
    states : (..., n, d) array
        Where the array rests, as the model has it or as a device was read.
    drive : (..., n, d) array
        h, as the model has it.
    slope : (..., n, d) array
        Of the loss by the states.

    Raises
    ------
    InputError
        If an oscillator has no drive.

    Examples
    --------
    >>> x, h = np.array([[0.0, 1.0]]), np.array([[0.0, 2.0]])
    >>> resting_gradient(x, h, np.array([[1.0, 1.0]])).gradient
    array([[0.5, 0. ]])
    """
    size = np.linalg.norm(drive, axis=-1, keepdims=True)
    if not (size > 0).all():
        raise InputError("an oscillator without drive has no gradient by it")
    along = np.vecdot(slope, states)[..., None]
    return Estimate((slope - along * states) / size, 0)


def implicit_gradient(
    states: Floats,
    drive: Floats,
    slope: Floats,
    *,
    crosstalk: Floats | None = None,
    frequency: Floats | None = None,
) -> Estimate:
    """Return the gradient at a resting point.

    Parameters
    ----------
    states, drive, slope : (..., n, d) array
        See `resting_gradient`.
    crosstalk : (..., n, n) array, optional
        J.
    frequency : (..., n, d, d) array, optional
        Skew matrices A.

    Raises
    ------
    InputError
        If the resting point is degenerate, as at the edge of locking.
    """
    n, d = states.shape[-2:]
    lead = states.shape[:-2]
    force = drive if crosstalk is None else drive + crosstalk @ states
    tangent = np.eye(d) - states[..., :, None] * states[..., None, :]
    # dF_i = A dx_i - <x_i, f_i> dx_i + P_i sum_k J_ik dx_k on tangent vectors.
    own = -np.vecdot(states, force)[..., None, None] * np.eye(d)
    if frequency is not None:
        own = own + tangent @ frequency
    jacobian = np.zeros((*lead, n, d, n, d))
    project = np.zeros((*lead, n, d, n, d))
    for i in range(n):
        jacobian[..., i, :, i, :] = own[..., i, :, :]
        project[..., i, :, i, :] = tangent[..., i, :, :]
    if crosstalk is not None:
        jacobian += tangent[..., :, :, None, :] * crosstalk[..., :, None, :, None]
    flat, onto = (each.reshape(*lead, n * d, n * d) for each in (jacobian, project))
    # Along the states themselves the identity keeps the matrix regular and out of the way.
    matrix = onto @ flat @ onto + (np.eye(n * d) - onto)
    if not (np.linalg.cond(matrix) <= _WORST).all():
        raise InputError("the resting point is degenerate, so that it has no gradient there")
    wanted = onto @ slope.reshape(*lead, n * d, 1)
    answer = onto @ np.linalg.solve(matrix.swapaxes(-1, -2), wanted)
    return Estimate(-answer.reshape(states.shape), 0)
