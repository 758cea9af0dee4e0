"""Newton's method in chart coordinates: a guess of an equilibrium, nothing proved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.equilibria.chart import frame_at, poles, to_chart, to_points
from lohe.proofs_numeric.equilibria.system import System, derivative, residual

__all__ = ["approach"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_STEPS = 60
# Far from an equilibrium, steps are cut to this length in any coordinate.
_LONGEST = 0.5
# Singular values below this, relative to the largest, get no step.
_SINGULAR = 1e-13
# Speed, in units of the rounding of the forces, at which a state counts as resting.
_AT_REST = 64


def approach(system: System, points: Floats) -> tuple[Integers, Floats] | str:
    """Follow Newton's method from a guess to an equilibrium, stable or not.

    Parameters
    ----------
    system
    points : (n, d) array
        Vectors other than zero.

    Returns
    -------
    charts : (n,) int array
    coordinates : (n, d - 1) array
        Or the reason, where the iteration does not come to rest.
    """
    charts, coordinates = to_chart(points)
    best, best_speed = (charts, coordinates), np.inf
    last = np.inf
    for _ in range(_STEPS):
        centre = frame_at(poles(charts), coordinates)
        value = residual(system.rounded, centre)
        speed = float(np.abs(value).max())
        if not np.isfinite(speed):
            break
        slope = derivative(system.rounded, centre, np.zeros(coordinates.shape))
        step = _newton_step(slope, value).reshape(coordinates.shape)
        length = float(np.abs(step).max())
        if speed < best_speed or length < last:
            best, best_speed = (charts, coordinates), speed
        if length == 0 or (length < 1e-6 and length > last / 2):
            break
        last = length
        coordinates = coordinates - step * min(1.0, _LONGEST / max(length, _LONGEST))
        if np.square(coordinates).sum(axis=-1).max() > 1 + 1e-9:
            charts, coordinates = to_chart(to_points(charts, coordinates[None]))
    charts, coordinates = best
    left = residual(system, frame_at(poles(charts), Balls.exact(coordinates)))
    if np.all(np.abs(left.middle) <= _AT_REST * left.radius):
        return charts, coordinates
    return f"Newton's method found no equilibrium near the guess (speed {best_speed:.2g} left)"


def _newton_step(slope: Floats, value: Floats) -> Floats:
    """Solve for the step, by the shortest one where the derivative is singular."""
    try:
        step = np.linalg.solve(slope, value)
    except np.linalg.LinAlgError:
        step = np.full_like(value, np.inf)
    if not np.abs(step).max() <= _LONGEST:
        step = np.linalg.lstsq(slope, value, rcond=_SINGULAR)[0]
    return np.asarray(step, dtype=np.float64)
