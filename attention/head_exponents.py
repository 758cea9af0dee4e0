"""Fixed-query attention whose heads have exponents of their own, with the adjoint for those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.fixed_query import fixed_query_attention_vjp

__all__ = ["head_exponents_vjp"]

Floats = NDArray[Any]


def head_exponents_vjp(
    q: Floats,
    k: Floats,
    v: Floats,
    anchors: Floats,
    *,
    p: Floats,
    key_mask: NDArray[np.bool_] | None = None,
    **options: Any,
) -> tuple[Floats, Callable[[Floats], tuple[Floats, ...]]]:
    """Attend head by head.

    Parameters
    ----------
    q, k, v : (B, heads, T, ·) array
        Queries, keys and values.
    anchors : (heads, T, d) array, or (B, heads, T, d)
        Anchors.
    p : (heads, 1, 1) array
        Exponents.
    key_mask : (B, 1, T) bool array, optional
        True where a key is visible.
    **options
        Of `fixed_query_attention`.

    Returns
    -------
    out : (B, heads, T, d_v) array
    pullback : callable
        ``pullback(d_out) -> (dq, dk, dv, danchors, dp)``.
    """
    mask = None if key_mask is None else key_mask[:, 0]
    exponents = [float(exponent) for exponent in p.flat]
    parts = [
        fixed_query_attention_vjp(
            q[:, head],
            k[:, head],
            v[:, head],
            anchors[..., head, :, :],
            p=exponent,
            key_mask=mask,
            need_weights=True,
            **options,
        )
        for head, exponent in enumerate(exponents)
    ]

    def pullback(d_out: Floats) -> tuple[Floats, ...]:
        gradients, dp = [], np.zeros_like(p)
        for head, (exponent, (_, weights, back)) in enumerate(zip(exponents, parts, strict=True)):
            gradients.append(back(d_out[:, head]))
            # d a_ij/dp = a_ij (ln a_ij - sum_l a_il ln a_il)/p: the row's total drops out.
            logs = np.log(weights, out=np.zeros_like(weights), where=weights > 0)
            centred = logs - np.vecdot(weights, logs)[..., None]
            d_weights = d_out[:, head] @ v[:, head].mT
            dp[head] = np.sum(d_weights * weights * centred) / exponent
        return *(np.stack(part, axis=-3) for part in zip(*gradients, strict=True)), dp

    return np.stack([out for out, _, _ in parts], axis=1), pullback
