"""Queries, keys and values of tokens, and the adjoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.heads import merge_heads, split_heads
from lohe.attention.linear import linear, row_product, weight_gradient
from lohe.attention.readout import at_position

__all__ = ["project"]

Floats = NDArray[Any]
Pullback = Callable[[Floats, Floats, Floats], tuple[Floats, Floats]]


def project(
    weight_qkv: Floats,
    x: Floats,
    heads: int,
    position: NDArray[np.integer[Any]] | None = None,
) -> tuple[Floats, Floats, Floats, Pullback]:
    """Project tokens to queries, keys and values, without bias.

    Parameters
    ----------
    weight_qkv : (2·heads·d_qk + D, D) array
        The projections to queries, keys and values, one above the other.
    x : (B, T, D) array
        Tokens.
    heads : int
        Number of heads; divides D.
    position : (B,) array of int, optional
        Make one query for each sequence, of this token, instead of one for every token.

    Returns
    -------
    q, k : (B, heads, T, d_qk) array
        q is (B, heads, 1, d_qk) at the given positions.
    v : (B, heads, T, D/heads) array
    pullback : callable
        ``pullback(dq, dk, dv) -> (dweight_qkv, dx)``.

    Raises
    ------
    InputError
        If a position is outside its sequence.
    """
    to_values = len(weight_qkv) - x.shape[-1]
    to_keys = to_values // 2
    if position is None:
        joined, _ = linear(weight_qkv, None, x)

        def pullback(dq: Floats, dk: Floats, dv: Floats) -> tuple[Floats, Floats]:
            return _back(weight_qkv, x, dq, dk, dv)

        q, joined = joined[..., :to_keys], joined[..., to_keys:]
    else:
        asked, back_position = at_position(x, position)
        q, back_asked = linear(weight_qkv[:to_keys], None, asked[:, None])
        joined, _ = linear(weight_qkv[to_keys:], None, x)

        def pullback(dq: Floats, dk: Floats, dv: Floats) -> tuple[Floats, Floats]:
            dweight_q, _, d_asked = back_asked(merge_heads(dq))
            dweight_kv, dx = _back(weight_qkv[to_keys:], x, dk, dv)
            dx += back_position(d_asked[:, 0])
            return np.concatenate([dweight_q, dweight_kv]), dx

    k, v = joined[..., : to_values - to_keys], joined[..., to_values - to_keys :]
    return split_heads(q, heads), split_heads(k, heads), split_heads(v, heads), pullback


def _back(weight: Floats, x: Floats, *parts: Floats) -> tuple[Floats, Floats]:
    """Return the gradients of a projection, whose result's gradient comes in parts.

    Side by side in one array the parts of a long sequence would be most of a layer's memory.
    """
    rows, start = x.reshape(-1, x.shape[-1]), 0
    dweight, dx = [], np.zeros_like(rows)
    for part in parts:
        d_rows = merge_heads(part).reshape(len(rows), -1)
        dweight.append(weight_gradient(d_rows, rows))
        dx += row_product(d_rows, weight[start : start + len(dweight[-1])])
        start += len(dweight[-1])
    return np.concatenate(dweight), dx.reshape(x.shape)
