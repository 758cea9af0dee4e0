r"""Fixed-query oscillator attention (Pasqualetti & Guo, arXiv 2606.12059) and its adjoint.

One free oscillator per query token is driven by the anchors pinned at the key positions and
settles at the direction of its drive (theorem T1); the attention weights are read out by cosine:

.. math::

    W_{ij} = f(q_i \cdot k_j/\sqrt{d_h}), \quad h_i = \sum_j W_{ij} r_j, \quad
    x_i = h_i/\max(\|h_i\|, \varepsilon), \quad
    a_{ij} \propto \max(0, 1 + \langle x_i, r_j\rangle)^p, \quad o_i = \sum_j a_{ij} v_j.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from lohe.attention.arrays import Array, read_arrays, sum_to, visible_keys
from lohe.attention.coupling import find_coupling
from lohe.dynamics.errors import InputError

__all__ = ["EPSILON", "fixed_query_attention", "fixed_query_attention_vjp"]

EPSILON = 1e-8
"""Floor of the drive's norm, as in the authors' layer."""

Pullback = Callable[[Any], tuple[Array, Array, Array, Array]]


def fixed_query_attention(
    q: Any,
    k: Any,
    v: Any,
    anchors: Any,
    *,
    coupling: str = "softplus",
    p: float = 1,
    causal: bool = False,
    key_mask: Any = None,
    mask_readout: bool = True,
    need_weights: bool = False,
) -> Any:
    """Attend by the resting points of oscillators that anchors drive.

    Leading axes broadcast, for example anchors (H, T, d) against queries (B, H, T, d_h).

    Parameters
    ----------
    q : (..., T_q, d_h) array
        Queries.
    k : (..., T, d_h) array
        Keys.
    v : (..., T, d_v) array
        Values.
    anchors : (..., T, d) array
        Pinned oscillators, one per key position. They are used as given; see `unit_anchors`.
    coupling : {"softplus", "relu", "elu", "squareplus"}
        See `COUPLINGS`.
    p : float
        Readout exponent, positive.
    causal : bool
        Query i sees keys j <= i only.
    key_mask : (..., T) bool array, optional
        True where a key is visible; False takes it out of the drive and out of the readout.
    mask_readout : bool
        False leaves masked keys in the readout, as the authors' layer does with padding.
    need_weights : bool
        Also return the attention weights.

    Returns
    -------
    out : (..., T_q, d_v) array
        The attended values.
    weights : (..., T_q, T) array
        Only with ``need_weights``. Rows sum to 1.

    Raises
    ------
    InputError
        For NaN or infinity, shapes that disagree, a query that sees no key, an unknown coupling,
        ``p`` not positive, and scores, drives or weights that overflow.

    Notes
    -----
    With unit anchors and p = 1 the clamp max(0, .) is inactive and the readout is affine in r_j.
    A drive shorter than `EPSILON` gives a state inside the sphere, nearer to uniform attention.
    The authors also floor the sum of a row by 1e-8. That never acts: the W_ij-weighted mean of
    <x_i, r_j> has the sign of <x_i, h_i> >= 0, so some visible key has 1 + <x_i, r_j> >= 1.

    Examples
    --------
    >>> token, anchors = np.ones((2, 1)), np.array([[1.0, 0.0], [-1.0, 0.0]])
    >>> fixed_query_attention(token, token, np.array([[0.0], [1.0]]), anchors, causal=True)
    array([[0. ],
           [0.5]])
    """
    out, weights, _ = fixed_query_attention_vjp(
        q,
        k,
        v,
        anchors,
        coupling=coupling,
        p=p,
        causal=causal,
        key_mask=key_mask,
        mask_readout=mask_readout,
        need_weights=True,
    )
    return (out, weights) if need_weights else out


def fixed_query_attention_vjp(
    q: Any,
    k: Any,
    v: Any,
    anchors: Any,
    *,
    coupling: str = "softplus",
    p: float = 1,
    causal: bool = False,
    key_mask: Any = None,
    mask_readout: bool = True,
    need_weights: bool = False,
) -> tuple[Any, ...]:
    """Attend, and return the adjoint beside the result.

    The arguments and errors are those of `fixed_query_attention`.

    Returns
    -------
    out : (..., T_q, d_v) array
    weights : (..., T_q, T) array
        Only with ``need_weights``.
    pullback : callable
        ``pullback(d_out) -> (dq, dk, dv, danchors)``, each of its argument's own shape. At the
        kinks of the clamps it takes the derivative of the clamped side.
    """
    xp, (q, k, v, anchors) = read_arrays(q=q, k=k, v=v, anchors=anchors)
    _check_shapes(q, k, v, anchors, p)
    function = find_coupling(coupling)
    visible, causal_only = visible_keys(
        xp, q.shape[-2], k.shape[-2], causal=causal, key_mask=key_mask, like=q
    )
    readable = visible if mask_readout else causal_only
    zero = xp.zeros((), dtype=q.dtype, device=q.device)
    scale = 1 / math.sqrt(q.shape[-1])

    with np.errstate(over="ignore", invalid="ignore"):  # reported once, in words, below
        try:
            score = (q @ k.mT) * scale
            coupled = function.value(xp, score)
            if visible is not None:
                coupled = xp.where(visible, coupled, zero)
            drive = coupled @ anchors
            norm = xp.sqrt(xp.vecdot(drive, drive)[..., None])
            locked = norm > EPSILON
            length = xp.where(locked, norm, EPSILON + xp.zeros_like(norm))
            state = drive / length
            lift = 1 + state @ anchors.mT
            open_ = lift > 0 if readable is None else (lift > 0) & readable
            base = xp.where(open_, lift, zero)
            power = base if p == 1 else base**p
            total = xp.sum(power, axis=-1, keepdims=True)
            weights = power / total
            out = weights @ v
        except ValueError as error:
            raise InputError(f"the leading axes do not broadcast: {error}") from error
    for name, array in (("drive", norm), ("readout", total), ("output", out)):
        if not xp.all(xp.isfinite(array)):
            raise InputError(f"the {name} overflows; scale q, k, v or the anchors down, or lower p")

    def pullback(d_out: Any) -> tuple[Array, Array, Array, Array]:
        d_out = xp.asarray(d_out, dtype=out.dtype)
        if d_out.shape != out.shape:
            raise InputError(f"d_out has shape {d_out.shape}; expected {out.shape}")
        d_weights = d_out @ v.mT
        centred = xp.vecdot(weights, d_weights)[..., None]
        d_lift = (d_weights - centred) / total
        if p == 1:
            d_lift = xp.where(open_, d_lift, zero)
        else:
            # d(base^p) = p base^p / base; outside `open_` base is 0 and so is the gradient.
            d_lift = d_lift * (p * power / xp.where(open_, base, xp.ones_like(base)))
        d_state = d_lift @ anchors
        radial = xp.where(locked, xp.vecdot(state, d_state)[..., None], zero)
        d_drive = (d_state - state * radial) / length
        d_score = (d_drive @ anchors.mT) * function.slope(xp, score) * scale
        if visible is not None:
            d_score = xp.where(visible, d_score, zero)
        return (
            sum_to(xp, d_score @ k, q.shape),
            sum_to(xp, d_score.mT @ q, k.shape),
            sum_to(xp, weights.mT @ d_out, v.shape),
            sum_to(xp, coupled.mT @ d_drive + d_lift.mT @ state, anchors.shape),
        )

    return (out, weights, pullback) if need_weights else (out, pullback)


def _check_shapes(q: Array, k: Array, v: Array, anchors: Array, p: float) -> None:
    if q.shape[-1] != k.shape[-1]:
        raise InputError(f"q {tuple(q.shape)} and k {tuple(k.shape)} differ in their last axis")
    keys = k.shape[-2]
    for name, array in (("v", v), ("anchors", anchors)):
        if array.shape[-2] != keys:
            raise InputError(
                f"{name} has {array.shape[-2]} positions, k has {keys}; give one per key"
            )
    if anchors.shape[-1] < 2:
        raise InputError("anchors need two coordinates or more: a sphere of dimension >= 1")
    if not (isinstance(p, Real) and math.isfinite(p) and p > 0):
        raise InputError(f"p is {p!r}; the readout exponent must be positive and finite")
