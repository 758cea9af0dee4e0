"""Where an oscillator rests under a constant drive (theorem T1), and the adjoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lohe.attention.arrays import Array

__all__ = ["EPSILON", "settle_vjp"]

EPSILON = 1e-8
"""Floor of the drive's norm, as in the layer of Pasqualetti & Guo (arXiv 2606.12059)."""


def settle_vjp(xp: Any, drive: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Return x = h/max(||h||, EPSILON) and its adjoint.

    Parameters
    ----------
    xp
        The array namespace.
    drive : (..., d) array
        Drives h; their squares must not overflow.

    Returns
    -------
    state : (..., d) array
        Unit vectors, shorter ones under drives below the floor.
    pullback : callable
        ``pullback(d_state) -> d_drive``.

    Examples
    --------
    >>> import numpy as np
    >>> state, pullback = settle_vjp(np, np.array([[0.0, 2.0]]))
    >>> state, pullback(np.array([[1.0, 1.0]]))
    (array([[0., 1.]]), array([[0.5, 0. ]]))
    """
    norm = xp.sqrt(xp.vecdot(drive, drive)[..., None])
    length = xp.maximum(norm, xp.full_like(norm, EPSILON))
    state = drive / length

    def pullback(d_state: Array) -> Array:
        radial = xp.vecdot(state, d_state)[..., None]
        # A floored length does not depend on the drive.
        radial = xp.where(norm > EPSILON, radial, xp.zeros_like(radial))
        return (d_state - state * radial) / length

    return state, pullback
