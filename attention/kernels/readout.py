r"""The readout of the resting oscillators by cosine.

.. math:: o_i = \sum_j a_{ij} v_j, \quad a_{ij} \propto \max(0, 1 + \langle x_i, r_j\rangle)^p
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

from lohe.attention.arrays import Array, common_lead, sum_to, widen
from lohe.attention.kernels.affine_readout import affine_readout_vjp
from lohe.attention.kernels.lift import (
    beside_one,
    largest_lift,
    learned_power,
    positive_power,
)
from lohe.attention.kernels.pair_function import PairFunction
from lohe.attention.kernels.pair_sum import pair_sum_vjp
from lohe.attention.kernels.prefix import running_product_vjp
from lohe.attention.kernels.quotient import quotient_vjp
from lohe.attention.kernels.row_scale import are_tame
from lohe.attention.kernels.tiles import Index

__all__ = ["readout_vjp"]

Pullback = Callable[[Any], tuple[Array, ...]]


def readout_vjp(
    xp: Any,
    x: Array,
    anchors: Array,
    v: Array,
    p: Any,
    *,
    causal: bool,
    key_mask: Array | None = None,
    tile: tuple[int, int] | None = None,
    compiled: bool = False,
) -> tuple[Array, Pullback]:
    """Return the attended values and their adjoint, without the matrix of weights.

    With p = 1 and anchors no longer than 1 the clamp never acts and the weights are affine in
    the anchors, so running sums of v_j, r_j and r_j v_j^T are enough: time linear in the length.

    Parameters
    ----------
    xp
        The array namespace.
    x : (..., T_q, d) array
        States of the oscillators, of length at most 1.
    anchors : (..., T, d) array
    v : (..., T, d_v) array
        One dtype; leading axes broadcast.
    p : float or (..., 1, 1) array
        Readout exponent, positive; an array is learned.
    causal
        Query i reads keys j <= i only.
    key_mask : (..., T) bool array, optional
        True where a key is read.
    tile
        Rows and columns of a tile, by default what fits the cache.
    compiled
        Use Numba's loops, where p is a whole number.

    Returns
    -------
    out : (..., T_q, d_v) array
    pullback : callable
        ``pullback(d_out) -> (dx, danchors, dv)``, each of its argument's own shape, and dp as
        fourth if p is an array.

    Raises
    ------
    ValueError
        If the leading axes do not broadcast.
    """
    kept = None if key_mask is None else xp.astype(key_mask, v.dtype)[..., None]
    affine = isinstance(p, Real) and p == 1 and _clamp_is_idle(xp, anchors)
    if affine and causal:
        return affine_readout_vjp(xp, x, anchors, v, kept, compiled=compiled)
    left, right, counted = (beside_one(xp, array) for array in (x, anchors, v))
    if kept is not None:
        counted = counted * kept
    if affine:
        sums, pull = running_product_vjp(xp, left, right, counted, causal=causal)
    else:
        # A lift of 0 has no power, where that of a key that does not count might overflow.
        seen = right if kept is None else right * kept
        sums, pull = _sharp_vjp(
            xp, left, seen, counted, p, causal=causal, tile=tile, compiled=compiled
        )
    out, back_quotient = quotient_vjp(xp, sums)

    def pullback(d_out: Any) -> tuple[Array, ...]:
        dp: list[Array]
        d_left, d_right, d_counted, *dp = pull(back_quotient(d_out))
        if kept is not None:
            d_counted = d_counted * kept
        dv = sum_to(xp, d_counted[..., :-1], v.shape)
        dx, danchors = sum_to(xp, d_left[..., :-1], x.shape), d_right[..., :-1]
        return (dx, sum_to(xp, danchors, anchors.shape), dv, *dp)

    return out, pullback


def _clamp_is_idle(xp: Any, anchors: Array) -> bool:
    """Whether no anchor is longer than 1 but by rounding, so that 1 + <x, r> >= 0."""
    rounding = 8 * float(xp.finfo(anchors.dtype).eps)
    return bool(xp.max(xp.vecdot(anchors, anchors)) <= 1 + rounding)


def _sharp_vjp(
    xp: Any,
    left: Array,
    right: Array,
    counted: Array,
    p: Any,
    *,
    causal: bool,
    tile: tuple[int, int] | None,
    compiled: bool,
) -> tuple[Array, Pullback]:
    """Return the sums of max(0, lift)^p counted, up to a factor for each row, and their adjoint.

    The factor, which the quotient that follows does not see, is 1 but where the powers of a
    whole row under- or overflow: there it makes the largest of them 1.
    """
    powers = None
    if isinstance(p, Real):
        function = positive_power(float(p))
    else:
        lead = common_lead(left, right, counted, p)
        left, powers = widen(xp, left, lead), widen(xp, p, lead)

    def function_at(index: Index) -> PairFunction:
        return function if powers is None else learned_power(powers[(*index, ...)])

    def sum_vjp(rows: Array) -> tuple[Array, Pullback]:
        return pair_sum_vjp(
            xp, rows, right, counted, function_at, causal=causal, tile=tile, compiled=compiled
        )

    sums, pull = sum_vjp(left)
    tame, factor = are_tame(xp, sums), None
    if not xp.all(tame):
        largest = largest_lift(xp, left, right, counted[..., -1] > 0, causal=causal)
        factor = xp.where(tame | (largest <= 0), xp.ones_like(largest), 1 / largest)
        sums, pull = sum_vjp(left * factor)

    def pullback(d_sums: Any) -> tuple[Array, ...]:
        d_left, d_right, d_counted, *by_row = pull(d_sums)
        if factor is not None:
            d_left = d_left * factor
        dp = [sum_to(xp, xp.sum(rows, axis=-2, keepdims=True), p.shape) for rows in by_row]
        return (d_left, d_right, d_counted, *dp)

    return sums, pullback
