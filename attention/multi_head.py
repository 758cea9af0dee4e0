"""Multi-head attention, by oscillators or by softmax, and its adjoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lohe.attention.anchors_layer import anchors_layer
from lohe.attention.attended import Attended
from lohe.attention.fixed_query import fixed_query_attention_vjp
from lohe.attention.head_exponents import head_exponents_vjp
from lohe.attention.heads import merge_heads, split_heads
from lohe.attention.linear import linear
from lohe.attention.softmax import softmax_attention_vjp

__all__ = ["MECHANISMS", "Mechanism", "multi_head"]

MECHANISMS = ("fixed_query", "softmax")
"""Oscillator attention with anchors, or scaled dot-product attention."""

Mechanism = Literal["fixed_query", "softmax"]

Floats = NDArray[Any]


def multi_head(
    weights: Mapping[str, Floats],
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
    observe: Callable[[Attended], None] | None = None,
) -> tuple[Floats, Callable[[Floats], tuple[dict[str, Floats], Floats]]]:
    """Project to queries, keys and values (no bias), attend per head, project back.

    Parameters
    ----------
    weights : mapping of str to array
        ``weight_qkv`` (2·heads·d_qk + D, D): the projections to queries, keys and values, one above
        the other, each split into heads: of width d_qk, and of width D/heads for the values.
        ``weight_out`` (D, D) and ``bias_out`` (D,): the projection of the joined heads.
        ``anchors``: parameters of the anchors, see `anchors_layer`; without them, softmax attends.
        ``log_exponent`` (heads,), optional: logarithm of each head's own readout exponent, instead
        of `p`.
    x : (B, T, D) array
        Tokens.
    heads : int
        Number of heads; divides D.
    anchor_kind, anchor_margin
        See `anchors_layer`.
    coupling, p, causal, mask_readout
        See `fixed_query_attention`.
    key_mask : (B, T) bool array, optional
        True where a key is visible.
    observe
        Called with what the heads saw.

    Returns
    -------
    y : (B, T, D) array
    pullback : callable
        ``pullback(dy) -> (gradients by name, dx)``.

    Raises
    ------
    InputError
        As `anchors_layer` and the attention functions do.
    """
    weight_qkv = weights["weight_qkv"]
    joined, back_project = linear(weight_qkv, None, x)
    to_values = len(weight_qkv) - x.shape[-1]
    to_keys = to_values // 2
    q = split_heads(joined[..., :to_keys], heads)
    k = split_heads(joined[..., to_keys:to_values], heads)
    v = split_heads(joined[..., to_values:], heads)
    mask = None if key_mask is None else key_mask[:, None, :]
    back_attend: Callable[[Floats], tuple[Floats, ...]]
    if "anchors" not in weights:
        attended = Attended(x, q, k)
        out, back_attend = softmax_attention_vjp(q, k, v, causal=causal, key_mask=mask)
    else:
        used, back_anchors = anchors_layer(weights["anchors"], x, anchor_kind, anchor_margin)
        learned = "log_exponent" in weights
        exponent = np.exp(weights["log_exponent"])[:, None, None] if learned else p
        attended = Attended(x, q, k, used, exponent)
        attend: Callable[..., Any] = head_exponents_vjp if learned else fixed_query_attention_vjp
        out, back_attend = attend(
            q,
            k,
            v,
            used,
            coupling=coupling,
            p=exponent,
            causal=causal,
            key_mask=mask,
            mask_readout=mask_readout,
        )
    if observe is not None:
        observe(attended)
    y, back_out = linear(weights["weight_out"], weights["bias_out"], merge_heads(out))

    def pullback(dy: Floats) -> tuple[dict[str, Floats], Floats]:
        dweight_out, dbias_out, dmerged = back_out(dy)
        assert dbias_out is not None
        dq, dk, dv, *others = back_attend(split_heads(dmerged, heads))
        dweight_qkv, _, dx = back_project(merge_heads(dq, dk, dv))
        gradients = {
            "weight_qkv": dweight_qkv,
            "weight_out": dweight_out,
            "bias_out": dbias_out,
        }
        if "anchors" in weights:
            gradients["anchors"], dx_of_anchors = back_anchors(others[0])
            if dx_of_anchors is not None:
                dx = dx + dx_of_anchors
        if "log_exponent" in weights:
            gradients["log_exponent"] = np.ravel(others[1] * exponent)  # d e^r = e^r dr
        return gradients, dx

    return y, pullback
