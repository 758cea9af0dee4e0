"""Multi-head attention, by oscillators or by softmax, and its adjoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lohe.attention.attended import Attended
from lohe.attention.heads import merge_heads, split_heads
from lohe.attention.linear import linear
from lohe.attention.oscillator_heads import oscillator_heads
from lohe.attention.project import project
from lohe.attention.softmax import softmax_attention_vjp

__all__ = ["MECHANISMS", "Mechanism", "multi_head"]

MECHANISMS = ("fixed_query", "softmax")
"""Oscillator attention with anchors, or scaled dot-product attention."""

Mechanism = Literal["fixed_query", "softmax"]

Floats = NDArray[Any]
Pullback = Callable[..., tuple[dict[str, Floats], Floats]]


def multi_head(
    weights: Mapping[str, Floats],
    x: Floats,
    *,
    heads: int,
    causal: bool = False,
    key_mask: NDArray[np.bool_] | None = None,
    position: NDArray[np.integer[Any]] | None = None,
    with_coherence: bool = False,
    observe: Callable[[Attended], None] | None = None,
    **oscillators: Any,
) -> tuple[Floats, Floats | None, Pullback]:
    """Project to queries, keys and values (no bias), attend per head, project back.

    Parameters
    ----------
    weights : mapping of str to array
        ``weight_qkv`` (2·heads·d_qk + D, D): the projections to queries, keys and values, one above
        the other, each split into heads: of width d_qk, and of width D/heads for the values.
        ``weight_out`` (D, D) and ``bias_out`` (D,): the projection of the joined heads.
        ``anchors``: parameters of the anchors, see `anchors_layer`; without them, softmax attends.
        ``opposed``, optional: those of second anchors, see `coherent_attention_vjp`.
        ``log_exponent`` (heads,), optional: logarithms of the heads' own readout exponents.
    x : (B, T, D) array
        Tokens.
    heads : int
        Number of heads; divides D.
    causal : bool
        Token i sees tokens j <= i only.
    key_mask : (B, T) bool array, optional
        True where a key is visible.
    position : (B,) array of int, optional
        Let only this token of each sequence attend; not for causal attention.
    with_coherence : bool
        Also return the coherence of the drives.
    observe
        Called with what the heads saw.
    **oscillators
        Options of `oscillator_heads`; softmax has none of them.

    Returns
    -------
    y : (B, T, D) array, or (B, D) at the given positions
    coherence : (B, heads, T) array or None
        See `coherent_attention_vjp`; None where it was not computed.
    pullback : callable
        ``pullback(dy, d_coherence=None) -> (gradients by name, dx)``.

    Raises
    ------
    InputError
        As `oscillator_heads` and `softmax_attention` do.
    """
    q, k, v, back_project = project(weights["weight_qkv"], x, heads, position)
    mask = None if key_mask is None else key_mask[:, None, :]
    if "anchors" in weights:
        oscillation = oscillator_heads(
            weights,
            x,
            q,
            k,
            v,
            causal=causal,
            key_mask=mask,
            with_coherence=with_coherence,
            **oscillators,
        )
        out, attended = oscillation.out, oscillation.attended
    else:
        oscillation = None
        out, back_softmax = softmax_attention_vjp(q, k, v, causal=causal, key_mask=mask)
        attended = Attended(x, q, k)
    if observe is not None:
        observe(attended)
    y, back_out = linear(weights["weight_out"], weights["bias_out"], merge_heads(out))

    def pullback(dy: Floats, d_coherence: Floats | None = None) -> tuple[dict[str, Floats], Floats]:
        dweight_out, dbias_out, d_out = back_out(dy if position is None else dy[:, None])
        assert dbias_out is not None
        gradients = {"weight_out": dweight_out, "bias_out": dbias_out}
        d_out, dx_of_anchors = split_heads(d_out, heads), None
        if oscillation is None:
            dq, dk, dv = back_softmax(d_out)
        else:
            dq, dk, dv, others, dx_of_anchors = oscillation.pullback(d_out, d_coherence)
            gradients |= others
        del d_out  # it is as large as the memory that the projections' gradient needs now
        gradients["weight_qkv"], dx = back_project(dq, dk, dv)
        return gradients, dx if dx_of_anchors is None else dx + dx_of_anchors

    if position is not None:
        y = y[:, 0]
    return y, None if oscillation is None else oscillation.coherence, pullback
