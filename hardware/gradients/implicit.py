r"""The adjoint of a resting point, by implicit differentiation.

At rest :math:`F(x, h) = Ax + P_x(h + Jx) = 0`. With the tangent part of the Jacobian K and a loss
L, :math:`dL/dh = -P\,K^{-\top} P\,\partial L/\partial x`, and :math:`dL/dW = dL/dh\; r^\top`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.gradients.estimate import Estimate, Loss

__all__ = ["implicit_gradient"]

Floats = NDArray[np.float64]

_WORST = 1e12  # condition number beyond which nothing is told


def implicit_gradient(
    states: Floats,
    couplings: Floats,
    anchors: Floats,
    loss: Loss,
    *,
    crosstalk: Floats | None = None,
    frequency: Floats | None = None,
) -> Estimate:
    """Return the gradient at a resting point.

    Parameters
    ----------
    states : (n, d) array
        Where the array rests, as the model has it or as a device was read.
    couplings : (n, T) array
    anchors : (T, d) array
    loss
        Of the states.
    crosstalk : (n, n) array, optional
        J.
    frequency : (n, d, d) array, optional
        Skew matrices A.

    Raises
    ------
    InputError
        If the resting point is degenerate, as at the edge of locking.
    """
    n, d = states.shape
    force = couplings @ anchors + (0 if crosstalk is None else crosstalk @ states)
    tangent = np.eye(d) - states[:, :, None] * states[:, None, :]
    # dF_i = A dx_i - <x_i, f_i> dx_i + P_i sum_k J_ik dx_k on tangent vectors.
    own = -np.vecdot(states, force)[:, None, None] * np.eye(d)
    if frequency is not None:
        own = own + tangent @ frequency
    jacobian = np.zeros((n, d, n, d))
    jacobian[np.arange(n), :, np.arange(n), :] = own
    if crosstalk is not None:
        jacobian += tangent[:, :, None, :] * crosstalk[:, None, :, None]
    # Along the states themselves the identity keeps the matrix regular and out of the way.
    project = np.zeros((n, d, n, d))
    project[np.arange(n), :, np.arange(n), :] = tangent
    flat, onto = jacobian.reshape(n * d, -1), project.reshape(n * d, -1)
    matrix = onto @ flat @ onto + (np.eye(n * d) - onto)
    if np.linalg.cond(matrix) > _WORST:
        raise InputError("the resting point is degenerate, so that it has no gradient there")
    _, slope = loss(states)
    answer = np.linalg.solve(matrix.T, onto @ slope.ravel())
    along = -(onto @ answer).reshape(n, d)
    return Estimate(along @ anchors.T, 1)
