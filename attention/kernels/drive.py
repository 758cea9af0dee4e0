r"""The drive of every free oscillator, :math:`h_i = \sum_j f(q_i\cdot k_j/\sqrt{d_h})\, r_j`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lohe.attention.arrays import Array, sum_to
from lohe.attention.coupling import find_coupling
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.attention.kernels.linear import feature_drive_vjp
from lohe.attention.kernels.pair_sum import pair_sum_vjp

__all__ = ["drive_vjp"]

Pullback = Callable[[Any], tuple[Array, Array, Array]]


def drive_vjp(
    xp: Any,
    q: Array,
    k: Array,
    anchors: Array,
    coupling: str,
    *,
    causal: bool,
    key_mask: Array | None = None,
    tile: tuple[int, int] | None = None,
    compiled: bool = False,
) -> tuple[Array, Pullback]:
    """Return the drives and their adjoint, without the matrix of couplings.

    Parameters
    ----------
    xp
        The array namespace.
    q : (..., T_q, d_h) array
    k : (..., T, d_h) array
    anchors : (..., T, d) array
        Any vectors; nothing is assumed of their length. One dtype; leading axes broadcast.
    coupling
        See `COUPLINGS` and, for time linear in the length, `FEATURE_MAPS`.
    causal
        Oscillator i is driven by keys j <= i only.
    key_mask : (..., T) bool array, optional
        True where a key is visible.
    tile
        Rows and columns of a tile, by default what fits the cache.
    compiled
        Use Numba's loops.

    Returns
    -------
    drive : (..., T_q, d) array
    pullback : callable
        ``pullback(d_drive) -> (dq, dk, danchors)``, each of its argument's own shape.

    Raises
    ------
    InputError
        For an unknown coupling.
    ValueError
        If the leading axes do not broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> drive_vjp(np, np.zeros((1, 1)), np.zeros((2, 1)), np.eye(2), "elu", causal=False)[0]
    array([[1., 1.]])
    """
    if coupling in FEATURE_MAPS:
        return feature_drive_vjp(xp, q, k, anchors, coupling, causal=causal, key_mask=key_mask)
    function = find_coupling(coupling).function
    scale = 1 / math.sqrt(q.shape[-1])
    kept = None if key_mask is None else xp.astype(key_mask, q.dtype)[..., None]
    # A key that is hidden is put to 0: its score might overflow.
    keys, seen = (k, anchors) if kept is None else (k * kept, anchors * kept)
    drive, pull = pair_sum_vjp(
        xp, q, keys, seen, lambda _: function,
        causal=causal, scale=scale, tile=tile, compiled=compiled,
    )  # fmt: skip

    def pullback(d_drive: Any) -> tuple[Array, Array, Array]:
        dq, dk, d_seen = pull(d_drive)
        if kept is not None:
            dk, d_seen = sum_to(xp, dk, k.shape), sum_to(xp, d_seen * kept, anchors.shape)
        return dq, dk, d_seen

    return drive, pullback
