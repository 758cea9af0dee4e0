"""Weighted means: sums of values divided by the sum of weights that stands in their last column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lohe.attention.arrays import Array

__all__ = ["quotient_vjp"]


def quotient_vjp(
    xp: Any, sums: Array, least: float | None = None
) -> tuple[Array, Callable[[Array], Array]]:
    """Divide all columns by the last one.

    Parameters
    ----------
    xp
        The array namespace.
    sums : (..., T, n + 1) array
    least
        What the last column is at least in exact arithmetic, where cancellation may bring it
        below; None where nothing cancels.

    Returns
    -------
    out : (..., T, n) array
    pullback : callable
        ``pullback(d_out) -> d_sums``, orthogonal to ``sums`` in every row.

    Examples
    --------
    >>> import numpy as np
    >>> quotient_vjp(np, np.array([[2.0, 6.0, 4.0]]))[0]
    array([[0.5, 1.5]])
    """
    total = sums[..., -1:] + 0  # not a view, which would keep all sums
    if least is not None:
        total = xp.maximum(total, xp.full_like(total, least))
    out = sums[..., :-1] / total

    def pullback(d_out: Array) -> Array:
        d_sums = xp.concat([d_out, -xp.vecdot(d_out, out)[..., None]], axis=-1)
        d_sums /= total
        return d_sums

    return out, pullback
