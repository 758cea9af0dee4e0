r"""The adjoint of T1's exact flow: gradients through a finite settling time, without crosstalk.

With :math:`\hat h = h/|h|`, :math:`c = \langle x_0, \hat h\rangle`, :math:`e = e^{-|h|t}` and
:math:`N = 1 + c + e^2(1 - c)`, the flow is

.. math:: x(t) = \big((1 + c - e^2(1 - c))\,\hat h + 2e\,(x_0 - c\,\hat h)\big)/N.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.hardware.gradients.estimate import Estimate

__all__ = ["exact_flow_gradient", "exact_flow_vjp"]

Floats = NDArray[Any]


def exact_flow_gradient(start: Floats, drive: Floats, slope: Floats, settling: float) -> Estimate:
    """Return the gradient of a loss of the states after a time.

    Parameters
    ----------
    start : (..., n, d) array
        Unit vectors at time 0.
    drive : (..., n, d) array
        h, as the model has it.
    slope : (..., n, d) array
        Of the loss by the states, as they are read.
    settling : float
        Time from start to reading.

    Raises
    ------
    InputError
        If an oscillator has no drive.
    """
    _, pullback = exact_flow_vjp(start, drive, settling)
    return Estimate(pullback(slope)[1], 0)


def exact_flow_vjp(
    start: Floats, drive: Floats, time: float
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    """Follow the flow, and return its adjoint.

    Parameters
    ----------
    start : (..., d) array
        Unit vectors.
    drive : (..., d) array
        Not zero.
    time : float
        Not negative.

    Returns
    -------
    states : (..., d) array
    pullback : callable
        ``pullback(d_states) -> (d_start, d_drive)``.

    Raises
    ------
    InputError
        If an oscillator has no drive.
    """
    size = np.linalg.norm(drive, axis=-1, keepdims=True)
    if not (size > 0).all():
        raise InputError("an oscillator without drive has no gradient by it")
    unit = drive / size
    c = np.vecdot(start, unit)[..., None]
    e = np.exp(-size * time)
    along, whole = 1 + c - e * e * (1 - c), 1 + c + e * e * (1 - c)
    numerator = along * unit + 2 * e * (start - c * unit)
    states = numerator / whole

    def pullback(d_states: Floats) -> tuple[Floats, Floats]:
        d_numerator = d_states / whole
        d_whole = -np.vecdot(d_states, states)[..., None] / whole
        d_along = np.vecdot(d_numerator, unit)[..., None]
        d_unit = (along - 2 * e * c) * d_numerator
        d_start = 2 * e * d_numerator
        d_e = 2 * np.vecdot(d_numerator, start - c * unit)[..., None]
        d_e = d_e + 2 * e * (1 - c) * (d_whole - d_along)
        d_c = -2 * e * d_along + d_along * (1 + e * e) + d_whole * (1 - e * e)
        d_start = d_start + d_c * unit
        d_unit = d_unit + d_c * start
        d_size = -time * e * d_e
        d_drive = (d_unit - np.vecdot(d_unit, unit)[..., None] * unit) / size + d_size * unit
        return d_start, d_drive

    return states, pullback
