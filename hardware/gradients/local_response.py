r"""Gradients from how each oscillator answers to a nudge of its own drive.

All oscillators are nudged at once along each coordinate, up and down. Without crosstalk each
answers by itself, :math:`R_i = \partial x_i/\partial h_i`, and :math:`dL/dh_i = R_i^\top\,\partial
L/\partial x_i`, whatever its detuning. What crosstalk brings of the others' answers is taken for
its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.hardware.gradients.estimate import Estimate, Settle, require_positive_size

__all__ = ["local_response"]

Floats = NDArray[Any]


def local_response(settle: Settle, slope: Floats, step: Floats | float) -> Estimate:
    """Nudge along each of d coordinates, up and down, and read all states.

    Parameters
    ----------
    settle
        From a further drive to the states that are read.
    slope : (..., n, d) array
        Of the loss by the states.
    step : float or (..., 1, 1) array
        Of the nudge.

    Raises
    ------
    InputError
        If the step is not positive.

    Examples
    --------
    >>> settle = lambda further: (h := np.array([[0.0, 2.0]]) + further) / np.linalg.norm(h)
    >>> local_response(settle, np.array([[1.0, 1.0]]), 1e-4).gradient.round(6)
    array([[0.5, 0. ]])
    """
    require_positive_size("step", step)
    d = slope.shape[-1]
    gradient = np.zeros(slope.shape)
    for k in range(d):
        nudge = step * np.eye(d)[k]
        answer = settle(nudge) - settle(-nudge)
        gradient[..., k] = np.vecdot(slope, answer / (2 * np.asarray(step)))
    return Estimate(gradient, 2 * d)
