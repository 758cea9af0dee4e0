"""Multi-head attention, by oscillators or by softmax, and its adjoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lohe.attention.anchors import anchors_layer
from lohe.attention.fixed_query import fixed_query_attention_vjp
from lohe.attention.heads import merge_heads, split_heads
from lohe.attention.linear import linear
from lohe.attention.softmax import softmax_attention_vjp
from lohe.dynamics.errors import InputError

__all__ = ["MECHANISMS", "Mechanism", "multi_head"]

MECHANISMS = ("fixed_query", "softmax")
"""Oscillator attention with anchors, or scaled dot-product attention."""

Mechanism = Literal["fixed_query", "softmax"]

Floats = NDArray[Any]


def multi_head(
    weight_qkv: Floats,
    weight_out: Floats,
    bias_out: Floats,
    anchors: Floats | None,
    x: Floats,
    *,
    heads: int,
    anchor_kind: str = "unit",
    anchor_margin: float = 0.0,
    coupling: str = "softplus",
    p: float = 1,
    causal: bool = False,
    key_mask: NDArray[np.bool_] | None = None,
    mask_readout: bool = True,
    observe: Callable[[Floats, Floats, Floats, Floats | None], None] | None = None,
) -> tuple[Floats, Callable[[Floats], tuple[Floats | None, ...]]]:
    """Project to queries, keys and values (no bias), attend per head, project back.

    Parameters
    ----------
    weight_qkv : (2·heads·d_qk + D, D) array
        The projections to queries, keys and values, one above the other, each split into heads:
        of width d_qk, and of width D/heads for the values.
    weight_out : (D, D) array
        Projection of the joined heads, with bias_out (D,).
    anchors : (heads, T_max, d) array or None
        Raw anchors of fixed-query attention, see `anchors_layer`; None selects softmax.
    x : (B, T, D) array
        Tokens, T <= T_max.
    heads : int
        Number of heads; divides D.
    anchor_kind, anchor_margin
        See `anchors_layer`.
    coupling, p, causal, mask_readout
        See `fixed_query_attention`.
    key_mask : (B, T) bool array, optional
        True where a key is visible.
    observe
        Called with x, with q, k (B, heads, T, d_qk) and the anchors (heads, T, d) that were used.

    Returns
    -------
    y : (B, T, D) array
    pullback : callable
        ``pullback(dy) -> (dweight_qkv, dweight_out, dbias_out, danchors, dx)``.

    Raises
    ------
    InputError
        If a sequence is longer than the anchors, or as the attention functions do.
    """
    tokens, width = x.shape[-2:]
    joined, back_project = linear(weight_qkv, None, x)
    to_keys, to_values = (len(weight_qkv) - width) // 2, len(weight_qkv) - width
    q = split_heads(joined[..., :to_keys], heads)
    k = split_heads(joined[..., to_keys:to_values], heads)
    v = split_heads(joined[..., to_values:], heads)
    mask = None if key_mask is None else key_mask[:, None, :]
    if anchors is None:
        used = None
        out, back_attend = softmax_attention_vjp(q, k, v, causal=causal, key_mask=mask)
    else:
        if tokens > anchors.shape[-2]:
            raise InputError(
                f"a sequence of {tokens} tokens is longer than the {anchors.shape[-2]} anchors"
            )
        used, back_anchors = anchors_layer(anchors[:, :tokens], anchor_kind, anchor_margin)
        out, back_attend = fixed_query_attention_vjp(
            q,
            k,
            v,
            used,
            coupling=coupling,
            p=p,
            causal=causal,
            key_mask=mask,
            mask_readout=mask_readout,
        )
    if observe is not None:
        observe(x, q, k, used)
    y, back_out = linear(weight_out, bias_out, merge_heads(out))

    def pullback(dy: Floats) -> tuple[Floats | None, ...]:
        dweight_out, dbias_out, dmerged = back_out(dy)
        dq, dk, dv, *danchors_used = back_attend(split_heads(dmerged, heads))
        dweight_qkv, _, dx = back_project(merge_heads(dq, dk, dv))
        danchors = None
        if anchors is not None:
            danchors = np.zeros_like(anchors)
            danchors[:, :tokens] = back_anchors(danchors_used[0])
        return dweight_qkv, dweight_out, dbias_out, danchors, dx

    return y, pullback
