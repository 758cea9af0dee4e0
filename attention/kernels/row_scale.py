"""Whether a row of sums needs a factor lest it under- or overflow, and the largest of its terms."""

from __future__ import annotations

from typing import Any

import numpy as np

from lohe.attention.arrays import Array

__all__ = ["are_tame", "largest_product", "visible_products"]

# Rows of all their products at a time.
_ROWS = 128


def are_tame(xp: Any, sums: Array) -> Array:
    """Return whether rows can do without a factor.

    Parameters
    ----------
    xp
        The array namespace.
    sums : (..., T_q, n) array
        The last column is the sum of weights.

    Returns
    -------
    (..., T_q, 1) bool array
    """
    # The adjoint divides by a total: half the exponents are left for what it divides.
    least, total = float(xp.finfo(sums.dtype).smallest_normal) ** 0.5, sums[..., -1:]
    finite = xp.all(xp.isfinite(sums), axis=-1, keepdims=True)
    return finite & (total > least) & (total < 1 / least)


def visible_products(
    xp: Any, left: Array, right: Array, counts: Array, *, causal: bool, start: int = 0
) -> Array:
    """Return the products of rows and columns, and minus infinity where they may not meet.

    Parameters
    ----------
    xp
        The array namespace.
    left : (..., T_q, m) array
        Rows, of which the first has number ``start``.
    right : (..., T, m) array
    counts : (..., T) bool array
        Which columns any row may meet.
    causal
        Row i meets columns j <= i only.

    Returns
    -------
    (..., T_q, T) array
    """
    scores = left @ right.mT
    visible = counts[..., None, :]
    if causal:
        rows = xp.arange(left.shape[-2], device=left.device) + start
        visible = visible & (rows[:, None] >= xp.arange(right.shape[-2], device=left.device))
    return xp.where(visible, scores, xp.full_like(scores, -np.inf))


def largest_product(xp: Any, left: Array, right: Array, counts: Array, *, causal: bool) -> Array:
    """Return the largest product of each row, (..., T_q, 1); see `visible_products`."""
    found = []
    for start in range(0, left.shape[-2], _ROWS):
        rows = left[..., start : start + _ROWS, :]
        products = visible_products(xp, rows, right, counts, causal=causal, start=start)
        found.append(xp.max(products, axis=-1, keepdims=True))
    return xp.concat(found, axis=-2)
