"""Attention by resting points: drives, the states that they settle at, and the readout of those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lohe.attention.arrays import Array, all_finite
from lohe.attention.kernels.drive import drive_vjp
from lohe.attention.kernels.readout import readout_vjp
from lohe.attention.kernels.settle import settle_vjp
from lohe.dynamics.errors import InputError

__all__ = ["resting_attention_vjp"]

Pullback = Callable[[Any], tuple[Array, ...]]


def resting_attention_vjp(
    xp: Any,
    q: Array,
    k: Array,
    v: Array,
    anchors: Array,
    *,
    coupling: str,
    p: Any,
    causal: bool,
    key_mask: Array | None,
    readout_mask: Array | None,
    readout_anchors: Array | None,
    tile: tuple[int, int] | None,
    compiled: bool = False,
) -> tuple[Array, Array, Pullback]:
    """Attend without the T x T matrices; see `lohe.fixed_query_attention` for the arguments.

    Parameters
    ----------
    xp
        The array namespace.
    q, k, v, anchors, coupling, p, causal, key_mask, readout_anchors, tile
        As there; arrays of one dtype, checked.
    readout_mask : (..., T) bool array or None
        True where a key is read.
    compiled
        Use Numba's loops.

    Returns
    -------
    out : (..., T_q, d_v) array
    state : (..., T_q, d) array
        The resting points.
    pullback : callable
        ``pullback(d_out) -> (dq, dk, dv, danchors)``, then the gradient of ``readout_anchors``
        if there are any, then that of ``p`` if it is an array.

    Raises
    ------
    InputError
        If the drives overflow.
    """
    drive, back_drive = drive_vjp(
        xp, q, k, anchors, coupling,
        causal=causal, key_mask=key_mask, tile=tile, compiled=compiled,
    )  # fmt: skip
    if not all_finite(xp, xp.vecdot(drive, drive)):
        raise InputError("the drive overflows; scale q, k or the anchors down")
    state, back_settle = settle_vjp(xp, drive)
    own = readout_anchors is None
    out, back_readout = readout_vjp(
        xp, state, anchors if own else readout_anchors, v, p,
        causal=causal, key_mask=readout_mask, tile=tile, compiled=compiled,
    )  # fmt: skip

    def pullback(d_out: Any) -> tuple[Array, ...]:
        d_drive, d_read, dv, *dp = back_readout(d_out)
        d_drive = back_settle(d_drive)
        dq, dk, danchors = back_drive(d_drive)
        if not own:
            return (dq, dk, dv, danchors, d_read, *dp)
        danchors += d_read
        return (dq, dk, dv, danchors, *dp)

    return out, state, pullback
