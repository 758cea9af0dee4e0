"""Softmax attention with rotary positions, and its adjoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.linear import linear
from lohe.attention.rotary.rotation import phasors, rotary_frequencies, turn
from lohe.attention.softmax import softmax_attention_vjp

__all__ = ["rotary_attention", "rotary_projections"]

Floats = NDArray[Any]
Gradients = dict[str, Floats]


def rotary_attention(
    weights: Mapping[str, Floats], x: Floats, *, heads: int, base: float = 10_000.0
) -> tuple[Floats, Callable[[Floats], tuple[Gradients, Floats]]]:
    """Project to queries, keys and values, turn the first two, attend causally, project back.

    Su et al. (RoFormer, arXiv 2104.09864).

    Parameters
    ----------
    weights : mapping of str to array
        ``weight_qkv`` (3 D, D) and ``weight_out`` (D, D).
    x : (B, T, D) array
        Tokens.
    heads : int
        Number of heads; D/heads is even.
    base : float
        Of the spectrum; see `rotary_frequencies`.

    Returns
    -------
    y : (B, T, D) array
    pullback : callable
        ``pullback(dy) -> (gradients by name, dx)``.
    """
    q, k, v, back_project = rotary_projections(weights["weight_qkv"], x, heads=heads, base=base)
    mean, back_softmax = softmax_attention_vjp(
        *(each.transpose(0, 2, 1, 3) for each in (q, k, v)), causal=True
    )
    y, back_out = linear(weights["weight_out"], None, mean.transpose(0, 2, 1, 3).reshape(x.shape))

    def pullback(dy: Floats) -> tuple[Gradients, Floats]:
        dweight_out, _, d_mean = back_out(dy)
        d_mean = d_mean.reshape(q.shape).transpose(0, 2, 1, 3)
        dq, dk, dv = (each.transpose(0, 2, 1, 3) for each in back_softmax(d_mean))
        dweight_qkv, dx = back_project(dq, dk, dv)
        return {"weight_qkv": dweight_qkv, "weight_out": dweight_out}, dx

    return y, pullback


def rotary_projections(
    weight_qkv: Floats, x: Floats, *, heads: int, base: float, start: int = 0
) -> tuple[Floats, Floats, Floats, Callable[[Floats, Floats, Floats], tuple[Floats, Floats]]]:
    """Return queries and keys, turned by their positions, and values, each (B, T, H, D/H).

    Parameters
    ----------
    weight_qkv, x, heads, base
        As in `rotary_attention`.
    start : int
        Position of the first token.

    Returns
    -------
    q, k, v : (B, T, H, D/H) array
    pullback : callable
        ``pullback(dq, dk, dv) -> (dweight_qkv, dx)``.
    """
    batch, tokens, width = x.shape
    joined, back = linear(weight_qkv, None, x)
    q, k, v = np.moveaxis(joined.reshape(batch, tokens, 3, heads, width // heads), 2, 0)
    spectrum = rotary_frequencies(width // heads // 2, base)
    phasor = phasors(spectrum, tokens, start, x.dtype)[:, None]
    (q, back_q), (k, back_k) = turn(q, phasor), turn(k, phasor)

    def pullback(dq: Floats, dk: Floats, dv: Floats) -> tuple[Floats, Floats]:
        d_joined = np.empty((batch, tokens, 3, heads, width // heads), dtype=x.dtype)
        d_joined[:, :, 0], d_joined[:, :, 1], d_joined[:, :, 2] = back_q(dq), back_k(dk), dv
        dweight, _, dx = back(d_joined.reshape(batch, tokens, -1))
        return dweight, dx

    return q, k, v, pullback
