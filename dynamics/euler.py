"""Projected Euler: the integrator of digital hardware, of order 1 (T7)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.sphere import retract

__all__ = ["projected_euler"]

Floats = NDArray[np.float64]


def projected_euler(
    field: Callable[[Floats], Floats], x: Floats, step: float, steps: int
) -> Floats:
    r"""Take `steps` steps :math:`x \leftarrow (x + \Delta f(x))/\|\cdot\|`.

    For one oscillator with drive h a step takes the angle φ to the drive to
    φ - arctan(Δ||h|| sin φ): it settles for Δ||h|| < 2, and without overshoot for Δ||h|| <= 1
    (T7). Order 1.

    Parameters
    ----------
    field
        Velocity of a state, for example ``partial(vector_field, network)``.
    x : (..., d) array
        Start, unit vectors along the last axis.
    step
        Step size Δ, in units of time.
    steps
        Number of steps.

    Returns
    -------
    (..., d) array

    Examples
    --------
    >>> from lohe.dynamics.sphere import project
    >>> toward = np.array([1.0, 0.0])
    >>> projected_euler(lambda x: project(x, toward), np.array([0.0, 1.0]), 1.0, 100)
    array([1., 0.])
    """
    for _ in range(steps):
        x = retract(x, step * field(x))
    return x
