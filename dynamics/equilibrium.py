"""The resting point that a network reaches from the directions of its drives, found in floats."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.dormand_prince import dormand_prince
from lohe.dynamics.field import forcing, residual, vector_field
from lohe.dynamics.lorentz import attractor
from lohe.dynamics.network import Network
from lohe.dynamics.runge_kutta import runge_kutta
from lohe.dynamics.sphere import norm

__all__ = ["force_bound", "resting_point", "resting_points"]

Floats = NDArray[np.float64]

_AT_REST = 1e-12  # residual speed over the largest possible force
_NEARLY = 1e-5


def force_bound(network: Network) -> float:
    """Bound the force on any oscillator: max_i ||h_i|| + sum_k |J_ik| + ||A_i||, rounded.

    Its inverse is the time scale on which states move.
    """
    bound = norm(network.drive)
    if network.crosstalk is not None:
        bound = bound + np.asarray(abs(network.crosstalk).sum(axis=1)).ravel()
    if network.frequency is not None:
        bound = bound + np.linalg.norm(network.frequency, axis=(-2, -1))
    return float(bound.max())


def resting_point(
    network: Network, *, start: Floats | None = None, patience: float = 1e4
) -> Floats | None:
    """Integrate from the drive directions until the network rests, then polish.

    Nothing is proved: the point is an equilibrium to rounding, reached from one start.

    Parameters
    ----------
    network
    start : (n, d) array, optional
        Where to start instead.
    patience
        Time after which to give up, in units of 1/`force_bound`.

    Returns
    -------
    (n, d) array, or None
        The state; None if it still moves at the end, as a network that does not lock does.

    Examples
    --------
    >>> resting_point(Network([[3.0, 4.0], [0.0, 2.0]])).round(12)
    array([[0.6, 0.8],
           [0. , 1. ]])
    """
    scale = force_bound(network)
    if scale == 0:
        return None
    field = partial(vector_field, network)
    x = _drive_directions(network) if start is None else start
    duration, elapsed = 10.0, 0.0
    while float(residual(network, x)) > _NEARLY * scale:
        run = dormand_prince(field, x[np.newaxis], duration / scale, tolerance=1e-6)
        elapsed += duration
        if not run.finished[0] or elapsed > patience:
            return None
        x, duration = run.x[0], 2 * duration
    # At fixed steps the method contracts to its fixed point, which is exactly the field's zero;
    # an adaptive one would hover at its tolerance.
    for _ in range(0, int(patience), 20):
        if float(residual(network, x)) <= _AT_REST * scale:
            return x
        x = runge_kutta(field, x, 1 / scale, 20)
    return None


def resting_points(network: Network) -> Floats:
    """Find where each oscillator rests, in floats: directions of drives, T5's points, or a search.

    Returns
    -------
    (n, d) array
        NaN for an oscillator that has no such point; in all rows if, with crosstalk, the network
        does not come to rest.

    Examples
    --------
    >>> resting_points(Network([[0.0, 3.0], [0.0, 0.0]]))
    array([[ 0.,  1.],
           [nan, nan]])
    """
    nowhere = np.full(network.drive.shape, np.nan)
    if network.has_crosstalk:
        found = resting_point(network)
        return nowhere if found is None else found
    if network.has_frequency:
        assert network.frequency is not None
        return attractor(network.drive, network.frequency)
    size = norm(network.drive)[:, np.newaxis]
    return np.asarray(np.divide(network.drive, size, out=nowhere, where=size > 0))


def _drive_directions(network: Network) -> Floats:
    """Return unit drives; an oscillator without drive starts along the force of the others."""
    x = np.zeros_like(network.drive)
    for _ in range(2):
        # The first round sees x = 0, and so the drives alone.
        force = forcing(network, x)
        size = norm(force)[:, np.newaxis]
        still = ~np.any(x, axis=-1, keepdims=True) & (size > 0)
        x = np.where(still, force / np.where(size > 0, size, 1.0), x)
    x[~np.any(x, axis=-1), 0] = 1.0
    return x
