"""Queries and keys of phases: the gated cosine score as one inner product."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.kuramoto.gate import gate
from lohe.attention.kuramoto.points import (
    angle_gradient,
    dot,
    heads_first,
    sum_tokens,
    tokens_first,
    turn_planes,
    unit_phasors,
    weigh,
)
from lohe.attention.rotary.rotation import phasors

__all__ = ["queries_and_keys"]

Floats = NDArray[Any]
Gradients = dict[str, Floats]


def queries_and_keys(
    weights: Mapping[str, Floats],
    x: Floats,
    *,
    gate_kind: str,
    frequency: Floats | None = None,
    start: int = 0,
) -> tuple[Floats, Floats, Callable[[Floats, Floats], tuple[Gradients, Floats]]]:
    r"""Return queries :math:`\tau g(x_t) \odot x_t e^{-i\omega t}` and keys
    :math:`x_u e^{-i\omega u}`, whose products are the scores.

    The arguments are those of `kuramoto_attention`.

    Returns
    -------
    q, k : (B, H, T, n d) array
    pullback : callable
        ``pullback(dq, dk) -> (gradients by name, dx)``.
    """  # noqa: D205
    log_drift = weights.get("log_drift")
    if log_drift is not None:
        frequency = np.exp(log_drift.astype(np.float64))
    key, back_turn = x, None
    if frequency is not None:
        phasor = phasors(frequency, x.shape[1], start, x.dtype)
        key, back_turn = turn_planes(x, phasor)
    tau = np.exp(weights["log_tau"])[:, None]
    opened, back_gate = None, None
    weight = np.broadcast_to(tau, x.shape[2:4])
    offset = weights.get("offset")
    query, back_offset = key, None
    if offset is not None:
        query, back_offset = turn_planes(key, unit_phasors(-offset))
    if gate_kind != "none":
        opened, back_gate = gate(gate_kind, weights["gate_weight"], weights["gate_bias"], x)
        weight = opened * tau

    def pullback(dq: Floats, dk: Floats) -> tuple[Gradients, Floats]:
        dq, dk = tokens_first(dq, x), tokens_first(dk, x)
        dweight = dot(query, dq)
        gradients = {"log_tau": sum_tokens(dweight * weight).sum(axis=-1)}
        dkey = weigh(dq, weight)
        if back_offset is not None:
            gradients["offset"] = -sum_tokens(angle_gradient(query, dkey))
            dkey = back_offset(dkey)
        dkey += dk
        if log_drift is not None:
            assert frequency is not None
            position = np.arange(start, start + x.shape[1])
            slope = sum_tokens(angle_gradient(key, dkey), position)
            gradients["log_drift"] = (slope * frequency).astype(x.dtype)
        dx = dkey if back_turn is None else back_turn(dkey)
        if back_gate is not None:
            dweight *= tau
            gradients["gate_weight"], gradients["gate_bias"], dx_of_gate = back_gate(dweight)
            dx += dx_of_gate
        return gradients, dx

    return heads_first(weigh(query, weight)), heads_first(key), pullback
