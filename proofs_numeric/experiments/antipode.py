"""How likely a uniform start is to lie near the antipode of its drive (T2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.settling import antipodal_cap_probability
from lohe.dynamics.sphere import uniform

__all__ = ["ANGLES", "DIMENSIONS", "near_antipode"]

ANGLES = (1.0, 3.0, 10.0, 30.0, 60.0)
"""Degrees."""

DIMENSIONS = (2, 4, 8, 16, 32)

_BLOCK = 65_536


def near_antipode(
    d: int, angles: Sequence[float], starts: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Tell which uniform starts lie within each angle of a fixed point, and the chance.

    Parameters
    ----------
    d
        Dimension of the ambient space.
    angles
        Degrees, from 0 to 180.
    starts
        Trials; all angles judge the same ones.
    rng
        Source of randomness.

    Returns
    -------
    near : (angles, starts) bool array
    predicted : (angles,) array

    Examples
    --------
    >>> near_antipode(2, (90.0,), 10, np.random.default_rng(0))[1]
    array([0.5])
    """
    radians = np.radians(np.asarray(angles, dtype=np.float64))
    near = np.empty((len(radians), starts), dtype=np.bool_)
    for begin in range(0, starts, _BLOCK):
        rows = slice(begin, min(begin + _BLOCK, starts))
        x = uniform(rng, rows.stop - begin, d)
        # Of the antipode e_1: the angle from both distances keeps small angles precise.
        across = np.sqrt(np.einsum("nk,nk->n", x[:, 1:], x[:, 1:]))
        near[:, rows] = np.arctan2(across, x[:, 0]) < radians[:, np.newaxis]
    return near, antipodal_cap_probability(radians, d)
