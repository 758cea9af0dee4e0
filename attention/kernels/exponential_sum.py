r"""Sums :math:`\sum_j e^{\langle l_i, r_j\rangle} v_j` up to a factor per row, as softmax needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lohe.attention.arrays import Array
from lohe.attention.kernels.lift import beside_one
from lohe.attention.kernels.pair_function import PairFunction, constant
from lohe.attention.kernels.pair_sum import pair_sum_vjp
from lohe.attention.kernels.scratch import Work, write

__all__ = ["exponential_sum_vjp", "visible_scores"]

# Rows of all their scores at a time.
_ROWS = 128

Pullback = Callable[[Any], tuple[Array, Array, Array]]


def exponential_sum_vjp(
    xp: Any,
    left: Array,
    right: Array,
    counted: Array,
    *,
    causal: bool,
    tile: tuple[int, int] | None = None,
) -> tuple[Array, Pullback]:
    """Return the sums, each row up to a factor of its own, and their adjoint.

    The factor, which a quotient of two columns does not see, is 1 but where some sum under- or
    overflows: then each row is divided by its largest exponential.

    Parameters
    ----------
    xp
        The array namespace.
    left : (..., T_q, m) array
    right : (..., T, m) array
    counted : (..., T, n) array
        Its last column is 1 for keys that count, and rows of other keys are 0. The three have
        one dtype; leading axes broadcast.
    causal
        Sum over j <= i only.
    tile
        Rows and columns of a tile, by default what fits the cache.

    Returns
    -------
    sums : (..., T_q, n) array
    pullback : callable
        ``pullback(d_sums) -> (dleft, dright, dcounted)`` for a ``d_sums`` that is orthogonal to
        ``sums`` in every row, as a quotient makes it; each of its argument's own shape.

    Examples
    --------
    >>> counted = np.array([[3.0, 1.0], [5.0, 1.0]])
    >>> far = np.full((2, 1), 1e4)
    >>> exponential_sum_vjp(np, far, far, counted, causal=False)[0].tolist()
    [[8.0, 2.0], [8.0, 2.0]]
    """
    sums, pull = pair_sum_vjp(
        xp, left, right, counted, lambda _: _EXPONENTIAL, causal=causal, tile=tile
    )
    # The adjoint divides by a total: half the exponents are left for what it divides.
    least, total = float(xp.finfo(sums.dtype).smallest_normal) ** 0.5, sums[..., -1]
    if xp.all(xp.isfinite(sums)) and xp.all((total > least) & (total < 1 / least)):
        return sums, pull

    lower = beside_one(xp, left)
    lower[..., -1:] = -_largest_scores(xp, left, right, counted, causal=causal)
    sums, pull_shifted = pair_sum_vjp(
        xp, lower, beside_one(xp, right), counted, lambda _: _SHIFTED, causal=causal, tile=tile
    )

    def pullback(d_sums: Any) -> tuple[Array, Array, Array]:
        d_left, d_right, d_counted = pull_shifted(d_sums)
        return d_left[..., :-1], d_right[..., :-1], d_counted

    return sums, pullback


def visible_scores(
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


def _largest_scores(xp: Any, left: Array, right: Array, counted: Array, *, causal: bool) -> Array:
    """Return the largest score of each row, (..., T_q, 1)."""
    found = []
    for start in range(0, left.shape[-2], _ROWS):
        rows = left[..., start : start + _ROWS, :]
        scores = visible_scores(xp, rows, right, counted[..., -1] > 0, causal=causal, start=start)
        found.append(xp.max(scores, axis=-1, keepdims=True))
    return xp.concat(found, axis=-2)


def _exponential(xp: Any, s: Array, work: Work) -> Array:
    return write(xp.exp, s, out=work[0])


def _shifted(xp: Any, s: Array, work: Work) -> Array:
    # Only what is not counted lies above 0, and there the exponential might overflow.
    return _exponential(xp, write(xp.minimum, s, constant(xp, 0, s), out=work[0]), work)


def _own_slope(value: Callable[[Any, Array, Work], Array]) -> PairFunction:
    """Return a function that is its own derivative."""
    return PairFunction(value, lambda xp, s, work: (value(xp, s, work),) * 2)


_EXPONENTIAL, _SHIFTED = _own_slope(_exponential), _own_slope(_shifted)
