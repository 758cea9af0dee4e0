r"""The causal readout with exponent 1 where no lifted cosine is negative.

.. math:: o_i \propto \sum_{j \le i} (1 + \langle x_i, r_j\rangle)\, v_j

is affine in the anchors, so running sums are enough.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lohe.attention.arrays import Array, sum_to
from lohe.attention.kernels.fold import Arrays, BlockPullback, fold_vjp
from lohe.attention.kernels.lift import beside_one
from lohe.attention.kernels.prefix import advance_vjp, empty_moment, is_short, spread
from lohe.attention.kernels.quotient import quotient_vjp

__all__ = ["affine_readout_vjp"]


def affine_readout_vjp(
    xp: Any, x: Array, anchors: Array, v: Array, kept: Array | None, *, compiled: bool = False
) -> tuple[Array, Callable[[Any], tuple[Array, Array, Array]]]:
    """Return the attended values and their adjoint, in time linear in the length.

    Parameters
    ----------
    xp
        The array namespace; its arrays must allow assignment to slices.
    x : (..., T, d) array
    anchors : (..., T, d) array
        No longer than 1. One dtype; leading axes broadcast.
    v : (..., T, d_v) array
    kept : (..., T, 1) array or None
        1 where a key is read, else 0.
    compiled
        Use Numba's loops.

    Returns
    -------
    out : (..., T, d_v) array
    pullback : callable
        ``pullback(d_out) -> (dx, danchors, dv)``, each of its argument's own shape.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.array([[0.0], [1.0]])
    >>> affine_readout_vjp(np, np.eye(2), np.eye(2), values, None)[0]
    array([[0.        ],
           [0.66666667]])
    """
    shapes = (x.shape, anchors.shape, v.shape)
    rows = spread(xp, x, anchors, v, *([] if kept is None else [kept]))
    pull: Callable[[Any], Arrays]
    if compiled:
        from lohe.attention.kernels.compiled.affine_readout import compiled_affine_readout_vjp

        every = np.broadcast_to(np.ones(1, rows[2].dtype), (*rows[2].shape[:-1], 1))
        read = every if kept is None else rows[3]
        out, pull = compiled_affine_readout_vjp(rows[0], rows[1], rows[2], read)
    else:
        out, pull = _folded_vjp(xp, rows)

    def pullback(d_out: Any) -> tuple[Array, Array, Array]:
        dx, danchors, dv = (sum_to(xp, *pair) for pair in zip(pull(d_out), shapes, strict=True))
        return dx, danchors, dv

    return out, pullback


def _folded_vjp(xp: Any, rows: Arrays) -> tuple[Array, Callable[[Any], Arrays]]:
    start: Arrays = ()
    if not is_short(rows[0].shape[-2]):
        start = (empty_moment(xp, beside_one(xp, rows[1][..., :1, :]), rows[2].shape[-1] + 1),)
    ended, out, back = fold_vjp(
        xp, lambda *given: _read_vjp(xp, *given), start, rows,
        out=xp.empty_like(rows[2]), constant=len(rows) - 3,
    )  # fmt: skip

    def pullback(d_out: Any) -> Arrays:
        _, gradients = back(d_out, tuple(xp.zeros_like(state) for state in ended))
        return gradients[:3]

    return out, pullback


def _read_vjp(xp: Any, state: Arrays, rows: Arrays) -> tuple[Arrays, Array, BlockPullback]:
    x, anchors, v, *masks = rows
    left, right, counted = (beside_one(xp, array) for array in (x, anchors, v))
    for kept in masks:
        counted *= kept
    state, sums, back = advance_vjp(xp, state, (left, right, counted))
    out, back_quotient = quotient_vjp(xp, sums)

    def pullback(d_out: Array, d_state: Arrays) -> tuple[Arrays, Arrays]:
        d_state, gradients = back(back_quotient(d_out), d_state)
        d_left, d_right, d_counted = (gradient[..., :-1] for gradient in gradients)
        for kept in masks:
            d_counted = d_counted * kept
        return d_state, (d_left, d_right, d_counted, *[None] * len(masks))

    return state, out, pullback
