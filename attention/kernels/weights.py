r"""The matrix of attention weights, for those who want to look at it."""

from __future__ import annotations

from typing import Any

from lohe.attention.arrays import Array
from lohe.attention.kernels.lift import beside_one
from lohe.attention.kernels.row_scale import visible_products

__all__ = ["readout_weights"]


def readout_weights(
    xp: Any, x: Array, anchors: Array, p: Any, *, causal: bool, key_mask: Array | None
) -> Array:
    r"""Return :math:`a_{ij} \propto \max(0, 1 + \langle x_i, r_j\rangle)^p`, all T x T of them.

    Parameters
    ----------
    xp
        The array namespace.
    x : (..., T_q, d) array
    anchors : (..., T, d) array
    p : float or (..., 1, 1) array
        Readout exponent, positive.
    causal
        Query i reads keys j <= i only.
    key_mask : (..., T) bool array or None
        True where a key is read.

    Returns
    -------
    (..., T_q, T) array
        Rows sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> readout_weights(np, np.array([[1.0, 0.0]]), np.eye(2), 1, causal=False, key_mask=None)
    array([[0.66666667, 0.33333333]])
    """
    left, right = beside_one(xp, x), beside_one(xp, anchors)
    counted = xp.ones_like(right[..., 0]) > 0 if key_mask is None else key_mask
    lifts = visible_products(xp, left, right, counted, causal=causal)
    positive = xp.maximum(lifts, xp.zeros_like(lifts))
    # Against its row's largest a power cannot overflow.
    power = (positive / xp.max(positive, axis=-1, keepdims=True)) ** p
    return power / xp.sum(power, axis=-1, keepdims=True)
