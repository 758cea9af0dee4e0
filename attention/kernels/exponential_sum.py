r"""Sums :math:`\sum_j e^{\langle l_i, r_j\rangle} v_j` up to a factor per row, as softmax needs."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from lohe.attention.arrays import Array, all_finite, all_true
from lohe.attention.kernels.lift import beside_one
from lohe.attention.kernels.pair_function import PairFunction, constant
from lohe.attention.kernels.pair_sum import pair_sum_vjp
from lohe.attention.kernels.row_scale import are_tame, largest_product
from lohe.attention.kernels.scratch import Work, write

__all__ = ["exponential_sum_vjp"]

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

    The factor, which a quotient of two columns does not see, is 1 but where the sums of a row
    under- or overflow: such a row is divided by its largest exponential.

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
    >>> import numpy as np
    >>> counted = np.array([[3.0, 1.0], [5.0, 1.0]])
    >>> far = np.full((2, 1), 1e4)
    >>> exponential_sum_vjp(np, far, far, counted, causal=False)[0].tolist()
    [[8.0, 2.0], [8.0, 2.0]]
    """

    def sum_vjp(rows: Array, columns: Array, function: PairFunction) -> tuple[Array, Pullback]:
        return pair_sum_vjp(
            xp, rows, columns, counted, lambda _: function, causal=causal, tile=tile
        )

    sums, pull = sum_vjp(left, right, _EXPONENTIAL)
    if all_true(xp, are_tame(xp, sums)):
        return sums, pull

    # What a row does not see, the future above all, is not to decide how it is computed.
    cut = _cut_exponential(float(xp.finfo(sums.dtype).smallest_normal))
    tame = are_tame(xp, sums if all_finite(xp, sums) else sum_vjp(left, right, cut)[0])
    largest = largest_product(xp, left, right, counted[..., -1] > 0, causal=causal)
    lower = beside_one(xp, left)
    lower[..., -1:] = xp.where(tame, xp.zeros_like(largest), -largest)
    sums, pull_shifted = sum_vjp(lower, beside_one(xp, right), cut)

    def pullback(d_sums: Any) -> tuple[Array, Array, Array]:
        d_left, d_right, d_counted = pull_shifted(d_sums)
        return d_left[..., :-1], d_right[..., :-1], d_counted

    return sums, pullback


def _exponential(xp: Any, s: Array, work: Work) -> Array:
    return write(xp.exp, s, out=work[0])


def _own_slope(value: Callable[[Any, Array, Work], Array]) -> PairFunction:
    """Return a function that is its own derivative."""
    return PairFunction(value, lambda xp, s, work: (value(xp, s, work),) * 2)


_EXPONENTIAL = _own_slope(_exponential)


@cache
def _cut_exponential(least: float) -> PairFunction:
    """Return an exponential that overflows nowhere and is cut only above what a tame row has."""
    highest = 1 - math.log(least) / 2

    def value(xp: Any, s: Array, work: Work) -> Array:
        return _exponential(xp, write(xp.minimum, s, constant(xp, highest, s), out=work[0]), work)

    return _own_slope(value)
