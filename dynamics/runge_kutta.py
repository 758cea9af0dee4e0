"""The classical Runge-Kutta method of order 4, kept on the sphere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.sphere import retract

__all__ = ["runge_kutta"]

Floats = NDArray[np.float64]


def runge_kutta(field: Callable[[Floats], Floats], x: Floats, step: float, steps: int) -> Floats:
    """Take `steps` steps of the classical Runge-Kutta method, scaled back to the sphere.

    The stages leave the sphere, where the field's own formula continues smoothly; scaling the
    result back moves it by no more than the step's error, so that the order stays 4.

    Parameters
    ----------
    field
        Velocity of a state, for example ``partial(vector_field, network)``.
    x : (..., d) array
        Start, unit vectors along the last axis.
    step
        Step size, in units of time.
    steps
        Number of steps.

    Returns
    -------
    (..., d) array

    References
    ----------
    E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration, 2nd ed. (2006), IV.4.
    """
    for _ in range(steps):
        k1 = field(x)
        k2 = field(x + step / 2 * k1)
        k3 = field(x + step / 2 * k2)
        k4 = field(x + step * k3)
        x = retract(x, step / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return x
