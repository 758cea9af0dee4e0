"""Scaled dot-product softmax attention, the rival, and its adjoint."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lohe.attention.arrays import (
    Array,
    common_lead,
    read_arrays,
    read_gradient,
    read_key_mask,
    sum_to,
)
from lohe.attention.kernels.exponential_sum import exponential_sum_vjp
from lohe.attention.kernels.lift import beside_one
from lohe.attention.kernels.quotient import quotient_vjp
from lohe.attention.kernels.row_scale import visible_products
from lohe.attention.kernels.threads import one_blas_thread
from lohe.dynamics.errors import InputError

__all__ = ["softmax_attention", "softmax_attention_vjp"]


def softmax_attention(
    q: Any,
    k: Any,
    v: Any,
    *,
    causal: bool = False,
    key_mask: Any = None,
    need_weights: bool = False,
    tile: tuple[int, int] | None = None,
) -> Any:
    r"""Attend with weights :math:`a_{ij} \propto \exp(q_i \cdot k_j/\sqrt{d_h})`.

    Parameters
    ----------
    q : (..., T_q, d_h) array
        Queries.
    k : (..., T, d_h) array
        Keys.
    v : (..., T, d_v) array
        Values.
    causal : bool
        Query i sees keys j <= i only.
    key_mask : (..., T) bool array, optional
        True where a key is visible.
    need_weights : bool
        Also return the attention weights; without them memory grows as T, not as its square.
    tile
        Rows and columns of a tile of scores, by default what fits the cache.

    Returns
    -------
    out : (..., T_q, d_v) array
        The attended values.
    weights : (..., T_q, T) array
        Only with ``need_weights``.

    Raises
    ------
    InputError
        For NaN or infinity, shapes that disagree, a query that sees no key, and scores that
        overflow.

    Examples
    --------
    >>> token = np.ones((2, 1))
    >>> softmax_attention(token, token, np.array([[0.0], [1.0]]), causal=True)
    array([[0. ],
           [0.5]])
    """
    out, *weights, _ = softmax_attention_vjp(
        q, k, v, causal=causal, key_mask=key_mask, need_weights=need_weights, tile=tile
    )
    return (out, *weights) if need_weights else out


def softmax_attention_vjp(
    q: Any,
    k: Any,
    v: Any,
    *,
    causal: bool = False,
    key_mask: Any = None,
    need_weights: bool = False,
    tile: tuple[int, int] | None = None,
) -> tuple[Any, ...]:
    """Attend, and return the adjoint beside the result.

    The arguments and errors are those of `softmax_attention`.

    Returns
    -------
    out : (..., T_q, d_v) array
    weights : (..., T_q, T) array
        Only with ``need_weights``.
    pullback : callable
        ``pullback(d_out) -> (dq, dk, dv)``, each of its argument's own shape.
    """
    xp, (q, k, v) = read_arrays(q=q, k=k, v=v)
    dtype = xp.result_type(q, k, v)
    q, k, v = (array if array.dtype == dtype else xp.astype(array, dtype) for array in (q, k, v))
    if q.shape[-1] != k.shape[-1]:
        raise InputError(f"q {tuple(q.shape)} and k {tuple(k.shape)} differ in their last axis")
    if v.shape[-2] != k.shape[-2]:
        raise InputError(f"v has {v.shape[-2]} positions, k has {k.shape[-2]}; give one per key")
    mask = read_key_mask(xp, q.shape[-2], k.shape[-2], causal=causal, key_mask=key_mask)
    try:
        common_lead(q, k, v, *([] if mask is None else [mask[..., None]]))
    except ValueError as error:
        raise InputError(f"the leading axes do not broadcast: {error}") from error
    scale = 1 / math.sqrt(q.shape[-1])
    counted = beside_one(xp, v)
    if mask is not None:
        kept = xp.astype(mask, v.dtype)[..., None]
        counted = counted * kept

    told_below = np.errstate(over="ignore", invalid="ignore")
    with one_blas_thread(xp), told_below:
        sums, pull = exponential_sum_vjp(xp, q * scale, k, counted, causal=causal, tile=tile)
        out, back_quotient = quotient_vjp(xp, sums)
    if not xp.all(xp.isfinite(out)):
        raise InputError("the output overflows; scale q, k or v down")

    def pullback(d_out: Any) -> tuple[Array, Array, Array]:
        d_sums = back_quotient(read_gradient(xp, d_out, out))
        with one_blas_thread(xp):
            d_left, d_right, d_counted = pull(d_sums)
        if mask is not None:
            d_counted = d_counted * kept
        dv = sum_to(xp, d_counted[..., :-1], v.shape)
        return sum_to(xp, d_left * scale, q.shape), sum_to(xp, d_right, k.shape), dv

    if not need_weights:
        return out, pullback
    with one_blas_thread(xp):
        score = visible_products(xp, q * scale, k, counted[..., -1] > 0, causal=causal)
    power = xp.exp(score - xp.max(score, axis=-1, keepdims=True))
    return out, power / xp.sum(power, axis=-1, keepdims=True), pullback
