"""Heads side by side in one array, and apart."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

__all__ = ["head_weights", "merge_heads", "split_heads"]

Floats = NDArray[Any]


def split_heads(x: Floats, heads: int) -> Floats:
    """View (B, T, heads·d) as (B, heads, T, d)."""
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, heads, width // heads).transpose(0, 2, 1, 3)


def merge_heads(x: Floats) -> Floats:
    """Lay (B, heads, T, d) side by side as (B, T, heads·d); a view, if they lie so already.

    Examples
    --------
    >>> import numpy as np
    >>> merge_heads(np.array([[[[0.0, 1.0]], [[2.0, 3.0]]]])).tolist()
    [[[0.0, 1.0, 2.0, 3.0]]]
    """
    batch, _, tokens, _ = x.shape
    return x.transpose(0, 2, 1, 3).reshape(batch, tokens, -1)


def head_weights(weight_qkv: Floats, heads: int) -> tuple[Floats, Floats, Floats]:
    """View the joint projection as those to queries, keys and values of each head.

    Parameters
    ----------
    weight_qkv : (2·heads·d_qk + D, D) array
        See `multi_head`.
    heads : int
        Number of heads.

    Returns
    -------
    query_weights, key_weights : (heads, d_qk, D) array
    value_weights : (heads, D/heads, D) array
    """
    rows, width = weight_qkv.shape
    joint = (rows - width) // 2
    parts = weight_qkv[:joint], weight_qkv[joint : 2 * joint], weight_qkv[2 * joint :]
    query, key, value = (part.reshape(heads, -1, width) for part in parts)
    return query, key, value
