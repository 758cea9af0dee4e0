"""Fixed-query attention in time linear in the length, and its adjoint."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from lohe.attention.arrays import Array, sum_to
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.attention.kernels.fold import Arrays, fold_vjp
from lohe.attention.kernels.linear_blocks import (
    LinearRule,
    attend_vjp,
    empty_sums,
    gather_vjp,
    read_vjp,
)
from lohe.attention.kernels.prefix import is_short, running_product_vjp, spread
from lohe.attention.kernels.tensor_features import tensor_width
from lohe.dynamics.errors import InputError

__all__ = [
    "MOST_FEATURES",
    "feature_drive_vjp",
    "find_linear_rule",
    "linear_attention_vjp",
    "linear_rule",
]

MOST_FEATURES = 1024
"""Most features of a readout: beyond, the sums cost more than the tiles of any usual length."""

Pullback = Callable[[Any], tuple[Array, Array, Array, Array]]
Gradients = Callable[[Any], Arrays]


def linear_rule(xp: Any, coupling: str, anchors: Array, p: Any) -> LinearRule:
    """Return how to attend in linear time with these anchors and this readout exponent.

    Parameters
    ----------
    xp
        The array namespace.
    coupling
        Name of a feature map.
    anchors : (..., T, d) array
    p
        Readout exponent.

    Raises
    ------
    InputError
        If p is no whole number, needs more than `MOST_FEATURES` features at this d, or costs more
        than half of the digits, or an anchor is longer than 1, for then the readout's clamp acts.
    """
    obstacle = _obstacle(xp, anchors, p)
    if obstacle:
        raise InputError(obstacle)
    return LinearRule(FEATURE_MAPS[coupling], int(p))


def find_linear_rule(xp: Any, coupling: str, anchors: Array, p: Any) -> LinearRule | None:
    """Return what `linear_rule` returns, or None where the layer is not linear."""
    if coupling not in FEATURE_MAPS or _obstacle(xp, anchors, p):
        return None
    return LinearRule(FEATURE_MAPS[coupling], int(p))


def _obstacle(xp: Any, anchors: Array, p: Any) -> str:
    d = anchors.shape[-1]
    whole = isinstance(p, Real) and float(p).is_integer() and float(p) >= 1
    if not whole:
        return (
            f"a readout exponent of {p} is not linear in the length: give a whole number, "
            "or call fixed_query_attention, whose readout goes over tiles"
        )
    if tensor_width(d, int(p)) > MOST_FEATURES:
        return (
            f"a readout exponent of {p} with anchors of {d} coordinates is not linear in the "
            f"length (more than {MOST_FEATURES} features): lower p or d, "
            "or call fixed_query_attention, whose readout goes over tiles"
        )
    digits = xp.finfo(anchors.dtype).eps ** -0.5
    if 2.0 ** int(p) > digits:
        return (
            f"a readout exponent of {p} is not linear in the length in {anchors.dtype}, as terms "
            "up to 2^p that cancel leave fewer than half of its digits: lower p, take float64, "
            "or call fixed_query_attention, whose readout goes over tiles"
        )
    longest = float(xp.max(xp.vecdot(anchors, anchors)))
    if longest > 1 + 8 * float(xp.finfo(anchors.dtype).eps):
        return (
            f"an anchor has length {math.sqrt(longest):.6g}: linear time needs anchors on the "
            "unit sphere or inside; normalise them, or call fixed_query_attention"
        )
    return ""


def linear_attention_vjp(
    xp: Any,
    q: Array,
    k: Array,
    v: Array,
    anchors: Array,
    *,
    rule: LinearRule,
    causal: bool,
    key_mask: Array | None = None,
    mask_readout: bool = True,
    compiled: bool = False,
) -> tuple[Array, Pullback]:
    """Attend by resting points in O(T m (d + d_v)) time for m features, O(T) memory.

    Leading axes broadcast. Results are not looked at: infinities of an overflow stay in them.

    Parameters
    ----------
    xp
        The array namespace; its arrays must allow assignment to slices.
    q, k : (..., T_q, d_h) and (..., T, d_h) arrays
    v : (..., T, d_v) array
    anchors : (..., T, d) array
    rule
        From `linear_rule`.
    causal, key_mask, mask_readout
        See `lohe.fixed_query_attention`.
    compiled
        Use Numba's loops, if they know the rule and attention is causal.

    Returns
    -------
    out : (..., T_q, d_v) array
    pullback : callable
        ``pullback(d_out) -> (dq, dk, dv, danchors)``, each of its argument's own shape.
    """
    shapes = tuple(array.shape for array in (q, k, v, anchors))
    masks = [] if key_mask is None else [xp.astype(key_mask, k.dtype)[..., None]]
    q, k, v, anchors, *masks = spread(xp, q, k, v, anchors, *masks)
    if masks:  # where keys drive, and where they are read
        k = k * masks[0]  # the features of a hidden key might overflow
        masks.append(masks[0] if mask_readout else xp.ones_like(masks[0]))
    if causal and compiled and rule.p == 1 and rule.features.coupling:
        from lohe.attention.kernels.compiled.linear import compiled_linear_vjp

        seen = masks or [np.broadcast_to(np.ones(1, k.dtype), (*k.shape[:-1], 1))] * 2
        out, back = compiled_linear_vjp(q, k, v, anchors, *seen, coupling=rule.features.coupling)
    else:
        attend = _causal_vjp if causal else _whole_vjp
        out, back = attend(xp, rule, (q, k, v, anchors, *masks))

    def pullback(d_out: Any) -> tuple[Array, Array, Array, Array]:
        dq, dk, dv, danchors = (
            sum_to(xp, gradient, shape) for gradient, shape in zip(back(d_out), shapes, strict=True)
        )
        return dq, dk, dv, danchors

    return out, pullback


def _causal_vjp(xp: Any, rule: LinearRule, rows: Arrays) -> tuple[Array, Gradients]:
    _, k, v, anchors, *masks = rows
    empty = () if is_short(k.shape[-2]) else empty_sums(xp, rule, k, v, anchors)
    sums, out, back = fold_vjp(
        xp, lambda *given: attend_vjp(xp, rule, *given), empty, rows,
        out=xp.empty_like(v), constant=len(masks),
    )  # fmt: skip
    return out, lambda d_out: back(d_out, tuple(xp.zeros_like(s) for s in sums))[1][:4]


def _whole_vjp(xp: Any, rule: LinearRule, rows: Arrays) -> tuple[Array, Gradients]:
    q, k, v, anchors, *masks = rows
    nothing = xp.zeros((*k.shape[:-1], 0), dtype=k.dtype, device=k.device)
    sums, _, back_keys = fold_vjp(
        xp, lambda *given: gather_vjp(xp, rule, *given), empty_sums(xp, rule, k, v, anchors),
        rows[1:], out=nothing, constant=len(masks),
    )  # fmt: skip
    room = xp.empty((*q.shape[:-1], v.shape[-1]), dtype=v.dtype, device=v.device)
    _, out, back = fold_vjp(
        xp, lambda *given: read_vjp(xp, rule, *given), sums, (q,),
        out=xp.empty_like(v) if room.shape == v.shape else room,
    )  # fmt: skip

    def pullback(d_out: Any) -> Arrays:
        d_sums, (dq,) = back(d_out, tuple(xp.zeros_like(s) for s in sums))
        return dq, *back_keys(nothing, d_sums)[1][:3]

    return out, pullback


def feature_drive_vjp(
    xp: Any,
    q: Array,
    k: Array,
    anchors: Array,
    coupling: str,
    *,
    causal: bool,
    key_mask: Array | None = None,
) -> tuple[Array, Callable[[Any], tuple[Array, Array, Array]]]:
    """Return the drives under a feature map's couplings and their adjoint, for any readout.

    Parameters
    ----------
    xp
        The array namespace.
    q, k, anchors
        See `lohe.fixed_query_attention`; the anchors may have any length.
    coupling
        Name of a feature map.
    causal, key_mask
        See `lohe.fixed_query_attention`.

    Returns
    -------
    drive : (..., T_q, d) array
    pullback : callable
        ``pullback(d_drive) -> (dq, dk, danchors)``, each of its argument's own shape.
    """
    features = FEATURE_MAPS[coupling]
    queries, back_q = features.apply_vjp(xp, q)
    kept = None if key_mask is None else xp.astype(key_mask, k.dtype)[..., None]
    # A key that is hidden is put to 0: its features might overflow.
    shown, driving = (k, anchors) if kept is None else (k * kept, anchors * kept)
    keys, back_k = features.apply_vjp(xp, shown)
    drive, back = running_product_vjp(xp, queries, keys, driving, causal=causal)

    def pullback(d_drive: Any) -> tuple[Array, Array, Array]:
        d_queries, d_keys, d_driving = back(d_drive)
        dk, danchors = back_k(d_keys), d_driving if kept is None else d_driving * kept
        return back_q(d_queries), sum_to(xp, dk, k.shape), sum_to(xp, danchors, anchors.shape)

    return drive, pullback
