"""Vector oscillators of dimension above 2 with what is wrong with them.

A step is Strang's: half a turn by the natural frequencies, the exact flow under a frozen drive
(T1) with the force at its midpoint, and half a turn; noise follows geodesics between steps, and by
half a step at both ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from lohe.dynamics.brownian import brownian_step, geodesic_variance
from lohe.dynamics.settling import settle
from lohe.hardware.nonideal.crosstalk import Crosstalk
from lohe.hardware.nonideal.pace import longest_step, resting_time, step_lengths

__all__ = ["VectorArray", "settle_vectors"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class VectorArray:
    """What acts on the unit vectors of an array, or of many.

    Parameters
    ----------
    drive : (..., n, d) array
        h.
    frequency : (..., n, d, d) array, optional
        Skew matrices.
    crosstalk : Crosstalk, optional
        J.
    diffusivity : float
        D.
    """

    drive: Floats
    frequency: Floats | None = None
    crosstalk: Crosstalk | None = None
    diffusivity: float = 0.0

    def longest_step(self) -> float:
        """Return the longest step that follows what a frozen force leaves out."""
        fastest = self.diffusivity
        if self.crosstalk is not None:
            fastest += self.crosstalk.row_sum
        if self.frequency is not None:
            # Splitting errs by how fast the turn changes the flow, whichever of them is faster.
            turning = float(np.abs(self.frequency).sum(axis=-1).max())
            pulling = float(np.linalg.norm(self.drive, axis=-1).max())
            fastest += math.sqrt(turning * pulling) + turning
        return longest_step(fastest)


def settle_vectors(
    array: VectorArray,
    start: Floats,
    time: float,
    rng: np.random.Generator,
    *,
    step: float | None = None,
) -> Floats:
    """Follow arrays of vector oscillators for a time.

    Parameters
    ----------
    array
        What acts.
    start : (..., n, d) array
        Unit vectors.
    time : float
        Infinite for rest.
    rng
        Of the noise.
    step : float, optional
        The longest step.

    Returns
    -------
    (..., n, d) array

    Raises
    ------
    InputError
        If that takes too many steps, or nothing rests where rest is asked for.
    """
    sizes = np.linalg.norm(array.drive, axis=-1)
    weakest = float(sizes.min())
    end = resting_time(weakest, array.diffusivity) if math.isinf(time) else time
    strongest = float(sizes.max()) if array.diffusivity else 0.0
    lengths = step_lengths(end, step or array.longest_step(), weakest, fastest=strongest)
    x = np.array(start, dtype=float)
    half, turned = None, 0.0
    for before, length in zip([0.0, *lengths], lengths, strict=False):
        x = _diffused(x, array.diffusivity * (before + length) / 2, rng)
        if array.frequency is not None and length != turned:
            half, turned = expm(array.frequency * (length / 2)), length
        if half is not None:
            x = _turned(half, x)
        middle = x
        if array.crosstalk is not None:
            middle = settle(x, array.drive + _heard(array.crosstalk, x), length / 2)
        force = array.drive
        if array.crosstalk is not None:
            force = force + _heard(array.crosstalk, middle)
        x = settle(x, force, length)
        if half is not None:
            x = _turned(half, x)
    return _diffused(x, array.diffusivity * lengths[-1] / 2, rng) if lengths else x


def _diffused(x: Floats, spread: float, rng: np.random.Generator) -> Floats:
    """Return the points after Brownian motion, of D times a time."""
    if spread == 0:
        return x
    d = x.shape[-1]
    deviation = np.sqrt(geodesic_variance([spread], d))
    moved = brownian_step(x.reshape(-1, d).T[None], deviation, rng)
    return np.asarray(moved[0].T.reshape(x.shape))


def _heard(crosstalk: Crosstalk, x: Floats) -> Floats:
    return np.stack([crosstalk.heard(each) for each in np.moveaxis(x, -1, 0)], axis=-1)


def _turned(rotation: Floats, x: Floats) -> Floats:
    return np.asarray((rotation @ x[..., None])[..., 0])
