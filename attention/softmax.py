"""Scaled dot-product softmax attention, the rival, and its adjoint."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lohe.attention.arrays import Array, read_arrays, sum_to, visible_keys
from lohe.dynamics.errors import InputError

__all__ = ["softmax_attention", "softmax_attention_vjp"]


def softmax_attention(
    q: Any,
    k: Any,
    v: Any,
    *,
    causal: bool = False,
    key_mask: Any = None,
    need_weights: bool = False,
) -> Any:
    r"""Attend with weights :math:`a_{ij} \propto \exp(q_i \cdot k_j/\sqrt{d_h})`.

    Parameters
    ----------
    q : (..., T_q, d_h) array
        Queries.
    k : (..., T, d_h) array
        Keys.
    v : (..., T, d_v) array
        Values.
    causal : bool
        Query i sees keys j <= i only.
    key_mask : (..., T) bool array, optional
        True where a key is visible.
    need_weights : bool
        Also return the attention weights.

    Returns
    -------
    out : (..., T_q, d_v) array
        The attended values.
    weights : (..., T_q, T) array
        Only with ``need_weights``.

    Raises
    ------
    InputError
        For NaN or infinity, shapes that disagree, a query that sees no key, and scores that
        overflow.

    Examples
    --------
    >>> token = np.ones((2, 1))
    >>> softmax_attention(token, token, np.array([[0.0], [1.0]]), causal=True)
    array([[0. ],
           [0.5]])
    """
    out, weights, _ = softmax_attention_vjp(
        q, k, v, causal=causal, key_mask=key_mask, need_weights=True
    )
    return (out, weights) if need_weights else out


def softmax_attention_vjp(
    q: Any,
    k: Any,
    v: Any,
    *,
    causal: bool = False,
    key_mask: Any = None,
    need_weights: bool = False,
) -> tuple[Any, ...]:
    """Attend, and return the adjoint beside the result.

    The arguments and errors are those of `softmax_attention`.

    Returns
    -------
    out : (..., T_q, d_v) array
    weights : (..., T_q, T) array
        Only with ``need_weights``.
    pullback : callable
        ``pullback(d_out) -> (dq, dk, dv)``, each of its argument's own shape.
    """
    xp, (q, k, v) = read_arrays(q=q, k=k, v=v)
    if q.shape[-1] != k.shape[-1]:
        raise InputError(f"q {tuple(q.shape)} and k {tuple(k.shape)} differ in their last axis")
    if v.shape[-2] != k.shape[-2]:
        raise InputError(f"v has {v.shape[-2]} positions, k has {k.shape[-2]}; give one per key")
    visible = visible_keys(xp, q.shape[-2], k.shape[-2], causal=causal, key_mask=key_mask, like=q)
    scale = 1 / math.sqrt(q.shape[-1])

    with np.errstate(over="ignore", invalid="ignore"):  # reported once, in words, below
        try:
            score = (q @ k.mT) * scale
            if visible is not None:
                score = xp.where(visible, score, xp.asarray(-math.inf, dtype=score.dtype))
            top = xp.max(score, axis=-1, keepdims=True)
            power = xp.exp(score - top)
            weights = power / xp.sum(power, axis=-1, keepdims=True)
            out = weights @ v
        except ValueError as error:
            raise InputError(f"the leading axes do not broadcast: {error}") from error
    for name, array in (("score", top), ("output", out)):
        if not xp.all(xp.isfinite(array)):
            raise InputError(f"the {name} overflows; scale q, k or v down")

    def pullback(d_out: Any) -> tuple[Array, Array, Array]:
        d_out = xp.asarray(d_out, dtype=out.dtype)
        if d_out.shape != out.shape:
            raise InputError(f"d_out has shape {d_out.shape}; expected {out.shape}")
        d_weights = d_out @ v.mT
        centred = xp.vecdot(weights, d_weights)[..., None]
        d_score = weights * (d_weights - centred) * scale
        return (
            sum_to(xp, d_score @ k, q.shape),
            sum_to(xp, d_score.mT @ q, k.shape),
            sum_to(xp, weights.mT @ d_out, v.shape),
        )

    return (out, weights, pullback) if need_weights else (out, pullback)
